--TEST--
Dump at a crash: the log is a FIFO without a reader, or with one; stderr is closed, and its number the script's
--FILE--
<?php
require __DIR__ . '/rdump.inc';
require __DIR__ . '/crash.inc';
$folder = rdump_folder(__FILE__);
$directives = ['rdump.crash_dump' => "$folder/a.rdump", 'error_log' => "$folder/fifo"];
rdump_shell('mkfifo fifo', '', $folder);
/* It ends within a minute, or it never would. */
$process = new RdumpProcess($folder, CRASH_BY_KILL . 'culprit();', $directives);
$run = $process->end();
echo 'without a reader: status ', var_export($run->status, true), ', ', rdump_tell($folder, $run->err);
/* A descriptor that reads and writes never waits for another one, fifo(7). */
$reader = fopen("$folder/fifo", 'r+');
stream_set_blocking($reader, false);
$run = rdump_run($folder, CRASH_BY_KILL . 'culprit();', $directives);
echo "with a reader: status $run->status, ", preg_replace('/^\[.*?\] /', '', rdump_tell($folder, fgets($reader)));
/* A script in a file would have that number. */
$code = CRASH_BY_KILL . '
for ($i = 0; $i < 10 && @readlink("/proc/self/fd/2") !== getcwd() . "/data"; $i++) {
    $files[] = fopen("data", "w");
}
fwrite(end($files), @readlink("/proc/self/fd/2"));
culprit();';
$arguments = rdump_arguments($folder, ['error_log' => "$folder/log"] + $directives);
$run = rdump_shell('(exec ' . rdump_command(array_merge($arguments, ['-r', $code])) . ' 2>&-)', '', $folder);
echo "stderr closed: status $run[0], the file has ", rdump_tell($folder, file_get_contents("$folder/data")), "\n";
rdump_show_log($folder, rdump_log($folder));
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
without a reader: status 139, rdump: crash by SIGSEGV: dumped to FOLDER/a.rdump (N bytes)
with a reader: status 139, rdump: crash by SIGSEGV: dumped to FOLDER/a.rdump (N bytes)
stderr closed: status 139, the file has FOLDER/data
log: rdump: crash by SIGSEGV: dumped to FOLDER/a.rdump (N bytes)
