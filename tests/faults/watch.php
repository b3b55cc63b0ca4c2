<?php
/*
 * Memory that grows up to the limit of a cgroup: the dump is there before the kernel's OOM killer comes, and does not
 * bring it about.   php watch.php PHP PHP_FPM RDUMP_SO LAUNCH FOLDER     as root; FOLDER is on a disk
 */
require __DIR__ . '/lib.php';
require __DIR__ . '/../lib/cgroup.php';
[, $php, $fpm, $so, $launch, $base] = $argv;
const LIMIT = 200;
const WORKERS = 20;
const NEEDLE = 'this is what leaks';
chmod($base, 0755);
mkdir("$base/dumps");
chmod("$base/dumps", 0777);

/* Where $group is not null, $command runs in it. */
function within($group, $command)
{
    return $group ? rdump_cgroup_command($group, $command) : "exec $command";
}

/* Runs a script in a cgroup of 200 MB. Returns its status and rdump's lines. */
function run($group, $script, array $ini, $before = '')
{
    global $php, $so, $base;
    @unlink("$base/log");
    $command = [$php, '-n'];
    foreach ($ini + ['extension' => $so, 'memory_limit' => -1, 'error_log' => "$base/log", 'log_errors' => 1] as
        $name => $value) {
        array_push($command, '-d', "$name=$value");
    }
    file_put_contents("$base/script.php", '<?php ' . $script);
    /* At the limit the kernel may try to get memory back for minutes before it kills. */
    $before = ($group ? 'timeout -s KILL 400 ' : '') . $before;
    [$status, $output, $errors] = rdump_shell(within($group, $before . rdump_command($command) . " $base/script.php"));
    $log = (string) @file_get_contents("$base/log");
    preg_match_all('/rdump: .*/', $log, $lines);
    return [$status, implode(' | ', $lines[0]), trim("$output $errors")];
}

/* Code that takes memory: so many megabytes at a time, with a pause of so many microseconds, up to so many in all. */
function leak($how, $step, $pause, $most = PHP_INT_MAX)
{
    $needle = NEEDLE;
    $take = $how === 'C' ? '$p = $c->malloc($size); $c->memcpy($p, $text, $size);'
        : '$kept[] = str_repeat($text, 1) . $i;';
    $begin = $how === 'C' ? '$c = FFI::cdef("void *malloc(size_t); void *memcpy(void *, const char *, size_t);");' : '';
    return "$begin \$size = $step << 20; \$text = str_pad('', \$size, '$needle ');
        for (\$i = 0; \$i < $most; \$i += $step) { $take if ($pause) { usleep($pause); } }";
}

function look_for_dump(FaultCase $case, $what, $path, $log, $expected)
{
    if ($wrong = fault_look_at_dump($path, NEEDLE)) {
        $case->lostFile("$what: $wrong: $log");
    } else {
        $case->whole++;
    }
    if (!preg_match($expected, $log)) {
        $case->wrong("$what: log: $log");
    }
    if ($litter = preg_grep('/^\.rdump-/', fault_list(dirname($path)))) {
        $case->wrong("$what: left behind " . implode(', ', $litter));
    }
    @unlink($path);
}

/* ---- without a cgroup -------------------------------------------------------------------------------------------- */

$path = "$base/dumps/a.rdump";
$at_mark = '/^rdump: watch: \d+ bytes resident, the mark is \d+: dumped to \S+ \(\d+ bytes\)$/';
$await = 'for ($end = microtime(true) + 300; !file_exists("' . $path . '") && microtime(true) < $end; ) { md5(""); }';

$case = new FaultCase('watch: a filter refuses timer_create()');
foreach ([1 => 'EPERM', 38 => 'ENOSYS'] as $number => $error) {
    $case->injected++;
    [$status, $log, $output] = run(null, leak('PHP', 4, 0, 200) . $await,
        ['rdump.watch_dump' => $path, 'rdump.watch_rss' => '150M'],
        rdump_command([$launch, 'timer_create', $number]) . ' ');
    if ($status !== 0) {
        $case->lostProcess("$error: status $status: $output");
    }
    look_for_dump($case, $error, $path, $log, $at_mark);
}
$case->close();

$case = new FaultCase('watch: a filter refuses threads');
$case->injected++;
[$status, $log, $output] = run(null, leak('PHP', 4, 0, 200) . 'echo "done";',
    ['rdump.watch_dump' => $path, 'rdump.watch_rss' => '150M'], rdump_command([$launch, 'clone,clone3', 1]) . ' ');
$case->refused++;
if ($status !== 0 || $output !== 'done') {
    $case->lostProcess("status $status: $output");
}
if ($log !== 'rdump: watch: there will be no dump by rdump.watch_dump: cannot start a thread: '
    . 'Operation not permitted') {
    $case->wrong("log: $log");
}
$case->close();

/* ---- in a cgroup ------------------------------------------------------------------------------------------------- */

$group = rdump_cgroup_make('rdump-faults', LIMIT << 20);
if (!$group) {
    echo "skip - watch: in a cgroup of 200 MB: there is no memory cgroup that this user may make\n";
    exit;
}
register_shutdown_function(function () use ($group) {
    rdump_cgroup_remove($group);
});

/* Kinds of memory, megabytes at a time, pause in microseconds, mark. */
$case = new FaultCase('watch: a leak in a cgroup of 200 MB, until the kernel kills');
foreach ([['PHP', 1, 10000, '90%'], ['C', 1, 10000, '90%'], ['PHP', 4, 0, '70%'], ['C', 4, 0, '70%'],
    ['C', 1, 2000, '150M']] as [$how, $step, $pause, $mark]) {
    $what = "memory of $how, $step MB each $pause us, mark $mark";
    $ini = ['rdump.watch_dump' => $path, 'rdump.watch_rss' => $mark];
    if ($how === 'C') {
        $ini = ['ffi.enable' => 1] + $ini;
        $script = "if (!extension_loaded('ffi')) { dl('ffi.so'); }" . leak($how, $step, $pause);
    } else {
        $script = leak($how, $step, $pause);
    }
    $case->injected++;
    [$status, $log, $output] = run($group, $script, $ini);
    if ($status !== 137) {
        $case->wrong("$what: not killed: status $status: $output");
    }
    look_for_dump($case, $what, $path, $log, $at_mark);
}
$case->close();

$case = new FaultCase('watch: a dump in a cgroup of 200 MB does not bring the killer about');
foreach ([0, 1] as $safe) {
    $case->injected++;
    /* The script stops 10 MB before the limit, and the dump is of nearly that. */
    [$status, $log, $output] = run($group, 'preg_match("/^Rss:\s+(\d+)/m", file_get_contents("/proc/self/smaps_rollup"),
        $rss); $most = 185 - $rss[1] / 1024;' . leak('PHP', 1, 5000, '$most') . $await . 'echo "done";',
        ['rdump.watch_dump' => $path, 'rdump.watch_rss' => '85%', 'rdump.safe_read' => $safe]);
    if ($status !== 0 || $output !== 'done') {
        $case->lostProcess("safe_read=$safe: status $status: $output");
    }
    look_for_dump($case, "safe_read=$safe", $path, $log, $at_mark);
}
$case->close();

/* A file in memory would be as large as what it shows, and in the same cgroup. */
$case = new FaultCase('watch: a dump to a tmpfs, for which the cgroup has no room');
$case->injected++;
mkdir("$base/tmpfs");
if (rdump_shell('mount -t tmpfs tmpfs ' . escapeshellarg("$base/tmpfs"))[0]) {
    echo "skip - {$case->name}: nothing may be mounted here\n";
} else {
    [$status, $log, $output] = run($group, leak('PHP', 1, 5000, 150) . '
        for ($end = microtime(true) + 300; !@filesize(ini_get("error_log")) && microtime(true) < $end;) {
            md5("");
            clearstatcache();
        }
        echo "done";', ['rdump.watch_dump' => "$base/tmpfs/a.rdump", 'rdump.watch_rss' => '60%']);
    $case->refused++;
    if ($status !== 0 || $output !== 'done') {
        $case->lostProcess("status $status: $output");
    }
    if (!preg_match('/no dump: cannot find memory for .*a\.rdump: Cannot allocate memory$/', $log)) {
        $case->wrong("log: $log");
    }
    if (fault_list("$base/tmpfs")) {
        $case->wrong('left behind ' . implode(', ', fault_list("$base/tmpfs")));
    }
    $case->close();
    rdump_shell('umount ' . escapeshellarg("$base/tmpfs"));
}

/* ---- many workers ------------------------------------------------------------------------------------------------ */

mkdir("$base/www");
mkdir("$base/nginx");
mkdir("$base/here");
chmod("$base/here", 0777);
$needle = NEEDLE;
$workers = WORKERS;
/* Each worker serves one of these: they wait for each other. */
file_put_contents("$base/www/work.php", "<?php
    \$kept = str_repeat('some work ', 300000);
    touch('$base/here/' . getmypid());
    for (\$end = microtime(true) + 300; count(scandir('$base/here')) < $workers + 2 && microtime(true) < \$end;) {
        usleep(5000);
    }
    echo 'workers: ', count(scandir('$base/here')) - 2;");
file_put_contents("$base/www/leak.php", '<?php set_time_limit(0); ' . leak('PHP', 1, 5000));
$socket = stream_socket_server('tcp://127.0.0.1:0');
$port = (int) substr(strrchr(stream_socket_get_name($socket, false), ':'), 1);
fclose($socket);
file_put_contents("$base/fpm.conf", <<<CONF
[global]
error_log=$base/fpm.log
daemonize=no
[www]
user=www-data
group=www-data
listen=$base/fpm.sock
listen.mode=0666
pm=static
pm.max_children=$workers
catch_workers_output=yes
php_admin_value[error_log]=$base/php.log
php_admin_flag[log_errors]=on

CONF
);
file_put_contents("$base/nginx.conf", <<<CONF
daemon off;
worker_processes 1;
user www-data;
pid $base/nginx/pid;
error_log $base/nginx/error.log;
events { worker_connections 256; }
http {
    access_log off;
    client_body_temp_path $base/nginx/a;
    proxy_temp_path $base/nginx/b;
    fastcgi_temp_path $base/nginx/c;
    uwsgi_temp_path $base/nginx/d;
    scgi_temp_path $base/nginx/e;
    server {
        listen 127.0.0.1:$port;
        location / {
            fastcgi_pass unix:$base/fpm.sock;
            fastcgi_param SCRIPT_FILENAME $base/www\$uri;
            fastcgi_param REQUEST_METHOD GET;
            fastcgi_read_timeout 300s;
        }
    }
}

CONF
);

function start_server($command, $log)
{
    return proc_open("exec setpriv --pdeathsig=TERM $command",
        [0 => ['file', '/dev/null', 'r'], 1 => ['file', $log, 'w'], 2 => ['file', $log, 'a']], $pipes);
}

/* The resident pages of each process in a cgroup. */
function sizes($group)
{
    $sizes = [];
    foreach (file("$group/cgroup.procs", FILE_IGNORE_NEW_LINES) as $pid) {
        $sizes[$pid] = (int) explode(' ', @file_get_contents("/proc/$pid/statm") . ' 0 0')[1];
    }
    return $sizes;
}

/* Has each of the workers serve a request. Returns what the last one says. */
function let_all_work($port)
{
    global $base;
    array_map('unlink', glob("$base/here/*"));
    $sockets = [];
    for ($i = 0; $i < WORKERS; $i++) {
        $sockets[] = $socket = stream_socket_client("tcp://127.0.0.1:$port");
        stream_set_timeout($socket, 120);
        fwrite($socket, "GET /work.php HTTP/1.0\r\n\r\n");
    }
    foreach ($sockets as $socket) {
        $answer = stream_get_contents($socket);
    }
    return substr(strrchr($answer, "\n"), 1);
}

$case = new FaultCase('watch: 20 workers of php-fpm in a cgroup of 200 MB, one of them leaks');
foreach (['90%' => '/the most of all in a cgroup that has \d+ of its 209715200 in use: dumped to /',
    '70M' => '/bytes resident, the mark is 73400320: dumped to /'] as $mark => $expected) {
    $case->injected++;
    @unlink("$base/php.log");
    touch("$base/php.log");
    chmod("$base/php.log", 0666);
    file_put_contents("$base/fpm.log", '');
    file_put_contents("$base/php.ini", "extension=$so\nmemory_limit=-1\nrdump.watch_dump=$base/dumps/%p.rdump\n"
        . "rdump.watch_rss=$mark\n");
    putenv('PHP_INI_SCAN_DIR=');
    $servers = [start_server(within($group, rdump_command([$fpm, '-c', "$base/php.ini", '-y', "$base/fpm.conf", '-F'])),
        "$base/fpm.out"), start_server(rdump_command(['nginx', '-c', "$base/nginx.conf"]), "$base/nginx.out")];
    $up = rdump_await(function () use ($port, $base) {
        return file_exists("$base/fpm.sock") && @fsockopen('127.0.0.1', $port);
    }, 60);
    $answer = $up ? let_all_work($port) : 'the servers do not start';
    if ($answer !== 'workers: ' . WORKERS) {
        $case->lostProcess("mark $mark: $answer " . @file_get_contents("$base/fpm.out"));
    } else {
        $leak = stream_socket_client("tcp://127.0.0.1:$port");
        fwrite($leak, "GET /leak.php HTTP/1.0\r\n\r\n");
        rdump_await(function () use ($base) {
            return glob("$base/dumps/*.rdump")
                || preg_match('/ exited on signal 9/', file_get_contents("$base/fpm.log"));
        }, 300);
        /* At the limit the kernel may try to get memory back for minutes before it kills. */
        rdump_await(function () use ($base) {
            return preg_match('/ exited on signal 9/', file_get_contents("$base/fpm.log"));
        }, 20);
        $largest = array_search(max($sizes = sizes($group)), $sizes);
        if (!preg_match('/ exited on signal 9/', file_get_contents("$base/fpm.log"))) {
            posix_kill($largest, SIGKILL);
        }
        $killed = rdump_await(function () use ($base) {
            return preg_match('/child (\d+) exited on signal 9/', file_get_contents("$base/fpm.log"), $match)
                ? $match[1] : null;
        }, 60);
        fclose($leak);
        $log = implode(' | ', preg_grep('/rdump: /', file("$base/php.log", FILE_IGNORE_NEW_LINES)));
        if (!$killed) {
            $case->wrong("mark $mark: no worker was killed: $log");
        }
        look_for_dump($case, "mark $mark", "$base/dumps/$killed.rdump", $log, $expected);
        if ($more = fault_list("$base/dumps")) {
            $case->wrong("mark $mark: dumps of other workers: " . implode(', ', $more) . ": $log");
        }
        $answer = let_all_work($port);
        if ($answer !== 'workers: ' . WORKERS) {
            $case->lostProcess("mark $mark: after that: $answer");
        }
    }
    foreach ($servers as $server) {
        proc_terminate($server, SIGTERM);
        proc_close($server);
    }
    @unlink("$base/fpm.sock");
    array_map('unlink', glob("$base/dumps/*"));
}
$case->close();
