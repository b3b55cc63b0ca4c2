<?php
function culprit($key)
{
    $rows = ["the first of $key"];
    for ($i = 300000; $i > 0; $i--) {
        $rows[] = $i;
    }
    $sorted = $rows;
    sort($sorted); /* here */
    return $sorted;
}
