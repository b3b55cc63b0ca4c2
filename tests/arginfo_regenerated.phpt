--TEST--
The arginfo is what PHP's own generator makes of the stub
--SKIPIF--
<?php
if (!is_file(__DIR__ . '/../scripts/arginfo')) exit('skip the tests are here without the script that calls the generator');
if (!is_file('/usr/share/php/PhpParser/autoload.php')) exit('skip the generator needs the package php-parser');
if (PHP_MAJOR_VERSION . PHP_MINOR_VERSION !== '82' || exec('php-config --version 2>/dev/null', $out) !== PHP_VERSION) {
    exit('skip the arginfo is of the generator of PHP 8.2, and another would write it in another way');
}
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
list($status, $out, $err) = rdump_shell(escapeshellarg(__DIR__ . '/../scripts/arginfo') . " $folder/arginfo.h");
if ($status) {
    echo $out, $err;
}
var_dump(file_get_contents("$folder/arginfo.h") === file_get_contents(__DIR__ . '/../rdump_arginfo.h'));
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
bool(true)
