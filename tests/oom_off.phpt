--TEST--
Automatic dump: off unless a path is set
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
foreach ([[], ['rdump.oom_dump' => ''], ['rdump.oom_dump_full' => 1, 'rdump.oom_dump_max' => 0]] as $directives) {
    $run = rdump_run($folder, RDUMP_EXHAUST . 'chdir(__DIR__); exhaust();', $directives);
    echo $run->status, ' ', count($run->log), ' ', count(glob("$folder/{,.}*rdump*", GLOB_BRACE)), "\n";
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
255 0 0
255 0 0
255 0 0
