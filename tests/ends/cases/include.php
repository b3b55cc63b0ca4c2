<?php
function culprit($key)
{
    return include 'big.php'; /* here */
}
