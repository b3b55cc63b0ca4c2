--TEST--
A template that ends in .zst: the automatic dump is compressed, with the call stack in it
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
rdump_skip_without_zstd();
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$offsets = rdump_offsets($folder);
$run = rdump_run($folder, RDUMP_EXHAUST . 'exhaust();', [
    'rdump.oom_dump' => "$folder/%%.rdump.zst",
    'rdump.oom_dump_marker' => 1,
    'rdump.oom_dump_max_total' => '10M',
]);
rdump_show_log($folder, $run->log);
preg_match('/\((\d+) bytes\)/', implode($run->log), $match);
var_dump((int) $match[1] === filesize("$folder/%.rdump.zst"), is_file("$folder/%.rdump.zst.done"));
echo rdump_shell("zstd -qd '$folder/%.rdump.zst'")[0], ' ', rdump_judge("$folder/%.rdump"), "\n";
echo $offsets === null ? 'exhaust < {main}' : rdump_stack("$folder/%.rdump", $offsets), "\n";
unlink("$folder/%.rdump");

/* By the script. */
$run = rdump_run($folder, RDUMP_EXHAUST . 'var_dump(rdump_set_oom_dump("own.rdump.zst")); exhaust();');
echo strtok($run->out, "\n"), "\n";
rdump_show_log($folder, $run->log);
echo rdump_shell("zstd -qd '$folder/own.rdump.zst'")[0], ' ', rdump_judge("$folder/own.rdump"), "\n";
unlink("$folder/own.rdump");

/* Compressed dumps count. */
$run = rdump_run($folder, RDUMP_EXHAUST . 'exhaust();',
    ['rdump.oom_dump' => "$folder/new.rdump", 'rdump.oom_dump_max_total' => '1000']);
$others = filesize("$folder/%.rdump.zst") + filesize("$folder/own.rdump.zst");
var_dump((bool) strpos(implode($run->log), "beside the $others in the folder"));
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
log: rdump: memory limit reached: dumped to FOLDER/%.rdump.zst (N bytes)
bool(true)
bool(true)
0 valid
exhaust < {main}
bool(true)
log: rdump: memory limit reached: dumped to FOLDER/own.rdump.zst (N bytes)
0 valid
bool(true)
