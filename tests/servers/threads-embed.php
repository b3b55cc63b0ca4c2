<?php
/*
 * A small host with the embed library of a thread-safe PHP: 8 threads run requests that allocate and free, one maps and
 * unmaps memory outside PHP, two dump.   threads-embed.php FOLDER OFFSETS RDUMP_SO HOST
 */
require __DIR__ . '/lib.php';
require __DIR__ . '/host.php';
require __DIR__ . '/ends.php';

/* So many take minutes: with one PHP. */
const DUMPS = PHP_VERSION_ID >= 80200 && PHP_VERSION_ID < 80300 ? 200 : 50;
const SIGNALS = 40;
const HAMMERS = 8;

list(, $work, $offsets_file, $so, $program) = $argv;
$offsets = file_get_contents($offsets_file);
$www = "$work/www";
$dumps = "$work/dumps";
publish_scripts($www);

function check_many_dumps(Host $host)
{
    global $dumps;

    $flaws = [];
    $size = $asked = 0;
    $began = microtime(true);
    for ($i = 0; $i < DUMPS; $i++) {
        $key = fresh_key();
        $path = "$dumps/many.rdump";
        $asked -= microtime(true);
        $answer = $host->end($host->begin('dump.php', ['key' => $key, 'path' => $path]));
        $asked += microtime(true);
        clearstatcache();
        $size += (int) @filesize($path);
        $flaw = ($answer['result'] ? '' : 'false; ') . flaw_of($path, $key, STACK_OF_CALL, $host->pid, null, true);
        if ($flaw !== '') {
            $flaws[] = "dump $i: $flaw";
        }
    }
    note(sprintf('%d dumps, %.1f MB each, in %.1f s, and verified in %.1f s', DUMPS, $size / DUMPS / 1e6, $asked,
        microtime(true) - $began - $asked));
    check(DUMPS . ' dumps while ' . HAMMERS . ' threads allocate and free, and one maps and unmaps', [], $flaws);
}

/* Each of the two threads has a request. They wait for each other, then dump. */
function begin_both(Host $host, array $queries)
{
    global $dumps;
    static $number = 0;

    $barrier = "$dumps/barrier" . $number++;
    mkdir($barrier);
    return array_map(function ($query) use ($host, $barrier) {
        return $host->begin($query[0], $query[1] + ['barrier' => $barrier, 'others' => 2]);
    }, $queries);
}

function check_both(Host $host)
{
    global $dumps, $www;

    $wrong = [];
    for ($i = 0; $i < 10; $i++) {
        $keys = ['one' => fresh_key(), 'two' => fresh_key()];
        $paths = ["$dumps/same.rdump", 'relative.rdump'];
        foreach ($paths as $path) {
            $queries = [];
            foreach ($keys as $folder => $key) {
                $queries[] = ["$folder/dump.php", ['key' => $key, 'path' => $path]];
            }
            foreach (begin_both($host, $queries) as $request) {
                $answer = $host->end($request);
                if (!$answer['result']) {
                    $wrong[$path][] = $answer;
                }
            }
        }
        $flaws = [];
        foreach ($keys as $folder => $key) {
            $flaws[] = flaw_of("$dumps/same.rdump", $key, STACK_OF_CALL, $host->pid);
            $flaw = flaw_of("$www/$folder/relative.rdump", $key, STACK_OF_CALL, $host->pid, null, true);
            if ($flaw !== '') {
                $wrong['relative.rdump'][] = "$folder: $flaw";
            }
        }
        if (!in_array('', $flaws, true)) {
            $wrong["$dumps/same.rdump"][] = $flaws;
        }
    }
    check('two threads dump to one path at the same time: one complete file', [],
        isset($wrong["$dumps/same.rdump"]) ? $wrong["$dumps/same.rdump"] : []);
    check("a relative path follows each request's own folder", [],
        isset($wrong['relative.rdump']) ? $wrong['relative.rdump'] : []);
}

/* scripts/inspect finds all threads. One of them waits for a lock: its call stack is known. */
function check_inspect(Host $host)
{
    global $dumps;

    $lock = fopen("$dumps/lock", 'w');
    flock($lock, LOCK_EX);
    $waiter = "/-> FLOCK +ADVISORY +WRITE +{$host->pid} /";
    $waiting = $host->begin('wait.php', ['lock' => "$dumps/lock"]);
    check('a thread waits for a lock', 1, rdump_await(function () use ($waiter) {
        return preg_match($waiter, file_get_contents('/proc/locks'));
    }, SECONDS));
    $host->end($host->begin('dump.php', ['key' => fresh_key(), 'path' => "$dumps/all.rdump"]));
    flock($lock, LOCK_UN);
    $host->end($waiting);
    $said = rdump_shell(rdump_command([PHP_BINARY, '-n', dirname(dirname(__DIR__)) . '/scripts/inspect', '--json',
        "$dumps/all.rdump"]));
    unlink("$dumps/all.rdump");
    $report = json_decode($said[1], true);
    $stacks = [];
    foreach ($report ? $report['threads'] : [] as $thread) {
        $stacks[] = array_column($thread['stack'], 'function');
    }
    check('scripts/inspect: the thread that dumped, that which waits, and all others',
        [STACK_OF_CALL, true, HAMMERS + 3, ''],
        [reset($stacks), in_array(['flock', 'waiting_function', '{main}'], $stacks, true), count($stacks), $said[2]]);
}

/* Two threads at their memory_limit at the same moment: each dump is its own thread's. */
function check_both_exhausted(Host $host)
{
    global $dumps, $work, $www;

    $table = ends_table();
    $wrong = [];
    $lines = 0;
    $pairs = [['loop', 'loop'], ['loop', 'array_merge'], ['array_merge', 'array_merge'], ['shutdown_function', 'loop']];
    foreach ($pairs as $cases) {
        $keys = [fresh_key(), fresh_key()];
        $requests = begin_both($host, [
            ['ends.php', ['case' => $cases[0], 'key' => $keys[0]]],
            ['ends.php', ['case' => $cases[1], 'key' => $keys[1]]],
        ]);
        $said = array_map([$host, 'text'], $requests);
        $paths = glob("$dumps/end-*.rdump");
        foreach ($cases as $i => $case) {
            $flaws = [];
            foreach ($paths as $path) {
                $flaws[] = flaw_of_end($path, $table[$case], $keys[$i], null, "$www/ends.php");
            }
            if ($said[$i] !== '' || count($paths) !== 2 || !in_array('', $flaws, true)) {
                $wrong[] = [$cases, $case, $said[$i], $flaws];
            }
        }
        array_map('unlink', $paths);
        $lines += count(await_rdump_lines("$work/php.log", $lines, 2));
    }
    check('two threads at their memory_limit at once: a dump of each, with its culprit and its data', [], $wrong);
    check('the log says so of each', 8, count(preg_grep('/dumped to/', rdump_lines("$work/php.log"))));
}

/*
 * Each thread gets a signal, then any. A thread that runs no PHP, or no request, gives it to one that does. kill(1)
 * with a thread's number: the kernel gives the signal to that thread if it does not block it.
 */
function check_signals(Host $host)
{
    global $dumps;

    $signal = signal_number();
    $threads = array_map('basename', glob("/proc/{$host->pid}/task/*"));
    $flaws = $given_on = [];
    for ($i = 0; $i < SIGNALS && count($flaws) < 5; $i++) {
        $thread = isset($threads[$i]) ? $threads[$i] : $threads[array_rand($threads)];
        send_signal($thread, $signal);
        $path = rdump_await(function () use ($dumps) {
            $paths = glob("$dumps/signal-*.rdump");
            return $paths ? $paths[0] : null;
        }, SECONDS);
        if (!$path) {
            $flaws[] = "thread $thread: no dump";
            break;
        }
        preg_match('/-(\d+)\.rdump$/', $path, $match);
        rdump_await_unblocked((int) $match[1], $signal, SECONDS);
        if ($match[1] !== $thread) {
            $given_on[$thread] = true;
        }
        $flaw = flaw_of_moment($path, $host->pid);
        if ($flaw !== '') {
            $flaws[] = "thread $thread: $flaw";
        }
        unlink($path);
    }
    check(SIGNALS . ' signals to threads while they allocate and free: each dump is whole', [], $flaws);
    check('the thread that runs no PHP, and the two without a request, give it to one that has a request', true,
        count($given_on) >= 3);
}

foreach (['one', 'two'] as $folder) {
    publish_scripts("$www/$folder");
}
publish_ends($www);
foreach ([1, 0] as $safe_read) {
    $title = 'embed host of ' . PHP_VERSION . ", safe_read=$safe_read";
    rdump_shell(rdump_command(['rm', '-rf', $dumps]));
    mkdir($dumps);
    file_put_contents("$work/php.ini", <<<INI
extension=$so
memory_limit=48M
log_errors=On
error_log=$work/php.log
display_errors=Off
rdump.safe_read=$safe_read
rdump.oom_dump=$dumps/end-%i.rdump
rdump.oom_dump_max=0
rdump.signal_dump=$dumps/signal-%i.rdump

INI
    );
    $host = new Host('host', [$program, "$work/php.ini", $www, HAMMERS], function () {
        return true;
    }, [], [['pipe', 'r'], ['pipe', 'w']]);
    $who = $host->end($host->begin('who.php', []));
    check('one process, many threads', [$host->pid, (string) $safe_read, true],
        [$who['pid'], $who['safe_read'], rdump_await(function () use ($host) {
        return count(glob("/proc/{$host->pid}/task/*")) >= HAMMERS + 3;
    })]);
    check_many_dumps($host);
    check_both($host);
    check_inspect($host);
    check_both_exhausted($host);
    check_signals($host);
    list($last, $ended, $status) = $host->close();
    note("$last requests of the other threads meanwhile");
    check('the process ends in good order', [true, 0], [$ended, $status]);
    check('the log has a line for each signal', SIGNALS,
        preg_match_all('/rdump: signal \d+: dumped to /', read_log("$work/php.log")));
    $usual = '/rdump: memory limit|rdump: signal|Allowed memory size/';
    $others = preg_grep($usual, file("$work/php.log"), PREG_GREP_INVERT);
    check('its log has nothing to complain of', ['', []], [$host->log(), $others]);
    unlink("$work/php.log");
}
