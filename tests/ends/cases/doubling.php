<?php
function culprit($key)
{
    $rows = ["the first of $key"];
    for ($i = 0; ; $i++) {
        $rows[] = $i; /* here */
    }
}
