<?php
/*
 * php-fpm behind nginx: a master that runs as root, two pools ("a" and "b") of one worker each that run as www-data,
 * and
 * opcache (with preload) and APCu that all of them share.   fpm.php FOLDER OFFSETS RDUMP_SO
 */
require __DIR__ . '/lib.php';
require __DIR__ . '/ends.php';
require __DIR__ . '/asked.php';
require __DIR__ . '/copies.php';

list(, $work, $offsets_file, $so) = $argv;
$offsets = file_get_contents($offsets_file);
$www = "$work/www";
$dumps = "$work/dumps";
$version = PHP_MAJOR_VERSION . '.' . PHP_MINOR_VERSION;
$owner = www_data();

/* $lines: of php.ini, rdump's. $of_pools: a line of both pools. */
function write_configuration($port, $to_nginx, array $lines, $of_pools)
{
    global $work, $www, $dumps;

    $lines = implode("\n", $lines);

    file_put_contents("$work/php.ini", <<<INI
zend_extension=opcache
extension=apcu
opcache.memory_consumption=64
opcache.file_update_protection=0
opcache.preload=$www/preload.php
opcache.preload_user=www-data
apc.shm_size=16M
memory_limit=48M
display_errors=Off
log_errors=On
fastcgi.logging=$to_nginx
$lines
INI
    );
    /* Where the log lines of pool "a" go is said in php.ini's way; those of "b" go the way of php-fpm. */
    $pools = '';
    $own = ['a' => "php_admin_value[error_log] = $dumps/a.log",
        'b' => "php_admin_value[rdump.oom_dump_max] = lots\nphp_admin_value[rdump.oom_dump] = relative.rdump"];
    foreach ($own as $pool => $more) {
        $pools .= <<<POOL
[$pool]
user = www-data
group = www-data
listen = $work/$pool.sock
listen.owner = www-data
listen.mode = 0600
pm = static
pm.max_children = 1
catch_workers_output = yes
$of_pools
$more

POOL;
    }
    file_put_contents("$work/fpm.conf", <<<CONF
[global]
error_log = $work/fpm.log
log_limit = 8192
process_control_timeout = 300s
$pools
CONF
    );
    $locations = '';
    foreach (['a', 'b'] as $pool) {
        $locations .= <<<LOCATION
        location ~ ^/$pool/(.*)\$ {
            fastcgi_pass unix:$work/$pool.sock;
            fastcgi_param SCRIPT_FILENAME $www/\$1;
            fastcgi_param QUERY_STRING \$query_string;
            fastcgi_param REQUEST_METHOD \$request_method;
            fastcgi_read_timeout 150s;
            fastcgi_buffering off;
        }

LOCATION;
    }
    file_put_contents("$work/nginx.conf", <<<CONF
user www-data;
worker_processes 1;
daemon off;
pid $work/nginx.pid;
error_log $work/nginx.log notice;
events {
    worker_connections 64;
}
http {
    access_log off;
    client_body_temp_path $work/nginx-body;
    proxy_temp_path $work/nginx-proxy;
    fastcgi_temp_path $work/nginx-fastcgi;
    uwsgi_temp_path $work/nginx-uwsgi;
    scgi_temp_path $work/nginx-scgi;
    server {
        listen 127.0.0.1:$port;
$locations
    }
}
CONF
    );
}

/* A worker that comes in for the first time: the texts are the master's and the sibling's, it has seen none of them. */
function check_shared_memory($port, array $texts, $key)
{
    global $dumps, $owner;

    $b = get($port, 'b/who.php')['pid'];
    $touched = touched_shared_pages($b);
    $path = "$dumps/shared.rdump";
    $answer = get($port, 'b/dump.php', ['key' => $key, 'path' => $path]);
    check('a dump by call in a worker', [true, null, $b], [$answer['result'], $answer['error'], $answer['pid']]);
    check('it is whole, and of this worker', '', flaw_of($path, $key, STACK_OF_CALL, $b, $owner));
    check_texts('a dump by call', $path, $texts, $touched);
    check_growth($answer['grown']);
    unlink($path);
}

function check_calls_in_a_row($port)
{
    global $dumps, $owner;

    foreach ([0 => 'lean', 1 => 'full'] as $full => $mode) {
        $pids = $flaws = $inodes = [];
        for ($i = 0; $i < 3; $i++) {
            $key = fresh_key();
            $answer = get($port, 'b/dump.php', ['key' => $key, 'path' => "$dumps/row.rdump", 'full' => $full]);
            $flaws[] = ($answer['result'] ? '' : 'false; ')
                . flaw_of("$dumps/row.rdump", $key, STACK_OF_CALL, $answer['pid'], $owner);
            $pids[$answer['pid']] = true;
        }
        check("3 $mode dumps in a row to one path, by one worker", [['', '', ''], 1], [$flaws, count($pids)]);
    }
    unlink("$dumps/row.rdump");
}

/* 3 requests in a row run into the memory_limit. Its worker lives, and there is one dump. */
function check_automatic($port, $pool, $log, array $texts)
{
    global $dumps, $owner;

    $pid = get($port, "$pool/who.php")['pid'];
    $touched = touched_shared_pages($pid);
    $path = "$dumps/oom-$pid.rdump";
    $earlier = count(rdump_lines($log));
    $keys = [fresh_key(), fresh_key(), fresh_key()];
    $status = [];
    foreach ($keys as $key) {
        $status[] = get_oom($port, "$pool/oom.php", ['key' => $key]);
    }
    check("pool $pool: 3 requests run into the memory_limit, one worker goes on", [500, 500, 500, $pid],
        array_merge($status, [get($port, "$pool/who.php")['pid']]));
    check("pool $pool: the first is dumped, whole", '', flaw_of($path, $keys[0], STACK_OF_OOM, $pid, $owner));
    check_texts("pool $pool: an automatic dump", $path, $texts, $touched);
    clearstatcache();
    $expected = ["rdump: memory limit reached: dumped to $path (" . @filesize($path) . ' bytes)'];
    array_push($expected, ...array_fill(0, 2,
        "rdump: memory limit reached: no dump to $path: rdump.oom_dump_max=1 is reached in this worker"));
    check("pool $pool: the log says so of each", $expected, await_rdump_lines($log, $earlier, 3));
}

/* A request that dumps all the time while php-fpm is told to reload. */
function check_reload(Server $fpm, $port)
{
    global $work, $dumps, $owner;

    $old = [get($port, 'a/who.php')['pid'], get($port, 'b/who.php')['pid']];
    $flag = "$work/flag";
    $path = "$dumps/reload.rdump";
    $key = fresh_key();
    $started = substr_count(read_log("$work/fpm.log"), 'ready to handle connections');
    $request = request_begin($port, 'b/loop.php', ['key' => $key, 'path' => $path, 'flag' => $flag]);
    $began = rdump_await(function () use ($path) {
        clearstatcache();
        return is_file($path);
    });
    send_signal($fpm->pid, 'USR2');
    $reloading = rdump_await(function () use ($work) {
        return strpos(read_log("$work/fpm.log"), 'Reloading in progress') !== false;
    });
    touch($flag);
    $answer = answer_of($request);
    unlink($flag);
    check('a request that dumps all the time is let finish', [true, true, $old[1], 0],
        [$began, $reloading, $answer['pid'], $answer['failed']]);
    check('its dump is whole', '', flaw_of($path, $key, STACK_OF_CALL, $answer['pid'], $owner, true));
    note("$answer[dumps] dumps in that request");
    check('php-fpm reloads, its master goes on', [true, true], [rdump_await(function () use ($work, $started) {
        return substr_count(read_log("$work/fpm.log"), 'ready to handle connections') > $started;
    }), $fpm->isRunning()]);
    $new = [get($port, 'a/who.php')['pid'], get($port, 'b/who.php')['pid']];
    check('the workers are new', [], array_intersect($old, $new));
}

/* Fresh folders for scripts and dumps. */
function publish_all($preloaded)
{
    global $www, $dumps;

    rdump_shell(rdump_command(['rm', '-rf', $www, $dumps]));
    publish_scripts($www);
    private_folder($dumps);
    file_put_contents("$www/preloaded.inc.php", "<?php\nfunction preloaded() { return '$preloaded'; }\n");
}

/* Everyday ways to exhaust memory, without rdump and with it. */
function check_everyday_ends()
{
    global $work, $www, $dumps, $so, $owner;

    publish_all('');
    publish_ends($www);
    $answers = [];
    $own = ["extension=$so", "rdump.oom_dump=$dumps/end.rdump", 'rdump.oom_dump_max=0'];
    foreach (['without' => [], 'with' => $own] as $how => $lines) {
        array_map('unlink', glob("$work/*.log"));
        array_push($lines, 'session.use_cookies=0', "session.save_path=$dumps");
        list($fpm, $nginx, $port) = start(0, $lines);
        $ports = function () use ($port) {
            return $port;
        };
        $answers = $how === 'without' ? answers_of_ends($ports, 'b/ends.php')
            : check_ends($ports, 'b/ends.php', "$dumps/end.rdump", "$work/fpm.log", $owner, $answers);
        check_answers($how, $answers, [502, NGINX]);
        check("$how rdump: the pool serves on", $owner, get($port, 'b/who.php')['uid'][0]);
        stop($fpm, $nginx);
        $said = read_log("$work/fpm.log");
        check("$how rdump: workers end as PHP ends them", [0, reports_late() ? 2 : 0],
            [preg_match_all('/exited on signal|core dumped/', $said), preg_match_all('/exited with code 137/', $said)]);
    }
}

/*
 * rdump.oom_dump_max=1, the default, holds where each of the dumping workers is gone with its dump, too. The lines of
 * such a worker go to php-fpm: what it has for the web server is in the buffer of the response, and lost.
 */
function check_workers_that_end($to_nginx)
{
    global $work, $www, $dumps, $so;

    array_map('unlink', glob("$work/*.log"));
    array_map('unlink', glob("$dumps/end-*.rdump"));
    list($fpm, $nginx, $port) = start($to_nginx, ["extension=$so", "rdump.oom_dump=$dumps/end-%p.rdump"]);
    $status = [];
    for ($i = 0; $i < 3; $i++) {
        $status[] = answer_of_end($port, 'b/ends.php', 'random_bytes', fresh_key(), '')[0];
    }
    $log = $to_nginx && !reports_late() ? "$work/nginx.log" : "$work/fpm.log";
    $lines = implode("\n", await_rdump_lines($log, 0, 3));
    check("fastcgi.logging=$to_nginx: 3 requests exhaust the memory, by the hard limit where there is one: one dump, "
        . 'and each is told of',
        [array_fill(0, 3, reports_late() ? 502 : 500), 1, 1, 2], [$status, count(glob("$dumps/end-*.rdump")),
            preg_match_all('/: dumped to /', $lines), preg_match_all('/: rdump.oom_dump_max=1 is reached/', $lines)]);
    stop($fpm, $nginx);
}

/*
 * Workers that crash, one after the other: php-fpm says the same of each as without rdump, the first two are dumped.
 * Returns [HTTP status, what php-fpm says of the worker] of each.
 */
function ends_of_crashes($title, array $lines)
{
    global $work;

    array_map('unlink', glob("$work/*.log"));
    array_push($lines, 'extension=ffi', 'ffi.enable=1');
    list($fpm, $nginx, $port) = start(0, $lines);
    $ends = $keys = [];
    for ($i = 1; $i <= 3; $i++) {
        $keys[] = $key = fresh_key();
        $status = request_end(request_begin($port, 'a/crash.php',
            ['key' => $key, 'how' => $i === 2 ? 'abort' : '']))[0];
        rdump_await(function () use ($work, $i) {
            return substr_count(read_log("$work/fpm.log"), ' exited on signal ') === $i;
        }, SECONDS);
        preg_match_all('/\] child \d+ (exited on signal .*?) after/', read_log("$work/fpm.log"), $match);
        $ends[] = [$status, end($match[1])];
    }
    get($port, 'a/who.php');
    check("$title: the pool serves on", true, $fpm->isRunning());
    stop($fpm, $nginx);
    return [$ends, $keys];
}

function check_crashes()
{
    global $work, $dumps, $so, $owner;

    publish_all('');
    $without = ends_of_crashes('without rdump', [])[0];
    list($with, $keys) = ends_of_crashes('with rdump',
        ["extension=$so", "rdump.crash_dump=$dumps/crash-%s-%p.rdump", 'rdump.oom_dump_max=2']);
    check('3 workers crash: the client and the log of php-fpm get what they get without rdump', $without, $with);
    foreach ([['11', 'memset'], ['6', 'abort']] as $i => $crash) {
        $paths = glob("$dumps/crash-$crash[0]-*.rdump");
        check("a dump by signal $crash[0]", [1, ''], [count($paths),
            flaw_of(end($paths), $keys[$i], [$crash[1], 'crashing', '{main}'], null, $owner)]);
    }
    $lines = implode("\n", preg_grep('/rdump: crash by/', explode("\n", read_log("$dumps/a.log"))));
    check('a crash loop is bounded over all workers, and each crash is told of', [2, 1],
        [preg_match_all('/: dumped to /', $lines), preg_match_all('/: rdump.oom_dump_max=2 is reached/', $lines)]);
}

/* Starts both servers: [php-fpm, nginx, port of nginx]. */
function start($to_nginx, array $lines, $of_pools = '')
{
    global $work, $version;

    $port = free_port();
    write_configuration($port, $to_nginx, $lines, $of_pools);
    $command = ["/usr/sbin/php-fpm$version", '-F', '-n', '-c', "$work/php.ini", '-y', "$work/fpm.conf"];
    $fpm = new Server('fpm', $command, function () use ($work) {
        return strpos(read_log("$work/fpm.log"), 'ready to handle connections') !== false;
    });
    $command = ['/usr/sbin/nginx', '-p', $work, '-c', "$work/nginx.conf", '-e', "$work/nginx.log"];
    $nginx = new Server('nginx', $command, listens($port));
    return [$fpm, $nginx, $port];
}

function stop(Server $fpm, Server $nginx)
{
    check('nginx ends', true, $nginx->stop('QUIT'));
    check('php-fpm ends', true, $fpm->stop('QUIT'));
}

foreach ([0, 1] as $safe_read) {
    $title = "fpm, safe_read=$safe_read";
    $key = fresh_key();
    foreach (glob("$work/*.log") as $log) {
        unlink($log);
    }
    $texts = [
        'the preload script compiled' => long_text('preloaded', $key),
        'the other worker compiled' => long_text('compiled', $key),
        'the other worker stored in APCu' => long_text('stored', $key),
    ];
    publish_all($texts['the preload script compiled']);
    publish_texts($www, $texts['the other worker compiled'], $texts['the other worker stored in APCu']);

    $log = $safe_read ? "$work/nginx.log" : "$work/fpm.log";
    $own = ["extension=$so", "rdump.safe_read=$safe_read", "rdump.oom_dump=$dumps/oom-%p.rdump"];
    list($fpm, $nginx, $port) = start($safe_read, $own);

    $a = get($port, 'a/who.php');
    $b = get($port, 'b/who.php');
    check('two workers, not root, that may not look at their memory',
        [2, [[$owner, $owner], [$owner, $owner]], false, false, (string) $safe_read, [true, true]],
        [count(array_unique([$a['pid'], $b['pid'], $fpm->pid])) - 1, [$a['uid'], $b['uid']], $b['mem'], $b['pagemap'],
            $b['safe_read'], $b['shared']]);
    $told = [];
    foreach (['rdump.oom_dump_max=lots is refused', 'rdump.oom_dump=relative.rdump is refused'] as $refused) {
        preg_match('/rdump: ' . preg_quote($refused) . '.*?; (\S+ stands)/', read_log("$work/fpm.log"), $match);
        $told[] = $match[1] ?? '';
    }
    check('what a pool gets wrong is refused: php.ini\'s value stands',
        ['rdump.oom_dump_max=1 stands', "rdump.oom_dump=$dumps/oom-%p.rdump stands"], $told);
    $planted = get($port, 'a/plant.php', ['folder' => $www]);
    check('one of them fills the shared memory', [$a['pid'], true, true],
        [$planted['pid'], $planted['length'] > 100000, $planted['stored']]);

    check_shared_memory($port, $texts, $key);
    check_calls_in_a_row($port);
    check_automatic($port, 'b', $log, []);
    check_automatic($port, 'a', "$dumps/a.log", []);

    /* New workers, an empty opcache: filled again, and what dumps first is the memory_limit. */
    check_reload($fpm, $port);
    get($port, 'a/plant.php', ['folder' => $www]);
    check_automatic($port, 'b', $log, $texts);
    check_calls_in_a_row($port);

    stop($fpm, $nginx);
    check('no worker was lost', 0,
        preg_match('/SIG[A-Z]+|exited on signal|core dumped/',
        preg_replace('/.*SIG(USR2|QUIT).*/', '', read_log("$work/fpm.log"))));
}

$title = 'fpm, everyday ends';
check_everyday_ends();
check_workers_that_end(0);
check_workers_that_end(1);

$title = 'fpm, dumps by signal';
check_signals();

$title = 'fpm, dumps in the background';
check_copies();
check_last_request();

$title = 'fpm, crashes';
check_crashes();
