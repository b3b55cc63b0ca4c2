<?php
function culprit($key)
{
    $code = '<?php ' . str_repeat("\$row = 'row of $key'; ", 50000);
    return token_get_all($code); /* here */
}
