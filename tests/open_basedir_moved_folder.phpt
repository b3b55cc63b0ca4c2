--TEST--
open_basedir applies to the folder that is open, not to the path that PHP has cached
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
mkdir("$folder/allowed");
mkdir("$folder/allowed/real");
mkdir("$folder/outside");
$code = '
chdir($folder = dirname(__FILE__) . "/allowed");
symlink("real", "link");
/* PHP caches the target of the link. Another process replaces the link. */
realpath("$folder/link");
ini_set("open_basedir", $folder);
shell_exec("ln -sfn ../outside link");
var_dump(rdump_dump("$folder/link/a.rdump"), rdump_dump("$folder/real/b.rdump"));
';
$run = rdump_run($folder, $code, ['realpath_cache_size' => '1M', 'realpath_cache_ttl' => 1000]);
$run->show($folder);
echo rdump_list("$folder/outside"), '|', rdump_list("$folder/allowed/real"), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECTF--
status 0
Warning: rdump_dump(): cannot write (open_basedir restriction in effect) FOLDER/allowed/link/a.rdump: Operation not permitted in FOLDER/script1.php on line %d
bool(false)
bool(true)
|b.rdump
