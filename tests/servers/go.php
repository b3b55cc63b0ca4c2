<?php
/*
 * A host in Go with the embed library of a thread-safe PHP, as FrankenPHP is one. Go's runtime has handlers of its own
 * for all signals: it makes panics of faults in Go's code, and interrupts its threads by signals.
 *     go.php FOLDER OFFSETS RDUMP_SO HOST
 */
require __DIR__ . '/lib.php';
require __DIR__ . '/host.php';

const DUMPS = 20;
const HAMMERS = 4;

list(, $work, $offsets_file, $so, $program) = $argv;
$offsets = file_get_contents($offsets_file);
$www = "$work/www";
$dumps = "$work/dumps";
publish_scripts($www);
mkdir($dumps);

/* Starts the host with these lines in its php.ini, and an empty log. */
function start(array $lines)
{
    global $work, $www, $program;

    @unlink("$work/php.log");
    $lines = implode("\n", $lines);
    file_put_contents("$work/php.ini", <<<INI
memory_limit=48M
log_errors=On
error_log=$work/php.log
display_errors=Off
ffi.enable=1
$lines

INI
    );
    $host = new Host('host', [$program, "$work/php.ini", $www, HAMMERS], function () {
        return true;
    }, [], [['pipe', 'r'], ['pipe', 'w']]);
    $who = $host->end($host->begin('who.php', []));
    check('it serves a request', $host->pid, $who['pid']);
    return $host;
}

/* The files in the folder of dumps, without their folder. */
function dumps()
{
    global $dumps;

    return array_map('basename', glob("$dumps/*"));
}

function check_calls(Host $host)
{
    global $dumps;

    $flaws = [];
    for ($i = 0; $i < DUMPS; $i++) {
        $key = fresh_key();
        $answer = $host->end($host->begin('dump.php', ['key' => $key, 'path' => "$dumps/call.rdump"]));
        $flaw = ($answer['result'] ? '' : 'false; ')
            . flaw_of("$dumps/call.rdump", $key, STACK_OF_CALL, $host->pid, null, true);
        if ($flaw !== '') {
            $flaws[] = "dump $i: $flaw";
        }
    }
    check(DUMPS . ' dumps by call while ' . HAMMERS . ' threads run PHP, and Go collects garbage and panics', [],
        $flaws);
}

function check_exhausted(Host $host)
{
    global $dumps, $work;

    $key = fresh_key();
    $host->text($host->begin('oom.php', ['key' => $key]));
    check('a dump at the memory_limit', '', flaw_of("$dumps/oom.rdump", $key, STACK_OF_OOM, $host->pid, null, true));
    check('the log says so', 1, count(preg_grep('/dumped to/', await_rdump_lines("$work/php.log", 0, 1))));
}

/* Any thread may get the signal: one that serves a request dumps. */
function check_signals(Host $host)
{
    global $dumps, $offsets, $work;

    $flaws = [];
    $busy = 0;
    $number = signal_number();
    for ($i = 1; $i <= DUMPS; $i++) {
        send_signal($host->pid, $number);
        rdump_await(function () use ($work, $i) {
            return preg_match_all('/rdump: signal /', read_log("$work/php.log")) >= $i;
        }, SECONDS);
        $path = (string) current(glob("$dumps/signal-*.rdump"));
        /* Another thread may have written the line while the handler of this one is not over. */
        preg_match('/-(\d+)\.rdump$/', $path, $match) && rdump_await_unblocked((int) $match[1], $number, SECONDS);
        try {
            $dump = new RdumpReader($path);
            $stack = (new RdumpWalk($dump, $offsets))->callStack();
            if ($dump->pid !== $host->pid) {
                $flaws[] = "signal $i: pid {$dump->pid}";
            }
            $busy += (bool) $stack;
            unlink($path);
        } catch (Exception $error) {
            $flaws[] = "signal $i: " . $error->getMessage();
        }
    }
    check(DUMPS . ' dumps by signal', [], $flaws);
    check('a thread that executed code of PHP was dumped', true, $busy > 0);
    check('the log says so of each', DUMPS,
        preg_match_all('/rdump: signal \d+: dumped to /', read_log("$work/php.log")));
}

/* Starts a dump by call until its copy is caught. Returns [copy, number of the request, key]. */
function catch_copy(Host $host, $path)
{
    for ($end = microtime(true) + 2 * SECONDS; microtime(true) < $end; @unlink($path)) {
        $key = fresh_key();
        $number = $host->begin('dump.php', ['key' => $key, 'path' => $path]);
        do {
            $copy = stop_copy_of($host->pid);
            clearstatcache();
        } while (!$copy && !file_exists($path) && microtime(true) < $end);
        if ($copy && !file_exists($path)) {
            return [$copy, $number, $key];
        }
        $copy && send_signal($copy, 'CONT'); /* stopped, but behind its dump */
        $host->text($number);
    }
    throw new Exception('no copy could be stopped');
}

/* How often something has happened in Go. This is a request of PHP as well. */
function count_in_go(Host $host, $what)
{
    return $host->end($host->begin('go-call.php', ['what' => $what]))['result'];
}

/* Only the thread that dumps waits for the copy, in which nothing of Go runs. */
function check_copy(Host $host)
{
    global $dumps;

    $path = "$dumps/copied.rdump";
    check('rdump.snapshot is 1 without a word in php.ini', '1', $host->end($host->begin('who.php', []))['snapshot']);
    list($copy, $number, $key) = catch_copy($host, $path);
    foreach (['counted' => 'a goroutine that runs no PHP goes on', 'hammered' => 'threads that run PHP go on'] as
        $what => $title) {
        $first = count_in_go($host, $what);
        check("while a copy is stopped, $title", true, rdump_await(function () use ($host, $what, $first) {
            return count_in_go($host, $what) > $first;
        }, SECONDS));
    }
    check('the copy has one thread', 1, count(glob("/proc/$copy/task/*")));
    check('the dump is not there yet', false, file_exists($path));
    send_signal($copy, 'CONT');
    check('the dump is made', true, $host->end($number)['result']);
    check('and is whole', '', flaw_of($path, $key, STACK_OF_CALL, $host->pid, null, true));
}

/* Go's own faults. It has recovered from some thousands when this is called. */
function check_recovered(Host $host)
{
    check('Go recovers from a nil dereference in a function that PHP has called', true,
        $host->end($host->begin('go-call.php', ['what' => 'recover']))['result'] > 0);
    check('it costs no dump', [], dumps());
}

/* The host dies while it runs this script: [status, what Go says of it]. */
function death(Host $host, $script, array $query)
{
    $host->begin($script, $query);
    $ended = $host->await();
    preg_match('/^(fatal error|panic|SIG[A-Z]+): .*/m', $host->log(), $match);
    return [$ended, $host->status, $match ? $match[0] : $host->log()];
}

$own = ["extension=$so", "rdump.signal_dump=$dumps/signal-%i.rdump", "rdump.oom_dump=$dumps/oom.rdump",
    "rdump.crash_dump=$dumps/crash-%s.rdump", 'rdump.oom_dump_max=0'];

$title = 'Go host of ' . PHP_VERSION;
$host = start($own);
check_calls($host);
check_copy($host);
check_exhausted($host);
check_signals($host);
check_recovered($host);
list($last, $ended, $status) = $host->close();
note($last);
check('Go has panicked in threads without PHP and in functions that PHP has called', 1,
    preg_match('/^hammered [1-9]\d*, panics [1-9]\d+$/', $last));
check('the process ends in good order', [true, 0, '', []], [$ended, $status, $host->log(), dumps()]);

/* Without rdump, then with it: how the host dies is the same. */
$deaths = ['crash.php' => ['how' => 'memset'], 'crash.php?abort' => ['how' => 'abort'],
    'go-call.php' => ['what' => 'panic']];
foreach ($deaths as $script => $query) {
    $key = fresh_key();
    $usual = death(start([]), strtok($script, '?'), $query + ['key' => $key]);
    check("$script: Go ends the process", [true, 2], array_slice($usual, 0, 2));
    check("$script: the same with rdump", $usual, death(start($own), strtok($script, '?'), $query + ['key' => $key]));
    if (isset($query['how'])) {
        list($number, $signal) = $query['how'] === 'abort' ? [6, 'SIGABRT'] : [11, 'SIGSEGV'];
        $path = "$dumps/crash-$number.rdump";
        $size = @filesize($path);
        check("$script: a dump with PHP's call stack", '',
            flaw_of($path, $key, [$query['how'], 'crashing', '{main}'], null, null, true));
        check("$script: the log says so", 1,
            preg_match("/rdump: crash by $signal: dumped to " . preg_quote($path, '/') . " \($size bytes\)$/m",
                read_log("$work/php.log")));
    }
    check("$script: nothing else is in the folder", [], dumps());
}
