<?php
function culprit($key)
{
    $code = '';
    for ($i = 0; $i < 50000; $i++) {
        $code .= "\$a[] = ['name' => 'row $i of $key', 'value' => $i];\n";
    }
    return eval($code); /* here */
}
