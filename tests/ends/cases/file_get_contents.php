<?php
function culprit($key)
{
    return file_get_contents("text of $key"); /* here */
}
