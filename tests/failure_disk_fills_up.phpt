--TEST--
The disk fills up during a dump: no partial file is left, and the earlier file does not change
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
mkdir("$folder/mount");
echo rdump_shell("mount -t tmpfs -o size=300M,mode=755 tmpfs $folder/mount")[2];
file_put_contents("$folder/mount/a.rdump", 'the earlier file');
/*
 * Another process uses and frees most of the space repeatedly: there is space when a dump begins, and none when it is
 * written. The file_put_contents() of PHP 7.0 and 7.1 copies its string.
 */
$code = '
$much = str_repeat("x", 200 << 20);
for ($end = time() + 800; time() < $end && !is_file("stop");) {
    @file_put_contents("mount/other", $much);
    unlink("mount/other");
}
';
$neighbour = proc_open(rdump_prepare($folder, $code, ['memory_limit' => '600M']), [2 => ['file', '/dev/null', 'w']],
    $pipes, $folder);
/* Below the limit of this test, which is longer where $RDUMP_PATIENCE says so. */
$seconds = getenv('RDUMP_PATIENCE') > 1 ? 600 : 200;
$run = rdump_run($folder, '
$heap = str_repeat("x", 200 << 20);
$deadline = time() + ' . $seconds . ';
do {
    /* A dump that succeeds is replaced by the earlier file. */
    $done = @rdump_dump("mount/a.rdump");
    $message = $done ? "" : error_get_last()["message"];
    $done && unlink("mount/a.rdump") && file_put_contents("mount/a.rdump", "the earlier file");
} while (strpos($message, "cannot write") === false && time() < $deadline);
echo $message;
', ['memory_limit' => '300M']);
touch("$folder/stop");
proc_close($neighbour);
echo rdump_tell($folder, $run->out . $run->err), "\n", file_get_contents("$folder/mount/a.rdump"), ', ',
    rdump_list("$folder/mount"), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
rdump_dump(): cannot write mount/a.rdump: No space left on device
the earlier file, a.rdump
