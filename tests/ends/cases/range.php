<?php
function culprit($key)
{
    $name = "numbers of $key";
    return [$name, range(1, 10000000)]; /* here */
}
