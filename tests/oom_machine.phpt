--TEST--
Automatic dump: the machine gives no more memory (ulimit -v)
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
foreach ([-1, '2G'] as $limit) {
    $run = rdump_run($folder, RDUMP_EXHAUST . 'exhaust();',
        ['memory_limit' => $limit, 'rdump.oom_dump' => "$folder/a.rdump"], 'ulimit -v 400000;');
    /* Security releases of 2026 (8.2.35, 8.4.27) report no error: they exit at once, with this text on stderr. */
    echo preg_match('/Out of memory( \(allocated|$)/m', $run->out . $run->err) ? 'out of memory, '
        : $run->out . $run->err, rdump_judge("$folder/a.rdump"), ', ', rdump_list($folder), "\n";
    rdump_show_log($folder, $run->log);
    unlink("$folder/a.rdump");
}
/* A process that ends for another reason makes no dump. */
$run = rdump_run($folder, 'exit(1);', ['rdump.oom_dump' => "$folder/a.rdump"]);
echo 'exit: ', $run->status, ', ', rdump_list($folder), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
out of memory, valid, a.rdump log script1.php
log: rdump: out of memory: dumped to FOLDER/a.rdump (N bytes)
out of memory, valid, a.rdump log script1.php script2.php
log: rdump: out of memory: dumped to FOLDER/a.rdump (N bytes)
exit: 1, script1.php script2.php script3.php
