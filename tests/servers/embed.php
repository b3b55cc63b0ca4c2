<?php
/*
 * Common ways to exhaust memory in a program that has PHP in it, by the embed library.
 *     embed.php FOLDER OFFSETS RDUMP_SO HOST
 */
require __DIR__ . '/lib.php';
require __DIR__ . '/ends.php';

list(, $work, $offsets_file, $so, $program) = $argv;
$offsets = file_get_contents($offsets_file);
$www = "$work/www";
$dump = "$work/end.rdump";
publish_scripts($www);
publish_ends($www);

/* Runs a case in the program: [status, output]. */
function run_case($case, $key, array $lines)
{
    global $work, $www, $program;

    file_put_contents("$work/php.ini", implode("\n", $lines) . "\n");
    $run = rdump_shell('PHP_INI_SCAN_DIR= ' . rdump_command([$program, "$work/php.ini", "$www/ends.php",
        http_build_query(['case' => $case, 'key' => $key])]));
    return [$run[0], str_replace($key, 'KEY', $run[1] . $run[2])];
}

$title = 'embed library of ' . PHP_VERSION . ', everyday ends';
$table = ends_table();
$usual = ["error_log=$work/php.log", 'log_errors=1', 'display_errors=0'];
$own = array_merge($usual, ["extension=$so", "rdump.oom_dump=$dump", 'rdump.oom_dump_max=0']);
/* No session can start there; and the program asks for the status before the functions that PHP calls at its end. */
$status = ['loop' => 255, 'array_merge' => 255, 'random_bytes' => reports_late() ? 137 : 255, 'shutdown_function' => 0];
foreach ($status as $case => $expected) {
    $without = run_case($case, fresh_key(), $usual);
    check("$case: the program's status", $expected, $without[0]);
    @unlink($dump);
    $earlier = count(rdump_lines("$work/php.log"));
    $key = fresh_key();
    check("$case: it ends with rdump as without", $without, run_case($case, $key, $own));
    check_end($case, $dump, $table[$case], $key, null, "$www/ends.php", "$work/php.log", $earlier);
}
