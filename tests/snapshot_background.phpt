--TEST--
rdump.background: the response and the next request do not wait for the dump; it counts at once, its log line follows
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$code = '
/* Stops the copy while it writes. */
function stop_copy()
{
    $child = (int) @file_get_contents("/proc/self/task/" . getmypid() . "/children"); /* where the kernel has it */
    foreach ($child ? ["/proc/$child/stat"] : glob("/proc/[0-9]*/stat") as $file) {
        if (preg_match("/^(\\d+) \\((.*)\\) (\\S) (\\d+)/", (string) @file_get_contents($file), $match)
            && (int) $match[4] === getmypid()) {
            shell_exec("kill -STOP $match[1]");
            do {
                preg_match("/\\) (\\S)/", (string) @file_get_contents($file), $state);
            } while ($state[1] !== "T" && $state[1] !== "Z");
            return $match[1] . $state[1];
        }
    }
}
if ($_SERVER["REQUEST_URI"] === "/exhaust") {
    register_shutdown_function(function () { echo " copy=", stop_copy(), "."; });
    $kept = [];
    while (true) {
        $kept[] = str_repeat("x", 100000);
    }
}
echo "served by ", getmypid();
';
/* A copy that was faster than this is followed by another one, of another server. */
do {
    rdump_clean(__FILE__);
    rdump_folder(__FILE__);
    $server = new RdumpServer($folder, $code, ['memory_limit' => '128M', 'rdump.background' => 1,
        'rdump.oom_dump' => "$folder/%p.rdump", 'rdump.oom_dump_marker' => 1]);
    $pid = $server->pid();
    $answer = $server->get('/exhaust');
    clearstatcache();
    $caught = preg_match('/copy=(\d+)T\./', $answer, $match) && !file_exists("$folder/$pid.rdump");
    if (!$caught) {
        isset($match[1]) && rdump_shell("kill -CONT $match[1]"); /* stopped, but behind its dump */
        $server->stop();
    }
} while (!$caught);
echo 'the response is there, with PHP\'s error: ';
var_dump(strpos($answer, 'Allowed memory size') !== false);
var_dump($server->get('/') === "served by $pid", rdump_log($folder), file_exists("$folder/$pid.rdump"));
$server->get('/exhaust');
rdump_show_log($folder, preg_replace("/\b$pid\./", 'PID.', rdump_log($folder)));
rdump_shell("kill -CONT $match[1]");
rdump_await(function () use ($folder, $pid) { clearstatcache(); return file_exists("$folder/$pid.rdump.done"); }, 60);
rdump_await(function () use ($server, $folder) { $server->get('/'); return count(rdump_log($folder)) > 1; }, 60);
rdump_show_log($folder, preg_replace("/\b$pid\./", 'PID.', array_slice(rdump_log($folder), 1)));
echo rdump_judge("$folder/$pid.rdump"), ', ', rdump_kind("$folder/$pid.rdump"), "\n";
$left = array_filter(glob('/proc/[0-9]*/stat'), function ($file) use ($pid) {
    return preg_match("/\) \S $pid /", (string) @file_get_contents($file));
});
echo count($left), " children left\n";
$server->stop();
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
the response is there, with PHP's error: bool(true)
bool(true)
array(0) {
}
bool(false)
log: rdump: memory limit reached: no dump to FOLDER/PID.rdump: rdump.oom_dump_max=1 is reached in this worker
log: rdump: memory limit reached: dumped to FOLDER/PID.rdump (N bytes)
valid, file 600
0 children left
