<?php
/*
 * Dumps by signal in php-fpm: fpm.php runs check_signals(). The master must not notice them, and a worker must dump at
 * once, whatever it does.
 */

/* The worker of the pool, by its parent and its title: it need not have had a request. */
function worker_of(Server $fpm, $pool)
{
    return rdump_await(function () use ($fpm, $pool) {
        foreach (glob('/proc/[0-9]*') as $process) {
            $parent = preg_match('/^PPid:\s*(\d+)$/m', @file_get_contents("$process/status"), $match) ? $match[1] : 0;
            if ((int) $parent === $fpm->pid && strpos(@file_get_contents("$process/cmdline"), "pool $pool") !== false) {
                return (int) basename($process);
            }
        }
        return 0;
    });
}

function lines_of_signals()
{
    global $work;

    preg_match_all('/rdump: signal \d+: ([^\n"]*)/', read_log("$work/fpm.log"), $match);
    return $match[1];
}

function check_idle_worker(Server $fpm, $port, $signal)
{
    global $dumps, $owner;

    send_signal($fpm->pid, $signal);
    $pid = worker_of($fpm, 'b');
    foreach (['that has had no request', 'between two requests'] as $round => $when) {
        $path = "$dumps/signal-$pid.rdump";
        $lines = count(lines_of_signals());
        check("a worker $when dumps", true, ask($pid, $signal, $path));
        check('it is whole, and no code was running', '', flaw_of_moment($path, $pid, $owner, true));
        check('the worker serves on', $pid, get($port, 'b/who.php')['pid']);
        rdump_await(function () use ($lines) {
            return count(lines_of_signals()) > $lines;
        }, SECONDS);
        $told = lines_of_signals();
        check('and the log says so with its next request',
            "dumped to $path (" . filesize($path) . ' bytes), between requests: no code was running', end($told));
        unlink($path);
    }
    check('the master goes on, and has no dump', [true, []], [$fpm->isRunning(), glob("$dumps/*.rdump")]);
}

function check_busy_worker(Server $fpm, $port, $signal)
{
    global $dumps, $owner;

    $server = stream_socket_server('tcp://127.0.0.1:0');
    $pid = worker_of($fpm, 'b');
    $path = "$dumps/signal-$pid.rdump";
    $flag = "$dumps/flag";
    $innermost = ['sleep' => ['sleep'], 'read' => ['fgets'], 'loop' => []];
    foreach (['sleep' => 'woken', 'read' => "a line\n", 'loop' => 'looped'] as $how => $did) {
        $key = fresh_key();
        $request = request_begin($port, 'b/busy.php', ['how' => $how, 'key' => $key, 'flag' => $flag,
            'address' => stream_socket_get_name($server, false)]);
        await_file("$flag.begun");
        $stack = array_merge($innermost[$how], ['running_function', '{main}']);
        $flaw = '';
        /* Once in a while it is in another function at that moment: then it is asked again. */
        rdump_await(function () use ($pid, $signal, $path, $key, $stack, $owner, &$flaw) {
            ask($pid, $signal, $path);
            $flaw = flaw_of($path, $key, $stack, $pid, $owner, true);
            return strpos($flaw, 'the call stack is ') !== 0;
        }, SECONDS);
        check("a worker in a request ($how) dumps, with its call stack and data", '', $flaw);
        if ($how === 'read') {
            $connection = stream_socket_accept($server, SECONDS);
            fwrite($connection, $did);
        }
        touch($flag);
        check('the request ends as ever', ['did' => $did, 'pid' => $pid], answer_of($request));
        unlink($flag);
        unlink("$flag.begun");
    }
}

/* One request after the other to both pools, and signals at any moment. */
function check_load(Server $fpm, $port, $signal)
{
    global $dumps;

    $expected = get($port, 'a/busy.php', ['how' => 'work', 'key' => ''])['did'];
    $wrong = [];
    $whole = 0;
    for ($i = 0; $i < 40; $i++) {
        $pids = [worker_of($fpm, 'a'), worker_of($fpm, 'b')];
        $requests = [];
        foreach (['a', 'b'] as $pool) {
            for ($k = 0; $k < 3; $k++) {
                $requests[] = request_begin($port, "$pool/busy.php", ['how' => 'work', 'key' => $i]);
            }
        }
        usleep(random_int(0, 5000));
        foreach ($pids as $pid) {
            send_signal($pid, $signal);
        }
        foreach ($requests as $request) {
            $answer = answer_of($request);
            if ($answer['did'] !== $expected) {
                $wrong[] = $answer;
            }
        }
        foreach ($pids as $pid) {
            $path = "$dumps/signal-$pid.rdump";
            try {
                await_file($path);
                new RdumpReader($path);
                $whole++;
                unlink($path);
            } catch (Exception $error) {
                $wrong[] = $error->getMessage();
            }
        }
        /* While the handler of the one before is not over, a signal asks for nothing more. */
        get($port, 'a/who.php');
        get($port, 'b/who.php');
    }
    check('40 signals to each of two workers under load: 80 whole dumps, and each answer is right', [80, []],
        [$whole, $wrong]);
}

function check_signals()
{
    global $work, $www, $dumps, $so;

    publish_all('');
    array_map('unlink', glob("$work/*.log"));
    list($fpm, $nginx, $port) = start(0, ["extension=$so", "rdump.signal_dump=$dumps/signal-%p.rdump",
        'rdump.signal=SIGUSR2']);
    check('a signal that the server needs is refused', 1,
        preg_match('/rdump\.signal=SIGUSR2 is refused, signal 12 is used by the web server; the default stands/',
        read_log("$work/fpm.log") . $fpm->log()));
    $signal = signal_number();
    check_idle_worker($fpm, $port, $signal);
    check_busy_worker($fpm, $port, $signal);
    check_load($fpm, $port, $signal);
    check('the master goes on', true, $fpm->isRunning());
    stop($fpm, $nginx);
    check('no worker was lost', 0,
        preg_match('/exited on signal|core dumped/', read_log("$work/fpm.log")));
}
