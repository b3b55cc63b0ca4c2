<?php
/*
 * A PHP process with memory of a given shape. It dumps itself, or writes the same bytes with write(2). It takes the
 * commands of worker.c on stdin, and:
 *
 *   fill BYTES           that much PHP heap, in strings, no page of it zero
 *   objects COUNT        so many objects of a shop: orders with dates, items, customers
 *   texts BYTES          that much text, as JSON
 *   compile FOLDER       opcache gets the PHP files of the folder
 *   elements COUNT       an array of so many numbers
 *   strings COUNT        so many strings, of which every second is freed
 *   document COUNT       a DOM document of so many elements
 *   libraries BYTES      that much memory in C libraries: a third each in SQLite, in libxml2, and by malloc(3)
 *   reserve BYTES        address space that is never touched
 *   snapshot PATH [WORK] rdump_snapshot(). WORK is what is done while the copy is stopped: "change" changes each page
 *                        of the filled memory, "request" is a request, "free" frees all, as PHP does at memory_limit
 *   requests PATH        rdump_snapshot() between requests, which go on until the copy has ended
 *   private              the bytes of private memory that the kernel counts as resident
 */

require __DIR__ . '/../scripts/inspect.d/reader.php';

mt_srand(1); /* the same heap in each worker */

const BLOCK = 64 << 20;
const PROT_READ = 1, PROT_WRITE = 2, MAP_PRIVATE = 2, MAP_ANONYMOUS = 0x20, MAP_NORESERVE = 0x4000;

/* Strings for fill, addresses for reserve. */
$strings = FFI::cdef('long write(int fd, const char *bytes, size_t length);');
$libc = FFI::cdef('
    uintptr_t malloc(size_t length);
    uintptr_t memset(uintptr_t address, int byte, size_t length);
    int kill(int pid, int signal);
    int open(const char *path, int flags, int mode);
    int close(int fd);
    long write(int fd, uintptr_t address, size_t length);
    uintptr_t mmap(uintptr_t address, size_t length, int protection, int flags, int fd, long offset);
');
$memory = [];

function create(string $path): int
{
    global $libc;
    $fd = $libc->open($path, 0x1 | 0x40 | 0x80 /* O_WRONLY | O_CREAT | O_EXCL, the same on x86-64 and arm64 */, 0600);
    return $fd >= 0 ? $fd : throw new RuntimeException("cannot create $path");
}

function status_of(string $name): int
{
    preg_match("/^$name:\s+(\d+)/m", file_get_contents('/proc/self/status'), $match);
    return (int) $match[1];
}

function cpu(): float
{
    $usage = getrusage();
    return $usage['ru_utime.tv_sec'] + $usage['ru_stime.tv_sec']
        + ($usage['ru_utime.tv_usec'] + $usage['ru_stime.tv_usec']) / 1e6;
}

function fill(int $bytes): array
{
    global $memory;
    $noise = str_repeat(random_bytes(4096) . "\1", 257);
    for ($left = $bytes; $left > 0; $left -= BLOCK) {
        /* A huge block is whole pages, with the header of the string in the first: this is the size to ask for. */
        $length = min($left, BLOCK) - 4096;
        $memory[] = substr(str_repeat($noise, intdiv($length, strlen($noise)) + 1), 0, $length);
    }
    gc_mem_caches();
    return ['filled' => $bytes];
}

/* Words of which some are frequent. */
function words(int $count): string
{
    static $known = [];
    for ($i = count($known); $i < 2000; $i++) {
        $bytes = pack('V3', mt_rand(), mt_rand(), mt_rand());
        $known[] = substr(strtr(base64_encode($bytes), '+/', 'ab'), 0, mt_rand(2, 10));
    }
    $words = [];
    while ($count-- > 0) {
        $words[] = $known[(int) (1999 * (mt_rand() / mt_getrandmax()) ** 2)];
    }
    return implode(' ', $words);
}

final class Order
{
    public array $items = [];

    public function __construct(public int $number, public string $customer, public DateTime $at, public float $total)
    {
    }
}

function objects(int $count): array
{
    global $memory;
    for ($i = 0; $i < $count; $i++) {
        $order = new Order($i, words(2), new DateTime('@' . mt_rand()), mt_rand() / 100);
        for ($j = 0; $j < 3; $j++) {
            $order->items[] = ['sku' => mt_rand(), 'name' => words(1), 'quantity' => mt_rand(1, 9),
                'price' => mt_rand() / 7];
        }
        $memory[] = $order;
    }
    return ['objects' => $count];
}

function texts(int $bytes): array
{
    global $memory;
    for ($left = $bytes; $left > 0; $left -= strlen($text)) {
        $text = json_encode(['id' => mt_rand(), 'title' => words(8), 'body' => words(400),
            'key' => bin2hex(random_bytes(32)), 'at' => date('c', mt_rand())]);
        $memory[] = $text;
    }
    return ['texts' => $bytes];
}

function compile(string $folder): array
{
    $count = 0;
    foreach (new RecursiveIteratorIterator(new RecursiveDirectoryIterator($folder)) as $file) {
        $count += $file->getExtension() === 'php' && @opcache_compile_file($file->getPathname());
    }
    return ['files' => $count];
}

function elements(int $count): array
{
    global $memory;
    $memory = [];
    for ($i = 0; $i < $count; $i++) {
        $memory[] = mt_rand();
    }
    return ['elements' => $count];
}

function strings(int $count): array
{
    global $memory;
    for ($i = 0; $i < $count; $i++) {
        $memory[] = str_repeat(words(1), mt_rand(1, 200));
    }
    for ($i = 0; $i < $count; $i += 2) {
        $memory[$i] = null;
    }
    gc_mem_caches();
    return ['strings' => $count];
}

function document(int $count): array
{
    global $memory;
    $document = new DOMDocument;
    $root = $document->appendChild($document->createElement('catalogue'));
    for ($i = 0; $i < $count; $i++) {
        $root->appendChild($document->createElement('item', words(3)))->setAttribute('number', (string) $i);
    }
    $memory[] = $document;
    return ['elements' => $count];
}

function libraries(int $bytes): array
{
    global $memory, $libc;
    $third = intdiv($bytes, 3);
    $database = new SQLite3(':memory:');
    $database->exec('CREATE TABLE texts (text)');
    $database->exec("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT $third / 4096)
        INSERT INTO texts SELECT hex(randomblob(2000)) FROM n");
    $memory[] = $database;
    $bytes_before = private_bytes()['private'];
    $memory[] = $document = new DOMDocument;
    $root = $document->appendChild($document->createElement('catalogue'));
    while (private_bytes()['private'] - $bytes_before < $third) {
        for ($i = 0; $i < 10000; $i++) {
            $root->appendChild($document->createElement('item', 'some text'));
        }
        $document->loadXML($document->saveXML()); /* without objects of PHP for the elements */
        $root = $document->documentElement;
    }
    for ($left = $third; $left > 0; $left -= 1 << 20) {
        $libc->memset($libc->malloc(1 << 20), 1, 1 << 20);
    }
    return ['libraries' => $bytes];
}

function reserve(int $bytes): array
{
    global $libc;
    $address = $libc->mmap(0, $bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return $address === -1 ? ['error' => 'mmap'] : ['reserved' => $bytes];
}

function private_bytes(): array
{
    preg_match_all('/^(Private_\w+|Anonymous):\s+(\d+)/m', file_get_contents('/proc/self/smaps_rollup'), $match);
    $kilobytes = array_combine($match[1], $match[2]);
    return [
        'private' => ($kilobytes['Private_Clean'] + $kilobytes['Private_Dirty']) * 1024,
        'anonymous' => $kilobytes['Anonymous'] * 1024,
    ];
}

/* $synced: "synced" is the time until the bytes are on the disk. */
function dump(string $path, bool $full, bool $synced): array
{
    file_put_contents('/proc/self/clear_refs', '5');
    [$rss, $tables, $cpu, $begin] = [status_of('VmRSS'), status_of('VmPTE'), cpu(), hrtime(true)];
    $written = rdump_dump($path, $full);
    [$seconds, $cpu] = [(hrtime(true) - $begin) / 1e9, cpu() - $cpu];
    if ($synced) {
        fsync(fopen($path, 'r+'));
    }
    $until_synced = (hrtime(true) - $begin) / 1e9;
    clearstatcache();
    return !$written ? ['error' => 'rdump_dump'] : [
        'seconds' => $seconds, 'cpu' => $cpu, 'bytes' => filesize($path), 'synced' => $until_synced,
        'rss' => status_of('VmRSS') - $rss, 'peak' => status_of('VmHWM') - $rss,
        'tables' => status_of('VmPTE') - $tables,
    ];
}

/* The copy that was made last; 0 = it has ended, and is reaped. */
function copy_of_process(): int
{
    $children = explode(' ', trim((string) @file_get_contents('/proc/self/task/' . getmypid() . '/children')));
    return (int) end($children);
}

function state_of(int $pid): string
{
    return preg_match('/\) (\w)/', (string) @file_get_contents("/proc/$pid/stat"), $match) ? $match[1] : '';
}

/* Stops the copy. 0 = it has ended already. */
function stop_copy(): int
{
    global $libc;
    $copy = copy_of_process();
    if ($copy) {
        $libc->kill($copy, SIGSTOP);
        while (!in_array(state_of($copy), ['T', 'Z', ''], true)) {
            usleep(100);
        }
    }
    return $copy && state_of($copy) === 'T' ? $copy : 0;
}

/* What the process has for itself; memory that it shares with a copy counts half. */
function anonymous_of(int|string $pid): int
{
    preg_match('/^Pss_Anon:\s+(\d+)/m', file_get_contents("/proc/$pid/smaps_rollup"), $match);
    return $match[1] * 1024;
}

/*
 * rdump_snapshot(): how long the caller is held ("seconds"), and until the file is there ("whole"). With $work,
 * "copied" is what both together have more after it, and "first" its time.
 */
function snapshot(string $path, string $work): array
{
    global $libc;
    $before = $work === '' ? 0 : anonymous_of('self');
    [$cpu, $begin] = [cpu(), hrtime(true)];
    $started = rdump_snapshot($path);
    $answer = ['seconds' => (hrtime(true) - $begin) / 1e9, 'cpu' => cpu() - $cpu];
    if ($work !== '' && ($copy = stop_copy())) {
        $began = hrtime(true);
        $work();
        $answer['first'] = (hrtime(true) - $began) / 1e9;
        $answer['copied'] = max(0, anonymous_of('self') + anonymous_of($copy) - $before);
        $libc->kill($copy, SIGCONT);
    }
    await_file($path, $started);
    $answer += ['whole' => (hrtime(true) - $begin) / 1e9, 'bytes' => (int) @filesize($path)];
    return $started ? $answer : ['error' => 'rdump_snapshot'];
}

function await_file(string $path, bool $started): void
{
    clearstatcache();
    while ($started && !file_exists($path)) {
        usleep(500);
        clearstatcache();
    }
}

/* Changes a byte of each page. */
function change(): void
{
    global $memory;
    foreach (array_keys($memory) as $i) {
        $length = strlen($memory[$i]);
        for ($at = 0; $at < $length; $at += 4096) {
            $memory[$i][$at] = 'c';
        }
    }
}

/* Some 3 MB of objects, and their text. Returns the seconds that it took. */
function request(): float
{
    $begin = hrtime(true);
    $orders = [];
    for ($i = 0; $i < 3000; $i++) {
        $order = new Order($i, words(2), new DateTime('@' . mt_rand()), mt_rand() / 100);
        $order->items[] = ['sku' => mt_rand(), 'name' => words(1)];
        $orders[] = $order;
    }
    json_encode($orders);
    return (hrtime(true) - $begin) / 1e9;
}

function free(): void
{
    global $memory;
    $memory = [];
    gc_mem_caches();
}

/*
 * "usual" is the time of a request before there is a copy, "slowest" that of the slowest one beside it. "again" is how
 * long after the copy was made the last request ended that took a quarter longer than usual; 0 = none did.
 */
function requests(string $path): array
{
    $times = array_map('request', range(1, 15));
    sort($times);
    $answer = ['usual' => $times[7], 'slowest' => 0, 'again' => 0, 'count' => 0];
    $started = rdump_snapshot($path);
    $begin = hrtime(true);
    do {
        $time = request();
        $answer['count']++;
        $answer['slowest'] = max($answer['slowest'], $time);
        if ($time > 1.25 * $answer['usual']) {
            $answer['again'] = (hrtime(true) - $begin) / 1e9;
        }
        clearstatcache();
    } while ($started && !file_exists($path));
    return $started ? $answer : ['error' => 'rdump_snapshot'];
}

function plain_write(string $path, int $size): array
{
    global $libc, $strings, $memory;
    [$cpu, $begin] = [cpu(), hrtime(true)];
    $fd = create($path);
    for ($left = $size, $i = 0; $left > 0; $i = ($i + 1) % count($memory)) {
        $left -= $strings->write($fd, $memory[$i], min($left, strlen($memory[$i])));
    }
    $libc->close($fd);
    return ['seconds' => (hrtime(true) - $begin) / 1e9, 'cpu' => cpu() - $cpu, 'bytes' => $size];
}

function cat(string $path, bool $full): array
{
    global $libc;
    rdump_dump($path, $full);
    $regions = (new RdumpReader($path))->regions();
    unlink($path);
    [$cpu, $begin, $bytes] = [cpu(), hrtime(true), 0];
    $fd = create($path);
    foreach ($regions as [$address, $size]) {
        /* Memory that PHP has unmapped meanwhile fails with EFAULT, which does no harm. */
        for ($at = 0; $at < $size && ($written = $libc->write($fd, $address + $at, $size - $at)) > 0; $at += $written) {
            $bytes += $written;
        }
    }
    $libc->close($fd);
    return ['seconds' => (hrtime(true) - $begin) / 1e9, 'cpu' => cpu() - $cpu, 'bytes' => $bytes];
}

while (($line = fgets(STDIN)) !== false) {
    $word = explode(' ', trim($line));
    $answer = match ($word[0]) {
        'fill' => fill((int) $word[1]),
        'objects' => objects((int) $word[1]),
        'texts' => texts((int) $word[1]),
        'compile' => compile($word[1]),
        'elements' => elements((int) $word[1]),
        'strings' => strings((int) $word[1]),
        'document' => document((int) $word[1]),
        'libraries' => libraries((int) $word[1]),
        'reserve' => reserve((int) $word[1]),
        'private' => private_bytes(),
        'dump' => dump($word[1], $word[2] === 'full', ($word[3] ?? '') === 'synced'),
        'snapshot' => snapshot($word[1], $word[2] ?? ''),
        'requests' => requests($word[1]),
        'write' => plain_write($word[1], (int) $word[2]),
        'cat' => cat($word[1], $word[2] === 'full'),
        default => ['error' => "not understood: $line"],
    };
    echo http_build_query($answer, '', ' '), "\n";
}
