<?php
function culprit($key)
{
    $rows = [];
    for ($i = 0; $i < 150000; $i++) {
        $rows[] = "row $i of $key";
    }
    return [...$rows, ...$rows, ...$rows, ...$rows, ...$rows, ...$rows, ...$rows, ...$rows]; /* here */
}
