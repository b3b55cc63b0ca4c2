<?php
/*
 * Apache with threads (mpm_event, mpm_worker) and a thread-safe mod_php: one process, 8 threads that allocate, free,
 * map
 * and unmap all the time, while others dump.   threads-apache.php FOLDER OFFSETS RDUMP_SO FOLDER_OF_LIBPHP
 */
require __DIR__ . '/lib.php';
require __DIR__ . '/apache.php';

const HAMMERS = 8;

list(, $work, $offsets_file, $so, $libphp) = $argv;
$offsets = file_get_contents($offsets_file);
$www = "$work/www";
$dumps = "$work/dumps";
$owner = www_data();

/*
 * Sends $queries, [script, query], at once; the scripts wait for each other, then go on together. Returns the sockets.
 */
function begin_together($port, array $queries)
{
    global $dumps;
    static $number = 0;

    $barrier = "$dumps/barrier" . $number++;
    private_folder($barrier);
    return array_map(function ($query) use ($port, $barrier, $queries) {
        return request_begin($port, $query[0], $query[1] + ['barrier' => $barrier, 'others' => count($queries)]);
    }, $queries);
}

/* Each dump must hold the globals and the stack of the thread that dumps, whatever the other threads do. */
function check_many_dumps($port, $pid, $count)
{
    global $dumps, $owner;

    $began = microtime(true);
    $flaws = [];
    $size = $asked = 0;
    for ($i = 0; $i < $count; $i++) {
        $key = fresh_key();
        $path = "$dumps/many.rdump";
        $asked -= microtime(true);
        $answer = get($port, 'dump.php', ['key' => $key, 'path' => $path]);
        $asked += microtime(true);
        clearstatcache();
        $size += (int) @filesize($path);
        $flaw = ($answer['result'] ? '' : 'false; ') . flaw_of($path, $key, STACK_OF_CALL, $pid, $owner, true);
        if ($flaw !== '') {
            $flaws[] = "dump $i: $flaw";
        }
    }
    note(sprintf('%d dumps, %.1f MB each, in %.1f s, and verified in %.1f s', $count, $size / $count / 1e6, $asked,
        microtime(true) - $began - $asked));
    check("$count dumps while " . HAMMERS . ' threads allocate and free', [], $flaws);
}

function check_one_path($port, $pid)
{
    global $dumps, $owner;

    $path = "$dumps/one.rdump";
    $wrong = [];
    for ($i = 0; $i < 20; $i++) {
        $keys = [fresh_key(), fresh_key()];
        $answers = array_map('answer_of', begin_together($port, [
            ['dump.php', ['key' => $keys[0], 'path' => $path]], ['dump.php', ['key' => $keys[1], 'path' => $path]],
        ]));
        $flaws = [flaw_of($path, $keys[0], STACK_OF_CALL, $pid, $owner),
            flaw_of($path, $keys[1], STACK_OF_CALL, $pid, $owner)];
        if (!$answers[0]['result'] || !$answers[1]['result'] || !in_array('', $flaws, true)) {
            $wrong[] = [$answers, $flaws];
        }
    }
    check('two threads dump to one path at the same time: one complete file', [], $wrong);
    check('there is no other file', ['one.rdump'], array_values(array_filter(scandir($dumps), function ($name) {
        return strpos($name, 'rdump') !== false;
    })));
    unlink($path);
}

function check_relative($port, $pid)
{
    global $www, $owner;

    $wrong = [];
    for ($i = 0; $i < 10; $i++) {
        $keys = ['one' => fresh_key(), 'two' => fresh_key()];
        $queries = [];
        foreach ($keys as $folder => $key) {
            $queries[] = ["$folder/dump.php", ['key' => $key, 'path' => 'relative.rdump']];
        }
        array_map('answer_of', begin_together($port, $queries));
        foreach ($keys as $folder => $key) {
            $flaw = flaw_of("$www/$folder/relative.rdump", $key, STACK_OF_CALL, $pid, $owner, true);
            if ($flaw !== '') {
                $wrong[] = "$folder: $flaw";
            }
        }
    }
    check("a relative path follows each request's own folder", [], $wrong);

    $wrong = [];
    $queries = [];
    foreach ($keys as $folder => $key) {
        $queries[] = ["$folder/oom.php", ['key' => $key, 'override' => 'override.rdump']];
    }
    $status = array_column(array_map('request_end', begin_together($port, $queries)), 0);
    foreach ($keys as $folder => $key) {
        $flaw = flaw_of("$www/$folder/override.rdump", $key, STACK_OF_OOM, $pid, $owner, true);
        if ($flaw !== '') {
            $wrong[] = "$folder: $flaw";
        }
    }
    check('the same for an automatic dump', [[500, 500], []], [$status, $wrong]);
}

function check_thread_ids($port, $pid)
{
    global $dumps, $owner;

    $keys = [fresh_key(), fresh_key()];
    $status = array_column(array_map('request_end',
        begin_together($port, [['oom.php', ['key' => $keys[0]]], ['oom.php', ['key' => $keys[1]]]])), 0);
    $paths = glob("$dumps/oom-*.rdump");
    $threads = [];
    $matches = [];
    foreach ($paths as $path) {
        if (preg_match("{/oom-$pid-(\\d+)\\.rdump\$}", $path, $match) && is_dir("/proc/$pid/task/$match[1]")) {
            $threads[] = $match[1];
        }
        foreach ($keys as $index => $key) {
            if (flaw_of($path, $key, STACK_OF_OOM, $pid, $owner) === '') {
                $matches[] = $index;
            }
        }
    }
    sort($matches);
    check('two threads exceed the memory_limit: one %p, two %i, each file of its own thread',
        [[500, 500], 2, 2, [0, 1]],
        [$status, count($paths), count(array_unique($threads)), $matches]);
    array_map('unlink', $paths);
}

if (!is_file("$libphp/libphp.so")) {
    echo "skip - threads in Apache: no thread-safe mod_php, \"scripts/matrix/provision 8.2-zts-apache\" makes it\n";
    exit;
}
foreach (['event', 'worker'] as $mpm) {
    foreach ([1, 0] as $safe_read) {
        $title = "Apache mpm_$mpm, safe_read=$safe_read";
        $log = "$work/error.log";
        $flag = "$work/over";
        $result = "$work/hammers";
        rdump_shell(rdump_command(['rm', '-rf', $www, $dumps, $log, $flag, $result]));
        publish_scripts($www);
        private_folder($dumps);
        foreach (['one', 'two'] as $folder) {
            publish_scripts("$www/$folder");
            chown("$www/$folder", 'www-data');
        }
        $port = free_port();
        $apache = start_apache($port, "$libphp/libphp.so", $mpm,
            "StartServers 1\nServerLimit 1\nThreadsPerChild 12\nThreadLimit 12\n"
            . "MaxRequestWorkers 12\nMinSpareThreads 1\nMaxSpareThreads 13", <<<INI
zend_extension=$libphp/opcache.so
extension=$so
opcache.memory_consumption=32
opcache.file_update_protection=0
memory_limit=48M
log_errors=On
display_errors=Off
rdump.safe_read=$safe_read
rdump.oom_dump=$dumps/oom-%p-%i.rdump
rdump.oom_dump_max=0
rdump.signal_dump=$dumps/signal-%p-%i.rdump
INI
        );
        $who = get($port, 'who.php');
        $pid = $who['pid'];
        check('one process, not root', [true, [$owner, $owner], (string) $safe_read],
            [count(glob("/proc/$pid/task/*")) > 12, $who['uid'], $who['safe_read']]);
        $hammers = new Server('hammers',
            [PHP_BINARY, '-n', __DIR__ . '/hammer-client.php', $port, HAMMERS, $flag, $result],
            function () use ($result) {
                return is_file($result);
            });
        /* 200 times each module, with and without safe_read; the other two combinations less often. */
        check_many_dumps($port, $pid, ($mpm === 'event') === (bool) $safe_read ? 200 : 20);
        check_one_path($port, $pid);
        check_relative($port, $pid);
        check_thread_ids($port, $pid);
        check_signals($apache, $port, $pid, 30, false);
        check('the other threads worked all the time', true, $hammers->isRunning());
        touch($flag);
        $hammers->await();
        $outcome = explode("\n", read_log($result), 2);
        note("$outcome[0] requests of the other threads meanwhile");
        check('the other threads got answers', [true, ''], [$outcome[0] > 100, $outcome[1]]);
        check('it is still the same process', $pid, get($port, 'who.php')['pid']);
        check('the log has a line for each automatic dump', 4, count(preg_grep('/dumped to/', rdump_lines($log))));
        check('Apache ends', true, $apache->stop('TERM'));
        check('its log has no problem', [], lost_children($log));
    }
}
