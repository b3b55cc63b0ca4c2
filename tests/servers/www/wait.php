<?php
/* Waits for &lock=FILE, in a function that a dump of another thread shows. */
function waiting_function($path)
{
    $file = fopen($path, 'r');
    return flock($file, LOCK_EX);
}

echo serialize(['result' => waiting_function($_GET['lock'])]);
