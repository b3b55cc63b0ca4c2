--TEST--
Dump at a crash: each of the five signals; status, output and errors are those without rdump
--FILE--
<?php
require __DIR__ . '/rdump.inc';
require __DIR__ . '/crash.inc';
$folder = rdump_folder(__FILE__);
foreach (['SEGV', 'BUS', 'ILL', 'FPE', 'ABRT'] as $signal) {
    $told = crash_tell($folder, CRASH_BY_KILL . "culprit('$signal'); echo 'still here';", [], '', $log);
    echo strtok($told, ','), "\n";
    $number = strtok(strrchr(strtok($told, '.'), '-'), '-');
    crash_expect($signal, 128 + $number . ": crash-$number.rdump, valid, culprit < {main}", $told, $log);
    rdump_show_log($folder, $log);
}
/* Another signal is none of its business. */
$run = rdump_run($folder, CRASH_BY_KILL . 'culprit("TERM");', ['rdump.crash_dump' => "$folder/a.rdump"]);
echo $run->status, ' ', is_file("$folder/a.rdump") ? 'a dump' : 'no dump', "\n";
$run = rdump_run($folder, CRASH_BY_KILL . 'culprit();', ['rdump.crash_dump' => "$folder/a.rdump"], 'exec 2>&-;');
echo 'without stderr ', count($run->log), " line in the log\n";
$run = rdump_run($folder, CRASH_BY_KILL . 'culprit();',
    ['rdump.crash_dump' => "$folder/a.rdump", 'error_log' => '/dev/stderr']);
echo 'where stderr is the log ', substr_count($run->err, 'dumped to'), " line there\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
139: crash-11.rdump
log: rdump: crash by SIGSEGV: dumped to FOLDER/crash-11.rdump (N bytes)
135: crash-7.rdump
log: rdump: crash by SIGBUS: dumped to FOLDER/crash-7.rdump (N bytes)
132: crash-4.rdump
log: rdump: crash by SIGILL: dumped to FOLDER/crash-4.rdump (N bytes)
136: crash-8.rdump
log: rdump: crash by SIGFPE: dumped to FOLDER/crash-8.rdump (N bytes)
134: crash-6.rdump
log: rdump: crash by SIGABRT: dumped to FOLDER/crash-6.rdump (N bytes)
143 no dump
without stderr 1 line in the log
where stderr is the log 1 line there
