<?php
function culprit($key)
{
    header_register_callback(function () use ($key) {
        $kept = [];
        for ($i = 0; ; $i++) {
            $kept[] = str_repeat("row $i of $key, ", 1000); /* here */
        }
    });
    echo "the first output\n"; /* culprit */
}
