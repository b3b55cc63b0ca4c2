--TEST--
Dump at a crash: no handler is there where none is configured, nor after another one was installed
--FILE--
<?php
require __DIR__ . '/rdump.inc';
require __DIR__ . '/crash.inc';
$folder = rdump_folder(__FILE__);
const HANDLED = '
function handled()
{
    preg_match("/^SigCgt:\s*([0-9a-f]+)$/m", file_get_contents("/proc/self/status"), $match);
    $names = [];
    foreach (["SIGILL" => 4, "SIGABRT" => 6, "SIGBUS" => 7, "SIGFPE" => 8, "SIGSEGV" => 11] as $name => $number) {
        if (hexdec(substr($match[1], 8)) >> $number - 1 & 1) {
            $names[] = $name;
        }
    }
    return $names ? implode(" ", $names) : "none";
}
function state()
{
    ob_start();
    (new ReflectionExtension("rdump"))->info();
    preg_match("/^Dump at a crash => (.*)$/m", ob_get_clean(), $match);
    return $match[1];
}
echo handled(), ", ", state(), "\n";
';
echo rdump_run($folder, HANDLED)->out;
echo rdump_run($folder, HANDLED, ['rdump.crash_dump' => "$folder/a.rdump"])->out;
/* A script may handle the signals itself. */
if (function_exists('pcntl_async_signals')) {
    $run = rdump_run($folder, HANDLED . CRASH_BY_KILL . 'pcntl_async_signals(true);
        pcntl_signal(SIGSEGV, function () { echo "the script handles it\n"; });
        culprit();
        echo state(), "\n";
        pcntl_signal(SIGSEGV, SIG_DFL);
        culprit();
    ', ['rdump.crash_dump' => "$folder/a.rdump"]);
    echo $run->out, "$run->status\n";
} else {
    echo rdump_run($folder, HANDLED, ['rdump.crash_dump' => "$folder/a.rdump"])->out, "the script handles it\n",
        'no: something else handles the signals of a crash', "\n139\n";
}
echo rdump_list($folder), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
none, off
SIGILL SIGABRT SIGBUS SIGFPE SIGSEGV, yes
SIGILL SIGABRT SIGBUS SIGFPE SIGSEGV, yes
the script handles it
no: something else handles the signals of a crash
139
script1.php script2.php script3.php
