--TEST--
A dump in the background that outlives the script: PHP waits for it, writes its log line, and ends as ever
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
/* It takes longer to write than PHP takes to end. */
$much = '$much = str_repeat("planted!", 13 << 20);';
$cases = [
    'by signal' => [rdump_ask() . $much . 'ask();', 'signal_dump', "$folder/log"],
    'by signal, a relative error_log' => [rdump_ask() . $much . 'ask();', 'signal_dump', 'log'],
    'on exhausted memory' => [RDUMP_EXHAUST . $much . 'exhaust();', 'oom_dump', "$folder/log"],
];
foreach ($cases as $name => list($code, $directive, $log)) {
    $run = rdump_run($folder, $code, ["rdump.$directive" => "$folder/a.rdump", 'rdump.background' => 1,
        'memory_limit' => '200M', 'error_log' => $log, 'display_errors' => 0]);
    echo "$name: status $run->status, $run->out$run->err", rdump_judge("$folder/a.rdump"), "\n";
    rdump_show_log($folder, preg_grep('/rdump/', $run->log));
    unlink("$folder/a.rdump");
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
by signal: status 0, valid
log: rdump: signal N: dumped to FOLDER/a.rdump (N bytes)
by signal, a relative error_log: status 0, valid
log: rdump: signal N: dumped to FOLDER/a.rdump (N bytes)
on exhausted memory: status 255, valid
log: rdump: memory limit reached: dumped to FOLDER/a.rdump (N bytes)
