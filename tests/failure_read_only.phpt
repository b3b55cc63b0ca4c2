--TEST--
A read-only file system: refused with the reason
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
echo rdump_shell("mount -t tmpfs tmpfs $folder/mount && echo 'the earlier file' > $folder/mount/a.rdump"
    . " && mount -o remount,ro $folder/mount")[2];
var_dump(@rdump_dump("$folder/mount/a.rdump"));
echo rdump_tell($folder, error_get_last()['message']), "\n";
$run = rdump_run($folder, RDUMP_EXHAUST . 'exhaust();', ['rdump.oom_dump' => "$folder/mount/b.rdump"]);
rdump_show_log($folder, $run->log);
echo rdump_list("$folder/mount"), ': ', file_get_contents("$folder/mount/a.rdump");
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECTF--
bool(false)
rdump_dump(): cannot %s FOLDER/mount/a.rdump: Read-only file system
log: rdump: memory limit reached: %s FOLDER/mount/b.rdump: Read-only file system
a.rdump: the earlier file
