--TEST--
No dump after PHP's shutdown, where a later handler still calls rdump's
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
require __DIR__ . '/crash.inc';
crash_skip_without_compiler();
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
require __DIR__ . '/crash.inc';
$folder = rdump_folder(__FILE__);
$preload = crash_preload($folder);
foreach (['a crash' => [11, 'crash_dump'], 'the signal' => [rdump_signal_number(), 'signal_dump']] as $what => $case) {
    $code = "FFI::cdef('void crash_chain(int);', '$folder/crash.so')->crash_chain($case[0]);";
    $run = rdump_run($folder, $code, ['+ffi', 'ffi.enable' => 1, "rdump.$case[1]" => "$folder/a.rdump"],
        "CRASH_AT_EXIT=$case[0] $preload");
    echo "$what: status $run->status, ", is_file("$folder/a.rdump") ? 'a dump' : 'no dump', ', ',
        strtok($run->err, "\n"), "\n";
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
a crash: status 139, no dump, the later handler
the signal: status 0, no dump, the later handler
