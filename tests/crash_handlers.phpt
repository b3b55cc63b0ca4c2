--TEST--
Dump at a crash: handlers of others are called as without rdump
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
$chain = "FFI::cdef('void crash_chain(int);', '$folder/crash.so')->crash_chain(11);";
$recover = "echo FFI::cdef('int crash_recovered(void);', '$folder/crash.so')->crash_recovered(), ' recovered';";
$thread = "\$c = FFI::cdef('int pthread_create(unsigned long *, void *, void *, void *); unsigned sleep(unsigned);
    void *dlsym(void *, const char *);');
function waits() { global \$c; while (true) { \$c->sleep(1); } }
\$c->pthread_create(FFI::addr(\$c->new('unsigned long')), null, \$c->dlsym(null, 'strlen'), null);";
foreach ([
    'one that ends the process' => ['terminal', 'culprit();'],
    'one that deals with faults, but not with this one' => ['recovering', 'culprit();'],
    'the same, in a thread of a library' => ['recovering', "$thread waits();"],
    'its own faults' => ['recovering', $recover],
    'its own fault, then another one' => ['recovering', "$recover culprit();"],
    'one that was installed later, and calls the one before' => ['', "$chain culprit();"],
] as $what => $case) {
    $told = crash_tell($folder, CRASH_BY_FAULT . $case[1], ['+ffi', 'ffi.enable' => 1],
        "CRASH_HANDLER=$case[0] $preload", $log);
    echo "$what: ", preg_replace('/no compiler to .*/', 'culprit < {main}', $told), ', ', count($log), " line\n";
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
one that ends the process: 3: crash-11.rdump, valid, culprit < {main}, 1 line
one that deals with faults, but not with this one: 4: crash-11.rdump, valid, culprit < {main}, 1 line
the same, in a thread of a library: 4: crash-11.rdump, valid, waits < {main}, 1 line
its own faults: 0: , 0 line
its own fault, then another one: 4: crash-11.rdump, valid, culprit < {main}, 1 line
one that was installed later, and calls the one before: 139: crash-11.rdump, valid, culprit < {main}, 1 line
