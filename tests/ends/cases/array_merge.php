<?php
function culprit($key)
{
    $rows = [];
    for ($i = 0; $i < 100000; $i++) {
        $rows[] = "row $i of $key";
    }
    return array_merge(...array_fill(0, 20, $rows)); /* here */
}
