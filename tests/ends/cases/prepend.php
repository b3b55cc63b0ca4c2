<?php
/* auto_prepend_file. */
function culprit($key)
{
    $kept = [];
    for ($i = 0; ; $i++) {
        $kept[] = str_repeat("row $i of $key, ", 1000); /* here */
    }
}

if (isset($argv)) {
    culprit($argv[2]); /* prepended */
}
