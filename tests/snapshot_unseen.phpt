--TEST--
rdump_snapshot(): SIGCHLD, pcntl_wait() and proc_close() do not see the copy, and PHP's own children are seen as ever
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
rdump_skip_without('pcntl');
rdump_skip_without('posix');
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
rdump_run($folder, '
$told = [];
pcntl_signal(SIGCHLD, function () use (&$told) { $told[] = pcntl_wait($status, WNOHANG); });
function children()
{
    $children = [];
    foreach (glob("/proc/[0-9]*/stat") as $file) {
        if (preg_match("/^(\\d+) \\((.*)\\) (\\S) (\\d+)/", (string) @file_get_contents($file), $match)
            && (int) $match[4] === getmypid()) {
            $children[(int) $match[1]] = "$match[2] $match[3]";
        }
    }
    return $children;
}
/* Stops the copy while it writes. One that was faster is followed by another, when it has ended. */
$big = str_repeat("x", 200 << 20);
$list = "/proc/self/task/" . getmypid() . "/children"; /* the faster way, where the kernel has it */
do {
    rdump_snapshot("a.rdump") || exit("failed");
    $copy = (int) @file_get_contents($list) ?: key(children());
    posix_kill($copy, SIGSTOP);
    do {
        $state = substr(children()[$copy], -1);
    } while ($state !== "T" && $state !== "Z");
} while ($state !== "T");
echo "the copy: $state\n";
/* The kernel tells, a moment later, that any child is stopped or goes on, but there is nobody to wait for. */
while (!$told) {
    pcntl_signal_dispatch();
}
echo "waited for: ", implode(", ", array_unique($told)), "\n";
$told = [];
var_dump(pcntl_wait($status), pcntl_get_last_error() === PCNTL_ECHILD);
$process = proc_open("exit 3", [], $pipes);
var_dump(proc_close($process));
pcntl_signal_dispatch();
var_dump(array_unique($told)); /* proc_close() has waited for that child */
pcntl_signal(SIGCHLD, SIG_DFL);
$child = pcntl_fork();
if ($child === 0) {
    posix_kill(getmypid(), SIGKILL);
}
var_dump(pcntl_wait($status) === $child, pcntl_wtermsig($status) === SIGKILL);
posix_kill($copy, SIGCONT);
while (preg_match("/ [^Z]$/", current(children()))) {
    usleep(1000);
}
echo "it has ended: ", current(children()), "\n";
rdump_dump("b.rdump");
echo "and is reaped: ", count(children()), "\n";
$told = [];
pcntl_signal(SIGCHLD, function () use (&$told) { $told[] = 1; });
rdump_snapshot("c.rdump");
while (preg_match("/ [^Z]$/", current(children()))) {
    usleep(1000);
}
pcntl_signal_dispatch();
echo count($told), " signals of one that ends\n";
', ['+posix', '+pcntl', 'memory_limit' => '300M', 'rdump.snapshot' => 0])->show($folder);
echo rdump_judge("$folder/a.rdump"), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
status 0
the copy: T
waited for: -1
int(-1)
bool(true)
int(3)
array(1) {
  [0]=>
  int(-1)
}
bool(true)
bool(true)
it has ended: rdump Z
and is reaped: 0
0 signals of one that ends
valid
