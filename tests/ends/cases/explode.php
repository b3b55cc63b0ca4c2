<?php
function culprit($key)
{
    $text = str_repeat("field of $key,", 500000);
    return explode(',', $text); /* here */
}
