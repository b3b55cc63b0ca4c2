--TEST--
Dumps in fibers with the smallest C stacks: a stack on which PHP works is enough for a dump
--SKIPIF--
<?php
if (PHP_VERSION_ID < 80100) exit('skip fibers come with PHP 8.1');
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
/* A dump with a template, a budget and a marker needs the most stack. */
$automatic = ['rdump.oom_dump' => "$folder/auto-%i.rdump", 'rdump.oom_dump_max_total' => '1T',
    'rdump.oom_dump_marker' => 1];
$exhaust = RDUMP_EXHAUST . '(new Fiber(function () { exhaust(); }))->start();';
$call = '(new Fiber(function () { var_dump(rdump_dump("call.rdump")); }))->start();';
foreach (['16K', '20K', '24K', '32K', '40K', '64K', '128K', '256K'] as $size) {
    /* PHP 8.3 and later refuse such a stack by themselves. */
    $small = ['fiber.stack_size' => $size, 'zend.max_allowed_stack_size' => -1, 'log_errors' => 1];
    $without = rdump_run($folder, $exhaust, $small);
    if ($without->status !== 255 || strpos($without->out, 'Allowed memory size') === false) {
        continue; /* this PHP needs more stack: for its own message, or because its pages are larger */
    }
    $with = rdump_run($folder, $exhaust, $small + $automatic);
    $dumps = glob("$folder/auto-*.rdump");
    if ($with->status !== 255 || strpos($with->out, 'Allowed memory size') === false || count($dumps) !== 1
        || rdump_judge($dumps[0]) !== 'valid' || !is_file("$dumps[0].done")) {
        echo "$size: status $with->status, ", rdump_list($folder), "\n", $with->out, $with->err;
    }
    array_map('unlink', glob("$folder/auto-*"));
    $called = rdump_run($folder, $call, $small);
    if ($called->out !== "bool(true)\n" || rdump_judge("$folder/call.rdump") !== 'valid') {
        echo "$size, by call: status $called->status\n", $called->out, $called->err;
    }
    @unlink("$folder/call.rdump");
    $tried[] = $size;
}
echo count($tried) > 1 ? 'done' : 'PHP survives none of them', "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
done
