--TEST--
rdump_set_oom_dump(): a relative path starts at the current directory, and its percent signs are literal
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
mkdir("$folder/at %p call");
mkdir("$folder/later");
$run = rdump_run($folder, RDUMP_EXHAUST . '
chdir(__DIR__ . "/at %p call");
rdump_set_oom_dump("a%%.rdump");
chdir(__DIR__ . "/later");
exhaust();');
rdump_show_log($folder, $run->log);
echo rdump_list("$folder/at %p call"), ' ', rdump_judge("$folder/at %p call/a%.rdump"), ', ',
    rdump_list("$folder/later"), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
log: rdump: memory limit reached: dumped to FOLDER/at %p call/a%.rdump (N bytes)
a%.rdump valid, 
