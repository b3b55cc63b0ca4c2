<?php
/*
 * Dumps its process: ?key=...&path=...&full=... Answers with the result, and with the growth of the process meanwhile.
 * &barrier=... waits for other requests first.
 */
require __DIR__ . '/barrier.inc.php';
$planted = "value of {$_GET['key']}";

function status_kilobytes()
{
    preg_match_all('/^(RssAnon|RssShmem|VmPTE):\s+(\d+)/m', file_get_contents('/proc/self/status'), $match);
    return array_map('intval', array_combine($match[1], $match[2]));
}

function running_function($path, $full)
{
    $before = status_kilobytes();
    $before = status_kilobytes(); /* the first call may allocate */
    $result = rdump_dump($path, $full);
    $after = status_kilobytes();
    $grown = [];
    foreach ($after as $name => $value) {
        $grown[$name] = $value - $before[$name];
    }
    return ['result' => $result, 'grown' => $grown, 'error' => error_get_last()];
}

await_others();
$answer = running_function($_GET['path'], !empty($_GET['full']));
echo serialize($answer + ['pid' => getmypid()]);
