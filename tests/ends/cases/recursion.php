<?php
function culprit($key, $name = null)
{
    return culprit($key, $name ?: "level of $key") . '.'; /* here */
}
