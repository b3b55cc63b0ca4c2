--TEST--
Dump at a crash: the core file is there as well
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
if (preg_match('{[/|]}', file_get_contents('/proc/sys/kernel/core_pattern'))) exit('skip core files go elsewhere');
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
require __DIR__ . '/crash.inc';
$folder = rdump_folder(__FILE__);
foreach (['SEGV', 'ABRT'] as $signal) {
    foreach ([['-rdump'], ['rdump.crash_dump' => "$folder/%s.rdump"]] as $directives) {
        $run = rdump_run($folder, CRASH_BY_KILL . "culprit('$signal');", $directives, 'ulimit -c unlimited;');
        $cores = glob("$folder/core*");
        echo $run->status, ' ', count($cores), ' core file, ', $cores ? substr(file_get_contents($cores[0]), 1, 3) : '',
            ', ', count(glob("$folder/*.rdump")), " dump\n";
        array_map('unlink', array_merge($cores, glob("$folder/*.rdump")));
    }
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
139 1 core file, ELF, 0 dump
139 1 core file, ELF, 1 dump
134 1 core file, ELF, 0 dump
134 1 core file, ELF, 1 dump
