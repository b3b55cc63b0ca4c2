<?php
/* Everyday ways to exhaust memory (tests/ends) in a server: what its client gets is what it gets without rdump. */
require_once __DIR__ . '/../ends/lib.php';

/* In the script's own code, in an internal function, by the hard limit where PHP has one; behind the script's end. */
const ENDS = ['loop', 'array_merge', 'random_bytes', 'shutdown_function', 'session'];

const PART = 'a part of the answer';

/* The script, and the cases that it runs, for every user to read. */
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
 * Has a case run: [status, body]. With $part, the client has got that much of the answer before memory is exhausted: a server
 * may drop what it has not sent when its worker goes.
 */
function answer_of_end($port, $script, $case, $key, $part)
{
    global $work;

    $flag = "$work/sent";
    is_file($flag) && unlink($flag);
    $socket = request_begin($port, $script, ['case' => $case, 'key' => $key] + ($part ? ['part' => $part, 'flag' => $flag] : []));
    $begin = '';
    while ($part && strpos($begin, $part) === false && ($bytes = fread($socket, 8192)) != '') {
        $begin .= $bytes;
    }
    touch($flag);
    list($status, $body) = request_end($socket, $begin);
    return [$status, strpos($body, '<title>502 Bad Gateway</title>') ? "nginx's page" : str_replace($key, 'KEY', $body)];
}

/*
 * The answers to all cases, as nothing is sent yet, and as a part is: "case, part" => [status, body]. Calls $before() and
 * $after(title, case, key, body), where they are given. $port(case) is one
 * that is listened on.
 */
function answers_of_ends(callable $port, $script, $before = null, $after = null)
{
    $answers = [];
    foreach (ENDS as $case) {
        foreach (['', PART] as $part) {
            if ($case === 'session' && ($part || !extension_loaded('session'))) {
                continue; /* none begins once something is sent */
            }
            $key = fresh_key();
            $title = $case . ($part ? ', a part is sent' : '');
            $before === null || $before();
            $answers[$title] = answer_of_end($port($case), $script, $case, $key, $part);
            $after === null || $after($title, $case, $key, $answers[$title][1]);
        }
    }
    return $answers;
}

/* The same with rdump, whose dumps go to $path and whose lines to $log: checks dumps, lines and answers. */
function check_ends(callable $port, $script, $path, $log, $owner, array $without)
{
    global $www;

    $table = ends_table();
    $earlier = 0;
    $answers = answers_of_ends($port, $script, function () use ($path, $log, &$earlier) {
        is_file($path) && unlink($path);
        $earlier = count(rdump_lines($log));
    }, function ($title, $case, $key, $said) use ($path, $log, $owner, $table, $www, &$earlier) {
        $lines = await_rdump_lines($log, $earlier, 1);
        check("$title: the culprit and its data are in the dump", '', flaw_of_end($path, $table[$case], $key, $owner, "$www/ends.php"));
        clearstatcache();
        check("$title: the log says so", 'dumped to ' . $path . ' (' . @filesize($path) . ' bytes)',
            count($lines) === 1 ? preg_replace('/^rdump: memory limit reached.*?: /', '', $lines[0]) : $lines);
    });
    check('the client gets what it gets without rdump', $without, $answers);
    return $answers;
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
        return implode('; ', ends_flaws_of_dump(new RdumpWalk(new RdumpReader($path), $offsets), $row, $key, $script, ''));
    } catch (Exception $error) {
        return get_class($error) . ': ' . $error->getMessage();
    }
}
