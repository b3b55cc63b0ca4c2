<?php
/* PHP's web server: one process, which ends at PHP's hard memory limit. builtin.php FOLDER OFFSETS RDUMP_SO */
require __DIR__ . '/lib.php';
require __DIR__ . '/ends.php';

list(, $work, $offsets_file, $so) = $argv;
$offsets = file_get_contents($offsets_file);
$www = "$work/www";
$dump = "$work/end.rdump";

publish_scripts($www);
publish_ends($www);
$title = "PHP's own web server, everyday ends";
$answers = [];
$own = ["extension=$so", "rdump.oom_dump=$dump", 'rdump.oom_dump_max=0'];
foreach (['without' => [], 'with' => $own] as $how => $directives) {
    $directives[] = "error_log=$work/$how.log";
    array_push($directives, 'log_errors=1', 'display_errors=0', "session.save_path=$work", 'session.use_cookies=0');
    $server = null;
    $port = 0;
    $previous = '';
    /* The port of the server. Starts it again if the previous case has ended it. */
    $ports = function ($case) use ($how, $directives, &$server, &$port, &$previous) {
        global $work, $www;

        $ends = $previous === 'random_bytes' && reports_late();
        $previous = $case;
        if ($server && !$ends) {
            return $port;
        }
        if ($server) {
            check("$how rdump: the hard limit ends the server", [true, 137], [$server->await(), $server->status]);
        }
        $port = free_port();
        $command = [PHP_BINARY, '-n'];
        foreach ($directives as $directive) {
            array_push($command, '-d', $directive);
        }
        array_push($command, '-S', "127.0.0.1:$port", '-t', $www);
        $server = new Server("builtin-$how", $command, listens($port));
        return $port;
    };
    $answers = $how === 'without' ? answers_of_ends($ports, 'ends.php')
        : check_ends($ports, 'ends.php', $dump, "$work/$how.log", null, $answers);
    check_answers($how, $answers, [0, 'no answer: ']);
    check("$how rdump: the server ends", true, $server->stop('INT'));
}
