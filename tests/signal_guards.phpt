--TEST--
Dump by signal: max and interval do not hold for it; full, marker and the budget do
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$code = rdump_ask() . 'for ($i = 0; $i < 3; $i++) {
    ask();
}';
$lean = rdump_run($folder, $code, ['rdump.signal_dump' => "$folder/a.rdump", 'rdump.oom_dump_max' => 1,
    'rdump.oom_dump_min_interval' => 3600, 'rdump.oom_dump_marker' => 1]);
rdump_show_log($folder, $lean->log);
echo rdump_list($folder), ' ', rdump_judge("$folder/a.rdump"), "\n";
$size = filesize("$folder/a.rdump");
rdump_run($folder, $code, ['rdump.signal_dump' => "$folder/full.rdump", 'rdump.oom_dump_full' => 1]);
clearstatcache();
echo filesize("$folder/full.rdump") > $size ? 'full' : 'not full', ', ', rdump_judge("$folder/full.rdump"), "\n";
$run = rdump_run($folder, $code, ['rdump.signal_dump' => "$folder/b.rdump", 'rdump.oom_dump_max_total' => $size]);
echo count($run->log), ' lines: ', preg_replace('/\d+(?= bytes| in the)|(?<==)\d+/', 'N',
    substr(rdump_tell($folder, $run->log[0]), strlen('rdump: signal N: '))), "\n", rdump_list($folder), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
log: rdump: signal N: dumped to FOLDER/a.rdump (N bytes)
log: rdump: signal N: dumped to FOLDER/a.rdump (N bytes)
log: rdump: signal N: dumped to FOLDER/a.rdump (N bytes)
a.rdump a.rdump.done log script1.php valid
full, valid
3 lines: no dump to FOLDER/b.rdump: rdump.oom_dump_max_total=N has no room for N bytes beside the N in the folder
a.rdump a.rdump.done full.rdump log script1.php script2.php script3.php
