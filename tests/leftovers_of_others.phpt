--TEST--
Two mounts that do not share locks, as on two hosts: a dump keeps another's temporary file for an hour
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
rdump_skip_without_bindfs();
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
foreach (['below', 'mount', 'mount-b', 'mount-c'] as $name) {
    mkdir("$folder/$name");
}
foreach (['mount' => '', 'mount-b' => '', 'mount-c' => '--ctime-from-mtime'] as $name => $options) {
    echo rdump_shell("bindfs $options $folder/below $folder/$name")[2];
}
/* The temporary file of a dump of 200 MB that has its final size. */
function part($folder)
{
    clearstatcache();
    foreach (glob("$folder/below/.rdump-*") as $path) {
        if (@filesize($path) > 200 << 20) {
            return $path;
        }
    }
}
function show($folder)
{
    echo preg_replace('/-\w{32}\./', '-N.', rdump_list("$folder/below")), "\n";
}
/* Starts a dump, and sends $signal during it. If it was too fast, tries again. */
function interrupt($folder, $signal)
{
    for ($tries = 0; $tries < 50; $tries++) {
        $code = '
            $heap = str_repeat("x", 200 << 20);
            file_put_contents("pid", getmypid());
            rdump_dump("mount/a.rdump");
            touch("done");
        ';
        $process = proc_open(rdump_prepare($folder, $code, ['memory_limit' => '300M', 'rdump.snapshot' => 0]),
            [2 => ['file', '/dev/null', 'w']], $pipes, $folder);
        $path = rdump_await(function () use ($folder, $process) {
            return proc_get_status($process)['running'] ? part($folder) : 'it has ended';
        }, 120);
        $pid = file_get_contents("$folder/pid");
        rdump_shell("kill -$signal $pid");
        /* It may get through a rename before it stops, or ends. */
        rdump_await(function () use ($pid) {
            return !preg_match('/\) [^TZ] /', (string) @file_get_contents("/proc/$pid/stat"));
        });
        clearstatcache();
        if (is_file((string) $path) && !is_file("$folder/done")) {
            return $process;
        }
        rdump_shell("kill -KILL $(cat $folder/pid)");
        proc_close($process);
        rdump_shell("rm -f $folder/done $folder/below/a.rdump");
    }
}
$process = interrupt($folder, 'STOP');
var_dump(rdump_dump("$folder/mount-b/b.rdump"));
show($folder);
rdump_shell("kill -CONT $(cat $folder/pid)");
proc_close($process);
show($folder);
var_dump(rdump_judge("$folder/mount/a.rdump"));

unlink("$folder/done");
proc_close(interrupt($folder, 'KILL'));
var_dump(rdump_dump("$folder/mount-b/b.rdump"));
touch(part($folder), time() - 7200);
var_dump(rdump_dump("$folder/mount-b/b.rdump"));
show($folder);
/* In this mount the time of the last change is that of the last write. */
var_dump(rdump_dump("$folder/mount-c/c.rdump"));
show($folder);
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
bool(true)
.rdump-N.part b.rdump
a.rdump b.rdump
string(5) "valid"
bool(true)
bool(true)
.rdump-N.part a.rdump b.rdump
bool(true)
a.rdump b.rdump c.rdump
