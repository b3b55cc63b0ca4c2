--TEST--
rdump_dump() in a signal handler
--SKIPIF--
<?php
if (!function_exists('pcntl_signal')) exit('skip no pcntl for this PHP');
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
/* PHP 7.0 calls a handler only where a program asks for that. */
$async = function_exists('pcntl_async_signals');
if ($async) {
    pcntl_async_signals(true);
}
function worker()
{
    $value = strrev('in the worker') . getmypid();
    rdump_shell('kill -USR2 ' . getmypid());
    return rdump_await(function () {
        global $async, $result;
        $async || pcntl_signal_dispatch();
        return $result !== null;
    }, 10);
}
$result = null;
pcntl_signal(SIGUSR2, function ($signal) use ($folder, &$result) {
    $result = rdump_dump("$folder/a.rdump");
});
worker();
var_dump($result);
var_dump((new RdumpReader("$folder/a.rdump"))->search(strrev('in the worker') . getmypid()) !== null);
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
bool(true)
bool(true)
