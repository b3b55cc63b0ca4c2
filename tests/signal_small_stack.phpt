--TEST--
Dump by signal: in a fiber with the smallest stack
--SKIPIF--
<?php
if (PHP_VERSION_ID < 80100) exit('skip fibers are from PHP 8.1 on');
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$offsets = rdump_offsets($folder);
$spin = '
function spin()
{
    for ($i = 0; $i < 1000000; $i++) {
    }
}
';
/* The smallest that PHP itself can do with. From 8.3 on it refuses to run code in the last 48 KB or more of a stack. */
for ($size = 2 * rdump_page_size(); $size < 1 << 20; $size *= 2) {
    $code = $spin . '(new Fiber("spin"))->start(); echo "goes on";';
    if (rdump_run($folder, $code, ['-rdump', 'fiber.stack_size' => $size])->out === 'goes on') {
        break;
    }
}
$process = new RdumpProcess($folder, $spin . '
touch("' . $folder . '/begun");
while (!file_exists("' . $folder . '/end")) {
    (new Fiber("spin"))->start();
}
echo "goes on";
', ['rdump.signal_dump' => "$folder/a.rdump", 'rdump.oom_dump_max_total' => '1T', 'rdump.oom_dump_marker' => 1,
    'fiber.stack_size' => $size]);
$process->await(function () use ($folder) {
    return file_exists("$folder/begun");
});
/* Nearly all of the time it is in the fiber. */
$stack = rdump_await(function () use ($process, $folder, $offsets) {
    $process->signal();
    $process->await(function () use ($folder) {
        return file_exists("$folder/a.rdump");
    });
    rdump_await_unblocked($process->pid, rdump_signal_number());
    $judged = rdump_judge("$folder/a.rdump");
    $stack = $offsets === null || $judged !== 'valid' ? 'spin' : rdump_stack("$folder/a.rdump", $offsets);
    $judged !== 'valid' || unlink("$folder/a.rdump");
    return $judged !== 'valid' || strpos($stack, 'spin') === 0 ? "$judged: " . strtok($stack, ' ') : null;
}, 60);
touch("$folder/end");
$run = $process->end();
echo "$stack, $run->out$run->err, status $run->status\n";
echo count($run->log) > 0 ? 'the log has lines' : 'no line', "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
valid: spin, goes on, status 0
the log has lines
