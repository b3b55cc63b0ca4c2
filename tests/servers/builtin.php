<?php
/* PHP's own web server, one process, which PHP's hard memory limit ends.   builtin.php FOLDER OFFSETS RDUMP_SO */
require __DIR__ . '/lib.php';
require __DIR__ . '/ends.php';

list(, $work, $offsets_file, $so) = $argv;
$offsets = file_get_contents($offsets_file);
$www = "$work/www";
$dump = "$work/end.rdump";

/* What a client gets where memory is exhausted: by the error, and by the hard limit that late-reporting PHPs have. */
const EXPECTED_ANSWERS = [
    false => [[500, ''], [200, PART], [500, ''], [200, PART]],
    true => [[500, ''], [200, PART], [0, 'no answer: '], [200, PART]],
];

publish_scripts($www);
publish_ends($www);
$title = "PHP's own web server, everyday ends";
$answers = [];
foreach (['without' => [], 'with' => ["extension=$so", "rdump.oom_dump=$dump", 'rdump.oom_dump_max=0']] as $how => $directives) {
    $log = "$work/$how.log";
    $server = null;
    $port = 0;
    $previous = '';
    /* The port of the server, which is started again where the previous case has ended it. */
    $ports = function ($case) use ($how, $directives, $log, &$server, &$port, &$previous) {
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
        foreach (array_merge($directives, ['display_errors=0', 'log_errors=1', "error_log=$log", "session.save_path=$work", 'session.use_cookies=0']) as $directive) {
            array_push($command, '-d', $directive);
        }
        $server = new Server("builtin-$how", array_merge($command, ['-S', "127.0.0.1:$port", '-t', $www]), listens($port));
        return $port;
    };
    $answers = $how === 'with' ? check_ends($ports, 'ends.php', $dump, $log, null, $answers) : answers_of_ends($ports, 'ends.php');
    check("$how rdump: a client gets an error, the part of the answer that was sent, or none", EXPECTED_ANSWERS[reports_late()], [
        $answers['loop'], $answers['loop, a part is sent'], $answers['random_bytes'], $answers['random_bytes, a part is sent']]);
    check("$how rdump: the server ends", true, $server->stop('INT'));
}
