<?php
function culprit($key)
{
    ob_start();
    for ($i = 0; ; $i++) {
        echo "row $i of $key\n"; /* here */
    }
}
