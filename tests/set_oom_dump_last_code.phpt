--TEST--
rdump_set_oom_dump() applies to the last code of a request: header callbacks, session handlers, output handlers
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
rdump_skip_without('session');
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$session = '
class Handler implements SessionHandlerInterface
{
    #[ReturnTypeWillChange]
    function open($path, $name) { return true; }
    #[ReturnTypeWillChange]
    function close() { return true; }
    #[ReturnTypeWillChange]
    function read($id) { return ""; }
    #[ReturnTypeWillChange]
    function write($id, $data) { exhaust(); }
    #[ReturnTypeWillChange]
    function destroy($id) { return true; }
    #[ReturnTypeWillChange]
    function gc($lifetime) { return 0; }
    function create_sid() { return "x"; } /* PHP 8.6 asks for these two */
    function validateId($id) { return true; }
}
session_set_save_handler(new Handler, false);
session_id("x");
session_start(["use_cookies" => 0, "cache_limiter" => ""]);
$_SESSION["a"] = 1;
';
$code = [
    'header callback' => 'header_register_callback("exhaust");',
    'session handler' => $session,
    'output handler in a session handler' => str_replace('exhaust();',
        'ob_start(function () { exhaust(); }); ob_end_flush(); return true;', $session),
];
foreach ($code as $when => $end) {
    foreach (['""' => 'off', '"set.rdump"' => 'a path'] as $argument => $what) {
        $run = rdump_run($folder, RDUMP_EXHAUST . "rdump_set_oom_dump($argument);" . $end,
            ['+session', 'rdump.oom_dump' => "$folder/ini.rdump", 'log_errors' => 1]);
        /* PHP 8.5 may not display the error of an output handler, and says that instead. */
        $exhausted = '/Allowed memory size|str_repeat\(\): Cannot use output buffering/';
        echo "$when, $what: ", preg_match($exhausted, file_get_contents("$folder/log") . $run->out)
            ? 'exhausted' : "no error\n$run->out$run->err", ', ',
            implode(' ', array_map('basename', glob("$folder/*.rdump"))), "\n";
        rdump_show_log($folder, $run->log);
        array_map('unlink', glob("$folder/*.rdump"));
    }
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
header callback, off: exhausted, 
header callback, a path: exhausted, set.rdump
log: rdump: memory limit reached: dumped to FOLDER/set.rdump (N bytes)
session handler, off: exhausted, 
session handler, a path: exhausted, set.rdump
log: rdump: memory limit reached: dumped to FOLDER/set.rdump (N bytes)
output handler in a session handler, off: exhausted, 
output handler in a session handler, a path: exhausted, set.rdump
log: rdump: memory limit reached: dumped to FOLDER/set.rdump (N bytes)
