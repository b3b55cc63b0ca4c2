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
$preload = 'LD_PRELOAD=$(ls /lib/*/libpthread.so.0 /lib/*/libdl.so.2 2>/dev/null | tr "\n" " ") ';
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
    $told = crash_tell($folder, $code, ['+ffi', 'ffi.enable' => 1], $preload, $log);
    $number = $status - 128;
    crash_expect($function, "$status: crash-$number.rdump, valid, culprit < {main}", $told, $log);
}
/* PHP ends while the dump is written: it waits for that. */
$code = '$c = FFI::cdef("int pthread_create(unsigned long *, void *, void *, void *);
        void *dlsym(void *, const char *);");
    $data = str_repeat("data", 16 << 20);
    $c->pthread_create(FFI::addr($c->new("unsigned long")), null, $c->dlsym(null, "strlen"), null);
    while (count(scandir("dumps")) === 2) {
        usleep(100);
    }';
mkdir("$folder/dumps");
$run = rdump_run($folder, $code, ['+ffi', 'ffi.enable' => 1, 'memory_limit' => -1,
    'rdump.crash_dump' => "$folder/dumps/a.rdump"], $preload);
echo "PHP ends meanwhile: status $run->status, ", rdump_list("$folder/dumps"), ', ',
    rdump_judge("$folder/dumps/a.rdump"), "\n";
rdump_show_log($folder, $run->log);
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
PHP ends meanwhile: status 139, a.rdump, valid
log: rdump: crash by SIGSEGV: dumped to FOLDER/dumps/a.rdump (N bytes)
