<?php
function culprit($key)
{
    ob_start(function ($text) use ($key) {
        $kept = [];
        for ($i = 0; ; $i++) {
            $kept[] = str_repeat("row $i of $key, ", 1000); /* here */
        }
    });
    echo "some output\n";
}
