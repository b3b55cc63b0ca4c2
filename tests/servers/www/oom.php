<?php
/*
 * Runs into the memory_limit: ?key=...; with &override=PATH the dump goes there; with &barrier=... not before others
 * are as far.
 */
require __DIR__ . '/barrier.inc.php';
$planted = "value of {$_GET['key']}";
$kept = [];

function running_out()
{
    for ($length = 100000; ; $length++) {
        $GLOBALS['kept'][] = str_repeat('x', $length);
    }
}

if (isset($_GET['override'])) {
    rdump_set_oom_dump($_GET['override']);
}
await_others();
running_out();
