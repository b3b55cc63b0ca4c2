--TEST--
Dump by signal with rdump.background: a script that goes on asks as often as it likes, and each dump has its log line
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$code = rdump_ask() . '
for ($i = 0; $i < 20; $i++) {
    ask();
    for ($end = time() + 60; !file_exists("a.rdump") && time() < $end; clearstatcache()) {
        usleep(1000);
    }
    unlink("a.rdump");
}';
$run = rdump_run($folder, $code, ['rdump.signal_dump' => "$folder/a.rdump", 'rdump.background' => 1]);
echo count($run->log), " lines\n";
echo implode("\n", array_unique(array_map(function ($line) use ($folder) {
    return rdump_tell($folder, $line);
}, $run->log))), "\n", rdump_list($folder), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
20 lines
rdump: signal N: dumped to FOLDER/a.rdump (N bytes)
log script1.php
