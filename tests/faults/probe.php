<?php
/*
 * Fills some memory, dumps, and prints the result as one line of JSON:
 *     php probe.php TARGET NEEDLE '{"option": value, ...}'
 * Options: mb (heap to fill), random (with bytes that cannot be compressed), full, uid (give up root), limits
 * ([[POSIX_RLIMIT_..., soft], ...]), as_headroom (bytes of address space that are left), pageout (private and shared
 * memory are swapped out first), times (how many dumps), timer (a signal every so many microseconds).
 */
[, $target, $needle] = $argv;
$options = json_decode($argv[3], true) + ['mb' => 8, 'random' => false, 'full' => false, 'uid' => 0, 'limits' => [],
    'as_headroom' => null, 'pageout' => false, 'times' => 1, 'timer' => 0];

/* The needle is at the beginning of each part. The command line has it reversed, so that it is nowhere else. */
$needle = strrev($needle);
$heap = [];
for ($i = 0; $i < $options['mb']; $i++) {
    $heap[] = "$needle $i " . ($options['random'] ? random_bytes(1000000) : str_pad('', 1000000, "part $i "));
}
$answer = ['pid' => getmypid(), 'places' => []];

if ($options['pageout']) {
    $c = FFI::cdef('long mmap(void *, size_t, int, int, int, long);
        int madvise(long, size_t, int); void *memcpy(long, const char *, size_t);');
    foreach (['private' => 0x22, 'shared' => 0x21] as $kind => $flags) {
        $begin = $c->mmap(null, 32 << 20, 3, $flags, -1, 0);
        for ($page = 0; $page < 8192; $page++) {
            $text = sprintf('%s page %08d', $kind, $page);
            $c->memcpy($begin + $page * 4096, $text, strlen($text));
        }
        $c->madvise($begin, 32 << 20, 21 /* MADV_PAGEOUT */);
        preg_match('/^' . dechex($begin) . '-.*?^Swap: +(\d+) kB/ms', file_get_contents('/proc/self/smaps'), $match);
        $answer['places'][$kind] = $begin;
        $answer['swapped'][$kind] = (int) $match[1];
    }
}
if ($options['uid']) {
    posix_setgid($options['uid']);
    posix_setuid($options['uid']);
}
$ticks = 0;
if ($options['timer']) {
    pcntl_async_signals(true);
    foreach ([SIGALRM, SIGVTALRM, SIGPROF] as $signal) {
        pcntl_signal($signal, function () use (&$ticks) {
            $ticks++;
        }, false);
    }
    $timer = FFI::cdef('struct timeval4 { long a, b, c, d; }; int setitimer(int, struct timeval4 *, void *);');
    $interval = $timer->new('struct timeval4');
    $interval->b = $interval->d = $options['timer'];
    foreach ([0, 1, 2] as $which) {
        $timer->setitimer($which, FFI::addr($interval), null);
    }
}
foreach ($options['limits'] as [$which, $soft]) {
    posix_setrlimit($which, $soft, $which === POSIX_RLIMIT_NOFILE ? 4096 : -1);
}
if ($options['as_headroom'] !== null) {
    preg_match('/VmSize:\s+(\d+) kB/', file_get_contents('/proc/self/status'), $match);
    posix_setrlimit(POSIX_RLIMIT_AS, $match[1] * 1024 + $options['as_headroom'], -1);
}
set_error_handler(function ($number, $text) use (&$answer) {
    $answer['warnings'][] = $text;
    return true;
});
$answer['whole'] = 0;
for ($i = 0; $i < $options['times']; $i++) {
    $answer['whole'] += rdump_dump($target, $options['full']);
}
foreach ($options['limits'] as [$which]) {
    $hard = $which === POSIX_RLIMIT_NOFILE ? 4096 : -1;
    posix_setrlimit($which, $hard, $hard); /* the answer may be written to a file */
}
if ($options['timer']) {
    usleep(2000); /* so that at least one tick arrives */
    $interval->b = $interval->d = 0;
    foreach ([0, 1, 2] as $which) {
        $timer->setitimer($which, FFI::addr($interval), null);
    }
}
$answer['ticks'] = $ticks;
fwrite(STDOUT, json_encode($answer) . "\n");
