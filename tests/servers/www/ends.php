<?php
/*
 * Exhausts memory in a case of tests/ends: ?case=...&key=...; with &part=... and &flag=... not before the client has
 * got that part of the answer, and made that file; with &barrier=... not before others are as far.
 */
require __DIR__ . '/barrier.inc.php';

function caller($key)
{
    return culprit($key); /* caller */
}

ini_set('memory_limit', '32M'); /* that is what the cases are made for */
$planted = "value of {$_GET['key']}";
require __DIR__ . "/cases/{$_GET['case']}.php";
if (isset($_GET['part'])) {
    echo $_GET['part'];
    flush();
    await_flag();
}
await_others();
caller($_GET['key']); /* main */
