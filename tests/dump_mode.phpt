--TEST--
The mode of the file is 0600, whatever the umask and the mode of an earlier file are
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
foreach ([0, 0777, 0277, 022] as $mask) {
    $before = umask($mask);
    $done = rdump_dump("$folder/" . decoct($mask) . '.rdump');
    umask($before);
    echo decoct($mask), ': ', var_export($done, true), ' ', rdump_kind("$folder/" . decoct($mask) . '.rdump'), "\n";
}
touch("$folder/old.rdump");
chmod("$folder/old.rdump", 0666);
var_dump(rdump_dump("$folder/old.rdump"));
echo rdump_kind("$folder/old.rdump"), "\n";
$run = rdump_run($folder, RDUMP_EXHAUST . 'umask(0); exhaust();',
    ['rdump.oom_dump' => "$folder/auto.rdump", 'rdump.oom_dump_marker' => 1]);
echo rdump_kind("$folder/auto.rdump"), ', ', rdump_kind("$folder/auto.rdump.done"), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
0: true file 600
777: true file 600
277: true file 600
22: true file 600
bool(true)
file 600
file 600, file 600
