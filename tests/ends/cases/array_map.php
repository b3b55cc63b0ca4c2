<?php
function culprit($key)
{
    $rows = array_fill(0, 20000, "row of $key");
    $longer = function ($row) {
        return str_repeat("$row, ", 200); /* here */
    };
    return array_map($longer, $rows); /* culprit */
}
