--TEST--
rdump_dump() in a fiber
--SKIPIF--
<?php
if (PHP_VERSION_ID < 80100) exit('skip fibers are of 8.1');
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$fiber = new Fiber(function ($way) use ($folder) {
    $local = strrev('on the fiber') . getmypid();
    echo $way, ': ', var_export(rdump_dump("$folder/$way.rdump"), true), "\n";
    $way = Fiber::suspend();
    echo $way, ': ', var_export(rdump_dump("$folder/$way.rdump"), true), "\n";
    Fiber::suspend();
});
$fiber->start('started');
$fiber->resume('resumed');
/* And outside the fiber, while it is suspended. */
var_dump(rdump_dump("$folder/suspended.rdump"));
foreach (['started', 'resumed', 'suspended'] as $way) {
    echo $way, ': ', (new RdumpReader("$folder/$way.rdump"))->search(strrev('on the fiber') . getmypid()) !== null
        ? 'its local variable is there' : 'not there', "\n";
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
started: true
resumed: true
bool(true)
started: its local variable is there
resumed: its local variable is there
suspended: its local variable is there
