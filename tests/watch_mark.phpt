--TEST--
rdump.watch_rss: a dump once the resident memory reaches the mark, again only after it has fallen; nothing else changes
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$code = <<<'CODE'
function threads()
{
    return count(scandir('/proc/self/task')) - 2;
}
/* Seconds of processor time that this process has used. */
function used()
{
    $usage = getrusage();
    return $usage['ru_utime.tv_sec'] + $usage['ru_stime.tv_sec']
        + ($usage['ru_utime.tv_usec'] + $usage['ru_stime.tv_usec']) / 1e6;
}
/* Uses so many seconds of it: the thread looks by that clock. */
function work($seconds)
{
    for ($end = used() + $seconds; used() < $end;) {
        md5('work');
    }
}
function grow()
{
    for ($i = 0, $kept = []; $i < 24; $i++) {
        $kept[] = str_repeat('the leak ', 500000);
    }
    return $kept;
}
function await_dump($dump)
{
    for ($deadline = microtime(true) + 60; !file_exists($dump) && microtime(true) < $deadline;) {
        work(0.05);
    }
    return file_exists($dump);
}
(new ReflectionExtension('rdump'))->info();
$dump = __DIR__ . '/watch.rdump';
echo threads(), " thread(s), sleep(1) leaves ", sleep(1), " s\n";
work(0.3);
echo file_exists($dump) ? 'a dump below the mark' : 'below the mark', "\n";
$kept = grow();
echo await_dump($dump) ? 'at the mark' : 'no dump at the mark', "\n";
rename($dump, __DIR__ . '/first.rdump');
work(0.5);
echo file_exists($dump) ? 'another dump' : 'once', "\n";
unset($kept);
/* The thread has to see that it has fallen. */
for ($deadline = microtime(true) + 60; !file_exists($dump) && microtime(true) < $deadline;) {
    work(0.5);
    $kept = grow();
    work(0.5);
    unset($kept);
}
echo file_exists($dump) ? 'again after it has fallen' : 'never again', "\n";
CODE;
$size = <<<'CODE'
preg_match('/^Rss:\s*(\d+) kB/m', file_get_contents('/proc/self/smaps_rollup'), $match);
echo $match[1] * 1024;
CODE;
$mark = rdump_run($folder, $size)->out + (70 << 20);
$directives = ['memory_limit' => -1, 'rdump.watch_dump' => "$folder/watch.rdump", 'rdump.watch_rss' => $mark,
    'rdump.oom_dump_max' => 2];
$run = rdump_run($folder, $code, $directives);
$told = preg_replace('/^.*?(Dump before[^\n]*\n).*?(?=\d thread)/s', '$1', $run->out);
echo str_replace($mark, 'MARK', $told), $run->err;
echo "status $run->status\n";
$lines = str_replace($mark, 'MARK', preg_replace('/watch: \d+/', 'watch: N', $run->log));
rdump_show_log($folder, array_slice($lines, 0, 2));
foreach (['first', 'watch'] as $name) {
    $reader = new RdumpReader("$folder/$name.rdump");
    echo $reader->search('the leak the leak ') === null ? 'without' : 'with', " the leak, ",
        rdump_kind("$folder/$name.rdump"), "\n";
}
/* Off. */
$run = rdump_run($folder, 'echo count(scandir("/proc/self/task")) - 2, " thread\n";');
echo $run->out;
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
Dump before the OOM killer => at MARK bytes of resident memory
2 thread(s), sleep(1) leaves 0 s
below the mark
at the mark
once
again after it has fallen
status 0
log: rdump: watch: N bytes resident, the mark is MARK: dumped to FOLDER/watch.rdump (N bytes)
log: rdump: watch: N bytes resident, the mark is MARK: dumped to FOLDER/watch.rdump (N bytes)
with the leak, file 600
with the leak, file 600
1 thread
