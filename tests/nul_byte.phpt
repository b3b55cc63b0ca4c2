--TEST--
A path with a NUL byte: the engine's usual error, and no file
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
set_error_handler(function ($level, $message) {
    echo $message, "\n";
    return true;
});
foreach (['rdump_dump', 'rdump_set_oom_dump'] as $function) {
    try {
        $result = $function("$folder/a\0b");
        echo PHP_VERSION_ID < 80000 && $result === null ? "as usual\n"
            : 'not as usual: ' . var_export($result, true) . "\n";
    } catch (Error $error) {
        echo $error->getMessage(), "\n", get_class($error) === 'ValueError' ? "as usual\n" : get_class($error);
    }
}
echo "files: ", rdump_list($folder), "none\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECTREGEX--
^rdump_dump\(\)(: Argument #1 \(\$path\) must not contain any null bytes| expects parameter 1 to be a valid path, string given)
as usual
rdump_set_oom_dump\(\)(: Argument #1 \(\$path\) must not contain any null bytes| expects parameter 1 to be a valid path, string given)
as usual
files: none$
