--TEST--
A crash in the middle of a dump ends the process at once and leaves no file
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
mkdir("$folder/dumps");
$directives = ['rdump.crash_dump' => "$folder/dumps/crash.rdump", 'rdump.oom_dump' => "$folder/dumps/oom.rdump",
    'rdump.oom_dump_max_total' => '1T', 'rdump.oom_dump_marker' => 1, 'rdump.safe_read' => 0, 'rdump.snapshot' => 0];
foreach ([
    'by call' => 'rdump_dump("dumps/call.rdump");',
    'at memory_limit' => RDUMP_EXHAUST . 'exhaust();',
    'at a crash' => CRASH_BY_KILL . 'culprit();',
    'at another crash: the first signal counts' => CRASH_BY_KILL . 'culprit("FPE");',
] as $when => $code) {
    $run = rdump_run($folder, $code, $directives, "CRASH_IN_DUMP=1 $preload");
    echo "$when: $run->status, ", rdump_list("$folder/dumps"), ', stderr ',
        strpos($run->err, implode("\n", $run->log) . "\n") === 0 ? 'and the log' : $run->err, ":\n";
    rdump_show_log($folder, $run->log);
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
by call: 139, , stderr and the log:
log: rdump: crash by SIGSEGV: no dump: it happened in the middle of a dump
at memory_limit: 139, , stderr and the log:
log: rdump: crash by SIGSEGV: no dump: it happened in the middle of a dump
at a crash: 139, , stderr and the log:
log: rdump: crash by SIGSEGV: no dump: it happened in the middle of a dump
at another crash: the first signal counts: 136, , stderr and the log:
log: rdump: crash by SIGFPE: no dump: it happened in the middle of a dump
