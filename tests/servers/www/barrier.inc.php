<?php
/* Waits until &others=N requests have arrived with the same &barrier=FOLDER. */
function await_others()
{
    if (!isset($_GET['barrier'])) {
        return;
    }
    touch($_GET['barrier'] . '/' . bin2hex(random_bytes(8)));
    $deadline = microtime(true) + 300;
    while (count(scandir($_GET['barrier'])) - 2 < $_GET['others'] && microtime(true) < $deadline) {
        usleep(200);
    }
}

/* Waits until the file &flag=... exists. */
function await_flag()
{
    $deadline = microtime(true) + 1000;
    while (!is_file($_GET['flag']) && microtime(true) < $deadline) {
        clearstatcache();
        usleep(1000);
    }
}
