--TEST--
Dump by signal: without rdump.signal_dump the signal does what it did
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$number = rdump_signal_number();
foreach ([[], ['-rdump']] as $directives) {
    $run = rdump_run($folder, rdump_ask() . "ask($number); echo 'goes on';", $directives);
    echo $run->status === 128 + $number ? 'it ends the process' : "status $run->status", "$run->out\n";
}
/* Another signal asks for nothing. */
$run = rdump_run($folder, rdump_ask() . 'ask(' . ($number + 1) . '); echo "goes on";',
    ['rdump.signal_dump' => "$folder/a.rdump"]);
echo $run->status === 129 + $number ? 'it ends the process' : "status $run->status", "$run->out\n";
/* One that is configured. */
$run = rdump_run($folder, rdump_ask() . 'ask(12); echo "goes on\n";',
    ['rdump.signal_dump' => "$folder/%s.rdump", 'rdump.signal' => 'usr2']);
echo $run->out, rdump_list($folder), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
it ends the process
it ends the process
it ends the process
goes on
12.rdump log script1.php script2.php script3.php script4.php
