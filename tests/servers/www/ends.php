<?php
/*
 * Exhausts memory in a case of tests/ends: ?case=...&key=... &part=... and &flag=... wait until the client has got that
 * part of the answer and created that file. &barrier=... waits for other requests.
 */
require __DIR__ . '/barrier.inc.php';

function caller($key)
{
    return culprit($key); /* caller */
}

ini_set('memory_limit', '32M'); /* the limit that the cases are made for */
$planted = "value of {$_GET['key']}";
require __DIR__ . "/cases/{$_GET['case']}.php";
if (isset($_GET['part'])) {
    echo $_GET['part'];
    flush();
    await_flag();
}
await_others();
caller($_GET['key']); /* main */
