--TEST--
scripts/inspect: --php-config takes the layout from headers, and only from those of the PHP that was dumped
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
if (rdump_shell('${CC:-cc} --version')[0] !== 0) {
    exit('skip there is no C compiler');
}
if (rdump_shell(escapeshellarg(__DIR__ . '/lib/php-config-of') . ' ' . escapeshellarg(rdump_executable()))[0] !== 0) {
    exit('skip this PHP has no php-config');
}
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$php_config = trim(rdump_shell(escapeshellarg(__DIR__ . '/lib/php-config-of') . ' '
    . escapeshellarg(rdump_executable()))[1]);
rdump_dump("$folder/a.rdump");
list($status, $out, $err) = rdump_inspect(['--php-config', $php_config, "$folder/a.rdump"]);
echo $status, $err, "\n";
preg_match('/layout of its structs  (.*)/', $out, $match);
echo "$match[1]\n";
echo preg_match('/^  #0 rdump_dump *$/m', $out), "\n";

/* The same headers, said to be of another version. */
preg_match('/^-I(\S+)/', rdump_shell("$php_config --includes")[1], $match);
rdump_shell("cp -rL $match[1] $folder/php");
$header = "$folder/php/main/php_version.h";
file_put_contents($header, preg_replace('/(PHP_VERSION_ID) \d+/', '$1 70101', file_get_contents($header)));
file_put_contents("$folder/php-config", "#!/bin/sh\n$php_config --includes | sed 's:$match[1]:$folder/php:g'\n");
chmod("$folder/php-config", 0755);
list($status, $out, $err) = rdump_inspect(['--php-config', "$folder/php-config", "$folder/a.rdump"]);
echo $status, ' ', $err;
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECTF--
0
the headers of PHP %d.%d.%d%S
1
1 inspect: the dump is of PHP %d.%s, and these are the headers of PHP 7.1.1%S
