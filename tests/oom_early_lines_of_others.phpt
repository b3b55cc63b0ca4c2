--TEST--
PHP's hard limit: the line of another automatic dump, which waited to be written, is logged
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
if (!rdump_reports_late()) exit('skip this PHP has no hard limit');
rdump_skip_without('pdo_sqlite');
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
/* One built-in function grows until PHP ends the process. The thread that watches has its dump made meanwhile. */
$code = '(new PDO("sqlite::memory:"))->query("WITH RECURSIVE
    n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5000000) SELECT i, i * 2 FROM n")->fetchAll();';
foreach (['watch alone' => [], 'with rdump.oom_dump' => ['rdump.oom_dump' => "$folder/oom.rdump"]] as $what => $more) {
    $run = rdump_run($folder, $code, ['+pdo_sqlite', 'memory_limit' => '150M',
        'rdump.watch_dump' => "$folder/watch.rdump", 'rdump.watch_rss' => '100M'] + $more);
    echo "$what: status $run->status, ", rdump_judge("$folder/watch.rdump"), "\n";
    foreach ($run->log as $line) {
        echo preg_replace(['/\d+ bytes resident, the mark is \d+/', '/, in .*(?=; PHP)/'], ['N resident', ''],
            rdump_tell($folder, $line)), "\n";
    }
    array_map('unlink', glob("$folder/*.rdump"));
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
watch alone: status 137, valid
rdump: watch: N resident: dumped to FOLDER/watch.rdump (N bytes)
with rdump.oom_dump: status 137, valid
rdump: memory limit reached: dumped to FOLDER/oom.rdump (N bytes); PHP then ended the process at its hard limit
rdump: watch: N resident: dumped to FOLDER/watch.rdump (N bytes)
