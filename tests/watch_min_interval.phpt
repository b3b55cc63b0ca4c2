--TEST--
rdump.watch_dump: rdump.oom_dump_min_interval holds, and the dump is made up for while the memory is still there
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$code = <<<'CODE'
function lines($what)
{
    return preg_match_all("/rdump: watch: .*$what/", (string) @file_get_contents(__DIR__ . '/log'));
}
/* Uses half a second of processor time: the thread looks by that clock. */
function work()
{
    $used = function () {
        $usage = getrusage();
        return $usage['ru_utime.tv_sec'] + $usage['ru_stime.tv_sec']
            + ($usage['ru_utime.tv_usec'] + $usage['ru_stime.tv_usec']) / 1e6;
    };
    for ($end = $used() + 0.5; $used() < $end;) {
        md5('work');
    }
}
/* Grows and falls until there is such a line; the thread has to see both. */
function swing($what, $falls)
{
    for ($deadline = microtime(true) + 120; !lines($what) && microtime(true) < $deadline;) {
        for ($i = 0, $kept = []; $i < 24; $i++) {
            $kept[] = str_repeat('the leak ', 500000);
        }
        work();
        while (!$falls && !lines($what) && microtime(true) < $deadline) {
            work();
        }
        unset($kept);
        if ($falls) {
            work();
        }
    }
}
swing('dumped to', true);
swing('oom_dump_min_interval=', true);
if (FALLS) {
    exit;
}
rename(__DIR__ . '/log', __DIR__ . '/first');
swing('dumped to', false);
CODE;
$size = <<<'CODE'
preg_match('/^Rss:\s*(\d+) kB/m', file_get_contents('/proc/self/smaps_rollup'), $match);
echo $match[1] * 1024;
CODE;
$mark = rdump_run($folder, $size)->out + (70 << 20);
foreach (['3600' => 1, '30' => 0] as $interval => $falls) {
    $run = rdump_run($folder, str_replace('FALLS', $falls, $code), ['memory_limit' => -1,
        'rdump.watch_dump' => "$folder/a.rdump", 'rdump.watch_rss' => $mark, 'rdump.oom_dump_max' => 0,
        'rdump.oom_dump_min_interval' => $interval]);
    $lines = array_merge($falls ? [] : (array) @file("$folder/first", FILE_IGNORE_NEW_LINES), $run->log);
    echo "status $run->status, interval $interval\n$run->out$run->err";
    $kinds = [];
    foreach ($lines as $line) {
        $kinds[preg_match('/dumped to|rdump.oom_dump_min_interval=\d+/', $line, $match) ? $match[0] : $line] = 1;
    }
    echo implode("\n", array_keys($kinds)), "\n";
    $last = preg_match('/dumped to/', end($lines)) ? 'dump' : 'none';
    echo "at the end: $last\n";
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
status 0, interval 3600
dumped to
rdump.oom_dump_min_interval=3600
at the end: none
status 0, interval 30
dumped to
rdump.oom_dump_min_interval=30
at the end: dump
