--TEST--
The disk is full: refused with the reason, no partial file is left, the earlier file does not change
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
echo rdump_shell("mount -t tmpfs -o size=1M,mode=755 tmpfs $folder/mount")[2];
file_put_contents("$folder/mount/a.rdump", 'the earlier file');
set_error_handler(function ($level, $message) use ($folder) {
    echo rdump_tell($folder, $message), "\n";
    return true;
});
var_dump(rdump_dump("$folder/mount/a.rdump"));
var_dump(rdump_dump("$folder/mount/b.rdump", true));
$run = rdump_run($folder, RDUMP_EXHAUST . 'exhaust();',
    ['rdump.oom_dump' => "$folder/mount/a.rdump", 'rdump.oom_dump_marker' => 1]);
rdump_show_log($folder, $run->log);
echo file_get_contents("$folder/mount/a.rdump"), ', ', rdump_list("$folder/mount"), "\n";
/* No space for a single byte, or no inode. */
file_put_contents("$folder/mount/full", str_repeat('x', (1 << 20) - rdump_page_size()));
var_dump(rdump_dump("$folder/mount/a.rdump"));
unlink("$folder/mount/full");
rdump_shell("mount -o remount,nr_inodes=2 $folder/mount");
var_dump(rdump_dump("$folder/mount/c.rdump"));
echo file_get_contents("$folder/mount/a.rdump"), ', ', rdump_list("$folder/mount"), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECTF--
rdump_dump(): cannot %s FOLDER/mount/a.rdump: No space left on device
bool(false)
rdump_dump(): cannot %s FOLDER/mount/b.rdump: No space left on device
bool(false)
log: rdump: memory limit reached: %s FOLDER/mount/a.rdump: No space left on device
the earlier file, a.rdump
rdump_dump(): cannot %s FOLDER/mount/a.rdump: No space left on device
bool(false)
rdump_dump(): cannot %s FOLDER/mount/c.rdump: No space left on device
bool(false)
the earlier file, a.rdump
