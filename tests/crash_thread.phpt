--TEST--
Dump at a crash: in a library's thread, with the call stack of PHP's own
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
rdump_skip_without('ffi');
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
require __DIR__ . '/crash.inc';
$folder = rdump_folder(__FILE__);
/* The thread calls a function of the C library with NULL. */
foreach (['abort' => 134, 'strlen' => 139] as $function => $status) {
    $code = 'function culprit() {
        $c = FFI::cdef("int pthread_create(unsigned long *, void *, void *, void *); unsigned sleep(unsigned);
            void *dlsym(void *, const char *);");
        $c->pthread_create(FFI::addr($c->new("unsigned long")), null, $c->dlsym(null, "' . $function . '"), null);
        while (true) {
            $c->sleep(1);
        }
    }
    culprit();';
    $told = crash_tell($folder, $code, ['+ffi', 'ffi.enable' => 1],
        'LD_PRELOAD=$(ls /lib/*/libpthread.so.0 /lib/*/libdl.so.2 2>/dev/null | tr "\n" " ") ', $log);
    $number = $status - 128;
    crash_expect($function, "$status: crash-$number.rdump, valid, culprit < {main}", $told, $log);
}
echo "done\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
done
