--TEST--
RLIMIT_FSIZE: the process survives, no file is left, the earlier file does not change
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
file_put_contents("$folder/a.rdump", 'the earlier file');
/* ulimit counts in blocks of 512 bytes. The error log is smaller than the limit. */
$run = rdump_run($folder, '
var_dump(@rdump_dump(__DIR__ . "/a.rdump"));
echo error_get_last()["message"], "\n";
var_dump(@rdump_dump(__DIR__ . "/b.rdump", true));
echo "still here\n";
', [], 'ulimit -f 200;');
$run->show($folder);
$run = rdump_run($folder, 'register_shutdown_function(function () { echo "\nstill here"; });' . RDUMP_EXHAUST
    . 'exhaust();',
    ['rdump.oom_dump' => "$folder/a.rdump"], 'ulimit -f 200;');
echo substr($run->out, -10), "\n";
rdump_show_log($folder, array_slice($run->log, -1));
echo file_get_contents("$folder/a.rdump"), ', ', preg_replace('/script\d\.php/', 'script', rdump_list($folder)), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECTF--
status 0
bool(false)
rdump_dump(): cannot %s FOLDER/a.rdump: File too large
bool(false)
still here
still here
log: rdump: memory limit reached: %s FOLDER/a.rdump: File too large
the earlier file, a.rdump log script script
