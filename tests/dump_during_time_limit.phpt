--TEST--
max_execution_time and alarms that expire during a dump do no harm to it
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
/*
 * Dumps until the limit is reached, most probably during a dump. That dump continues to its end, and is complete. The
 * limit is of the process's own time: by a copy of it, it would take long to get there.
 */
for ($i = 0; $i < 3; $i++) {
    $run = rdump_run($folder, '
    $heap = str_repeat("x", 150 << 20);
    rdump_dump("a.rdump") && touch("done") || exit("failed");
    set_time_limit(1);
    while (true) { rdump_dump("a.rdump") || exit("failed"); }
    ', ['memory_limit' => '200M', 'rdump.snapshot' => 0]);
    /* No warning before it: the interrupted call has succeeded. */
    echo preg_match('/^\s*Fatal error: Maximum execution time of 1\+? ?seconds? exceeded/', $run->out) ? 'time limit'
        : $run->out . $run->err, ', ',
        rdump_judge("$folder/a.rdump"), ', ',
            rdump_list($folder) === "a.rdump done script" . ($i + 1) . '.php' ? 'nothing else' : rdump_list($folder),
            "\n";
    unlink("$folder/a.rdump");
    unlink("$folder/script" . ($i + 1) . '.php');
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
time limit, valid, nothing else
time limit, valid, nothing else
time limit, valid, nothing else
