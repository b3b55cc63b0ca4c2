<?php
/* Calls Go: a function that allocates, and one that recovers from a nil dereference. Then works as hammer.php does. */
if (go_call('work') !== 1 << 20 || go_call('recover') < 1) {
    exit('Go does not answer');
}
require __DIR__ . '/hammer.php';
