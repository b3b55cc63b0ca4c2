<?php
function culprit($key)
{
    $text = str_repeat("word of $key ", 100000);
    preg_match_all('/\w+/', $text, $words, PREG_OFFSET_CAPTURE); /* here */
    return $words;
}
