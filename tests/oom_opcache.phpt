--TEST--
Automatic dump: with opcache
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
rdump_skip_without('opcache');
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
foreach (['exhaust();', 'function deep($n) { return deep($n + 1) + 1; } deep(1);'] as $code) {
    $run = rdump_run($folder, RDUMP_EXHAUST . $code,
        ['+opcache', 'opcache.enable_cli' => 1, 'rdump.oom_dump' => "$folder/a.rdump"]);
    echo rdump_judge("$folder/a.rdump"), ', ', count($run->log), "\n";
    unlink("$folder/a.rdump");
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
valid, 1
valid, 1
