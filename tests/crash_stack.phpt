--TEST--
Dump at a crash: on an alternate stack of 32 KB, as Go has them, the handler takes less than 8 KB
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
/* The thread's stack for handlers is filled with a pattern before the crash: the dump shows how far it was used. */
$code = CRASH_BY_FAULT . '
$c = FFI::cdef("struct stack { void *begin; int flags; size_t size; }; int sigaltstack(struct stack *, struct stack *);
    void *mmap(void *, size_t, int, int, int, long); unsigned long getauxval(unsigned long);");
$stack = $c->new("struct stack");
$stack->begin = $c->mmap(null, 32768, 3, 0x22, -1, 0);
$stack->size = 32768;
FFI::memset($stack->begin, 0xa5, 32768);
$address = $c->new("long");
FFI::memcpy($address, FFI::addr($stack), 8);
echo $address->cdata, " ", $c->getauxval(51), " ", $c->sigaltstack(FFI::addr($stack), null);
culprit();';
$cases = ['plain' => 'crash.rdump', 'compressed' => 'crash.rdump.zst'];
if (!rdump_has_zstd() || rdump_shell('zstd --version')[0] !== 0) {
    unset($cases['compressed']);
}
foreach ($cases as $what => $name) {
    $run = rdump_run($folder, $code, ['+ffi', 'ffi.enable' => 1, 'rdump.crash_dump' => "$folder/$name",
        'rdump.oom_dump_max_total' => '1T', 'rdump.oom_dump_marker' => 1]);
    list($begin, $frame, $installed) = explode(' ', $run->out);
    if ($what === 'compressed') {
        rdump_shell("zstd -dfq --rm $name", '', $folder);
    }
    $stack = (new RdumpReader("$folder/crash.rdump"))->read((int) $begin, 32768);
    $used = 32768 - strspn($stack, "\xa5");
    /* What the kernel saves there depends on the processor. It tells the size from 5.14 on. */
    $own = $used - ($frame ?: 4096);
    echo $run->status === 139 && $installed === '0' && $used > 0 && $own < 8192 ? ''
        : "$what: status $run->status, $used bytes used, $frame of them by the kernel\n";
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
