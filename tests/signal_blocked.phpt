--TEST--
Dump by signal: a process that is started with the signal blocked dumps, too
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
if (!function_exists('pcntl_sigprocmask')) {
    exit('skip needs pcntl');
}
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
pcntl_sigprocmask(SIG_BLOCK, [rdump_signal_number()]);
$run = rdump_run($folder, rdump_ask() . 'ask();', ['rdump.signal_dump' => "$folder/a.rdump"]);
rdump_show_log($folder, $run->log);
echo rdump_list($folder), ' ', rdump_judge("$folder/a.rdump"), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
log: rdump: signal N: dumped to FOLDER/a.rdump (N bytes)
a.rdump log script1.php valid
