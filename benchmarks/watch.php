<?php
/*
 * What the thread of rdump.watch_dump costs a worker: its time on a processor, as the kernel counts it (schedstat), in
 * a process that sleeps, in one that works, and in one that works just below the mark.
 *     watch.php PHP RDUMP_SO [SECONDS]        in a cgroup with a limit, it watches that as well
 */
[, $php, $so] = $argv;
$seconds = (int) ($argv[3] ?? 60);
$work = 'for ($end = microtime(true) + SECONDS; microtime(true) < $end;) { md5("work"); }';
$cases = [
    'asleep, mark far away' => ['sleep(SECONDS);', '90%'],
    'at work, mark far away' => [$work, '90%'],
    'at work, 1 MB below the mark' => [$work, 'near'],
];
foreach ($cases as $name => [$code, $mark]) {
    /* It says how large it is before it begins; then it is started again with the mark above that. */
    $code = 'preg_match("/^Rss:\s*(\d+)/m", file_get_contents("/proc/self/smaps_rollup"), $m); echo $m[1], "\n";'
        . str_replace('SECONDS', (string) $seconds, $code)
        . 'foreach (glob("/proc/self/task/*") as $t) { echo trim(file_get_contents("$t/comm")), " ",
            file_get_contents("$t/schedstat"); }';
    if ($mark === 'near') {
        $first = shell_exec(command(str_replace("+ $seconds", '+ 0.1', $code), '90%'));
        $mark = ((int) $first + 1024) . 'K';
    }
    $out = shell_exec(command($code, $mark));
    preg_match('/^rdump-watch (\d+) (\d+) (\d+)/m', $out, $thread);
    preg_match('/^php\S* (\d+)/m', $out, $main);
    printf("%-30s %8.3f ms in %d s, woken %d times; the main thread %.0f ms\n", $name, $thread[1] / 1e6, $seconds,
        $thread[3], $main[1] / 1e6);
}

function command($code, $mark)
{
    global $php, $so;
    return implode(' ', array_map('escapeshellarg', [$php, '-n', '-d', "extension=$so", '-d',
        'rdump.watch_dump=/nowhere/a.rdump', '-d', "rdump.watch_rss=$mark", '-r', $code]));
}
