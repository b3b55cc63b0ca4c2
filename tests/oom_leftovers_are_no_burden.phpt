--TEST--
Temporary files of killed processes do not count for the budget: the next dump removes them
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
mkdir("$folder/dumps");
for ($i = 0; $i < 3; $i++) {
    $left = fopen(rdump_temporary_name("$folder/dumps", $i), 'w');
    ftruncate($left, 300 << 20);
}
/* The last one is still being written: another process holds its lock. */
flock($left, LOCK_EX);
$run = rdump_run($folder, RDUMP_EXHAUST . 'exhaust();',
    ['rdump.oom_dump' => "$folder/dumps/a.rdump", 'rdump.oom_dump_max_total' => '200M']);
echo preg_replace('/-\w{32}\./', '-N.', rdump_list("$folder/dumps")), "\n";
rdump_show_log($folder, preg_replace('/\b\d{5,}\b/', 'N', $run->log));
fclose($left);
$run = rdump_run($folder, RDUMP_EXHAUST . 'exhaust();',
    ['rdump.oom_dump' => "$folder/dumps/a.rdump", 'rdump.oom_dump_max_total' => '200M']);
echo rdump_list("$folder/dumps"), "\n";
rdump_show_log($folder, $run->log);
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECTF--
.rdump-N.part
log: rdump: memory limit reached: no dump to FOLDER/dumps/a.rdump: rdump.oom_dump_max_total=N has no room for N bytes beside the N in the folder
a.rdump
log: rdump: memory limit reached: dumped to FOLDER/dumps/a.rdump (N bytes)
