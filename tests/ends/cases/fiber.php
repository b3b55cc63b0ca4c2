<?php
function rows($key)
{
    $kept = [];
    for ($i = 0; ; $i++) {
        $kept[] = str_repeat("row $i of $key, ", 1000); /* here */
    }
}

function culprit($key)
{
    $fiber = new Fiber('rows');
    $fiber->start($key); /* culprit */
}
