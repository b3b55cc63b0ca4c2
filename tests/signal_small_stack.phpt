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
$process = new RdumpProcess($folder, '
function spin()
{
    for ($i = 0; $i < 1000000; $i++) {
    }
}
touch("' . $folder . '/begun");
while (!file_exists("' . $folder . '/end")) {
    (new Fiber("spin"))->start();
}
echo "goes on";
', ['rdump.signal_dump' => "$folder/a.rdump", 'fiber.stack_size' => 2 * rdump_page_size()]);
$process->await(function () use ($folder) {
    return file_exists("$folder/begun");
});
/* Nearly all of the time it is in the fiber. */
$stack = rdump_await(function () use ($process, $folder, $offsets) {
    $lines = count(rdump_log($folder));
    $process->signal();
    $process->await(function () use ($folder, $lines) {
        return count(rdump_log($folder)) > $lines;
    });
    $judged = rdump_judge("$folder/a.rdump");
    $stack = $offsets === null ? 'spin' : rdump_stack("$folder/a.rdump", $offsets);
    unlink("$folder/a.rdump");
    return $judged !== 'valid' || strpos($stack, 'spin') === 0 ? "$judged: " . strtok($stack, ' ') : null;
}, 60);
touch("$folder/end");
$run = $process->end();
echo "$stack, $run->out$run->err, status $run->status\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
valid: spin, goes on, status 0
