--TEST--
rdump.watch_dump: where a script has taken the signal there is no dump, and a line says so
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
rdump_skip_without('pcntl');
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$run = rdump_run($folder, <<<'CODE'
preg_match('/signal (\d+)/', (function () {
    ob_start();
    (new ReflectionExtension('rdump'))->info();
    return ob_get_clean();
})(), $match);
pcntl_signal((int) $match[1], function () {
    echo "the script's own handler\n";
});
for ($i = 0, $kept = []; $i < 64; $i++) {
    $kept[] = str_repeat('the leak ', 500000);
}
$log = __DIR__ . '/log';
for ($deadline = microtime(true) + 60; !@filesize($log) && microtime(true) < $deadline; clearstatcache()) {
    md5('work');
}
pcntl_signal_dispatch();
ob_start();
(new ReflectionExtension('rdump'))->info();
preg_match('/^Dump before the OOM killer.*/m', ob_get_clean(), $match);
echo $match[0], "\n";
CODE
    , ['+pcntl', 'memory_limit' => -1, 'rdump.watch_dump' => "$folder/a.rdump", 'rdump.watch_rss' => '200M']);
echo "status $run->status\n", $run->out, $run->err;
echo preg_replace('/\d+ bytes/', 'N bytes', implode("\n", $run->log)), "\n";
echo file_exists("$folder/a.rdump") ? 'a dump' : 'no dump', "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECTF--
status 0
Dump before the OOM killer => off: something else handles signal %d
rdump: watch: no dump: N bytes are resident, but the signal for it cannot be sent: Device or resource busy
no dump
