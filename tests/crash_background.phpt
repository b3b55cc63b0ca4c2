--TEST--
Dump at a crash: a dump in the background is waited for, and has its log line
--FILE--
<?php
require __DIR__ . '/rdump.inc';
require __DIR__ . '/crash.inc';
$folder = rdump_folder(__FILE__);
$code = CRASH_BY_KILL . 'culprit(' . rdump_signal_number() . '); culprit();';
$run = rdump_run($folder, $code, ['rdump.signal_dump' => "$folder/signal.rdump",
    'rdump.crash_dump' => "$folder/crash.rdump", 'rdump.background' => 1]);
echo "$run->status\n";
rdump_show_log($folder, $run->log);
echo rdump_list($folder), "\n", rdump_judge("$folder/signal.rdump"), ', ', rdump_judge("$folder/crash.rdump"), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
139
log: rdump: crash by SIGSEGV: dumped to FOLDER/crash.rdump (N bytes)
log: rdump: signal N: dumped to FOLDER/signal.rdump (N bytes)
crash.rdump log script1.php signal.rdump
valid, valid
