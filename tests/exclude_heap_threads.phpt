--TEST--
rdump.exclude_heap is refused by a PHP with threads
--SKIPIF--
<?php
if (!PHP_ZTS) {
    exit('skip only for threads');
}
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$run = rdump_run($folder, 'var_dump(ini_get("rdump.exclude_heap")); var_dump(rdump_dump("a.rdump"));',
    ['rdump.exclude_heap' => 1]);
echo trim($run->out), "\n", rdump_judge("$folder/a.rdump"), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECTF--
Warning: %Srdump.exclude_heap=1 is refused, it takes Off in a PHP with threads (ZTS); the default stands in Unknown on line 0
string(1) "0"
bool(true)
valid
