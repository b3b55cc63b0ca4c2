--TEST--
A file system where chmod has no effect: a dump that other users could read is refused
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
rdump_skip_without_bindfs();
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
mkdir("$folder/below");
mkdir("$folder/mount");
set_error_handler(function ($level, $message) use ($folder) {
    echo rdump_tell($folder, $message), "\n";
    return true;
});
foreach (['--perms=0644,u+D', '--perms=0644,u+D --chmod-deny', '--perms=0600,u+D',
    '--perms=0600,u+D --chmod-deny'] as $options) {
    echo "$options\n";
    file_put_contents("$folder/below/a.rdump", 'the earlier file');
    echo rdump_shell("bindfs $options $folder/below $folder/mount")[2];
    var_dump(rdump_dump("$folder/mount/a.rdump"));
    $directives = ['rdump.oom_dump' => "$folder/mount/b.rdump", 'rdump.oom_dump_marker' => 1];
    rdump_show_log($folder, rdump_run($folder, RDUMP_EXHAUST . 'exhaust();', $directives)->log);
    foreach (array_diff(scandir("$folder/mount"), ['.', '..']) as $name) {
        echo $name, ' ', rdump_kind("$folder/mount/$name"), ' ', rdump_judge("$folder/mount/$name"), "\n";
    }
    rdump_shell("umount $folder/mount; rm $folder/below/* $folder/log");
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECTF--
--perms=0644,u+D
rdump_dump(): cannot give mode 0600 to FOLDER/mount/a.rdump: Operation not supported
bool(false)
log: rdump: memory limit reached: no dump: cannot give mode 0600 to FOLDER/mount/b.rdump: Operation not supported
a.rdump file 644 %s
--perms=0644,u+D --chmod-deny
rdump_dump(): cannot give mode 0600 to FOLDER/mount/a.rdump: Operation not permitted
bool(false)
log: rdump: memory limit reached: no dump: cannot give mode 0600 to FOLDER/mount/b.rdump: Operation not permitted
a.rdump file 644 %s
--perms=0600,u+D
bool(true)
log: rdump: memory limit reached: dumped to FOLDER/mount/b.rdump (N bytes)
a.rdump file 600 valid
b.rdump file 600 valid
b.rdump.done file 600 %s
--perms=0600,u+D --chmod-deny
bool(true)
log: rdump: memory limit reached: dumped to FOLDER/mount/b.rdump (N bytes)
a.rdump file 600 valid
b.rdump file 600 valid
b.rdump.done file 600 %s
