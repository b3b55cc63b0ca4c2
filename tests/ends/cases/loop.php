<?php
function culprit($key)
{
    $kept = [];
    for ($i = 0; ; $i++) {
        $kept[] = "row $i of $key"; /* here */
    }
}
