--TEST--
rdump.oom_dump_min_free: no automatic dump that would leave less free on its file system
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
rdump_skip_unless_root();
rdump_skip_unless_mounts();
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);

function attempt($what, $limit)
{
    global $folder;
    $run = rdump_run($folder, RDUMP_EXHAUST . 'exhaust();',
        ['rdump.oom_dump' => "$folder/mount/new.rdump", 'rdump.oom_dump_min_free' => $limit,
        'rdump.oom_dump_marker' => 1]);
    return "$what: " . preg_replace('/\b\d{3,}\b/', 'N', rdump_tell($folder, implode("\n", $run->log))) . '; '
        . str_replace('lost+found ', '', rdump_list("$folder/mount"))
        . (filesize("$folder/mount/new.rdump") > 100 ? "\n" : ", the earlier file\n");
}

/* What becomes of dumps to a file system of 400 MB. */
function attempts($mount)
{
    global $folder;
    $mounted = rdump_shell("mkdir $folder/mount; $mount");
    if ($mounted[0] !== 0) {
        rdump_shell("rmdir $folder/mount");
        return ''; /* this kernel has no such file system, or there is no program that makes one */
    }
    file_put_contents("$folder/mount/new.rdump", 'the earlier file');
    $said = attempt('more bytes than it has', '1.5G') . attempt('a larger share than it has', '99.5%')
        . attempt('a share that it has', '5.5%') . attempt('bytes that it has', '10M');
    /* It applies to automatic dumps only. */
    $said .= rdump_run($folder, 'var_dump(rdump_dump("mount/by-call.rdump"));',
        ['rdump.oom_dump_min_free' => '100%'])->out;
    $unmounted = rdump_shell("umount $folder/mount && rmdir $folder/mount");
    return $said . $unmounted[2];
}

echo $expected = attempts("mount -t tmpfs -o size=400M tmpfs $folder/mount");
foreach (['ext4' => 'mkfs.ext4 -q', 'xfs' => 'mkfs.xfs -q', 'btrfs' => 'mkfs.btrfs -q'] as $type => $make) {
    $image = "$folder/image.$type";
    $said = attempts("truncate -s 400M $image && $make $image >/dev/null 2>&1 && mount -o loop $image $folder/mount");
    if ($said !== '' && $said !== $expected) {
        echo "$type:\n$said";
    }
}
/* A skipped dump does not count: the second request has one. */
mkdir("$folder/mount");
echo rdump_shell("mount -t tmpfs -o size=100M tmpfs $folder/mount")[2];
file_put_contents("$folder/mount/full", str_repeat('x', 60 << 20));
$server = new RdumpServer($folder, RDUMP_EXHAUST . '
if ($_SERVER["REQUEST_URI"] === "/free") {
    unlink("mount/full");
}
exhaust();', ['rdump.oom_dump' => "$folder/mount/new.rdump", 'rdump.oom_dump_min_free' => '40%']);
foreach (['/', '/', '/free', '/'] as $request) {
    $server->get($request);
}
$server->stop();
foreach (rdump_log($folder) as $line) {
    echo preg_replace('/\b\d{3,}\b/', 'N', rdump_tell($folder, $line)), "\n";
}
/* A file system that does not say how large it is. */
rdump_shell("umount $folder/mount; mount -t tmpfs -o size=0 tmpfs $folder/mount");
$run = rdump_run($folder, RDUMP_EXHAUST . 'exhaust();',
    ['rdump.oom_dump' => "$folder/mount/new.rdump", 'rdump.oom_dump_min_free' => '1M']);
rdump_show_log($folder, $run->log);
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
more bytes than it has: rdump: memory limit reached: no dump to FOLDER/mount/new.rdump: rdump.oom_dump_min_free=N leaves no room for N bytes of the N that are free; new.rdump, the earlier file
a larger share than it has: rdump: memory limit reached: no dump to FOLDER/mount/new.rdump: rdump.oom_dump_min_free=N leaves no room for N bytes of the N that are free; new.rdump, the earlier file
a share that it has: rdump: memory limit reached: dumped to FOLDER/mount/new.rdump (N bytes); new.rdump new.rdump.done
bytes that it has: rdump: memory limit reached: dumped to FOLDER/mount/new.rdump (N bytes); new.rdump new.rdump.done
bool(true)
rdump: memory limit reached: no dump to FOLDER/mount/new.rdump: rdump.oom_dump_min_free=N leaves no room for N bytes of the N that are free
rdump: memory limit reached: no dump to FOLDER/mount/new.rdump: rdump.oom_dump_min_free=N leaves no room for N bytes of the N that are free
rdump: memory limit reached: dumped to FOLDER/mount/new.rdump (N bytes)
rdump: memory limit reached: no dump to FOLDER/mount/new.rdump: rdump.oom_dump_max=1 is reached in this worker
log: rdump: memory limit reached: no dump: cannot find out the free space for FOLDER/mount/new.rdump: Operation not supported
