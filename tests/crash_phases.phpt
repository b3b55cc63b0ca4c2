--TEST--
Dump at a crash: in each phase of a request, and in a forked child
--FILE--
<?php
require __DIR__ . '/rdump.inc';
require __DIR__ . '/crash.inc';
$folder = rdump_folder(__FILE__);
file_put_contents("$folder/prepended.php", '<?php' . CRASH_BY_KILL . 'culprit();');
$class = 'class A { public $a; function __destruct() { culprit(); } }';
$phases = [
    'a prepended file' => ['', ['auto_prepend_file' => "$folder/prepended.php"]],
    'the script' => ['culprit();'],
    'a destructor' => ["$class \$a = new A; \$a = null;"],
    'the garbage collector' => ["$class \$a = new A; \$a->a = \$a; \$a = null; gc_collect_cycles();"],
    'a shutdown function' => ['register_shutdown_function("culprit", "SEGV");'],
    'a destructor at the end' => ["$class \$a = new A;"],
    'an output handler' => ['ob_start(function ($text) { culprit(); return $text; }); echo "text";'],
    'a header callback' => ['header_register_callback("culprit_of_headers");
        function culprit_of_headers() { culprit(); }'],
];
if (PHP_VERSION_ID >= 80100) {
    $phases['a fiber'] = ['(new Fiber("culprit"))->start("SEGV");'];
}
if (function_exists('session_start')) {
    $phases['the write of the session'] = ['class Handler extends SessionHandler {
        function write($id, $data): bool { culprit(); return true; } }
        session_set_save_handler(new Handler, false); session_start(); $_SESSION["a"] = 1;',
        ['session.save_path' => $folder, 'session.use_cookies' => 0]];
}
foreach ($phases as $name => $phase) {
    $code = ($name === 'a prepended file' ? '' : CRASH_BY_KILL) . $phase[0];
    $told = crash_tell($folder, $code, isset($phase[1]) ? $phase[1] : [], '', $log);
    crash_expect($name, '139: crash-11.rdump, valid, culprit', preg_replace('/ < [^;]*/', '', $told), $log);
    array_map('unlink', glob("$folder/sess_*"));
}
/* Between requests. The connection is closed when the request has ended; then the server waits for the next one. */
@unlink("$folder/log");
$server = new RdumpServer($folder, 'echo getmypid();', ['rdump.crash_dump' => "$folder/idle.rdump"]);
$pid = (int) $server->get('/');
rdump_await(function () use ($pid) {
    return preg_match('/\) S /', file_get_contents("/proc/$pid/stat"));
});
exec("kill -SEGV $pid");
rdump_await(function () use ($folder) {
    return rdump_log($folder);
});
$server->stop();
rdump_show_log($folder, rdump_log($folder));
if (!function_exists('pcntl_fork')) {
    exit("11 dumped\n139, 2 dumps\n");
}
$run = rdump_run($folder, CRASH_BY_KILL . '
    $child = pcntl_fork();
    $child || culprit();
    pcntl_waitpid($child, $status);
    echo pcntl_wtermsig($status), " ", file_exists("child-$child.rdump") ? "dumped" : "not dumped", "\n";
    culprit();
', ['rdump.crash_dump' => "$folder/child-%p.rdump", 'rdump.oom_dump_max' => 2]);
echo $run->out, "$run->status, ", count(glob("$folder/child-*.rdump")), " dumps\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
log: rdump: crash by SIGSEGV: dumped to FOLDER/idle.rdump (N bytes), between requests: no code was running
11 dumped
139, 2 dumps
