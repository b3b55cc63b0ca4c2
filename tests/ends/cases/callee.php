<?php
function culprit($key)
{
    $rows = [];
    for ($i = 0; ; $i++) {
        collect($rows, str_pad("row $i of $key", 1000)); /* culprit */
        innocent();
    }
}

/* In one line, as PHP 7 takes the line where a function begins for that of its first operator. */
function collect(array &$rows, $text) { $rows[] = $text . $text . $text . $text; } /* here */

function innocent()
{
}
