--TEST--
Each kind of mapping: which of its pages a dump holds, lean and full, with and without rdump.safe_read
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
rdump_skip_without('ffi');
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$code = <<<'CODE'
$c = FFI::cdef('
    long mmap(long, size_t, int, int, int, long); int mprotect(long, size_t, int); int madvise(long, size_t, int);
    int memfd_create(const char *, unsigned); int ftruncate(int, long); int open(const char *, int); long memset(long,
        int, size_t);
    int shmget(int, size_t, int); long shmat(int, long, int); int shmctl(int, int, long); int getpagesize();');
const NONE = 0, READ = 1, WRITE = 2, SHARED = 1, PRIV = 2, ANONYMOUS = 0x20;
$page = $c->getpagesize();
/* Eight pages between two pages that do not exist, so that no region continues in another mapping. */
$map = function ($protection, $flags, $fd = -1) use ($c, $page) {
    $room = $c->mmap(0, 10 * $page, NONE, PRIV | ANONYMOUS, -1, 0);
    return $c->mmap($room + $page, 8 * $page, $protection, $flags | 0x10, $fd, 0);
};
$file = function ($name) use ($c, $page) {
    file_put_contents($name, str_repeat('F', 8 * $page));
    return $c->open($name, 2);
};
$all = [];
$all['private, 3 of 8 pages touched'] = $map(READ | WRITE, PRIV | ANONYMOUS);
$c->memset($all['private, 3 of 8 pages touched'], ord('p'), 3 * $page);
$all['private, never touched'] = $map(READ | WRITE, PRIV | ANONYMOUS);
$all['private, written, then protected'] = $map(READ | WRITE, PRIV | ANONYMOUS);
$c->memset($all['private, written, then protected'], ord('r'), 8 * $page);
$c->mprotect($all['private, written, then protected'], 8 * $page, READ);
$all['private, not readable'] = $map(READ | WRITE, PRIV | ANONYMOUS);
$c->memset($all['private, not readable'], ord('n'), 8 * $page);
$c->mprotect($all['private, not readable'], 8 * $page, NONE);
$all['private, not to be dumped'] = $map(READ | WRITE, PRIV | ANONYMOUS);
$c->memset($all['private, not to be dumped'], ord('d'), 8 * $page);
$c->madvise($all['private, not to be dumped'], 8 * $page, 16);
$all['shared, 3 of 8 pages touched'] = $map(READ | WRITE, SHARED | ANONYMOUS);
$c->memset($all['shared, 3 of 8 pages touched'], ord('s'), 3 * $page);
$memory = $c->memfd_create('rdump test', 0);
$c->ftruncate($memory, 8 * $page);
$all['memfd'] = $map(READ | WRITE, SHARED, $memory);
$c->memset($all['memfd'], ord('m'), 8 * $page);
$all['memfd, read-only'] = $map(READ, SHARED, $memory);
$id = $c->shmget(0, 8 * $page, 01600);
$all['System V'] = $c->shmat($id, 0, 0);
$c->shmctl($id, 0, 0);
$c->memset($all['System V'], ord('v'), 8 * $page);
$all['file, private, writable'] = $map(READ | WRITE, PRIV, $file('writable'));
$all['file, private, read-only'] = $map(READ, PRIV, $file('readonly'));
$all['file, private, read-only, 1 page changed'] = $map(READ | WRITE, PRIV, $file('changed'));
$c->memset($all['file, private, read-only, 1 page changed'], ord('c'), $page);
$c->mprotect($all['file, private, read-only, 1 page changed'], 8 * $page, READ);
$all['file, shared'] = $map(READ | WRITE, SHARED, $file('shared'));
$all['deleted file, private, read-only'] = $map(READ, PRIV, $file('deleted'));
unlink('deleted');
rdump_dump('lean.rdump') && rdump_dump('full.rdump', true) || exit('failed');
echo $page;
foreach ($all as $name => $address) {
    echo "\n$name=", $address;
}
CODE;
/* How many of the eight pages the dump holds, and their contents. */
function held(RdumpReader $dump, $address, $page)
{
    $held = $bytes = '';
    for ($i = 0; $i < 8; $i++) {
        $there = $dump->has($address + $i * $page, $page);
        $held .= $there ? 'x' : '-';
        if ($there) {
            $bytes .= $dump->read($address + $i * $page, $page);
        }
    }
    return $held . ' ' . count_chars($bytes, 3);
}
foreach ([0, 1] as $safe_read) {
    $run = rdump_run($folder, $code, ['+ffi', 'ffi.enable' => 1, 'rdump.safe_read' => $safe_read]);
    $lines = explode("\n", trim($run->out . $run->err));
    $page = (int) array_shift($lines);
    $lean = new RdumpReader("$folder/lean.rdump");
    $full = new RdumpReader("$folder/full.rdump");
    $told = '';
    foreach ($lines as $line) {
        list($name, $address) = explode('=', $line) + [1 => 0];
        $told .= sprintf("%-41s lean %-12s full %s\n", $name, held($lean, (int) $address, $page),
            held($full, (int) $address, $page));
    }
    echo $safe_read ? (isset($before) && $before === $told ? "the same with safe_read\n" : $told) : $told;
    $before = $told;
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
private, 3 of 8 pages touched             lean xxx----- p   full xxx----- p
private, never touched                    lean --------     full -------- 
private, written, then protected          lean xxxxxxxx r   full xxxxxxxx r
private, not readable                     lean --------     full -------- 
private, not to be dumped                 lean --------     full -------- 
shared, 3 of 8 pages touched              lean xxx----- s   full xxx----- s
memfd                                     lean xxxxxxxx m   full xxxxxxxx m
memfd, read-only                          lean xxxxxxxx m   full xxxxxxxx m
System V                                  lean xxxxxxxx v   full xxxxxxxx v
file, private, writable                   lean xxxxxxxx F   full xxxxxxxx F
file, private, read-only                  lean --------     full xxxxxxxx F
file, private, read-only, 1 page changed  lean x------- c   full xxxxxxxx Fc
file, shared                              lean --------     full xxxxxxxx F
deleted file, private, read-only          lean xxxxxxxx F   full xxxxxxxx F
the same with safe_read
