<?php
function rows($key)
{
    $kept = [];
    for ($i = 0; ; $i++) {
        $kept[] = str_repeat("row $i of $key, ", 1000); /* here */
        yield $i;
    }
}

function culprit($key)
{
    foreach (rows($key) as $row) { /* culprit */
        continue;
    }
}
