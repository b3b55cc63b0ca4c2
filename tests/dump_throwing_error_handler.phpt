--TEST--
rdump_dump() fails, and an error handler turns its warning into an exception
--FILE--
<?php
try {
    rdump_dump(__DIR__ . '/none/none/a.rdump');
    echo "silent\n";
} catch (Error $error) {
    echo "not set yet\n";
}
set_error_handler(function ($level, $message) {
    throw new ErrorException($message, 0, $level);
});
try {
    rdump_dump(__DIR__ . '/none/none/a.rdump');
    echo "silent\n";
} catch (ErrorException $error) {
    echo get_class($error), ': ', $error->getMessage(), ', ',
        $error->getSeverity() === E_WARNING ? 'a warning' : 'no warning', "\n";
}
?>
--EXPECTF--
Warning: rdump_dump(): cannot %s %s/none/none/a.rdump: No such file or directory in %s on line %d
silent
ErrorException: rdump_dump(): cannot %s %s/none/none/a.rdump: No such file or directory, a warning
