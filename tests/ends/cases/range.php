<?php
function culprit($key)
{
    $name = "numbers of $key";
    return range(1, 10000000); /* here */
}
