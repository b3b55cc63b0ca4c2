<?php
/* Dumps to &path=... until the file &flag=... exists. */
$planted = "value of {$_GET['key']}";

function running_function()
{
    $deadline = microtime(true) + 1000;
    for ($dumps = 0, $failed = 0; $dumps < 3 || !is_file($_GET['flag']); $dumps++) {
        if (microtime(true) > $deadline) {
            break;
        }
        clearstatcache();
        $failed += !rdump_dump($_GET['path']);
    }
    return ['dumps' => $dumps, 'failed' => $failed];
}

$answer = running_function();
echo serialize($answer + ['pid' => getmypid()]);
