--TEST--
Built without libzstd: a path that ends in .zst is refused with a sentence
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
rdump_skip_with_zstd();
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
file_put_contents('x.rdump.zst', 'earlier');
var_dump(rdump_dump('x.rdump.zst'));
var_dump(rdump_set_oom_dump('x.rdump.zst'));
var_dump(rdump_dump('x.zst.rdump'));
echo rdump_list($folder), ', ', file_get_contents('x.rdump.zst'), "\n";
rdump_show_log($folder, rdump_run($folder, RDUMP_EXHAUST . 'exhaust();', ['rdump.oom_dump' => "$folder/%p.zst"])->log);
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECTF--

Warning: rdump_dump(): cannot compress (rdump was built without libzstd) x.rdump.zst: %s in %s on line %d
bool(false)

Warning: rdump_set_oom_dump(): cannot compress (rdump was built without libzstd) x.rdump.zst: %s in %s on line %d
bool(false)
bool(true)
x.rdump.zst x.zst.rdump, earlier
log: rdump: memory limit reached: no dump: cannot compress (rdump was built without libzstd) FOLDER/%d.zst: %s
