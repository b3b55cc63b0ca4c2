--TEST--
The disk fills up during a dump: no partial file is left, and the earlier file does not change
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
rdump_skip_unless_root();
if (rdump_shell('d=$(mktemp -d) && mount -t tmpfs -o size=1M tmpfs $d && umount $d; s=$?; rmdir $d; (exit $s)')[0]) exit('skip nothing may be mounted here');
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
mkdir("$folder/mount");
echo rdump_shell("mount -t tmpfs -o size=300M,mode=755 tmpfs $folder/mount")[2];
file_put_contents("$folder/mount/a.rdump", 'the earlier file');
/*
 * A neighbour takes and frees most of the room, over and over, so that the room is there when a dump begins and gone when it is written.
 * The file_put_contents() of PHP 7.0 and 7.1 copies its string.
 */
$neighbour = proc_open(rdump_prepare($folder, '$much = str_repeat("x", 200 << 20); for ($end = time() + 60; time() < $end && !is_file("stop");) { @file_put_contents("mount/other", $much); unlink("mount/other"); }',
    ['memory_limit' => '600M']), [2 => ['file', '/dev/null', 'w']], $pipes, $folder);
$run = rdump_run($folder, '
$heap = str_repeat("x", 200 << 20);
$deadline = time() + 25;
do {
    /* One that succeeds is put aside again. */
    $done = @rdump_dump("mount/a.rdump");
    $message = $done ? "" : error_get_last()["message"];
    $done && unlink("mount/a.rdump") && file_put_contents("mount/a.rdump", "the earlier file");
} while (strpos($message, "cannot write") === false && time() < $deadline);
echo $message;
', ['memory_limit' => '300M']);
touch("$folder/stop");
proc_close($neighbour);
echo rdump_tell($folder, $run->out . $run->err), "\n", file_get_contents("$folder/mount/a.rdump"), ', ', rdump_list("$folder/mount"), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
rdump_dump(): cannot write mount/a.rdump: No space left on device
the earlier file, a.rdump
