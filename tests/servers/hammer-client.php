<?php
/*
 * Keeps COUNT requests to hammer.php active until the file FLAG exists.   hammer-client.php PORT COUNT FLAG RESULT
 * Creates RESULT, empty, when each of the first requests has an answer. At the end writes to it how many answers there
 * were, and what was wrong.
 */
list(, $port, $count, $flag, $result) = $argv;
$open = [];
$received = [];
$answered = 0;
$wrong = [];
$deadline = microtime(true) + 1800;
while (microtime(true) < $deadline && count($wrong) < 10) {
    clearstatcache();
    $over = is_file($flag);
    while (!$over && count($open) < $count) {
        $socket = @stream_socket_client("tcp://127.0.0.1:$port", $number, $text, 300);
        if (!$socket) {
            $wrong[] = "no connection: $text";
            break;
        }
        stream_set_blocking($socket, false);
        fwrite($socket, "GET /hammer.php HTTP/1.0\r\nHost: localhost\r\n\r\n");
        $open[(int) $socket] = $socket;
        $received[(int) $socket] = '';
    }
    if ($over && !$open) {
        break;
    }
    $read = $open;
    $none = [];
    if (!stream_select($read, $none, $none, 300)) {
        $wrong[] = 'no answer within 300 s';
        break;
    }
    foreach ($read as $socket) {
        $id = (int) $socket;
        $received[$id] .= fread($socket, 65536);
        if (feof($socket)) {
            if (preg_match('{^HTTP/1\.\d 200 .*a:1:\{s:6:"rounds";i:\d+;\}$}sD', $received[$id])) {
                $answered++;
            } else {
                $wrong[] = substr($received[$id], 0, 200);
            }
            fclose($socket);
            unset($open[$id], $received[$id]);
            if ($answered === (int) $count) {
                touch($result);
            }
        }
    }
}
file_put_contents($result, "$answered\n" . implode("\n", $wrong));
