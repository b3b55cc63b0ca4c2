--TEST--
Automatic dump: targets that are not regular files are refused, and the log says why
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
file_put_contents("$folder/victim", 'precious');
symlink("$folder/victim", "$folder/symlink");
rdump_shell("mkfifo $folder/fifo");
$device = rdump_device($folder);
foreach (["$folder/symlink", "$folder/fifo", $folder, "$folder/", $device] as $path) {
    $run = rdump_run($folder, RDUMP_EXHAUST . 'exhaust();', ['rdump.oom_dump' => $path]);
    rdump_show_log($folder, $run->log);
}
/* A relative path starts at the script's working directory at the time of the dump. */
mkdir("$folder/there");
rdump_show_log($folder, rdump_run($folder, RDUMP_EXHAUST . 'chdir("there"); exhaust();',
    ['rdump.oom_dump' => 'relative.rdump'])->log);
echo file_get_contents("$folder/victim"), ', ', rdump_list("$folder/there"), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECTF--
log: rdump: memory limit reached: %s FOLDER/symlink: Too many levels of symbolic links
log: rdump: memory limit reached: %s FOLDER/fifo: No such device or address
log: rdump: memory limit reached: %s FOLDER: Is a directory
log: rdump: memory limit reached: %s FOLDER/: Is a directory
log: rdump: memory limit reached: %s/null: No such device or address
log: rdump: memory limit reached: dumped to FOLDER/there/relative.rdump (N bytes)
precious, relative.rdump
