--TEST--
A process that may not be copied (RLIMIT_NPROC) writes its dump directly, and the log says so
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
rdump_skip_unless_root();
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
chmod($folder, 0777);
mkdir("$folder/dumps");
chmod("$folder/dumps", 0777);
touch("$folder/log");
/* A user that nobody is: the limit counts processes of a user. */
$user = random_int(1200000000, 1300000000);
$limit = 'ulimit -u 1 2>/dev/null || ulimit -p 1;';
$code = '
var_dump(rdump_snapshot("dumps/a.rdump"), rdump_dump("dumps/b.rdump"), rdump_snapshot("missing/c.rdump"));
function exhaust() { $kept = []; while (true) { $kept[] = str_repeat("x", 100000); } }
exhaust();
';
foreach ([0, 1] as $background) {
    $run = rdump_run($folder, $code, ['rdump.snapshot' => 1, 'rdump.background' => $background,
        'error_log' => "$folder/dumps/log", 'rdump.oom_dump' => "$folder/dumps/%s.rdump"], $limit, $user);
    preg_match_all('/^\[[^]]*\] (rdump: .*)$/m', file_get_contents("$folder/dumps/log"), $lines);
    /* A debug build tells where in PHP, 8.5 tells the call stack. */
    foreach (preg_grep('/^(Stack trace|#\d)/', explode("\n", $run->out), PREG_GREP_INVERT) as $line) {
        echo preg_replace(['/memory size of \d+/', '/allocate \d+/', '/ in \S+ on line \d+/', '/ at \S+:\d+/'],
            ['memory size of N', 'allocate N', '', ''], $line), "\n";
    }
    rdump_show_log($folder,
        str_replace('cannot copy the process: Resource temporarily unavailable', 'WHY', $lines[1]));
    foreach (glob("$folder/dumps/*.rdump") as $path) {
        echo basename($path), ': ', rdump_judge($path), "\n";
        unlink($path);
    }
    unlink("$folder/dumps/log");
    echo 'left: ', rdump_list("$folder/dumps"), "\n";
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
Warning: rdump_snapshot(): cannot open the folder of missing/c.rdump: No such file or directory
bool(true)
bool(true)
bool(false)

Fatal error: Allowed memory size of N bytes exhausted (tried to allocate N bytes)

log: rdump: rdump_snapshot(): written directly: WHY: dumps/a.rdump
log: rdump: rdump_dump(): written directly: WHY: dumps/b.rdump
log: rdump: memory limit reached: dumped to FOLDER/dumps/0.rdump (N bytes), written directly: WHY
0.rdump: valid
a.rdump: valid
b.rdump: valid
left: 

Warning: rdump_snapshot(): cannot open the folder of missing/c.rdump: No such file or directory
bool(true)
bool(true)
bool(false)

Fatal error: Allowed memory size of N bytes exhausted (tried to allocate N bytes)

log: rdump: rdump_snapshot(): written directly: WHY: dumps/a.rdump
log: rdump: rdump_dump(): written directly: WHY: dumps/b.rdump
log: rdump: memory limit reached: dumped to FOLDER/dumps/0.rdump (N bytes), written directly: WHY
0.rdump: valid
a.rdump: valid
b.rdump: valid
left: 
