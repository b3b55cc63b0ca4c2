<?php
/* Dies: ?key=...&how=... by a fault in the C library, or by abort(3). &barrier=... waits for other requests first. */
require __DIR__ . '/barrier.inc.php';
$planted = "value of {$_GET['key']}";

function crashing($how)
{
    $library = FFI::cdef('void *memset(long, int, size_t); void abort(void);');
    if ($how === 'abort') {
        $library->abort();
    }
    $library->memset(8, 1, 8);
}

await_others();
crashing(isset($_GET['how']) ? $_GET['how'] : '');
