<?php
function culprit($key)
{
    $rows = [];
    for ($i = 0; $i < 200000; $i++) {
        $rows[] = "row $i of $key";
    }
    return max(...$rows, ...$rows, ...$rows, ...$rows, ...$rows, ...$rows, ...$rows, ...$rows); /* here */
}
