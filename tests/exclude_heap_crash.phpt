--TEST--
rdump.exclude_heap: at a crash the list of persistent resources may lead to memory that is not there
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
if (PHP_ZTS) {
    exit('skip refused with threads');
}
rdump_skip_without('ffi');
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
require __DIR__ . '/crash.inc';
$folder = rdump_folder(__FILE__);
/* A zend_string in a page of its own is the key of a resource. Then the page is gone. */
$code = CRASH_BY_KILL . '
$c = FFI::cdef("void *mmap(void *, size_t, int, int, int, long); int munmap(void *, size_t);
    void *zend_register_persistent_resource_ex(void *, void *, int);");
$page = $c->mmap(null, 4096, 3, 0x22, -1, 0);
$string = pack("VVPP", 2, 0x96, 0, 3) . "key\0";
FFI::memcpy($page, $string, strlen($string));
$c->zend_register_persistent_resource_ex($page, null, 0);
$c->munmap($page, 4096);
culprit();';
$run = rdump_run($folder, $code, ['+ffi', 'ffi.enable' => 1, 'rdump.crash_dump' => "$folder/a.rdump",
    'rdump.exclude_heap' => 1]);
echo "$run->status\n";
rdump_show_log($folder, $run->log);
echo rdump_judge("$folder/a.rdump"), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
139
log: rdump: crash by SIGSEGV: dumped to FOLDER/a.rdump (N bytes), without rdump.exclude_heap: what PHP has is not known
valid
