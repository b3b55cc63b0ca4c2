--TEST--
A dump holds shared memory that only another process has touched
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
rdump_skip_without('ffi');
rdump_skip_without('pcntl');
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$run = rdump_run($folder, '
$c = FFI::cdef("long mmap(long, size_t, int, int, int, long); long memset(long, int, size_t);");
$shared = $c->mmap(0, 4 << 20, 3, 0x21, -1, 0);
$child = pcntl_fork();
if ($child === 0) {
    $c->memset($shared + (1 << 20), 0xc7, 2 << 20);
    exit(0);
}
pcntl_waitpid($child, $status);
rdump_dump("a.rdump") || exit("failed");
echo $shared;
', ['+ffi', '+pcntl', 'ffi.enable' => 1]);
$dump = new RdumpReader("$folder/a.rdump");
$address = (int) $run->out;
var_dump($dump->read($address + (1 << 20), 2 << 20) === str_repeat("\xc7", 2 << 20));
var_dump($dump->has($address), $dump->has($address + (3 << 20)));
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
bool(true)
bool(false)
bool(false)
