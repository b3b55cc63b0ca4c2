--TEST--
Dump by signal: whatever the process is doing, the dump has its call stack, and the process goes on
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$offsets = rdump_offsets($folder);
$dump = "$folder/a.rdump";
/* Each case is in busy() when the signal comes. It goes on until the dump is there, and prints what it has done. */
$server = stream_socket_server('tcp://127.0.0.1:0');
$address = stream_socket_get_name($server, false);
$begin = 'touch("' . $folder . '/begun");';
$until = 'while (!file_exists("' . $dump . '"));';
$lock = fopen("$folder/lock", 'c');
flock($lock, LOCK_EX);
$cases = [
    'sleep' => 'function busy() { ' . $begin . ' do { sleep(1); } ' . $until . ' return "woken"; }',
    'a socket read' => 'function busy() { ' . $begin . ' global $argv;
        $socket = stream_socket_client("tcp://" . $argv[1]); stream_set_timeout($socket, 300);
        return fgets($socket); }',
    'a pipe read' => 'function busy() { ' . $begin . ' return fgets(STDIN); }',
    'a lock' => 'function busy() { ' . $begin . ' return flock(fopen("' . $folder . '/lock", "c"), LOCK_EX)
        ? "locked" : "not locked"; }',
    'a CPU loop' => 'function busy() { ' . $begin . ' 
        for ($i = 0; $i % 100000 || !file_exists("' . $dump . '"); $i++) { }
        return "looped"; }',
    'a runaway preg_match()' => 'ini_set("pcre.jit", "0"); ini_set("pcre.backtrack_limit", "100000000");
        ini_set("pcre.recursion_limit", "100000000");
        function busy() { ' . $begin . ' do { $matches = preg_match("/(a+)+$/", str_repeat("a", 24) . "b");
            } ' . $until . ' return "no match"; }',
    'a runaway preg_match() with PCRE\'s JIT' => 'ini_set("pcre.jit", "1");
        function busy() { ' . $begin . ' do { $matches = preg_match("/(a+)+$/", str_repeat("a", 24) . "b");
            } ' . $until . ' return "no match"; }',
    'the garbage collector' => 'class Ring { public $next; }
        function busy() { ' . $begin . ' do { for ($i = 0; $i < 5000; $i++) { $ring = new Ring; $ring->next = $ring; }
            $found = gc_collect_cycles(); } ' . $until . ' return "collected"; }',
    'an allocation storm' => 'function busy() { ' . $begin . ' do { for ($i = 0, $kept = []; $i < 200; $i++) {
            $kept[] = str_repeat("x", $i * 300); unset($kept[$i - 3]); }
            } ' . $until . ' return "stored"; }',
    'a sort' => 'function busy() { ' . $begin . ' do { $list = range(1, 5000); shuffle($list); sort($list);
            } ' . $until . ' return "sorted $list[0]"; }',
];
foreach ($cases as $name => $code) {
    $process = new RdumpProcess($folder, $code . '
$planted = strrev("a planted value ") . getmypid();
function caller() { $local = busy(); return $local; }
echo trim(caller());
', ['rdump.signal_dump' => $dump, 'max_execution_time' => 300], [$address]);
    $process->await(function () use ($folder) {
        return file_exists("$folder/begun");
    });
    if ($name === 'a socket read') {
        $connection = stream_socket_accept($server, 60);
    }
    if (in_array($name, ['sleep', 'a socket read', 'a pipe read', 'a lock'], true)) {
        $process->awaitSleep();
    }
    $process->signal();
    $process->await(function () use ($dump) {
        return file_exists($dump);
    });
    if ($name === 'a socket read') {
        fwrite($connection, "from the socket\n");
    } elseif ($name === 'a pipe read') {
        $process->write("from the pipe\n");
    } elseif ($name === 'a lock') {
        flock($lock, LOCK_UN);
    }
    $run = $process->end();
    $stack = $offsets === null ? 'busy < caller < {main}' : rdump_stack($dump, $offsets);
    $reader = new RdumpReader($dump);
    echo "$name: ", rdump_judge($dump), ', ', $stack, ', ',
        $reader->search(strrev('a planted value ') . $process->pid) !== null ? 'its data' : 'not its data', ', ',
        $reader->pid === $process->pid ? 'its pid' : "pid $reader->pid",
        ", then: $run->out$run->err, status $run->status\n";
    rdump_show_log($folder, $run->log);
    unlink($dump);
    unlink("$folder/begun");
}
@unlink("$folder/offsets");
unlink("$folder/lock");
echo rdump_list($folder), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
sleep: valid, busy < caller < {main}, its data, its pid, then: woken, status 0
log: rdump: signal N: dumped to FOLDER/a.rdump (N bytes)
a socket read: valid, busy < caller < {main}, its data, its pid, then: from the socket, status 0
log: rdump: signal N: dumped to FOLDER/a.rdump (N bytes)
a pipe read: valid, busy < caller < {main}, its data, its pid, then: from the pipe, status 0
log: rdump: signal N: dumped to FOLDER/a.rdump (N bytes)
a lock: valid, busy < caller < {main}, its data, its pid, then: locked, status 0
log: rdump: signal N: dumped to FOLDER/a.rdump (N bytes)
a CPU loop: valid, busy < caller < {main}, its data, its pid, then: looped, status 0
log: rdump: signal N: dumped to FOLDER/a.rdump (N bytes)
a runaway preg_match(): valid, busy < caller < {main}, its data, its pid, then: no match, status 0
log: rdump: signal N: dumped to FOLDER/a.rdump (N bytes)
a runaway preg_match() with PCRE's JIT: valid, busy < caller < {main}, its data, its pid, then: no match, status 0
log: rdump: signal N: dumped to FOLDER/a.rdump (N bytes)
the garbage collector: valid, busy < caller < {main}, its data, its pid, then: collected, status 0
log: rdump: signal N: dumped to FOLDER/a.rdump (N bytes)
an allocation storm: valid, busy < caller < {main}, its data, its pid, then: stored, status 0
log: rdump: signal N: dumped to FOLDER/a.rdump (N bytes)
a sort: valid, busy < caller < {main}, its data, its pid, then: sorted 1, status 0
log: rdump: signal N: dumped to FOLDER/a.rdump (N bytes)
log process.php
