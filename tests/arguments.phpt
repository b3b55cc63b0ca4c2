--TEST--
Arguments: too few, too many, of the wrong type
--FILE--
<?php
function attempt($call)
{
    try {
        var_dump($call());
    } catch (Error $error) {
        echo $error->getMessage(), "\n";
    }
}
set_error_handler(function ($level, $message) {
    echo $message, "\n";
    return true;
});
attempt(function () { return rdump_dump(); });
attempt(function () { return rdump_dump('a', true, 1); });
attempt(function () { return rdump_dump([]); });
attempt(function () { return rdump_snapshot(); });
attempt(function () { return rdump_snapshot('a', true, 1); });
attempt(function () { return rdump_snapshot([]); });
attempt(function () { return rdump_set_oom_dump(); });
attempt(function () { return rdump_set_oom_dump('a', true, 1); });
attempt(function () { return rdump_set_oom_dump('a', []); });
?>
--EXPECTREGEX--
^rdump_dump\(\) expects at least 1 (parameter|argument), 0 given(\nNULL)?
rdump_dump\(\) expects at most 2 (parameters|arguments), 3 given(\nNULL)?
(rdump_dump\(\): Argument #1 \(\$path\) must be of type string, array given|rdump_dump\(\) expects parameter 1 to be a valid path, array given\nNULL|Argument 1 passed to rdump_dump\(\) must be of the type string, array given)
rdump_snapshot\(\) expects at least 1 (parameter|argument), 0 given(\nNULL)?
rdump_snapshot\(\) expects at most 2 (parameters|arguments), 3 given(\nNULL)?
(rdump_snapshot\(\): Argument #1 \(\$path\) must be of type string, array given|rdump_snapshot\(\) expects parameter 1 to be a valid path, array given\nNULL|Argument 1 passed to rdump_snapshot\(\) must be of the type string, array given)
rdump_set_oom_dump\(\) expects at least 1 (parameter|argument), 0 given(\nNULL)?
rdump_set_oom_dump\(\) expects at most 2 (parameters|arguments), 3 given(\nNULL)?
(rdump_set_oom_dump\(\): Argument #2 \(\$full\) must be of type bool, array given|rdump_set_oom_dump\(\) expects parameter 2 to be bool(ean)?, array given\nNULL|Argument 2 passed to rdump_set_oom_dump\(\) must be of the type bool(ean)?, array given)$
