<?php
function culprit($key)
{
    /* In one line, as PHP 7 takes the line of the last call for that of the operator. */
    $text = str_repeat("text of $key, ", 500000); return $text . $text . $text . $text . $text . $text; /* here */
}
