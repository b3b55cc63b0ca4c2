--TEST--
rdump_dump() in an error handler, in one for its own warning, and in an exception handler
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
set_error_handler(function ($level, $message) use ($folder) {
    echo preg_replace('/(cannot ).*(none)/', '$1... $2', rdump_tell($folder, $message)), "\n";
    echo var_export(rdump_dump("$folder/a.rdump"), true), ', ', rdump_judge("$folder/a.rdump"), "\n";
    return true;
});
trigger_error('a notice');
var_dump(rdump_dump("$folder/none/b.rdump"));
set_exception_handler(function ($exception) use ($folder) {
    echo $exception->getMessage(), ': ', var_export(rdump_dump("$folder/c.rdump"), true), ', ',
        rdump_judge("$folder/c.rdump"), "\n";
});
throw new Exception('an exception');
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
a notice
true, valid
rdump_dump(): cannot ... none/b.rdump: No such file or directory
true, valid
bool(false)
an exception: true, valid
