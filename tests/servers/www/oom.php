<?php
/*
 * Exceeds the memory_limit: ?key=... &override=PATH is the target of the dump. &barrier=... waits for other requests
 * first.
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
