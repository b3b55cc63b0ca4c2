<?php
/* Common ways to exhaust memory (tests/ends) in a server: the client gets the same answer as without rdump. */
require_once __DIR__ . '/../ends/lib.php';

/* In the script's code, in an internal function, by PHP's hard limit if it has one, after the end of the script. */
const ENDS = ['loop', 'array_merge', 'random_bytes', 'shutdown_function', 'session'];

const PART = 'a part of the answer';
const SENT = ', a part is sent';
const NGINX = "nginx's own page";

/* Copies the script and the cases that it runs, readable for every user. */
function publish_ends($www)
{
    mkdir("$www/cases");
    chmod("$www/cases", 0755);
    foreach (ENDS as $case) {
        copy(__DIR__ . "/../ends/cases/$case.php", "$www/cases/$case.php");
        chmod("$www/cases/$case.php", 0644);
    }
}

/* Does this PHP report exhausted memory late, and end by its hard limit? */
function reports_late()
{
    global $offsets;

    return strpos($offsets, "\nreports late 1\n") !== false;
}

/*
 * Requests a case: [status, body]. With $part, the client has got that part of the answer before memory is exhausted: a
 * server may drop what it has not sent when its worker ends.
 */
function answer_of_end($port, $script, $case, $key, $part)
{
    global $work;

    $flag = "$work/sent";
    is_file($flag) && unlink($flag);
    $query = ['case' => $case, 'key' => $key] + ($part ? ['part' => $part, 'flag' => $flag] : []);
    $socket = request_begin($port, $script, $query);
    $begin = '';
    while ($part && strpos($begin, $part) === false && ($bytes = fread($socket, 8192)) != '') {
        $begin .= $bytes;
    }
    touch($flag);
    list($status, $body) = request_end($socket, $begin);
    return [$status, strpos($body, '<title>502 Bad Gateway</title>') ? NGINX : str_replace($key, 'KEY', $body)];
}

/*
 * The answers to all cases, with nothing sent before, and with a part sent: title => [status, body]. Calls $before()
 * and $after(title, case, key), if given. $port(case) is the port of the server.
 */
function answers_of_ends(callable $port, $script, $before = null, $after = null)
{
    $answers = [];
    foreach (ENDS as $case) {
        foreach (['', PART] as $part) {
            if ($case === 'session' && ($part || !extension_loaded('session'))) {
                continue; /* none can start after a part was sent */
            }
            $key = fresh_key();
            $title = $case . ($part ? SENT : '');
            $before === null || $before();
            $answers[$title] = answer_of_end($port($case), $script, $case, $key, $part);
            $after === null || $after($title, $case, $key);
        }
    }
    return $answers;
}

/* The same with rdump, with its dumps in $path and its lines in $log. Checks dumps, lines and answers. */
function check_ends(callable $port, $script, $path, $log, $owner, array $without)
{
    global $www;

    $table = ends_table();
    $earlier = 0;
    $answers = answers_of_ends($port, $script, function () use ($path, $log, &$earlier) {
        is_file($path) && unlink($path);
        $earlier = count(rdump_lines($log));
    }, function ($title, $case, $key) use ($path, $log, $owner, $table, $www, &$earlier) {
        check_end($title, $path, $table[$case], $key, $owner, "$www/ends.php", $log, $earlier);
    });
    check('the client gets what it gets without rdump', $without, $answers);
    return $answers;
}

/*
 * Checks what a client gets: status 500 for the error, $at_hard_limit for the hard limit if this PHP has one, and in
 * each case the part that was sent.
 */
function check_answers($how, array $answers, array $at_hard_limit)
{
    $error = [500, ''];
    $sent = [200, PART];
    check("$how rdump: a client gets an error, or the part that was sent, or what a server makes of a worker's end",
        [$error, $sent, reports_late() ? $at_hard_limit : $error, $sent],
        [$answers['loop'], $answers['loop' . SENT], $answers['random_bytes'], $answers['random_bytes' . SENT]]);
}

/* What is wrong with such a dump, '' = nothing. */
function flaw_of_end($path, array $row, $key, $owner, $script)
{
    global $offsets;

    if (!is_file($path)) {
        return 'there is no dump';
    }
    clearstatcache();
    $stat = stat($path);
    if (($stat['mode'] & 0777) !== 0600 || ($owner !== null && $stat['uid'] !== $owner)) {
        return sprintf('mode %o, owner %d', $stat['mode'], $stat['uid']);
    }
    try {
        $walk = new RdumpWalk(new RdumpReader($path), $offsets);
        return implode('; ', ends_flaws_of_dump($walk, $row, $key, $script, ''));
    } catch (Exception $error) {
        return get_class($error) . ': ' . $error->getMessage();
    }
}

/* Checks the dump of a case, and its line: the only one in $log after $earlier others. */
function check_end($title, $path, array $row, $key, $owner, $script, $log, $earlier)
{
    $lines = await_rdump_lines($log, $earlier, 1);
    check("$title: the culprit and its data are in the dump", '', flaw_of_end($path, $row, $key, $owner, $script));
    clearstatcache();
    check("$title: the log says so", 'dumped to ' . $path . ' (' . @filesize($path) . ' bytes)',
        count($lines) === 1 ? preg_replace('/^rdump: memory limit reached.*?: /', '', $lines[0]) : $lines);
}
