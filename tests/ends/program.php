<?php
/* Exceeds its memory_limit in one of the cases: php program.php CASE KEY */
function caller($key)
{
    return culprit($key); /* caller */
}

require __DIR__ . "/cases/$argv[1].php";
caller($argv[2]); /* main */
