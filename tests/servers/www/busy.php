<?php
/*
 * Is busy until the file &flag=... exists: asleep, in a loop, or in a read from the socket &address=... (&how=...).
 * Creates the file "FLAG.begun" first. &how=work allocates and frees for a moment, without a flag.
 */
$planted = "value of {$_GET['key']}";

function is_over()
{
    clearstatcache();
    return is_file($_GET['flag']);
}

function running_function($how)
{
    if ($how !== 'work') {
        touch("{$_GET['flag']}.begun");
    }
    switch ($how) {
        case 'sleep':
            while (!is_over()) {
                sleep(1);
            }
            return 'woken';
        case 'loop':
            for ($i = 0; $i % 100000 || !is_over(); $i++) {
            }
            return 'looped';
        case 'read':
            $socket = stream_socket_client("tcp://{$_GET['address']}");
            stream_set_timeout($socket, 120);
            return fgets($socket);
        default:
            for ($i = 0, $kept = []; $i < 3000; $i++) {
                $kept[] = str_repeat("kept $i ", $i % 100);
            }
            return md5(serialize($kept));
    }
}

echo serialize(['did' => running_function($_GET['how']), 'pid' => getmypid()]);
