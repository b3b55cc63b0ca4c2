<?php
/*
 * Dumps ROUNDS times, while other processes interfere:   php rounds.php TARGET ROUNDS VERIFY
 * VERIFY: no other process can change the target after it is written, so each dump must be complete. Prints the results
 * as JSON.
 */
require __DIR__ . '/lib.php';
[, $target, $rounds, $verify] = $argv;
umask(0);
$warnings = [];
$wrong = [];
$whole = 0;
set_error_handler(function ($number, $text) use (&$warning) {
    $warning = $text;
    return true;
});
$descriptors = count(scandir('/proc/self/fd'));
for ($round = 0; $round < $rounds; $round++) {
    if ($round % 2) {
        @unlink($target); /* so that attackers can create it */
    }
    $warning = null;
    $done = rdump_dump($target);
    $said = $warning;
    if ($done !== ($said === null)) {
        $wrong[] = json_encode([$done, $said]);
    }
    $whole += $done;
    if (!$done) {
        usleep(500); /* a refusal is fast, and many equal ones say nothing new */
        $key = preg_replace('/^.*: cannot ([a-z ]+) .*: /', '$1: ', $said, -1, $matched);
        $warnings[$key] = isset($warnings[$key]) ? $warnings[$key] + 1 : 1;
        if (!$matched) {
            $wrong[] = $said;
        }
    } elseif ($verify && ($why = fault_look_at_dump($target))) {
        $wrong[] = $why;
    }
}
fwrite(STDOUT, json_encode(['whole' => $whole, 'refused' => $rounds - $whole, 'warnings' => $warnings,
    'wrong' => $wrong,
    'descriptors' => count(scandir('/proc/self/fd')) - $descriptors], JSON_UNESCAPED_SLASHES) . "\n");
