<?php
function culprit($key)
{
    $name = "salt of $key";
    return $name . random_bytes(100000000); /* here */
}
