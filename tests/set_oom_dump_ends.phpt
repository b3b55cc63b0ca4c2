--TEST--
rdump_set_oom_dump() applies until the request ends; the next request has the directive again
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$server = new RdumpServer($folder, RDUMP_EXHAUST . '
if (isset($_GET["set"])) rdump_set_oom_dump($_GET["set"]);
if (isset($_GET["exhaust"])) exhaust();
echo getmypid();
', ['rdump.oom_dump' => "$folder/ini.rdump", 'rdump.oom_dump_max' => 0]);
$pids = [$server->get('/')];
foreach (['/?set=set.rdump', '/?exhaust', '/?set=&exhaust', '/?exhaust', "/?set=$folder/set.rdump&exhaust", '/?exhaust',
    '/?set='] as $request) {
    $server->get($request);
}
$pids[] = $server->get('/');
$server->stop();
echo $pids[0] === $pids[1] ? 'one process' : 'several processes', "\n";
rdump_show_log($folder, rdump_log($folder));
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
one process
log: rdump: memory limit reached: dumped to FOLDER/ini.rdump (N bytes)
log: rdump: memory limit reached: dumped to FOLDER/ini.rdump (N bytes)
log: rdump: memory limit reached: dumped to FOLDER/set.rdump (N bytes)
log: rdump: memory limit reached: dumped to FOLDER/ini.rdump (N bytes)
