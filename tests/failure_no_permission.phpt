--TEST--
Folders without write, search or read permission, and another user's file in a sticky folder
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
rdump_skip_unless_root();
if (rdump_shell('setpriv --reuid=65534 --regid=65534 --clear-groups true')[0]) exit('skip needs setpriv');
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
foreach (['read-only' => 0755, 'closed' => 0700, 'drop-box' => 0733, 'sticky' => 01777] as $name => $mode) {
    mkdir("$folder/$name");
    chmod("$folder/$name", $mode);
    file_put_contents("$folder/$name/a.rdump", 'the earlier file');
}
chmod($folder, 0755);
$run = rdump_run($folder, '
foreach (["read-only/a", "read-only/b", "closed/a", "closed/b", "drop-box/b", "sticky/a", "sticky/b"] as $path) {
    echo $path, ": ", var_export(@rdump_dump(__DIR__ . "/$path.rdump"), true), " ",
        error_get_last() ? error_get_last()["message"] : "", "\n";
    error_clear_last();
}', [], '', 65534);
echo preg_replace('/cannot .* FOLDER/', 'cannot ... FOLDER', rdump_tell($folder, $run->out)), $run->err;
foreach (['read-only', 'closed', 'drop-box', 'sticky'] as $name) {
    echo "$name: ", rdump_list("$folder/$name"), ', ', file_get_contents("$folder/$name/a.rdump"), "\n";
}
echo rdump_judge("$folder/drop-box/b.rdump"), ', ', rdump_judge("$folder/sticky/b.rdump"), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
read-only/a: false rdump_dump(): cannot ... FOLDER/read-only/a.rdump: Permission denied
read-only/b: false rdump_dump(): cannot ... FOLDER/read-only/b.rdump: Permission denied
closed/a: false rdump_dump(): cannot ... FOLDER/closed/a.rdump: Permission denied
closed/b: false rdump_dump(): cannot ... FOLDER/closed/b.rdump: Permission denied
drop-box/b: true 
sticky/a: false rdump_dump(): cannot ... FOLDER/sticky/a.rdump: Operation not permitted
sticky/b: true 
read-only: a.rdump, the earlier file
closed: a.rdump, the earlier file
drop-box: a.rdump b.rdump, the earlier file
sticky: a.rdump b.rdump, the earlier file
valid, valid
