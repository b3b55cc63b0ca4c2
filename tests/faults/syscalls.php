<?php
/*
 * Every system call of a dump fails once, with each plausible error, in this process. Runs under `inject`:
 *     inject FOLDER/ ORDER RECORD php syscalls.php FOLDER ORDER RECORD MODE
 */
require __DIR__ . '/lib.php';

const CALLS = [
    'read' => 0, 'write' => 1, 'close' => 3, 'mmap' => 9, 'munmap' => 11, 'rt_sigprocmask' => 14, 'ioctl' => 16,
    'pread64' => 17,
    'pwrite64' => 18, 'writev' => 20, 'mincore' => 27, 'madvise' => 28, 'nanosleep' => 35, 'getpid' => 39,
    'fcntl' => 72, 'flock' => 73,
    'ftruncate' => 77, 'fchmod' => 91, 'lseek' => 8, 'fstat' => 5, 'sysinfo' => 99, 'geteuid' => 107,
    'rt_sigpending' => 127,
    'rt_sigtimedwait' => 128, 'statfs' => 137, 'fstatfs' => 138, 'gettid' => 186, 'getdents64' => 217,
    'clock_nanosleep' => 230,
    'openat' => 257, 'newfstatat' => 262, 'unlinkat' => 263, 'renameat' => 264, 'process_vm_readv' => 310,
    'getrandom' => 318,
    'memfd_create' => 319, 'fallocate' => 285, 'readlink' => 89, 'stat' => 4, 'lstat' => 6, 'munlock' => 150,
    'mprotect' => 10, 'clone' => 56, 'wait4' => 61, 'uname' => 63, 'fsync' => 74, 'fdatasync' => 75, 'fadvise64' => 221,
    'rt_sigaction' => 13, 'rt_sigreturn' => 15, 'kill' => 62, 'pipe2' => 293, 'prctl' => 157, 'exit_group' => 231,
    'prlimit64' => 302, 'close_range' => 436,
];
/* Calls that cannot fail, as their manual pages say, and the one by which this program sends itself a signal. */
const NEVER_FAIL = ['getpid', 'geteuid', 'gettid', 'rt_sigreturn', 'kill', 'exit_group'];
const NUMBER = ['EPERM' => 1, 'ENOENT' => 2, 'EINTR' => 4, 'EIO' => 5, 'EAGAIN' => 11, 'ENOMEM' => 12, 'EACCES' => 13,
    'EFAULT' => 14,
    'EBUSY' => 16, 'EXDEV' => 18, 'ENODEV' => 19, 'EINVAL' => 22, 'ENFILE' => 23, 'EMFILE' => 24, 'ENOTTY' => 25,
    'EFBIG' => 27, 'ENOSPC' => 28,
    'EROFS' => 30, 'ENOLCK' => 37, 'ENOSYS' => 38, 'ELOOP' => 40, 'EOPNOTSUPP' => 95, 'ESTALE' => 116, 'EDQUOT' => 122,
        'short' => 0, 'SIGSEGV' => -11, 'SIGKILL' => -9];
const ERRORS = [
    'openat' => ['EINTR', 'EIO', 'EMFILE', 'ENFILE', 'ENOMEM', 'EACCES', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOENT',
        'ELOOP'],
    'read' => ['EINTR', 'EIO', 'ENOMEM', 'EACCES', 'short'],
    'pread64' => ['EINTR', 'EIO', 'ENOMEM', 'EPERM', 'short'],
    'write' => ['EINTR', 'EIO', 'ENOSPC', 'EDQUOT', 'EFBIG', 'ENOMEM', 'EROFS', 'short'],
    'writev' => ['EINTR', 'EIO', 'ENOSPC', 'EDQUOT', 'EFBIG', 'ENOMEM', 'EROFS', 'short'],
    'pwrite64' => ['EINTR', 'EIO', 'ENOSPC', 'EDQUOT'],
    'process_vm_readv' => ['EINTR', 'ENOMEM', 'EPERM', 'ENOSYS'],
    'close' => ['EINTR', 'EIO', 'ENOSPC', 'EDQUOT'],
    'ftruncate' => ['EINTR', 'EIO', 'EFBIG', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT'],
    'fallocate' => ['EINTR', 'EIO', 'ENOSPC', 'EDQUOT', 'EFBIG', 'EOPNOTSUPP', 'ENOSYS', 'EPERM'],
    'flock' => ['EINTR', 'EAGAIN', 'ENOLCK', 'EOPNOTSUPP', 'ENOSYS'],
    'fchmod' => ['EIO', 'EPERM', 'EROFS'],
    'renameat' => ['EIO', 'EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOMEM', 'EXDEV', 'EBUSY', 'ESTALE'],
    'unlinkat' => ['EIO', 'EACCES', 'EPERM', 'EROFS', 'EBUSY'],
    'getdents64' => ['EIO', 'ENOENT', 'ENOMEM', 'short'],
    'lseek' => ['EIO', 'EINVAL'],
    'newfstatat' => ['EIO', 'EACCES', 'ENOMEM', 'ESTALE'],
    'ioctl' => ['EINTR', 'ENOTTY', 'EINVAL', 'ENOMEM', 'EPERM', 'EFAULT'],
    'mincore' => ['EAGAIN', 'ENOMEM', 'EPERM', 'ENOSYS'],
    'mmap' => ['ENOMEM', 'EAGAIN', 'EPERM'],
    'munmap' => ['ENOMEM'],
    'memfd_create' => ['EMFILE', 'ENFILE', 'ENOMEM', 'ENOSYS', 'EPERM'],
    'fcntl' => ['EMFILE', 'EINVAL'],
    'pipe2' => ['EMFILE', 'ENFILE', 'ENOMEM', 'ENOSYS'],
    'rt_sigtimedwait' => ['EINTR', 'EAGAIN', 'ENOSYS'],
    'clone' => ['EAGAIN', 'ENOMEM', 'EPERM', 'ENOSYS'],
    'close_range' => ['EINVAL', 'EPERM', 'ENOSYS'],
    'wait4' => ['EINTR'],
];
const ANY_ERROR = ['EIO', 'ENOMEM', 'EPERM', 'ENOSYS'];

/* A dump does not need these: there is another way, or the answer is not necessary. */
const DISPENSABLE = ['clone', 'close_range', 'prctl', 'prlimit64', 'ioctl', 'mmap', 'munmap', 'mprotect', 'munlock',
    'uname', 'madvise', 'memfd_create', 'sysinfo', 'getrandom', 'fcntl', 'fstatfs', 'readlink',
    'rt_sigaction', 'rt_sigprocmask', 'rt_sigpending', 'rt_sigtimedwait', 'getdents64', 'lseek', 'flock', 'mincore'];
/* With a budget the sizes must be known: if they are not, there is no dump. */
const NEEDED_FOR_BUDGET = ['getdents64', 'lseek', 'flock'];
/* These are called again after EINTR or a partial result. */
const RESUMED = ['read', 'write', 'writev', 'pread64', 'pwrite64', 'ftruncate', 'flock', 'ioctl', 'getdents64',
    'process_vm_readv', 'wait4'];

/*
 * The mode's name => title, second argument of the function, is it automatic, faults in every dump, calls that do not
 * fail in this mode.
 */
const MODES = [
    'lean' => ['rdump_dump()', false, false, []],
    'disk' => ['rdump_dump() to a disk', false, false, []],
    'full' => ['rdump_dump(), full', true, false, []],
    'safe' => ['rdump_dump(), safe_read', false, false, []],
    'vm' => ['rdump_dump(), safe_read without /proc/self/mem', false, false, ['pread64' => 'EIO']],
    'pagemap' => ['rdump_dump(), without PAGEMAP_SCAN', false, false, ['ioctl' => 'ENOTTY']],
    'mincore' => ['rdump_dump(), without pagemap', false, false, ['ioctl' => 'ENOTTY', 'pread64' => 'EIO']],
    'excluded' => ['rdump_dump(), exclude_heap without /proc/self/mem', false, false, ['pread64' => 'EIO']],
    'copied' => ['rdump_dump() by a copy', false, false, []],
    'snapshot' => ['rdump_snapshot()', false, false, []],
    'auto' => ['automatic dump', false, true, []],
    'background' => ['automatic dump in the background', false, true, []],
    'signal' => ['dump by signal', false, true, []],
    'crash' => ['dump at a crash', false, true, []],
    'crash-copied' => ['dump at a crash by a copy', false, true, []],
    'killed' => ['rdump_dump()', false, false, []],
    'zstd' => ['rdump_dump(), compressed', false, false, []],
    'zstd-pipe' => ['rdump_dump(), compressed, memory read through a pipe', false, false,
        ['pread64' => 'EIO', 'process_vm_readv' => 'EPERM']],
    'zstd-auto' => ['automatic dump, compressed', false, true, []],
];
/* In these a copy of the process writes, and may be killed; in those nobody waits for it. */
const COPYING = ['copied', 'snapshot', 'background', 'crash-copied'];
const REAPING = ['snapshot', 'background'];
/* Here only the first and the last call of a name fail, and by two errors: the rest of the way is that of others. */
const SHORT = ['snapshot', 'background', 'crash-copied'];

[, $folder, $order, $record, $mode] = $argv;
[$title, $full, $automatic, $always] = MODES[$mode];
$is_short = in_array($mode, SHORT, true);
$target = "$folder/target.rdump" . (strpos($mode, 'zstd') === 0 ? '.zst' : '');
$log = dirname($record) . '/log';
$needle = strrev('elggod eht si ereh ') . getmypid();
$answer = dirname($record) . '/answer';
$block = $mode === 'excluded' ? block_of_php() : null;
$reaping = []; /* faults for the calls that look after a dump in the background */
if ($mode === 'snapshot') {
    ini_set('error_log', $log);
}
if ($mode === 'signal') {
    ini_set('error_log', $log);
    ob_start();
    (new ReflectionExtension('rdump'))->info();
    $signal = preg_match('/^Dump by signal => signal (\d+)$/m', ob_get_clean(), $match) ? (int) $match[1] : 0;
}

/*
 * A block of PHP's heap that is younger than the first request, which is before the text to look for: where it is, as
 * [address, size].
 */
function block_of_php()
{
    global $kept;
    $mapped = function () {
        preg_match_all('/^([0-9a-f]+)-([0-9a-f]+) rw-p 0+ 00:00 0 /m', file_get_contents('/proc/self/maps'), $found);
        return array_combine(array_map('hexdec', $found[1]), array_map('hexdec', $found[2]));
    };
    $before = $mapped();
    $kept = str_repeat('kept', 1 << 20);
    foreach ($mapped() as $begin => $end) {
        foreach ($before as $old_begin => $old_end) { /* the kernel may have put the new one beside an old one */
            $begin = $begin === $old_begin ? $old_end : $begin;
            $end = $end === $old_end && $old_begin > $begin ? $old_begin : $end;
        }
        if ($end - $begin > strlen($kept)) {
            return [$begin, strlen($kept)];
        }
    }
    throw new Exception('cannot find where PHP has put 4 MB');
}

/* What a dump must not change. */
function state()
{
    $descriptors = [];
    for ($i = 0; $i < 64; $i++) {
        $descriptors[$i] = @readlink("/proc/self/fd/$i");
    }
    preg_match('/^SigBlk:.*$/m', file_get_contents('/proc/self/status'), $signals);
    $maps = preg_replace('/^.*\[(heap|stack)\]$/m', '', file_get_contents('/proc/self/maps'));
    return [$descriptors, $maps, $signals[0]];
}

function difference(array $before, array $after, $but_mappings)
{
    $wrong = [];
    if ($before[0] !== $after[0]) {
        $wrong[] = 'descriptors leaked: '
            . json_encode(array_diff_assoc($after[0], $before[0]), JSON_UNESCAPED_SLASHES);
    }
    if (!$but_mappings && $before[1] !== $after[1]) {
        $wrong[] = 'mappings changed: '
            . implode(' | ', array_diff(explode("\n", $after[1]), explode("\n", $before[1])));
    }
    if ($before[2] !== $after[2]) {
        $wrong[] = "signals blocked: {$before[2]} before, {$after[2]} after";
    }
    return implode(', ', $wrong);
}

/* Orders `inject` to make these calls fail in the next dump, or in whatever comes next. */
function arm(array $faults, $throughout = false)
{
    global $order;
    file_put_contents($order, ($throughout ? '+' : '') . implode('/', array_map(function ($fault) {
        return CALLS[$fault[0]] . ",$fault[1]," . NUMBER[$fault[2]];
    }, $faults)));
    posix_kill(getmypid(), SIGUSR1);
}

function disarm()
{
    file_exists('/rdump-fault/end');
}

/* One dump by call, with these faults. Returns [true or false, the warning or null, what leaked]. */
function dump_by_call($path, $full, array $faults, $but_mappings)
{
    $before = state();
    $warning = null;
    set_error_handler(function ($number, $text) use (&$warning) {
        $warning = $text;
        return true;
    });
    arm($faults);
    $done = rdump_dump($path, $full);
    disarm();
    restore_error_handler();
    $after = state();
    return [$done, $warning, difference($before, $after, $but_mappings)];
}

/*
 * Looks after dumps in the background, as each of rdump's functions does, until they have ended: then the process has
 * their folder closed. Returns whether they have.
 */
function reap()
{
    global $folder, $reaping;
    return rdump_await(function () use ($folder, $reaping) {
        if ($reaping) {
            arm($reaping, true);
        }
        @rdump_dump('');
        if ($reaping) {
            disarm();
        }
        return !in_array($folder, state()[0], true);
    }, 60);
}

/* One dump by rdump_snapshot(), and its end. Returns what dump_by_call() does, with the line in the log. */
function dump_in_background($path, array $faults, $but_mappings)
{
    global $log;
    @unlink($log);
    $before = state();
    $warning = null;
    set_error_handler(function ($number, $text) use (&$warning) {
        $warning = error_reporting() & E_WARNING ? $text : $warning;
        return true;
    });
    arm($faults);
    $started = rdump_snapshot($path);
    disarm();
    $ended = reap();
    restore_error_handler();
    $after = state();
    $line = preg_match('/rdump: rdump_snapshot\(\): (no dump|dumped).*/', (string) @file_get_contents($log), $match)
        ? $match[0] : $warning;
    return $ended ? [$started && $line === null, $line, difference($before, $after, $but_mappings)] : null;
}

/* A dump at a crash, in a child. Returns [true or false, the line in the log], or null if the child ends otherwise. */
function dump_at_crash(array $faults)
{
    global $log;
    @unlink($log);
    $child = pcntl_fork();
    if ($child === 0) {
        ini_set('error_log', $log);
        fclose(STDERR); /* it would get the line, too */
        arm($faults);
        posix_kill(getmypid(), SIGSEGV);
        exit(1);
    }
    pcntl_waitpid($child, $status);
    if (!pcntl_wifsignaled($status) || pcntl_wtermsig($status) !== SIGSEGV) {
        return null;
    }
    $line = preg_match('/rdump: crash by SIGSEGV: .*/', (string) @file_get_contents($log), $match) ? $match[0] : null;
    return [$line !== null && strpos($line, ': dumped to ') !== false, $line, ''];
}

/* One automatic dump in a child. Returns the same, or null if the child failed. */
function dump_by_itself(array $faults, $but_mappings)
{
    global $log, $answer, $mode;
    if ($mode === 'crash' || $mode === 'crash-copied') {
        return dump_at_crash($faults);
    }
    @unlink($log);
    @unlink($answer);
    $child = pcntl_fork();
    if ($child === 0) {
        ini_set('error_log', $log);
        ini_set('memory_limit', memory_get_usage(true) + (8 << 20));
        $before = null;
        register_shutdown_function(function () use (&$before, $answer, $but_mappings) {
            disarm();
            if (reap()) {
                file_put_contents($answer, difference($before, state(), $but_mappings) . '.');
            }
        });
        state();
        $before = state();
        arm($faults);
        str_repeat('x', 64 << 20);
        exit(1);
    }
    pcntl_waitpid($child, $status);
    $leaked = @file_get_contents($answer);
    if (!pcntl_wifexited($status) || pcntl_wexitstatus($status) !== 255 || $leaked === false) {
        return null;
    }
    /* A PHP that reports late has the place of the exhaustion at the end of the line. */
    $line = preg_match('/rdump: memory limit reached: .*/', (string) @file_get_contents($log), $match)
        ? preg_replace('/, in \S+ on line \d+$/D', '', $match[0]) : null;
    return [$line !== null && strpos($line, ': dumped to ') !== false, $line, substr($leaked, 0, -1)];
}

/*
 * One dump by signal. Returns the same. PHP writes the line to the log when a function of the script is called or
 * returns, or at a jump. So there is none of these until no fault is injected any more.
 */
function dump_by_signal($number, array $faults, $but_mappings)
{
    global $log;
    @unlink($log);
    $self = getmypid();
    $before = state();
    arm($faults);
    posix_kill($self, $number);
    file_exists('/rdump-fault/end');
    $after = state();
    $line = preg_match('/rdump: signal \d+: .*/', (string) @file_get_contents($log), $match) ? $match[0] : null;
    return $line === null ? null
        : [strpos($line, ': dumped to ') !== false, $line, difference($before, $after, $but_mappings)];
}

/* One dump of this mode. */
function dump_once(array $faults, $but_mappings)
{
    global $mode, $automatic, $full, $target, $signal;
    if ($mode === 'signal') {
        return dump_by_signal($signal, $faults, $but_mappings);
    }
    if ($mode === 'snapshot') {
        return dump_in_background($target, $faults, $but_mappings);
    }
    return $automatic ? dump_by_itself($faults, $but_mappings) : dump_by_call($target, $full, $faults, $but_mappings);
}

/* Creates the earlier file at the target. */
function prepare($folder, $target)
{
    foreach (fault_list($folder) as $name) {
        unlink("$folder/$name");
    }
    file_put_contents($target, 'earlier');
    touch("$target.done");
    clearstatcache();
    return fileinode($target);
}

/* Injects $faults into one dump and checks the result. $expected: 'whole', 'refused' or null for either. */
function try_faults(FaultCase $case, array $faults, array $injected, $expected)
{
    global $folder, $target, $needle, $automatic, $full, $record, $usual, $block;
    $what = implode(' and ', array_map(function ($fault) {
        return "$fault[0] $fault[1] $fault[2]";
    }, $injected));
    $calls = array_column($injected, 0);
    $but_mappings = in_array('munmap', $calls, true); /* then it cannot be unmapped */
    $inode = prepare($folder, $target);
    file_put_contents($record, '');
    $result = dump_once($faults, $but_mappings);
    $hits = substr_count(file_get_contents($record), '!');
    if ($hits === 0) {
        return; /* this dump made fewer such calls */
    }
    $case->injected++;
    if ($result === null) {
        $case->lostProcess("$what: the process did not end as it should");
        return;
    }
    [$done, $text, $leaked] = $result;
    if ($leaked !== $usual && !in_array('rt_sigprocmask', $calls, true)) {
        $case->wrong("$what: $leaked");
    }
    if (in_array('rt_sigprocmask', $calls, true)) {
        pcntl_sigprocmask(SIG_SETMASK, []);
    }
    clearstatcache();
    $marker = file_exists("$target.done");
    $litter = array_diff(fault_list($folder), [basename($target), basename($target) . '.done']);
    if ($litter && !in_array('unlinkat', $calls, true)) {
        $case->wrong("$what: left behind " . implode(', ', $litter));
    }
    if ($done) {
        $case->whole++;
        if ($wrong = fault_look_at_dump($target, $needle)) {
            $case->lostFile("$what: $wrong");
        } elseif ($block && !(new RdumpReader($target))->has($block[0], $block[1])) {
            $case->lostFile("$what: a block of PHP's heap is not in the dump");
        }
        if ($automatic && $marker === (bool) preg_match('/but cannot (create|give mode 0600 to) the marker/', $text)) {
            $case->wrong("$what: a marker is " . ($marker ? '' : 'not ') . "there: $text");
        }
    } else {
        $case->refused++;
        clearstatcache();
        if (@file_get_contents($target) !== 'earlier' || fileinode($target) !== $inode) {
            $case->lostFile("$what: the earlier file is not as it was");
        }
        $reasons = array_map(function ($fault) {
            return $fault[2] === 'SIGKILL' ? 'Killed' : posix_strerror(NUMBER[$fault[2]]);
        }, $injected);
        if (!preg_match('~cannot [a-z].* (/\S+): (.+)$~', (string) $text, $match)
            || !in_array($match[2], $reasons, true)) {
            $case->wrong("$what: refused with " . json_encode($text, JSON_UNESCAPED_SLASHES));
        }
        /* If the folder cannot be opened, nothing in it can be removed. */
        if ($automatic && $marker && !in_array([$calls[0], $injected[0][1]], [['openat', 1], ['newfstatat', 2]], true)
            && !in_array('unlinkat', $calls, true)) {
            $case->wrong("$what: refused, and yet a marker");
        }
    }
    if ($expected !== null && $done !== ($expected === 'whole')) {
        $case->wrong("$what: not $expected: $text");
    }
}

/* The thread crashes at its $nth call of this name in a dump by call. */
function crash_in_dump(FaultCase $case, $call, $nth)
{
    global $folder, $target, $needle;
    $inode = prepare($folder, $target);
    $child = pcntl_fork();
    if ($child === 0) {
        fclose(STDERR);
        arm([[$call, $nth, 'SIGSEGV']]);
        rdump_dump($target);
        disarm();
        exit(0);
    }
    pcntl_waitpid($child, $status);
    if (pcntl_wifexited($status) && pcntl_wexitstatus($status) === 0) {
        return; /* this dump made fewer such calls */
    }
    $case->injected++;
    if (!pcntl_wifsignaled($status) || pcntl_wtermsig($status) !== SIGSEGV) {
        $case->lostProcess("$call $nth: the process did not end as it should");
    }
    if ($litter = array_diff(fault_list($folder), [basename($target), basename($target) . '.done'])) {
        $case->wrong("$call $nth: left behind " . implode(', ', $litter));
    }
    clearstatcache();
    if (fileinode($target) === $inode && file_get_contents($target) === 'earlier') {
        $case->refused++;
    } elseif ($wrong = fault_look_at_dump($target, $needle)) {
        $case->lostFile("$call $nth: $wrong");
    } else {
        $case->whole++; /* it was renamed already */
    }
}

/* The positions to try among $count calls: all, or if they are many, some of them with the first and the last. */
function positions($count, $most)
{
    if ($count <= $most) {
        return range(1, $count);
    }
    $positions = [];
    for ($i = 0; $i < $most; $i++) {
        $positions[] = 1 + (int) round($i * ($count - 1) / ($most - 1));
    }
    return $positions;
}

/*
 * The calls of a dump with no other faults than $faults: its result, [name => count], [name => the first and the last
 * of them that is of the copy], and the one of the copy that follows renameat, as [name, number]. The counts of the
 * process and of its copy go on from the same number.
 */
function calls_of_a_dump(array $faults)
{
    global $folder, $target, $record, $automatic, $full;
    for ($i = 0; $i < 3; $i++) { /* the first dumps may make the heap grow */
        prepare($folder, $target);
        file_put_contents($record, '');
        $result = dump_once($faults, false);
    }
    $names = array_flip(CALLS);
    $calls = $before = $copy = $after = [];
    $previous = '';
    foreach (explode(' ', trim(strtr(file_get_contents($record), ['!' => '']))) as $text) {
        $number = (int) $text;
        $name = isset($names[$number]) ? $names[$number] : null;
        if ($name === null) {
            throw new Exception("system call $number has no name in this test");
        }
        if ($text[0] === '+') {
            $first = isset($before[$name]) ? $before[$name] + 1 : 1;
            $copy[$name] = [$first, isset($copy[$name]) ? $copy[$name][1] + 1 : $first];
            $after = $previous === 'renameat' ? [$name, $copy[$name][1]] : $after;
            $previous = $name;
        } else {
            $calls[$name] = isset($calls[$name]) ? $calls[$name] + 1 : 1;
            $before = $name === 'clone' ? $calls : $before;
        }
    }
    foreach ($copy as $name => $range) {
        $calls[$name] = max(isset($calls[$name]) ? $calls[$name] : 0, $range[1]);
    }
    return [$result, $calls, $copy, $after];
}

$background = [];
foreach ($always as $call => $error) {
    $background[] = [$call, 0, $error];
}
[$result, $calls, $copy, $after] = calls_of_a_dump($background);
$usual = $result ? $result[2] : null; /* PHP itself closes the script's file before the shutdown functions run */
if (!$result || !$result[0] || (!$automatic && $usual !== '') || strpos($usual, 'mappings') !== false) {
    echo "not ok - $title, nothing injected: ", json_encode($result, JSON_UNESCAPED_SLASHES), "\n";
    exit;
}

if ($mode === 'killed') {
    $case = new FaultCase("$title: the thread crashes at each system call: no file is left, it ends by SIGSEGV");
    foreach ($calls as $call => $count) {
        foreach (positions($count, 20) as $nth) {
            crash_in_dump($case, $call, $nth);
        }
    }
    $case->close();
    exit;
}
foreach ($calls as $call => $count) {
    if (in_array($call, NEVER_FAIL, true) || isset($always[$call])) {
        continue;
    }
    $errors = isset(ERRORS[$call]) ? ERRORS[$call] : ANY_ERROR;
    if ($is_short && count($errors) > 2) {
        $errors = [$errors[0] === 'EINTR' ? $errors[1] : $errors[0], end($errors)];
    }
    $case = new FaultCase("$title: $call fails: $count calls, " . implode(' ', $errors));
    $dispensable = in_array($call, DISPENSABLE, true) && !($automatic && in_array($call, NEEDED_FOR_BUDGET, true));
    foreach (positions($count, $mode === 'lean' ? 20 : ($is_short ? 2 : ($mode === 'copied' ? 4 : 6))) as $nth) {
        foreach ($errors as $error) {
            $again = ($error === 'EINTR' || $error === 'short') && in_array($call, RESUMED, true);
            try_faults($case, array_merge([[$call, $nth, $error]], $background), [[$call, $nth, $error]],
                $dispensable || $again ? 'whole' : null);
        }
    }
    $case->close();
}

/* The copy is killed, and then cleaning up fails as well. */
if (in_array($mode, COPYING, true)) {
    $case = new FaultCase("$title: the copy is killed at each system call");
    foreach ($copy as $call => $range) {
        foreach (positions($range[1] - $range[0] + 1, $is_short ? 2 : 3) as $nth) {
            $first = [$call, $range[0] + $nth - 1, 'SIGKILL'];
            try_faults($case, [$first], [$first], null);
        }
    }
    $case->close();
}

if (in_array($mode, REAPING, true)) {
    $calls_of_end = ['wait4', 'munmap', 'close'];
    $ends = ['writes' => [['writev', 1, 'SIGKILL'], 'refused', array_merge($calls_of_end, ['unlinkat', 'newfstatat'])],
        'has renamed its file' => [[$after[0], $after[1], 'SIGKILL'], 'whole',
            array_merge($calls_of_end, ['unlinkat'])]];
    foreach ($ends as $when => list($first, $expected, $failing)) {
        $case = new FaultCase("$title: the copy is killed when it $when, then each call that cleans up fails");
        foreach ($failing as $call) {
            foreach (ERRORS[$call] as $error) {
                $reaping = [[$call, 1, $error]];
                try_faults($case, [$first], [$first, $reaping[0]], $expected);
            }
        }
        $reaping = [];
        $case->close();
    }

    $case = new FaultCase("$title: the next one removes what was left of a copy that was killed");
    prepare($folder, $target);
    $reaping = [['unlinkat', 0, 'EBUSY']];
    dump_once([['writev', 1, 'SIGKILL']], false);
    $reaping = [];
    $left = preg_grep('/^\.rdump-/', fault_list($folder));
    $case->injected++;
    $case->refused++;
    dump_once([], false);
    $case->whole++;
    $now = preg_grep('/^\.rdump-/', fault_list($folder));
    if (count($left) !== 1 || $now) {
        $case->wrong('left then: ' . implode(' ', $left) . ', after the next dump: ' . implode(' ', $now));
    }
    $case->close();
}

/* A dump fails, and removing its file fails too. */
if (in_array($mode, ['lean', 'auto', 'zstd-auto'], true)) {
    foreach ([['writev', 1, 'ENOSPC'], ['write', 1, 'EDQUOT'], ['ftruncate', 1, 'EFBIG'],
        ['renameat', 1, 'EACCES']] as $first) {
        [, $calls] = calls_of_a_dump([$first]);
        $case = new FaultCase("$title: $first[0] fails, then each call that follows");
        foreach (['unlinkat', 'close', 'munmap', 'flock', 'rt_sigtimedwait', 'rt_sigprocmask'] as $call) {
            $count = isset($calls[$call]) ? $calls[$call] : 0;
            for ($nth = max(1, $count - 3); $nth <= $count; $nth++) {
                foreach (array_diff(isset(ERRORS[$call]) ? ERRORS[$call] : ANY_ERROR, ['EINTR']) as $error) {
                    try_faults($case, [$first, [$call, $nth, $error]], [$first, [$call, $nth, $error]], null);
                }
            }
        }
        /* The next dump removes what that one could not. */
        prepare($folder, $target);
        dump_once([$first, ['unlinkat', 0, 'EBUSY']], false);
        $left = count(fault_list($folder));
        dump_once([], false);
        $now = count(array_diff(fault_list($folder), [basename($target), basename($target) . '.done']));
        if ($left !== 3 || $now !== 0) {
            $case->wrong("of what unlinkat could not remove, $left files were left then, $now after the next dump");
        }
        $case->close();
    }
}
