--TEST--
No free file descriptor: refused with the reason, and the process continues
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
rdump_run($folder, '
$open = [];
while ($file = @fopen(__FILE__, "r")) {
    $open[] = $file;
}
error_clear_last();
var_dump(@rdump_dump(__DIR__ . "/a.rdump"));
$message = error_get_last()["message"];
$open = [];
echo preg_replace("/cannot .*:/", "cannot ...:", $message), "\n";
var_dump(rdump_dump(__DIR__ . "/a.rdump"));
', [], 'ulimit -n 64;')->show($folder);
echo rdump_judge("$folder/a.rdump"), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
status 0
bool(false)
rdump_dump(): cannot ...: Too many open files
bool(true)
valid
