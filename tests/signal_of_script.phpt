--TEST--
Dump by signal: a script that handles the signal by pcntl_signal() has it, also while rdump_dump() is at work
--SKIPIF--
<?php
if (!function_exists('pcntl_signal')) exit('skip no pcntl for this PHP');
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$run = rdump_run($folder, rdump_ask() . '
$number = ' . rdump_signal_number() . ';
$calls = 0;
pcntl_signal($number, function () use (&$calls) { $calls++; });
ask($number);
pcntl_signal_dispatch();
echo "$calls call, ";
/* Signals that come during a dump are the script\'s, too. */
pcntl_sigprocmask(SIG_BLOCK, [$number]);
ask($number);
echo rdump_dump(__DIR__ . "/call.rdump") ? "dumped" : "not dumped";
pcntl_sigprocmask(SIG_UNBLOCK, [$number]);
pcntl_signal_dispatch();
echo ", $calls calls\n";
(new ReflectionExtension("rdump"))->info();
', ['rdump.signal_dump' => "$folder/signal.rdump"]);
echo strtok($run->out, "\n"), "\n";
preg_match('/^Dump by signal => signal \d+(.*)$/m', $run->out, $match);
echo "phpinfo(): signal N$match[1]\n", $run->err;
rdump_show_log($folder, $run->log);
echo rdump_list($folder), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
1 call, dumped, 2 calls
phpinfo(): signal N, which something else handles
call.rdump script1.php
