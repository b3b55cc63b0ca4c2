--TEST--
Dump at a crash: faults of the processor, of memory, of the C library's heap and of PHP's
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
$cases = [
    'no memory' => ['void *memset(long, int, size_t);', '$c->memset(8, 1, 8);'],
    'read-only memory' => ['long mmap(void *, size_t, int, int, int, long); void *memset(long, int, size_t);',
        '$c->memset($c->mmap(null, 4096, 1, 0x22, -1, 0), 1, 8);'],
    'a file that has become shorter' => ['long mmap(void *, size_t, int, int, int, long);
        void *memset(long, int, size_t); int open(const char *, int); int ftruncate(int, long);',
        'file_put_contents("file", str_repeat("x", 4096)); $f = $c->open("file", 2);
        $m = $c->mmap(null, 4096, 3, 1, $f, 0); $c->ftruncate($f, 0); $c->memset($m, 1, 8);'],
    'no such instruction' => ['long mmap(void *, size_t, int, int, int, long);
        void *memcpy(long, const char *, size_t); void qsort(long, size_t, size_t, long);',
        '$m = $c->mmap(null, 4096, 7, 0x22, -1, 0);
        $c->memcpy($m, php_uname("m") === "x86_64" ? "\x0f\x0b\0\0" : "\0\0\0\0", 4); $c->qsort($m, 2, 4, $m);'],
    'abort()' => ['void abort(void);', '$c->abort();'],
    'a block freed twice' => ['void *malloc(size_t); void free(void *);',
        '$m = $c->malloc(5000); $other = $c->malloc(5000); $c->free($m); $c->free($m);'],
];
if (php_uname('m') === 'x86_64') {
    $cases['a division by 0'] = ['typedef struct { int quotient, rest; } result; result div(int, int);',
        '$c->div(1, 0);'];
}
/* At a corrupt heap PHP 7.4 calls exit(1), 8.2 calls abort(). A debug build faults before it finds that out. */
if (PHP_VERSION_ID >= 80200 && !PHP_DEBUG) {
    $cases["PHP's heap"] = ['void *memset(long, int, size_t);',
        '$x = $c->new("char[100000]"); $p = $c->cast("char *", $x); $at = $c->new("long");
        FFI::memcpy($at, FFI::addr($p), 8);
        $c->memset($at->cdata & ~0x1fffff, 1, 8); unset($x);'];
}
$dumps = [4 => 'no such instruction', 6 => "abort()|a block freed twice|PHP's heap",
    7 => 'a file that has become shorter', 8 => 'a division by 0', 11 => 'no memory|read-only memory'];
foreach ($cases as $name => $case) {
    $code = "function culprit() { \$c = FFI::cdef('$case[0]'); $case[1] } culprit();";
    $told = crash_tell($folder, $code, ['+ffi', 'ffi.enable' => 1], '', $log);
    $signal = key(array_filter($dumps, function ($names) use ($name) {
        return in_array($name, explode('|', $names), true);
    }));
    crash_expect($name, 128 + $signal . ": crash-$signal.rdump, valid, culprit < {main}", $told, $log);
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
