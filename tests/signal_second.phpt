--TEST--
Dump by signal: a second signal during a dump asks for nothing more
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
/* With a budget a dump waits for its turn in the folder: meanwhile it is under way for as long as the test likes. */
$code = RDUMP_EXHAUST . '
ini_set("memory_limit", "16M");
touch("' . $folder . '/begun");
while (!file_exists("' . $folder . '/end")) {
    usleep(1000);
    if (file_exists("' . $folder . '/exhaust")) {
        exhaust();
    }
}
echo "goes on";
';
foreach (['by signal' => 'signal', 'on exhausted memory' => 'oom'] as $name => $first) {
    $process = new RdumpProcess($folder, $code, ['rdump.signal_dump' => "$folder/dumps/signal.rdump",
        'rdump.oom_dump' => "$folder/dumps/oom.rdump", 'rdump.oom_dump_max_total' => '1G']);
    $process->await(function () use ($folder) {
        return file_exists("$folder/begun");
    });
    /* One shell for all signals, started before: while the dump waits, for 10 seconds, nothing slow may happen. */
    $kill = 'kill -' . rdump_signal_number() . " $process->pid; ";
    $shell = proc_open('read line; ' . ($first === 'signal' ? "$kill read line; " : '') . str_repeat($kill, 50)
        . 'echo sent', [['pipe', 'r'], ['pipe', 'w']], $pipes);
    mkdir("$folder/dumps");
    $lock = fopen("$folder/dumps", 'r');
    flock($lock, LOCK_EX);
    if ($first === 'signal') {
        fwrite($pipes[0], "\n");
    } else {
        touch("$folder/exhaust");
    }
    /* The dump has opened the folder, and cannot have its lock. */
    $process->await(function () use ($process, $folder) {
        foreach (glob("/proc/$process->pid/fd/*") as $fd) {
            if (@readlink($fd) === "$folder/dumps") { /* others may have been closed since */
                return true;
            }
        }
        return false;
    });
    fwrite($pipes[0], "\n");
    if (fgets($pipes[1]) !== "sent\n") {
        exit("no signals were sent\n");
    }
    flock($lock, LOCK_UN);
    $process->await(function () use ($folder, $first) {
        return file_exists("$folder/dumps/$first.rdump");
    });
    touch("$folder/end");
    $run = $process->end();
    echo "a dump $name: status $run->status, ", $first === 'oom' ? '' : "$run->out, ", rdump_list("$folder/dumps"), ' ',
        rdump_judge("$folder/dumps/$first.rdump"), "\n";
    rdump_show_log($folder, $run->log);
    array_map('unlink', glob("$folder/dumps/*"));
    rmdir("$folder/dumps");
    array_map('unlink', array_filter(["$folder/end", "$folder/begun", "$folder/exhaust"], 'file_exists'));
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
a dump by signal: status 0, goes on, signal.rdump valid
log: rdump: signal N: dumped to FOLDER/dumps/signal.rdump (N bytes)
a dump on exhausted memory: status 255, oom.rdump valid
log: rdump: memory limit reached: dumped to FOLDER/dumps/oom.rdump (N bytes)
