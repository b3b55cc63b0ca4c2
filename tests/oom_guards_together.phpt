--TEST--
The guards together: a dump that one of them skips does not count for the others
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$server = new RdumpServer($folder, RDUMP_EXHAUST . 'rdump_set_oom_dump($_GET["to"]); exhaust();',
    ['rdump.oom_dump_max' => 2, 'rdump.oom_dump_min_interval' => 3600,
    'rdump.oom_dump_max_total' => '80M']);
mkdir("$folder/crowded");
file_put_contents("$folder/crowded/a.rdump", '');
ftruncate(fopen("$folder/crowded/a.rdump", 'r+'), 79 << 20);
foreach (['crowded/b', 'crowded/b', 'crowded/b', 'a', 'b'] as $name) {
    $server->get("/?to=$folder/$name.rdump");
}
$server->stop();
foreach (rdump_log($folder) as $line) {
    echo preg_replace(['/\b\d{5,}\b/', '/\d+ s ago/'], ['N', 'N s ago'], rdump_tell($folder, $line)), "\n";
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECTF--
rdump: memory limit reached: no dump to FOLDER/crowded/b.rdump: rdump.oom_dump_max_total=N %s
rdump: memory limit reached: no dump to FOLDER/crowded/b.rdump: rdump.oom_dump_max_total=N %s
rdump: memory limit reached: no dump to FOLDER/crowded/b.rdump: rdump.oom_dump_max_total=N %s
rdump: memory limit reached: dumped to FOLDER/a.rdump (N bytes)
rdump: memory limit reached: no dump to FOLDER/b.rdump: rdump.oom_dump_min_interval=3600%s
