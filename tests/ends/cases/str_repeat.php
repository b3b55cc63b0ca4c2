<?php
function culprit($key)
{
    $line = "line of $key\n";
    return str_repeat($line, 10000000); /* here */
}
