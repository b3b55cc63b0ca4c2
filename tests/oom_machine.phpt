--TEST--
Automatic dump: the machine itself gives no more memory (ulimit -v)
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
/* Security releases of 2026 (8.2.35, 8.4.27) end at once here, without an error that anybody is told of. */
$run = rdump_shell('ulimit -v 300000; ' . rdump_command([rdump_executable(), '-n', '-d', 'memory_limit=-1', '-r', '$a = []; while (true) $a[] = str_repeat("x", 100000);']));
if (strpos($run[1], 'Out of memory (allocated') === false) exit('skip this PHP ends without an error where the machine has no more memory');
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
foreach ([-1, '2G'] as $limit) {
    $run = rdump_run($folder, RDUMP_EXHAUST . 'exhaust();', ['memory_limit' => $limit, 'rdump.oom_dump' => "$folder/a.rdump"], 'ulimit -v 400000;');
    echo preg_match('/Out of memory \(allocated/', $run->out) ? 'out of memory, ' : $run->out . $run->err, rdump_judge("$folder/a.rdump"), ', ', rdump_list($folder), "\n";
    rdump_show_log($folder, $run->log);
    unlink("$folder/a.rdump");
}
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
