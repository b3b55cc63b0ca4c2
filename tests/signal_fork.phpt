--TEST--
Dump by signal: a forked child dumps itself, its parent does not
--SKIPIF--
<?php
if (!function_exists('pcntl_fork')) exit('skip no pcntl for this PHP');
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$run = rdump_run($folder, rdump_ask() . '
function in_child()
{
    ask();
    return getmypid();
}
$child = pcntl_fork();
if ($child === 0) {
    in_child();
    exit;
}
pcntl_waitpid($child, $status);
echo pcntl_wifexited($status) ? pcntl_wexitstatus($status) : "signal " . pcntl_wtermsig($status), " ", $child;
', ['rdump.signal_dump' => "$folder/%p.rdump"]);
list($status, $child) = explode(' ', $run->out);
echo "the child ends with $status, the parent with $run->status\n", $run->err;
echo str_replace($child, 'CHILD', rdump_list($folder)), "\n", rdump_judge("$folder/$child.rdump"), "\n";
var_dump((new RdumpReader("$folder/$child.rdump"))->pid === (int) $child);
foreach ($run->log as $line) {
    echo 'log: ', str_replace($child, 'CHILD', rdump_tell($folder, $line)), "\n";
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
the child ends with 0, the parent with 0
CHILD.rdump log script1.php
valid
bool(true)
log: rdump: signal N: dumped to FOLDER/CHILD.rdump (N bytes)
