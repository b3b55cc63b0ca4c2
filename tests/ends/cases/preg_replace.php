<?php
function culprit($key)
{
    $text = str_repeat("word of $key ", 100000);
    return preg_replace('/ /', str_repeat(' and ', 100), $text); /* here */
}
