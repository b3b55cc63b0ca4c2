--TEST--
Automatic dump: the machine gives no more memory, and PHP's message cannot be written (stderr closed, full)
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
foreach (['closed' => '2>&-', 'full' => '2>/dev/full', 'read-only' => '2</dev/null'] as $what => $stderr) {
    $run = rdump_run($folder, RDUMP_EXHAUST . 'exhaust();',
        ['memory_limit' => -1, 'rdump.oom_dump' => "$folder/a.rdump"], "ulimit -v 400000; exec $stderr;");
    echo $what, ': ', rdump_judge("$folder/a.rdump"), ', ',
        implode("\n", preg_replace(['/ \(\d+ bytes\)/', '/^rdump: .*?out of memory\??\)?: /'], '',
        str_replace($folder, 'FOLDER', $run->log))), "\n";
    @unlink("$folder/a.rdump");
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
closed: valid, dumped to FOLDER/a.rdump
full: valid, dumped to FOLDER/a.rdump
read-only: valid, dumped to FOLDER/a.rdump
