<?php
/*
 * Dumps in the background in php-fpm (rdump.background): fpm.php runs check_copies(). Neither the client nor the next
 * request waits for the copy of the worker, and the master does not notice it.
 */

/* Has the worker exhaust its memory until its copy is caught. Returns [copy, worker, key, HTTP status]. */
function catch_copy($port, $prefix)
{
    $caught = rdump_await(function () use ($port, $prefix) {
        $worker = get($port, 'b/who.php')['pid'];
        $path = "$prefix$worker.rdump";
        @unlink($path);
        $key = fresh_key();
        $status = get_oom($port, 'b/oom.php', ['key' => $key]);
        $copy = stop_copy_of($worker);
        clearstatcache();
        if ($copy && file_exists($path)) { /* stopped, but behind its dump */
            send_signal($copy, 'CONT');
            return null;
        }
        return $copy ? [$copy, $worker, $key, $status] : null;
    }, 2 * SECONDS);
    return $caught ?: [0, 0, '', 0];
}

/* Waits until all that was started is told of, with requests, which is when a worker tells. */
function await_told($port, $path, $count)
{
    global $work;

    return rdump_await(function () use ($port, $path, $count, $work) {
        get($port, 'b/who.php');
        return substr_count(read_log("$work/fpm.log"), "memory limit reached: dumped to $path") >= $count;
    }, SECONDS);
}

function check_copies()
{
    global $work, $www, $dumps, $so, $owner;

    publish_all('');
    array_map('unlink', glob("$work/*.log"));
    list($fpm, $nginx, $port) = start(0, ["extension=$so", "rdump.oom_dump=$dumps/copy-%p.rdump", 'memory_limit=128M',
        'rdump.oom_dump_max=0', 'rdump.oom_dump_marker=1', 'rdump.background=1']);

    list($copy, $worker, $key, $status) = catch_copy($port, "$dumps/copy-");
    $path = "$dumps/copy-$worker.rdump";
    $told = substr_count(read_log("$work/fpm.log"), 'memory limit reached');
    check('the client has its 500 while the copy of the worker writes', [true, 500], [$copy > 0, $status]);
    check('the worker serves on, and tells nothing yet', [$worker, $told],
        [get($port, 'b/who.php')['pid'], substr_count(read_log("$work/fpm.log"), 'memory limit reached')]);
    send_signal($copy, 'CONT');
    check('it tells of the dump when that is written', true, await_told($port, $path, $told + 1));
    check('the dump is of the moment', '', flaw_of($path, $key, STACK_OF_OOM, $worker, $owner));

    /* php-fpm reloads in the middle of it. */
    list($copy, $worker, $key) = catch_copy($port, "$dumps/copy-");
    $path = "$dumps/copy-$worker.rdump";
    $told = substr_count(read_log("$work/fpm.log"), "dumped to $path");
    send_signal($fpm->pid, 'USR2');
    check('a reload begins', true, rdump_await(function () use ($work) {
        return strpos(read_log("$work/fpm.log"), 'Reloading in progress') !== false;
    }, SECONDS));
    check('the worker waits for its copy', true, file_exists("/proc/$worker"));
    send_signal($copy, 'CONT');
    $next = rdump_await(function () use ($port, $worker) {
        $pid = get($port, 'b/who.php')['pid'];
        return $pid !== $worker ? $pid : 0;
    }, SECONDS);
    check('the worker after the reload is a new one', true, $next > 0);
    check('the one before has told of its dump', $told + 1,
        substr_count(read_log("$work/fpm.log"), "dumped to $path"));
    check('which is whole', '', flaw_of($path, $key, STACK_OF_OOM, $worker, $owner));

    /* php-fpm is stopped hard: the copy completes the dump. */
    list($copy, $worker, $key) = catch_copy($port, "$dumps/copy-");
    $path = "$dumps/copy-$worker.rdump";
    @unlink($path);
    send_signal($worker, 'KILL');
    rdump_await(function () use ($worker) { return !file_exists("/proc/$worker"); }, SECONDS);
    send_signal($copy, 'CONT');
    check('a worker is killed: its copy completes the dump', true, await_file($path));
    check('that is whole as well', '', flaw_of($path, $key, STACK_OF_OOM, $worker, $owner));
    check('the master starts another worker', true, get($port, 'b/who.php')['pid'] !== $worker);
    stop($fpm, $nginx);
    check('the master has noticed nothing', 0, preg_match('/unknown child|bug report/', read_log("$work/fpm.log")));
    check('nothing is left behind', [], glob("$dumps/.rdump-*"));
}

/* A worker of php-fpm that ends with its last request (pm.max_requests), while its copy is at work. */
function check_last_request()
{
    global $work, $www, $dumps, $so, $owner;

    publish_all('');
    array_map('unlink', glob("$work/*.log"));
    list($fpm, $nginx, $port) = start(0, ["extension=$so", "rdump.oom_dump=$dumps/last-%p.rdump", 'memory_limit=128M',
        'rdump.background=1'], 'pm.max_requests = 2');
    list($copy, $worker, $key, $status) = catch_copy($port, "$dumps/last-");
    $path = "$dumps/last-$worker.rdump";
    check('the last request of a worker has its 500 while the copy writes', [true, 500], [$copy > 0, $status]);
    check_waits_for_copy('the worker', $worker, $copy, "$work/fpm.log", $path, function () use ($port) {
        return get($port, 'b/who.php')['pid'];
    });
    check('the dump is whole', '', flaw_of($path, $key, STACK_OF_OOM, $worker, $owner));
    stop($fpm, $nginx);
    $log = read_log("$work/fpm.log");
    check('for the master it has ended as workers do', [1, 0],
        [preg_match("/child $worker exited with code 0 /", $log), preg_match('/unknown child|bug report/', $log)]);
    check('nothing is left behind', [], glob("$dumps/.rdump-*"));
}
