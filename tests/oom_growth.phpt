--TEST--
Automatic dump: data that grows beyond memory_limit is in the dump, and the log names the file
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$run = rdump_run($folder, RDUMP_EXHAUST . '
function caller()
{
    $local = strrev("a local value") . getmypid();
    exhaust();
}
echo getmypid();
caller();
echo "never here";
', ['rdump.oom_dump' => "$folder/a.rdump"]);
echo preg_replace(['/^\d+/', '/\nStack trace:.*/s'], ['PID', ''], rdump_tell($folder, trim($run->out . $run->err))),
    "\n";
echo "status $run->status\n";
rdump_show_log($folder, $run->log);
$dump = new RdumpReader("$folder/a.rdump");
var_dump($dump->pid === (int) $run->out);
var_dump($dump->search(strrev('a local value') . (int) $run->out) !== null);
var_dump($dump->search('exhausted exhausted exhausted ') !== null);
/* The size in the log is that of the file. */
preg_match('/\((\d+) bytes\)/', $run->log[0], $match);
var_dump((int) $match[1] === filesize("$folder/a.rdump"));
echo rdump_list($folder), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECTF--
PID
Fatal error: Allowed memory size of 16777216 bytes exhausted%S (tried to allocate %d bytes) in FOLDER/script1.php on line %d
status 255
log: rdump: memory limit reached: dumped to FOLDER/a.rdump (N bytes)
bool(true)
bool(true)
bool(true)
bool(true)
a.rdump log script1.php
