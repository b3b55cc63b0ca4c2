<?php
function culprit($key)
{
    $row = serialize(['name' => "row of $key", 'value' => [1, 2, 3]]);
    $text = 'a:50000:{';
    for ($i = 0; $i < 50000; $i++) {
        $text .= "i:$i;$row";
    }
    $text .= '}';
    return unserialize($text); /* here */
}
