--TEST--
rdump.oom_dump_max: the number of dumps per process; failed attempts count; 0 means no limit
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
foreach ([null, 1, 2, 0] as $max) {
    echo $max === null ? 'default' : "max $max", "\n";
    $directives = ['rdump.oom_dump' => "$folder/%t-a.rdump"] + ($max === null ? [] : ['rdump.oom_dump_max' => $max]);
    $server = new RdumpServer($folder, RDUMP_EXHAUST . 'exhaust();', $directives);
    for ($i = 0; $i < 4; $i++) {
        $server->get('/');
    }
    $server->stop();
    rdump_show_log($folder, preg_replace('/\d+-a/', 'TIME-a', rdump_log($folder)));
    rdump_shell("rm $folder/*");
}
echo "failed ones\n";
$server = new RdumpServer($folder, RDUMP_EXHAUST . 'rdump_set_oom_dump($_GET["to"]); exhaust();',
    ['rdump.oom_dump_max' => 2]);
foreach (['none/a', 'b', 'c'] as $name) {
    $server->get("/?to=$folder/$name.rdump");
}
$server->stop();
rdump_show_log($folder, rdump_log($folder));
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECTF--
default
log: rdump: memory limit reached: dumped to FOLDER/TIME-a.rdump (N bytes)
log: rdump: memory limit reached: no dump to FOLDER/TIME-a.rdump: rdump.oom_dump_max=1 %s
log: rdump: memory limit reached: no dump to FOLDER/TIME-a.rdump: rdump.oom_dump_max=1 %s
log: rdump: memory limit reached: no dump to FOLDER/TIME-a.rdump: rdump.oom_dump_max=1 %s
max 1
log: rdump: memory limit reached: dumped to FOLDER/TIME-a.rdump (N bytes)
log: rdump: memory limit reached: no dump to FOLDER/TIME-a.rdump: rdump.oom_dump_max=1 %s
log: rdump: memory limit reached: no dump to FOLDER/TIME-a.rdump: rdump.oom_dump_max=1 %s
log: rdump: memory limit reached: no dump to FOLDER/TIME-a.rdump: rdump.oom_dump_max=1 %s
max 2
log: rdump: memory limit reached: dumped to FOLDER/TIME-a.rdump (N bytes)
log: rdump: memory limit reached: dumped to FOLDER/TIME-a.rdump (N bytes)
log: rdump: memory limit reached: no dump to FOLDER/TIME-a.rdump: rdump.oom_dump_max=2 %s
log: rdump: memory limit reached: no dump to FOLDER/TIME-a.rdump: rdump.oom_dump_max=2 %s
max 0
log: rdump: memory limit reached: dumped to FOLDER/TIME-a.rdump (N bytes)
log: rdump: memory limit reached: dumped to FOLDER/TIME-a.rdump (N bytes)
log: rdump: memory limit reached: dumped to FOLDER/TIME-a.rdump (N bytes)
log: rdump: memory limit reached: dumped to FOLDER/TIME-a.rdump (N bytes)
failed ones
log: rdump: memory limit reached: %s FOLDER/none/a.rdump: No such file or directory
log: rdump: memory limit reached: dumped to FOLDER/b.rdump (N bytes)
log: rdump: memory limit reached: no dump to FOLDER/c.rdump: rdump.oom_dump_max=2 %s
