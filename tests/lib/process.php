<?php
/* Runs other programs: for tests. Needs nothing but PHP 7.0. */

/*
 * Runs a shell command line, with $input as stdin. Returns [status, stdout, stderr]. The status of a process that a
 * signal has killed is 128 + signal.
 */
function rdump_shell($command, $input = '', $folder = null, $environment = null)
{
    $streams = [tmpfile(), tmpfile(), tmpfile()];
    fwrite($streams[0], $input);
    rewind($streams[0]);
    /*
     * With another command after it, the shell does not replace itself by the program: the status is always the
     * shell's.
     */
    $process = proc_open("$command\nexit $?", $streams, $pipes, $folder, $environment);
    $status = proc_close($process);
    $output = [];
    foreach ([1, 2] as $i) {
        rewind($streams[$i]);
        $output[] = stream_get_contents($streams[$i]);
    }
    return [$status, $output[0], $output[1]];
}

/* A command line of these arguments. */
function rdump_command(array $arguments)
{
    return implode(' ', array_map('escapeshellarg', $arguments));
}

/*
 * Why nothing can be tested with PHP's JIT; '' = it can. $RDUMP_NO_JIT is set where PHP crashes by its JIT, without
 * rdump as well.
 */
function rdump_without_jit()
{
    return PHP_VERSION_ID < 80000 ? 'this PHP has none' : (string) getenv('RDUMP_NO_JIT');
}

/*
 * Waits until $condition() returns something that is not empty, and returns that; what is empty where it never does. On
 * a slow machine so many times as long as $RDUMP_PATIENCE says.
 */
function rdump_await($condition, $seconds = 120)
{
    $deadline = microtime(true) + $seconds * max(1, (int) getenv('RDUMP_PATIENCE'));
    do {
        $value = $condition();
    } while (!$value && microtime(true) < $deadline && usleep(2000) === null);
    return $value;
}

/*
 * Waits until the process does not block a signal: then the handler of another one, which blocks all, is over. False
 * where that takes too long.
 */
function rdump_await_unblocked($pid, $signal, $seconds = 60)
{
    return rdump_await(function () use ($pid, $signal) {
        $status = @file_get_contents("/proc/$pid/status");
        return !preg_match('/^SigBlk:\s*([0-9a-f]+)$/m', $status, $match)
            || !(hexdec($match[1][15 - (int) (($signal - 1) / 4)]) >> ($signal - 1) % 4 & 1);
    }, $seconds);
}
