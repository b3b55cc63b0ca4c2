--TEST--
rdump.oom_dump_marker: where the marker is, the dump is complete; during a dump there is none
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
file_put_contents("$folder/a.rdump", 'stale');
file_put_contents("$folder/a.rdump.done", '');
$code = RDUMP_EXHAUST . '$heap = str_repeat("x", 300 << 20); exhaust();';
$process = proc_open(rdump_prepare($folder, $code,
    ['memory_limit' => '400M', 'rdump.oom_dump' => "$folder/a.rdump", 'rdump.oom_dump_marker' => 1]),
    [1 => ['file', '/dev/null', 'w']], $pipes, $folder);
$wrong = $writing = 0;
$done = rdump_await(function () use ($folder, &$wrong, &$writing) {
    clearstatcache();
    foreach (glob("$folder/.rdump-*.part") as $temporary) {
        /* Its blocks are allocated first. A byte that is not zero says that it is being written. */
        if (trim((string) @file_get_contents($temporary, false, null, 0, 4096), "\0") !== '') {
            $marker = is_file("$folder/a.rdump.done");
            clearstatcache();
            if (is_file($temporary)) {
                $writing++;
                $wrong += $marker;
            }
        }
    }
    return is_file("$folder/a.rdump.done") && filesize("$folder/a.rdump") !== 5;
}, 240);
echo $done ? rdump_judge("$folder/a.rdump") : 'no marker', ', ',
    $writing ? 'seen while it was written' : 'never seen while it was written',
    ", $wrong times with a marker\n";
proc_close($process);
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
valid, seen while it was written, 0 times with a marker
