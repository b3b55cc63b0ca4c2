--TEST--
SIGKILL during a dump: the earlier file does not change, and the next dump removes the temporary file
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
mkdir("$folder/dumps");
file_put_contents("$folder/dumps/a.rdump", 'the earlier file');
file_put_contents("$folder/dumps/.rdump-mine.part", 'not a name of ours');
file_put_contents("$folder/dumps/.rdump-" . str_repeat('a', 32) . '.parts', 'nor this one');
mkdir("$folder/dumps/.rdump-" . str_repeat('d', 32) . '.part');
/* The temporary files that have their final size. */
function parts($folder)
{
    clearstatcache();
    return array_filter(glob("$folder/dumps/.rdump-*"), function ($path) {
        return is_file($path) && @filesize($path) > 500 << 20;
    });
}
/*
 * SIGKILL as soon as the temporary file exists: a dump of 500 MB takes long enough. If it was too fast, try again.
 */
$killed = 0;
for ($tries = 0; $tries < 50 && $killed < 3; $tries++) {
    $code = '
        $heap = str_repeat("x", 500 << 20);
        file_put_contents("pid", getmypid());
        rdump_dump("dumps/a.rdump");
        touch("done");
    ';
    $before = parts($folder);
    $directives = ['memory_limit' => '600M', 'rdump.snapshot' => 0];
    $process = proc_open(rdump_prepare($folder, $code, $directives), [2 => ['file', '/dev/null', 'w']], $pipes,
        $folder);
    $seen = rdump_await(function () use ($folder, $before) {
        return array_diff(parts($folder), $before) || is_file("$folder/done");
    }, 120);
    rdump_shell("kill -KILL $(cat $folder/pid)");
    proc_close($process);
    unlink("$folder/pid");
    clearstatcache();
    if (!$seen || is_file("$folder/done") || rdump_judge("$folder/dumps/a.rdump") === 'valid') {
        @unlink("$folder/done");
        file_put_contents("$folder/dumps/a.rdump", 'the earlier file');
        continue;
    }
    $killed++;
    echo count(parts($folder)), " left, ", file_get_contents("$folder/dumps/a.rdump", false, null, 0, 100), "\n";
}
var_dump(rdump_dump("$folder/dumps/c.rdump"));
echo str_replace(['aaaaaaaa', 'dddddddd'], ['a', 'd'], rdump_list("$folder/dumps")), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
1 left, the earlier file
1 left, the earlier file
1 left, the earlier file
bool(true)
.rdump-aaaa.parts .rdump-dddd.part .rdump-mine.part a.rdump c.rdump
