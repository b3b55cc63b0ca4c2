<?php
function culprit($key)
{
    $rows = [];
    for ($i = 0; $i < 25000; $i++) {
        $rows[] = str_repeat("row $i of $key, ", 30);
    }
    return var_export($rows, true); /* here */
}
