--TEST--
A compressed dump that fails leaves the earlier file as it was, and nothing else
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
rdump_skip_without_zstd();
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
file_put_contents('x.rdump.zst', 'earlier');
$code = '$held = random_bytes(8 << 20); var_dump(rdump_dump("x.rdump.zst"));';
$run = rdump_run($folder, $code, ['memory_limit' => '64M'], 'ulimit -f 2000;');
echo preg_replace('/ in \S+ on line \d+/', '', rdump_tell($folder, trim($run->out))), "\n";
echo file_get_contents('x.rdump.zst'), ', ', rdump_list($folder), "\n";

/* Automatic, with a budget that is too small: before it begins, and while it is written. */
$exhaust = 'function exhaust() { $kept = []; for (;;) { $kept[] = random_bytes(100000); } } exhaust();';
foreach (['1M', '8M'] as $limit) {
    $run = rdump_run($folder, $exhaust,
        ['rdump.oom_dump' => "$folder/x.rdump.zst", 'rdump.oom_dump_max_total' => $limit]);
    foreach ($run->log as $line) {
        echo preg_replace('/\b\d{3,}\b/', 'N', rdump_tell($folder, $line)), "\n";
    }
    echo file_get_contents('x.rdump.zst'), ', ', preg_replace('/script\d+\.php ?/', '', rdump_list($folder)), "\n";
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECTF--
Warning: rdump_dump(): cannot reserve room for x.rdump.zst: File too large
bool(false)
earlier, script1.php x.rdump.zst
rdump: memory limit reached: no dump to FOLDER/x.rdump.zst: rdump.oom_dump_max_total=N has no room for N bytes beside the 0 in the folder
earlier, log x.rdump.zst
rdump: memory limit reached: no dump: cannot keep within the budget with FOLDER/x.rdump.zst: %s
earlier, log x.rdump.zst
