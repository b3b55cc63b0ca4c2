--TEST--
rdump.oom_dump_min_interval: a dump before its end is skipped; a skipped one does not count
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
foreach ([0, 3600] as $interval) {
    echo "interval $interval\n";
    $server = new RdumpServer($folder, RDUMP_EXHAUST . 'exhaust();',
        ['rdump.oom_dump' => "$folder/a.rdump", 'rdump.oom_dump_max' => 2, 'rdump.oom_dump_min_interval' => $interval]);
    for ($i = 0; $i < 3; $i++) {
        $server->get('/');
    }
    $server->stop();
    rdump_show_log($folder, preg_replace('/\d+ s ago/', 'N s ago', rdump_log($folder)));
    unlink("$folder/log");
}
/* After the interval there is a dump again. */
echo "interval 1\n";
$server = new RdumpServer($folder, RDUMP_EXHAUST . 'exhaust();',
    ['rdump.oom_dump' => "$folder/a.rdump", 'rdump.oom_dump_max' => 2, 'rdump.oom_dump_min_interval' => 1]);
var_dump(rdump_await(function () use ($server, $folder) {
    $server->get('/');
    return count(preg_grep('/dumped to/', rdump_log($folder))) === 2;
}));
$server->stop();
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECTF--
interval 0
log: rdump: memory limit reached: dumped to FOLDER/a.rdump (N bytes)
log: rdump: memory limit reached: dumped to FOLDER/a.rdump (N bytes)
log: rdump: memory limit reached: no dump to FOLDER/a.rdump: rdump.oom_dump_max=2 %s
interval 3600
log: rdump: memory limit reached: dumped to FOLDER/a.rdump (N bytes)
log: rdump: memory limit reached: no dump to FOLDER/a.rdump: rdump.oom_dump_min_interval=3600%sN s ago
log: rdump: memory limit reached: no dump to FOLDER/a.rdump: rdump.oom_dump_min_interval=3600%sN s ago
interval 1
bool(true)
