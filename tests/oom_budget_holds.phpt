--TEST--
20 workers out of memory at once: their dumps never exceed a budget of 200 MB, and use what fits
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
mkdir("$folder/dumps");
/* Each waits for the file "go", then exceeds its limit. */
$code = RDUMP_EXHAUST . '
touch(__DIR__ . "/ready-" . getmypid());
while (!file_exists(__DIR__ . "/go")) { clearstatcache(); usleep(1000); }
exhaust();';
$command = rdump_prepare($folder, $code,
    ['rdump.oom_dump' => "$folder/dumps/%p.rdump", 'rdump.oom_dump_max_total' => '200M']);
$processes = [];
for ($i = 0; $i < 20; $i++) {
    $processes[] = proc_open($command, [1 => ['file', '/dev/null', 'w'], 2 => ['file', '/dev/null', 'w']], $pipes,
        $folder);
}
rdump_await(function () use ($folder) { return count(glob("$folder/ready-*")) === 20; });
touch("$folder/go");
$peak = 0;
rdump_await(function () use ($folder, $processes, &$peak) {
    clearstatcache();
    /*
     * A file that is renamed while the folder is read may be seen twice or not at all: a sum above the limit is
     * checked again.
     */
    $sum = function () use ($folder) {
        clearstatcache();
        $sizes = [];
        foreach (scandir("$folder/dumps") as $name) {
            $stat = @stat("$folder/dumps/$name");
            if ($stat && $name[0] . substr($name, -6) !== '..' && ($stat['mode'] & 0170000) === 0100000) {
                $sizes[$stat['ino']] = $stat['size'];
            }
        }
        return array_sum($sizes);
    };
    $peak = max($peak, $sum());
    foreach ($processes as $process) {
        if (proc_get_status($process)['running']) {
            return false;
        }
    }
    return true;
}, 240);
array_map('proc_close', $processes);
$total = 0;
foreach (glob("$folder/dumps/*") as $path) {
    $total += filesize($path);
    if (rdump_judge($path) !== 'valid') {
        echo "$path: ", rdump_judge($path), "\n";
    }
    $size = filesize($path);
}
$count = count(glob("$folder/dumps/*"));
echo $peak <= 200 << 20 && $total <= 200 << 20 ? 'never more than 200 MB' : "$peak at some time, $total in the end",
    "\n";
echo $total + $size > 200 << 20 ? 'no room for one more'
    : "$total used by $count dumps, which leaves room for one more", "\n";
$log = rdump_log($folder);
echo count(preg_grep('/dumped to/', $log)) === $count
    && count(preg_grep('/oom_dump_max_total=209715200 has no room/', $log)) === 20 - $count
    ? 'each said what became of it' : implode("\n", $log), "\n";
echo implode(glob("$folder/dumps/.*.part")), "nothing left over\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
never more than 200 MB
no room for one more
each said what became of it
nothing left over
