--TEST--
A dump replaces an existing file by a new one: open descriptors and hard links keep the old bytes
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
file_put_contents("$folder/a.rdump", 'the old bytes');
link("$folder/a.rdump", "$folder/other-name");
$old = fopen("$folder/a.rdump", 'r');
$inode = fileinode("$folder/a.rdump");
var_dump(rdump_dump("$folder/a.rdump"));
clearstatcache();
var_dump(fileinode("$folder/a.rdump") !== $inode);
echo fread($old, 100), "\n", file_get_contents("$folder/other-name"), "\n", rdump_judge("$folder/a.rdump"), "\n",
    rdump_list($folder), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
bool(true)
bool(true)
the old bytes
the old bytes
valid
a.rdump other-name
