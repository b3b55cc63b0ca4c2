--TEST--
rdump_dump() in a shutdown function: after exit, after an exception, after a fatal error
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
foreach (['exit(0);', 'throw new Exception("uncaught");', 'new Unknown\Thing;', RDUMP_EXHAUST . 'exhaust();'] as $end) {
    $run = rdump_run($folder,
        'register_shutdown_function(function () { echo var_export(rdump_dump("a.rdump"), true), "\n"; });' . $end);
    echo preg_match('/(Uncaught \w+|Allowed memory)/', $run->out, $match) ? "$match[1]: " : 'exit: ',
        substr(trim($run->out), -4), ', ',
        rdump_judge("$folder/a.rdump"), "\n";
    unlink("$folder/a.rdump");
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
exit: true, valid
Uncaught Exception: true, valid
Uncaught Error: true, valid
Allowed memory: true, valid
