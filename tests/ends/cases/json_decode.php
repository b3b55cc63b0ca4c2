<?php
function culprit($key)
{
    $text = '[' . str_repeat("{\"name\":\"row of $key\",\"value\":[1,2,3]},", 50000) . '0]';
    return json_decode($text, true); /* here */
}
