<?php
/*
 * php-fpm under load, automatic dumps on.   php soak.php PHP_FPM RDUMP_SO FOLDER SECONDS
 * Runs as root; the workers change to another user, as in production. Needs nginx and wrk.
 */
require __DIR__ . '/lib.php';
[, $fpm, $so, $base, $seconds] = $argv;
const WORKERS = 8;
const MEMORY_LIMIT = 16;
chmod($base, 0755);
foreach (['dumps', 'www', 'nginx'] as $folder) {
    mkdir("$base/$folder");
    chmod("$base/$folder", 0777);
}

/* A free port on loopback. */
$socket = stream_socket_server('tcp://127.0.0.1:0');
$port = (int) substr(strrchr(stream_socket_get_name($socket, false), ':'), 1);
fclose($socket);

file_put_contents("$base/www/work.php", <<<'PHP'
<?php
class Item { public $next; public $data; }
$items = [];
for ($i = 0; $i < 2000; $i++) {
    $item = new Item;
    $item->data = md5((string) $i, true) . $i;
    $item->next = $items[$i >> 1] ?? null;
    $items[] = $item;
}
switch (isset($_GET['light']) ? 99 : mt_rand(0, 99)) {
    case 0: /* a leak */
        for ($leak = 'the leak of this worker '; ; $leak .= $leak) {
        }
    case 1: /* many small things */
        while (true) {
            $items[] = new Item;
        }
    case 2: /* by call */
        header('X-Dumped: ' . (rdump_dump(__DIR__ . '/../dumps/call-' . getmypid() . '.rdump') ? 1 : 0));
}
echo count($items), "\n";
PHP
);
$workers = WORKERS;
$limit = MEMORY_LIMIT;
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
php_admin_flag[display_errors]=off

CONF
);
file_put_contents("$base/php.ini", <<<INI
extension=$so
zend_extension=opcache
opcache.enable=1
opcache.memory_consumption=64
memory_limit={$limit}M
rdump.oom_dump=$base/dumps/auto-%p-%t.rdump
rdump.oom_dump_max=0
rdump.oom_dump_max_total=400M
rdump.oom_dump_marker=1

INI
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
            fastcgi_param SCRIPT_FILENAME $base/www/work.php;
            fastcgi_param REQUEST_METHOD GET;
            fastcgi_param QUERY_STRING \$query_string;
        }
    }
}

CONF
);
touch("$base/php.log");
chmod("$base/php.log", 0666);

function start(array $command, $log)
{
    return proc_open('exec setpriv --pdeathsig=TERM ' . rdump_command($command),
        [0 => ['file', '/dev/null', 'r'], 1 => ['file', $log, 'w'], 2 => ['file', $log, 'a']], $pipes);
}

$servers = [];
register_shutdown_function(function () use (&$servers) {
    foreach ($servers as $server) {
        proc_terminate($server, SIGTERM);
        proc_close($server);
    }
});
putenv('PHP_INI_SCAN_DIR=');
$servers['fpm'] = start([$fpm, '-c', "$base/php.ini", '-y', "$base/fpm.conf", '-F'], "$base/fpm.out");
$master = proc_get_status($servers['fpm'])['pid'];
$servers['nginx'] = start(['nginx', '-c', "$base/nginx.conf"], "$base/nginx.out");
$up = rdump_await(function () use ($port) {
    return @file_get_contents("http://127.0.0.1:$port/");
}, 30);
if (!$up) {
    echo 'not ok - soak: the servers do not answer: ',
        strtr(@file_get_contents("$base/fpm.out") . @file_get_contents("$base/nginx.out"), "\n", ' '), "\n";
    exit;
}

/* The workers: pid => [descriptors, kB of private memory, mappings]. */
function workers($master)
{
    $workers = [];
    foreach (glob('/proc/[0-9]*/stat') as $stat) {
        if (preg_match('/^(\d+) \(.*\) \S (\d+) /', (string) @file_get_contents($stat), $match)
            && (int) $match[2] === $master) {
            $pid = (int) $match[1];
            preg_match_all('/^(?:Private_Clean|Private_Dirty): +(\d+)/m',
                (string) @file_get_contents("/proc/$pid/smaps_rollup"), $private);
            $workers[$pid] = [count(@scandir("/proc/$pid/fd") ?: []) - 2, array_sum($private[1]),
                count(@file("/proc/$pid/maps") ?: [])];
        }
    }
    ksort($workers);
    return $workers;
}

$case = new FaultCase("soak: php-fpm under load for $seconds s, automatic dumps on");
$whole = $looked = 0;
/* Removes dumps as they appear, as a program that collects them does, and checks some of them. */
$collect = function () use ($base, $case, &$whole, &$looked) {
    clearstatcache();
    $used = 0;
    foreach (fault_list("$base/dumps") as $name) {
        $used += substr($name, 0, 5) === 'call-' ? 0 : (int) @filesize("$base/dumps/$name");
    }
    foreach (glob("$base/dumps/auto-*.done") as $marker) {
        $dump = substr($marker, 0, -5);
        unlink($marker);
        if (rename($dump, "$base/dumps/taken")) { /* another dump may replace it at any moment */
            $whole++;
            if ($whole % 10 === 1) {
                $looked++;
                if ($wrong = fault_look_at_dump("$base/dumps/taken", "class_alias")) {
                    $case->lostFile("$dump: $wrong");
                }
            }
            unlink("$base/dumps/taken");
        }
    }
    return $used;
};
$load = function ($seconds, $log, $query = '') use ($port, $base, $collect) {
    $wrk = start(['wrk', '-t1', '-c16', "-d{$seconds}s", '--timeout', '120s', "http://127.0.0.1:$port/$query"],
        "$base/$log");
    $most = 0;
    do {
        $most = max($most, $collect());
        $status = proc_get_status($wrk);
    } while ($status['running'] && usleep(20000) === null);
    proc_close($wrk);
    return $most;
};
/* The idle workers. Light requests first: the allocator keeps memory for some requests after a heavy one. */
$at_rest = function () use ($load, $master) {
    $load(2, 'light.out', '?light=1');
    $last = null;
    return rdump_await(function () use ($master, &$last) {
        $now = workers($master);
        $same = $now === $last;
        $last = $now;
        usleep(100000);
        return $same ? $now : null;
    }, 30);
};
/* After this opcache is filled, and each worker has had its first memory error. */
$load((int) max(3, min(10, $seconds / 6)), 'first.out');
$before = $at_rest();
$most = $load((int) $seconds, 'wrk.out');
/* How a worker has grown; '' = it has not. */
$growth_of = function ($pid, array $now) use ($before) {
    $then = isset($before[$pid]) ? $before[$pid] : $now;
    return $now[0] <= $then[0] && $now[1] <= $then[1] + 2048 && $now[2] <= $then[2] + 8 ? ''
        : "worker $pid grew: descriptors $then[0] to $now[0], private memory $then[1] to $now[1] kB, mappings $then[2] "
        . "to $now[2]";
};
/*
 * On a busy machine a worker may look idle that has not closed its last client's connection yet, or had no light
 * requests. A leak stays.
 */
for ($i = 0; $i < 10; $i++) {
    $after = $at_rest();
    if (!array_filter(array_map($growth_of, array_keys($after), $after))) {
        break;
    }
}
$collect();
$output = file_get_contents("$base/wrk.out");
preg_match('/(\d+) requests in/', $output, $requests);
$log = file_get_contents("$base/php.log");
$fpm_log = file_get_contents("$base/fpm.log");
$case->whole = $whole;
$case->injected = substr_count($log, 'Allowed memory size of');
$case->refused = substr_count($log, ': no dump');

if (array_keys($before) !== array_keys($after) || count($after) !== WORKERS || strpos($fpm_log, 'exited') !== false) {
    preg_match('/^.*exited.*$/m', $fpm_log, $match);
    $case->lostProcess('workers were lost: ' . ($match[0] ?? json_encode([array_keys($before), array_keys($after)])));
}
foreach ($after as $pid => $now) {
    if ($grown = $growth_of($pid, $now)) {
        $case->wrong($grown);
    }
}
if (preg_match('/Socket errors:.*/', $output, $errors)) {
    $case->wrong("wrk: $errors[0]");
}
$said = substr_count($log, ': dumped to ');
if ($case->injected < 10 || $said + $case->refused !== $case->injected) {
    $case->wrong("{$case->injected} times out of memory, but $said dumps and {$case->refused} refusals in the log");
}
if ($most > 400 << 20) {
    $case->wrong("the budget was not held: $most bytes");
}
foreach (fault_list("$base/dumps") as $name) {
    if (substr($name, -5) === '.part') {
        $case->wrong("left behind: $name");
    } elseif ($wrong = substr($name, 0, 5) === 'call-' ? fault_look_at_dump("$base/dumps/$name") : null) {
        $case->lostFile("$name: $wrong");
    }
}
$growth = [];
foreach ($after as $pid => [, $memory]) {
    $growth[] = isset($before[$pid]) ? $memory - $before[$pid][1] : 0;
}
$case->close(sprintf('%d requests, %d dumps looked at, private memory grew by %d to %d kB',
    isset($requests[1]) ? $requests[1] : 0, $looked, min($growth), max($growth)));
