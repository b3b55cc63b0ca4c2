<?php
/*
 * Apache prefork with mod_php: a parent that runs as root, two children that run as www-data, and opcache and APCu that
 * all of them share.   apache-prefork.php FOLDER OFFSETS RDUMP_SO
 */
require __DIR__ . '/lib.php';
require __DIR__ . '/apache.php';
require __DIR__ . '/ends.php';

list(, $work, $offsets_file, $so) = $argv;
$offsets = file_get_contents($offsets_file);
$www = "$work/www";
$dumps = "$work/dumps";
$module = '/usr/lib/apache2/modules/libphp' . PHP_MAJOR_VERSION . '.' . PHP_MINOR_VERSION . '.so';
$owner = www_data();

/*
 * Makes one child write the texts to shared memory and then keeps it busy: requests meanwhile go to the other child.
 * Then calls $then with the port.
 */
function beside_busy_child($port, callable $then)
{
    global $work, $www, $dumps;

    $flag = "$work/flag";
    $pid_file = "$dumps/busy";
    $request = request_begin($port, 'plant.php', ['folder' => $www, 'flag' => $flag, 'pid' => $pid_file]);
    $busy = (int) rdump_await(function () use ($pid_file) {
        return is_file($pid_file) ? file_get_contents($pid_file) : null;
    });
    $then($port, $busy);
    touch($flag);
    $answer = answer_of($request);
    check('the child that was busy ends its request', [$busy, true], [$answer['pid'], $answer['stored']]);
    unlink($flag);
    unlink($pid_file);
}

/* Everyday ways to exhaust memory, without rdump and with it. */
function check_everyday_ends()
{
    global $work, $www, $dumps, $so, $owner, $module;

    $log = "$work/error.log";
    $answers = [];
    $extension = "extension=$so\nrdump.oom_dump=$dumps/end.rdump\nrdump.oom_dump_max=0";
    foreach (['without' => '', 'with' => $extension] as $how => $lines) {
        rdump_shell(rdump_command(['rm', '-rf', $www, $dumps, $log]));
        publish_scripts($www);
        publish_ends($www);
        private_folder($dumps);
        $port = free_port();
        $limits = "StartServers 1\nMinSpareServers 1\nMaxSpareServers 1\nMaxRequestWorkers 1\nServerLimit 1";
        $apache = start_apache($port, $module, 'prefork', $limits, <<<INI
zend_extension=opcache
opcache.file_update_protection=0
$lines
memory_limit=48M
log_errors=On
display_errors=Off
session.use_cookies=0
session.save_path=$dumps
INI
        );
        $ports = function () use ($port) {
            return $port;
        };
        $answers = $how === 'without' ? answers_of_ends($ports, 'ends.php')
            : check_ends($ports, 'ends.php', "$dumps/end.rdump", $log, $owner, $answers);
        check_answers($how, $answers, [0, 'no answer: ']);
        check("$how rdump: the server serves on", $owner, get($port, 'who.php')['uid'][0]);
        check('Apache ends', true, $apache->stop('TERM'));
        check("$how rdump: no child was lost", [], lost_children($log));
    }
}

/* Apache has a handler of its own for each of these signals, which ends the child. */
function check_crashes()
{
    global $work, $www, $dumps, $so, $owner, $module;

    $log = "$work/error.log";
    $said = [];
    foreach (['without' => '', 'with' => "extension=$so\nrdump.crash_dump=$dumps/crash.rdump"] as $how => $lines) {
        rdump_shell(rdump_command(['rm', '-rf', $www, $dumps, $log]));
        publish_scripts($www);
        private_folder($dumps);
        $port = free_port();
        $apache = start_apache($port, $module, 'prefork',
            "StartServers 1\nMinSpareServers 1\nMaxSpareServers 1\nMaxRequestWorkers 1\nServerLimit 1",
            "extension=ffi\nffi.enable=1\nlog_errors=On\nerror_log=$dumps/php.log\n$lines");
        $key = fresh_key();
        $status = request_end(request_begin($port, 'crash.php', ['key' => $key]))[0];
        rdump_await(function () use ($log) {
            return lost_children($log);
        }, SECONDS);
        $said[$how] = [$status, preg_replace('/.*(exit signal .*)$/', '$1', array_map('trim', lost_children($log)))];
        check("$how rdump: the server serves on", $owner, get($port, 'who.php')['uid'][0]);
        check('Apache ends', true, $apache->stop('TERM'));
    }
    check('a child that crashes: the client and the log get what they get without rdump', $said['without'],
        $said['with']);
    check('Apache tells the signal', 1, count(preg_grep('/exit signal Segmentation fault \(11\)/', $said['with'][1])));
    check('there is a dump', '',
        flaw_of("$dumps/crash.rdump", $key, ['memset', 'crashing', '{main}'], null, $owner));
    check('the log says so', 1, preg_match('/rdump: crash by SIGSEGV: dumped to /', read_log("$dumps/php.log")));
}

/* A child that ends with its last request (MaxConnectionsPerChild), while its copy is at work. */
function check_last_request()
{
    global $work, $www, $dumps, $so, $owner, $module;

    $log = "$work/error.log";
    rdump_shell(rdump_command(['rm', '-rf', $www, $dumps, $log]));
    publish_scripts($www);
    private_folder($dumps);
    $port = free_port();
    $apache = start_apache($port, $module, 'prefork', "StartServers 1\nMinSpareServers 1\nMaxSpareServers 1\n"
        . "MaxRequestWorkers 1\nServerLimit 1\nMaxConnectionsPerChild 2",
        "extension=$so\nrdump.oom_dump=$dumps/last-%p.rdump\nrdump.background=1\nmemory_limit=128M\nlog_errors=On\n"
        . 'display_errors=Off');
    list($copy, $child, $key, $status) = rdump_await(function () use ($port) {
        $child = get($port, 'who.php')['pid'];
        $key = fresh_key();
        $status = get_oom($port, 'oom.php', ['key' => $key]);
        $copy = stop_copy_of($child);
        if (!$copy) {
            get($port, 'who.php'); /* perhaps the two were requests of two children: three more of them change that */
        }
        return $copy ? [$copy, $child, $key, $status] : null;
    }, 2 * SECONDS);
    $path = "$dumps/last-$child.rdump";
    check('the last request of a child has its 500 while the copy writes', 500, $status);
    check_waits_for_copy('the child', $child, $copy, $log, $path, function () use ($port) {
        return get($port, 'who.php')['pid'];
    });
    check('the dump is whole', '', flaw_of($path, $key, STACK_OF_OOM, $child, $owner));
    check('Apache ends', true, $apache->stop('TERM'));
    check('no child was lost', [], lost_children($log));
    check('nothing is left behind', [], glob("$dumps/.rdump-*"));
}

foreach ([0, 1] as $safe_read) {
    $title = "Apache prefork, safe_read=$safe_read";
    $key = fresh_key();
    $log = "$work/error.log";
    rdump_shell(rdump_command(['rm', '-rf', $www, $dumps, $log]));
    publish_scripts($www);
    private_folder($dumps);
    $texts = ['the other child compiled' => long_text('compiled', $key),
        'the other child stored in APCu' => long_text('stored', $key)];
    publish_texts($www, $texts['the other child compiled'], $texts['the other child stored in APCu']);
    $port = free_port();
    $apache = start_apache($port, $module, 'prefork',
        "StartServers 2\nMinSpareServers 1\nMaxSpareServers 2\nMaxRequestWorkers 2\nServerLimit 2", <<<INI
zend_extension=opcache
extension=apcu
extension=$so
opcache.memory_consumption=64
opcache.file_update_protection=0
apc.shm_size=16M
memory_limit=48M
log_errors=On
display_errors=Off
rdump.safe_read=$safe_read
rdump.oom_dump=$www/elsewhere/oom-%p.rdump
rdump.signal_dump=$dumps/signal-%p-%i.rdump
INI
    );

    beside_busy_child($port, function ($port, $busy) use ($texts, $owner, $dumps, $www, $log, $safe_read, $apache) {
        $who = get($port, 'who.php');
        $pid = $who['pid'];
        check('two children, not root, that cannot open /proc/self/mem',
            [true, [$owner, $owner], false, false, (string) $safe_read, [true, true]],
            [count(array_unique([$busy, $pid, $apache->pid])) === 3, $who['uid'], $who['mem'], $who['pagemap'],
                $who['safe_read'], $who['shared']]);

        $touched = touched_shared_pages($pid);
        $flaws = [];
        for ($i = 0; $i < 3; $i++) {
            $key = fresh_key();
            $answer = get($port, 'dump.php', ['key' => $key, 'path' => "$dumps/call.rdump"]);
            $flaws[] = ($answer['result'] && $answer['pid'] === $pid ? '' : 'no dump; ')
                . flaw_of("$dumps/call.rdump", $key, STACK_OF_CALL, $pid, $owner);
            if ($i === 0) {
                check_texts('a dump by call', "$dumps/call.rdump", $texts, $touched);
                check_growth($answer['grown']);
            }
        }
        check('3 dumps by call in a row, by one child', ['', '', ''], $flaws);
        check_signals($apache, $port, $pid, 5, true); /* after those: a dump touches shared pages */

        /* The working directory of a request is the folder of its script. */
        $folder = "$www/elsewhere";
        private_folder($folder);
        copy("$www/dump.php", "$folder/dump.php");
        copy("$www/barrier.inc.php", "$folder/barrier.inc.php");
        copy("$www/oom.php", "$folder/oom.php");
        rdump_shell(rdump_command(['chown', '-R', 'www-data:', $folder]));
        $key = fresh_key();
        $answer = get($port, 'elsewhere/dump.php', ['key' => $key, 'path' => 'relative.rdump']);
        check("a relative path starts at the folder of the script", '',
            flaw_of("$folder/relative.rdump", $key, STACK_OF_CALL, $pid, $owner));

        $keys = [fresh_key(), fresh_key(), fresh_key()];
        $status = [];
        foreach ($keys as $key) {
            $status[] = get_oom($port, 'elsewhere/oom.php', ['key' => $key]);
        }
        $path = "$folder/oom-$pid.rdump";
        check('3 requests run into the memory_limit, the child goes on', [500, 500, 500, $pid],
            array_merge($status, [get($port, 'who.php')['pid']]));
        check('the first is dumped', '', flaw_of($path, $keys[0], STACK_OF_OOM, $pid, $owner));
        clearstatcache();
        $expected = ["rdump: memory limit reached: dumped to $path (" . @filesize($path) . ' bytes)'];
        array_push($expected, ...array_fill(0, 2,
            "rdump: memory limit reached: no dump to $path: rdump.oom_dump_max=1 is reached in this worker"));
        check("Apache's error log has a line for each", $expected, await_rdump_lines($log, 0, 3));
    });

    /* New children: their first dump is an automatic one. */
    $old = get($port, 'who.php')['pid'];
    $restarts = substr_count(read_log($log), 'resuming normal operations');
    send_signal($apache->pid, 'USR1');
    check('a graceful restart', true, rdump_await(function () use ($log, $restarts) {
        return substr_count(read_log($log), 'resuming normal operations') > $restarts;
    }, SECONDS));
    beside_busy_child($port, function ($port, $busy) use ($texts, $owner, $www, $log, $old) {
        $pid = get($port, 'who.php')['pid'];
        $earlier = count(rdump_lines($log));
        $touched = touched_shared_pages($pid);
        $key = fresh_key();
        $path = "$www/elsewhere/oom-$pid.rdump";
        check('a new child exceeds the memory_limit', [500, true],
            [get_oom($port, 'elsewhere/oom.php', ['key' => $key]), $pid !== $old]);
        check('there is a dump', '', flaw_of($path, $key, STACK_OF_OOM, $pid, $owner));
        check_texts('an automatic dump', $path, $texts, $touched);
        check('the log has a line for it', 1, count(await_rdump_lines($log, $earlier, 1)));
    });

    check('Apache ends', true, $apache->stop('TERM'));
    check('no child crashed', [], lost_children($log));
}

$title = 'Apache prefork, everyday ends';
check_everyday_ends();

$title = 'Apache prefork, a crash';
check_crashes();

$title = 'Apache prefork, the last request of a child';
check_last_request();
