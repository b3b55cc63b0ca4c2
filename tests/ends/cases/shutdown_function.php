<?php
function culprit($key)
{
    register_shutdown_function(function ($key) {
        $kept = [];
        for ($i = 0; ; $i++) {
            $kept[] = str_repeat("row $i of $key, ", 1000); /* here */
        }
    }, $key);
}
