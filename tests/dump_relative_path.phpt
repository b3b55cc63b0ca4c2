--TEST--
A relative path is relative to the script's working directory
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
mkdir("$folder/one/two", 0700, true);
var_dump(rdump_dump('here.rdump'));
chdir("$folder/one");
var_dump(rdump_dump('there.rdump'));
var_dump(rdump_dump('two/below.rdump'));
var_dump(rdump_dump('../above.rdump'));
var_dump(rdump_dump('./two/../dots.rdump'));
foreach (['', '/one', '/one/two'] as $below) {
    foreach (glob("$folder$below/*.rdump") as $path) {
        echo rdump_tell($folder, $path), ' ', rdump_judge($path), "\n";
    }
}
/* A working directory that was removed. */
mkdir("$folder/gone");
chdir("$folder/gone");
rmdir("$folder/gone");
var_dump(@rdump_dump('nowhere.rdump'));
echo error_get_last()['message'], "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECTF--
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
FOLDER/above.rdump valid
FOLDER/here.rdump valid
FOLDER/one/dots.rdump valid
FOLDER/one/there.rdump valid
FOLDER/one/two/below.rdump valid
bool(false)
rdump_dump(): cannot %s nowhere.rdump: No such file or directory
