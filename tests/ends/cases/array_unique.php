<?php
function culprit($key)
{
    $rows = [];
    for ($i = 0; $i < 300000; $i++) {
        $rows[] = "row $i of $key";
    }
    return array_unique($rows); /* here */
}
