<?php
/*
 * Dumps in a hostile environment: no /proc, filters, limits, signals, swap, a container's memory limit.
 *     php surroundings.php PHP RDUMP_SO LAUNCH FOLDER     as root; FOLDER is on a disk
 */
require __DIR__ . '/lib.php';
[, $php, $so, $launch, $folder] = $argv;
$needle = 'the secret of this heap ' . getmypid();
mkdir("$folder/out");
chmod("$folder/out", 0777);
$target = "$folder/out/target.rdump";

function php($ini = [], $extensions = ['posix'])
{
    global $php, $so;
    $command = [$php, '-n'];
    foreach ($extensions as $extension) {
        $command[] = '-d';
        $command[] = "extension=$extension";
    }
    foreach (['extension' => $so, 'memory_limit' => '-1'] + $ini as $name => $value) {
        $command[] = '-d';
        $command[] = "$name=$value";
    }
    return rdump_command($command);
}

/* The probe's command line. */
function probe(array $options = [], array $ini = [], $extensions = ['posix'], $to = null)
{
    global $target, $needle;
    return php($ini, $extensions) . ' '
        . rdump_command([__DIR__ . '/probe.php', $to ?: $target, strrev($needle),
        json_encode($options ?: new stdClass)]);
}

/*
 * Runs a command line with a probe in it, over an earlier file. $expected: 'whole', 'refused' or null for either;
 * $reason: what a refusal says. Returns the probe's answer.
 */
function attempt(FaultCase $case, $what, $command, $expected, $reason = null, $to = null)
{
    global $target, $needle;
    $to = $to ?: $target;
    foreach (glob(dirname($target) . '/{,.}*', GLOB_BRACE) as $file) {
        is_file($file) && unlink($file);
    }
    file_put_contents($target, 'earlier');
    [$status, $output, $errors] = rdump_shell($command);
    $case->injected++;
    $answer = json_decode(trim(strrchr("\n" . trim($output), "\n")), true);
    if ($status !== 0 || !$answer) {
        $case->lostProcess("$what: status $status: " . trim(substr("$output $errors", -300)));
        return null;
    }
    $litter = array_diff(fault_list(dirname($target)), [basename($target)]);
    if ($litter) {
        $case->wrong("$what: left behind " . implode(', ', $litter));
    }
    $text = implode(', ', isset($answer['warnings']) ? $answer['warnings'] : []);
    if ($answer['whole']) {
        $case->whole++;
        if ($wrong = fault_look_at_dump($target, $needle)) {
            $case->lostFile("$what: $wrong");
        }
    } else {
        $case->refused++;
        if (@file_get_contents($target) !== 'earlier') {
            $case->lostFile("$what: the earlier file is not as it was");
        }
        if (!preg_match('/^rdump_dump\(\): cannot [a-z].*: ' . ($reason ?: '.+') . '$/', $text)) {
            $case->wrong("$what: refused with " . json_encode($text));
        }
    }
    if ($expected && (bool) $answer['whole'] !== ($expected === 'whole')) {
        $case->wrong("$what: not $expected: $text");
    }
    return $answer;
}

/* ---- /proc ------------------------------------------------------------------------------------------------------- */

$usual = new FaultCase('a usual environment');
attempt($usual, 'by call', probe(), 'whole');
$usual_size = filesize($target);
$usual->injected = 0;
$usual->close(number_format($usual_size) . ' bytes');

/*
 * Runs $command after $mounts, shell commands that change what is mounted. All of it is one process.
 */
function elsewhere($mounts, $command)
{
    return rdump_command(['unshare', '-m', '--propagation', 'private', 'sh', '-c', "$mounts && exec $command"]);
}

$case = new FaultCase('/proc not mounted');
attempt($case, 'lean', elsewhere('umount -l /proc', probe()), 'refused', 'No such file or directory');
attempt($case, 'safe_read', elsewhere('umount -l /proc', probe([], ['rdump.safe_read' => 1])), 'refused',
    'No such file or directory');
attempt($case, 'empty', elsewhere('mount -t tmpfs none /proc', probe()), 'refused', 'No such file or directory');
$case->close();

$case = new FaultCase('/proc with hidepid');
foreach ([1, 2, 4] as $hide) {
    attempt($case, "hidepid=$hide",
        elsewhere("mount -t proc -o hidepid=$hide proc /proc",
        'setpriv --reuid=65534 --regid=65534 --clear-groups ' . probe()), 'whole');
}
$case->close();

$case = new FaultCase('files of /proc/self are missing or empty');
foreach (['pagemap' => 'whole', 'mem' => 'whole', 'statm' => 'whole', 'smaps' => 'whole',
    'maps' => 'whole'] as $file => $expected) {
    foreach ([0, 1] as $safe) {
        attempt($case, "$file, safe_read=$safe",
            elsewhere("mount --bind /dev/null /proc/\$\$/$file", probe([], ['rdump.safe_read' => $safe])), $expected);
    }
}
/* Both lists, of the process and of its main thread. */
$no_lists = 'for list in smaps maps; do '
    . 'mount --bind /dev/null /proc/$$/$list && mount --bind /dev/null /proc/$$/task/$$/$list || exit; done';
attempt($case, 'smaps and maps', elsewhere($no_lists, probe()), 'refused', 'No data available');
$case->close();

/* ---- system calls that a container refuses ----------------------------------------------------------------------- */

$filters = ['scan', 'mincore', 'process_vm_readv', 'memfd_create', 'getrandom', 'flock', 'statfs', 'scan,mincore',
    'scan,mincore,process_vm_readv',
    'scan,mincore,process_vm_readv,memfd_create,getrandom,flock,statfs'];
$case = new FaultCase('a seccomp filter refuses ' . implode('; ', $filters));
foreach ($filters as $names) {
    foreach ([1 => 'EPERM', 38 => 'ENOSYS'] as $number => $error) {
        foreach ([0, 1] as $safe) {
            foreach ([0, 65534] as $uid) {
                $what = "$names $error, safe_read=$safe, uid $uid";
                attempt($case, $what, rdump_command([$launch, $names, $number]) . ' '
                    . probe(['uid' => $uid, 'mb' => 4], ['rdump.safe_read' => $safe]), 'whole');
                $sizes[$names . $uid] = is_file($target) ? filesize($target) : 0;
            }
        }
    }
}
/*
 * Without PAGEMAP_SCAN the entries of pagemap give the same answer. Without both, in a process that is not dumpable,
 * mincore() does. A file of whole mappings is the last resort.
 */
if ($sizes['scan0'] > 1.2 * $usual_size || $sizes['scan65534'] > 1.5 * $usual_size) {
    $case->wrong('a fallback wrote much more than needed: ' . json_encode($sizes));
}
$case->close();

$case = new FaultCase('a process that is not dumpable: it was root before');
foreach ([0, 1] as $safe) {
    foreach ([false, true] as $full) {
        attempt($case, "safe_read=$safe", probe(['uid' => 65534, 'full' => $full], ['rdump.safe_read' => $safe]),
            'whole');
    }
}
$case->close();

/* ---- limits ------------------------------------------------------------------------------------------------------ */

$case = new FaultCase('RLIMIT_NOFILE from 0 to 16');
for ($limit = 0; $limit <= 16; $limit++) {
    foreach ([0, 1] as $safe) {
        attempt($case, "limit $limit",
            probe(['limits' => [[POSIX_RLIMIT_NOFILE, $limit]]], ['rdump.safe_read' => $safe]),
            $limit < 4 ? 'refused' : null, 'Too many open files');
    }
}
$case->close();

$case = new FaultCase('RLIMIT_AS just above the size of the process');
foreach ([0, 4096, 1 << 20, 5 << 20, 40 << 20, 200 << 20, 300 << 20] as $headroom) {
    attempt($case, "$headroom bytes above", probe(['as_headroom' => $headroom]), 'whole');
}
$case->close();

$case = new FaultCase('RLIMIT_FSIZE');
foreach ([0, 1, 4096, 65536, 1 << 20, 10 << 20] as $limit) {
    attempt($case, "limit $limit", probe(['limits' => [[POSIX_RLIMIT_FSIZE, $limit]]]), 'refused', 'File too large');
}
$case->close();

$case = new FaultCase('a small stack, ulimit -s');
$small = null;
foreach ([64, 80, 96, 128, 160, 192, 256, 512] as $kilobytes) {
    /* PHP itself needs some stack. The least that it runs with must be enough for a dump. */
    $limited = "ulimit -s $kilobytes && ";
    $program = 'set_error_handler(function () {}); file_put_contents("/dev/null", json_encode([1]));';
    [$status] = rdump_shell('{ ' . $limited . php() . " -r '$program'; } 2>/dev/null");
    if ($status === 0) {
        $small = $small ?: $kilobytes;
        attempt($case, "$kilobytes KB", $limited . probe(), 'whole');
    }
}
$case->close("from $small KB on");

$case = new FaultCase('file systems that are full or read-only');
attempt($case, 'tmpfs of 1 MB',
    elsewhere("mkdir -p $folder/mnt && mount -t tmpfs -o size=1m none $folder/mnt && touch $folder/mnt/target.rdump",
    probe([], [], ['posix'], "$folder/mnt/target.rdump")), 'refused', 'No space left on device');
attempt($case, 'tmpfs without inodes',
    elsewhere("mount -t tmpfs -o nr_inodes=1 none $folder/mnt", probe([], [], ['posix'], "$folder/mnt/target.rdump")),
    'refused', 'No space left on device');
attempt($case, 'read-only',
    elsewhere("mount -t tmpfs -o ro none $folder/mnt", probe([], [], ['posix'], "$folder/mnt/target.rdump")), 'refused',
    'Read-only file system');
attempt($case, '/proc', probe([], [], ['posix'], '/proc/target.rdump'), 'refused');
attempt($case, '/sys', probe([], [], ['posix'], '/sys/kernel/target.rdump'), 'refused');
attempt($case, '/dev/fd', probe([], [], ['posix'], '/dev/fd/target.rdump'), 'refused');
$case->close();

/*
 * File systems where chmod(2) has no effect, or is refused: the mount options say who can read the file. A dump that
 * other users could read is refused. [name, packages, commands that mount at $MOUNT with $OPTIONS, options with which
 * other users can read, the reason then, options with which they cannot]
 */
$image = "$folder/image";
$loop = "truncate -s 64M $image && device=$(losetup -f --show $image) && trap 'losetup -d \$device' EXIT";
foreach ([
    ['vfat', 'mkfs.vfat:dosfstools', "$loop && mkfs.vfat \$device && mount -t vfat -o \$OPTIONS \$device \$MOUNT",
        'umask=022', 'Operation not supported', 'fmask=0177'],
    ['exfat', 'mkfs.exfat:exfatprogs mount.exfat-fuse:exfat-fuse',
        "$loop && mkfs.exfat \$device && mount.exfat-fuse -o \$OPTIONS \$device \$MOUNT", 'umask=022',
        'Operation not supported', 'fmask=0177'],
    ['bindfs', 'bindfs:bindfs', "mkdir -p $folder/below && bindfs \$OPTIONS $folder/below \$MOUNT", '--perms=0644,u+D',
        'Operation not supported', '--chmod-ignore'],
    ['bindfs that refuses', 'bindfs:bindfs',
        "mkdir -p $folder/below && bindfs --chmod-deny \$OPTIONS $folder/below \$MOUNT", '--perms=0644,u+D',
        'Operation not permitted', '--perms=0600,u+D'],
] as [$what, $packages, $commands, $open, $reason, $closed]) {
    $case = new FaultCase("chmod has no effect: $what");
    $mount = "$folder/mount";
    @mkdir($mount);
    $target = "$mount/target.rdump";
    foreach ([[$open, 'refused', $reason], [$closed, 'whole', null]] as [$options, $expected, $why]) {
        $lines = ['. ' . escapeshellarg(__DIR__ . '/../../scripts/lib.sh'), "need_command $packages", "MOUNT=$mount",
            "OPTIONS=$options", $commands];
        [$status, $output, $errors] = rdump_shell(rdump_command(['bash', '-c', 'set -e; ' . implode("\n", $lines)]));
        if ($status !== 0) {
            echo "skip - {$case->name}: ", strtok(trim("$errors\n$output"), "\n"), "\n";
            continue 2;
        }
        foreach ([0, 1] as $safe) {
            attempt($case, "$options, safe_read=$safe", probe([], ['rdump.safe_read' => $safe]), $expected, $why);
        }
        rdump_shell("umount $mount");
    }
    $case->close();
}
$target = "$folder/out/target.rdump";

/*
 * Compressed dumps. The room for a quarter of the plain size is reserved at first; a heap of random bytes needs more,
 * so that the disk, or the limit, is full in the middle.
 */
$compressed = rdump_shell('zstd --version')[0] === 0
    && strpos(rdump_shell(php() . ' --ri rdump')[1], 'Compressed dumps => libzstd') !== false;
if (!$compressed) {
    echo "skip - compressed dumps: rdump was built without libzstd, or there is no zstd\n";
} else {
    $target .= '.zst';
    $case = new FaultCase('a compressed dump where memory is hard to read');
    foreach (['true', 'mount --bind /dev/null /proc/$$/mem'] as $change) {
        foreach (['', rdump_command([$launch, 'process_vm_readv', 1]) . ' '] as $filter) {
            foreach ([0, 65534] as $uid) {
                attempt($case, "$change; $filter, uid $uid", elsewhere($change, $filter . probe(['uid' => $uid])),
                    'whole');
            }
        }
    }
    foreach ([0, 4096, 1 << 20, 40 << 20] as $headroom) {
        attempt($case, "RLIMIT_AS $headroom bytes above", probe(['as_headroom' => $headroom]), 'whole');
    }
    $case->close();
    $case = new FaultCase('a compressed dump where files are small or few');
    foreach ([0, 1, 65536, 1 << 20, 6 << 20] as $limit) {
        attempt($case, "RLIMIT_FSIZE $limit",
            probe(['random' => true, 'limits' => [[POSIX_RLIMIT_FSIZE, $limit]]]), 'refused', 'File too large');
    }
    for ($limit = 0; $limit <= 16; $limit++) {
        attempt($case, "RLIMIT_NOFILE $limit", probe(['limits' => [[POSIX_RLIMIT_NOFILE, $limit]]]),
            $limit < 4 ? 'refused' : null, 'Too many open files');
    }
    $case->close();
    $case = new FaultCase('a compressed dump to a file system that is full or read-only');
    foreach (['size=64k' => 'No space left on device', 'size=1m' => 'No space left on device',
        'size=6m' => 'No space left on device', 'nr_inodes=1' => 'No space left on device',
        'ro' => 'Read-only file system'] as $options => $reason) {
        attempt($case, $options, elsewhere("mount -t tmpfs -o $options none $folder/mnt",
            probe(['random' => true], [], ['posix'], "$folder/mnt/target.rdump.zst")), 'refused', $reason);
    }
    $case->close();
    unlink($target);
    $target = "$folder/out/target.rdump";
}

/*
 * The automatic dump writes its result to the log, and the process ends as PHP ends it: with status 255, after its
 * shutdown functions.
 */
$case = new FaultCase('the automatic dump in the same environments');
$log = "$folder/log";
foreach ([
    'nothing hostile' => ['', '', null],
    'no /proc' => ['umount -l /proc', '', 'No such file or directory'],
    'empty smaps and maps' => [$no_lists, '', 'No data available'],
    'full' => ["mount -t tmpfs -o size=1m none $folder/out", '', 'No space left on device'],
    'read-only' => ["mount -t tmpfs -o ro none $folder/out", '', 'Read-only file system'],
    'ulimit -f' => ['ulimit -f 8', '', 'File too large'],
    'ulimit -v' => ['ulimit -v 200000', '', null],
    'ulimit -s' => ['ulimit -s 128', '', null],
    'seccomp' => ['true', rdump_command([$launch, 'scan,mincore,process_vm_readv,memfd_create,getrandom,flock,statfs',
        38]) . ' ', null],
] as $what => [$change, $prefix, $reason]) {
    array_map('unlink', glob("$folder/out/{,.}*.{part,rdump,done}", GLOB_BRACE));
    @unlink($log);
    file_put_contents($target, 'earlier');
    $program = '
        ini_set("memory_limit", "32M");
        $needle = strrev($argv[1]);
        register_shutdown_function(function () { fwrite(STDERR, "shut down"); });
        str_repeat($needle, 2000000);
    ';
    $command = $prefix . php(['rdump.oom_dump' => $target, 'log_errors' => 1, 'error_log' => $log,
        'display_errors' => 0]) . ' ' . rdump_command(['-r', $program, strrev($needle)]);
    [$status, , $errors] = rdump_shell(elsewhere($change ?: 'true', $command));
    $case->injected++;
    $text = (string) @file_get_contents($log);
    if ($status !== 255 || strpos($errors, 'shut down') === false) {
        $case->lostProcess("$what: status $status, $errors");
    }
    if ($reason === null) {
        $case->whole++;
        if (($wrong = fault_look_at_dump($target, $needle))
            || !preg_match('/rdump: memory limit reached: dumped to /', $text)) {
            $case->lostFile("$what: $wrong, the log says: $text");
        }
    } else {
        $case->refused++;
        if (file_get_contents($target) !== 'earlier' || fault_list("$folder/out") !== ['target.rdump']) {
            $case->lostFile("$what: the folder is not as it was: " . implode(', ', fault_list("$folder/out")));
        }
        if (!preg_match("/rdump: memory limit reached: no dump: cannot [a-z].*: $reason/", $text)) {
            $case->wrong("$what: the log says: $text");
        }
    }
}
$case->close();

/*
 * On a PHP that reports exhausted memory late, rdump makes a page of PHP writable for a moment. Where that is refused,
 * the dump is taken when PHP reports the error, and phpinfo() says so.
 */
$case = new FaultCase('a seccomp filter refuses mprotect() for writing');
array_map('unlink', glob("$folder/out/*"));
@unlink($log);
$program = '
    register_shutdown_function(function () { (new ReflectionExtension("rdump"))->info(); });
    ini_set("memory_limit", "32M");
    for (;;) $kept[] = str_repeat("x", 1 << 20);
';
[$status, $out] = rdump_shell(rdump_command([$launch, 'unprotect', 1]) . ' '
    . php(['rdump.oom_dump' => $target, 'log_errors' => 1, 'error_log' => $log]) . ' '
    . rdump_command(['-r', $program]));
$text = (string) @file_get_contents($log);
$late = strpos(file_get_contents($so), 'when PHP reports it') !== false;
$moment = $late ? 'when PHP reports it: cannot make writable the page of the slot of _exit: Operation not permitted'
    : 'at the moment of exhaustion';
$case->injected++;
if ($status !== 255) {
    $case->lostProcess("status $status: $out");
} elseif (strpos($out, "Dump on exhausted memory => $moment\n") === false) {
    $case->wrong("phpinfo() does not say '$moment': $out");
} elseif (!preg_match('/dumped to .* bytes\)' . ($late ? '.*, reported late: /' : '$/m'), $text)) {
    $case->wrong("the log says: $text");
} else {
    $case->whole++;
}
$case->close();

/* ---- signals ----------------------------------------------------------------------------------------------------- */

$case = new FaultCase('signals every 200 microseconds');
foreach ([0, 1] as $safe) {
    $answer = attempt($case, "safe_read=$safe",
        probe(['timer' => 200, 'times' => 40], ['rdump.safe_read' => $safe, 'ffi.enable' => 1], ['posix', 'ffi']),
        'whole');
    if ($answer && ($answer['whole'] !== 40 || $answer['ticks'] < 1)) {
        $case->wrong("$answer[whole] of 40 dumps with $answer[ticks] signals: " . json_encode($answer));
    }
}
$case->close();

/*
 * Sends $signal as soon as the temporary file exists. Returns [did it arrive during the dump?, how the process ended].
 */
function signal_in_mid_dump($signal, $ini, $mb)
{
    global $target;
    $process = proc_open('exec ' . probe(['mb' => $mb], $ini),
        [1 => ['file', '/dev/null', 'w'], 2 => ['file', '/dev/null', 'w']], $pipes);
    $pid = proc_get_status($process)['pid'];
    $seen = rdump_await(function () use ($target) {
        foreach (fault_list(dirname($target)) as $name) {
            if (substr($name, -5) === '.part') {
                return true;
            }
        }
        return false;
    }, 30);
    posix_kill($pid, $signal);
    clearstatcache();
    $caught = $seen && count(fault_list(dirname($target))) > 1;
    $status = fault_wait($process);
    /* A process that is killed in rename(2) completes that. */
    return [$caught && ($signal !== SIGKILL || fault_look_at_dump($target) !== null), $status];
}

foreach ([SIGTERM => 'SIGTERM', SIGINT => 'SIGINT', SIGKILL => 'SIGKILL', -SIGKILL => 'SIGKILL'] as $signal => $name) {
    $case = new FaultCase("$name during a dump");
    if ($signal < 0) {
        if (!$compressed) {
            continue;
        }
        $signal = -$signal;
        $target .= '.zst';
        $case = new FaultCase("$name during a compressed dump");
    }
    for ($i = 0; $i < 20 && $case->injected < 6; $i++) {
        array_map('unlink', glob(dirname($target) . '/{,.}*.{part,rdump,zst}', GLOB_BRACE));
        file_put_contents($target, 'earlier');
        [$caught, $status] = signal_in_mid_dump($signal, ['rdump.safe_read' => $i % 2], 150);
        if (!$caught) {
            continue; /* the dump was too fast */
        }
        $case->injected++;
        if (!$status['signaled'] || $status['termsig'] !== $signal) {
            $case->wrong('the process did not end by the signal, once the dump was over: ' . json_encode($status));
        }
        if ($signal !== SIGKILL) {
            $case->whole++;
            if (($wrong = fault_look_at_dump($target, $needle)) || count(fault_list(dirname($target))) !== 1) {
                $case->lostFile($wrong ?: 'left behind a temporary file');
            }
        } else {
            $case->refused++;
            if (file_get_contents($target) !== 'earlier') {
                $case->lostFile('the earlier file is not as it was');
            }
            rdump_shell(probe());
            if (fault_list(dirname($target)) !== [basename($target)] || fault_look_at_dump($target, $needle)) {
                $case->wrong('the next dump left behind ' . implode(', ', fault_list(dirname($target))));
            }
        }
    }
    if ($case->injected === 0) {
        $case->wrong('no signal arrived during a dump');
    }
    $case->close();
}
array_map('unlink', glob(dirname($target) . '/{,.}*.{part,rdump,zst}', GLOB_BRACE));
$target = "$folder/out/target.rdump";

/* ---- memory ------------------------------------------------------------------------------------------------------ */

$case = new FaultCase('private and shared memory is swapped out');
$swap = "$folder/swap";
$off = function () use ($swap) {
    rdump_shell(rdump_command(['swapoff', $swap]));
    @unlink($swap);
};
[$status, , $errors] = rdump_shell('fallocate -l 256M ' . escapeshellarg($swap)
    . " && chmod 600 $swap && mkswap -q $swap && swapon $swap");
if ($status !== 0) {
    $off();
    echo "skip - {$case->name}: swapon: ", strtr(trim($errors), "\n", ' '), "\n";
} else {
    register_shutdown_function($off);
    $variants = [];
    $swapped = '';
    foreach ([0, 1] as $safe) {
        foreach ([0, 65534] as $uid) {
            $variants["safe_read=$safe, uid $uid"] = ['', $safe, $uid];
        }
    }
    $variants['no PAGEMAP_SCAN'] = [rdump_command([$launch, 'scan', 1]) . ' ', 0, 0];
    foreach ($variants as $what => [$prefix, $safe, $uid]) {
        $answer = attempt($case, $what,
            $prefix . probe(['pageout' => true, 'uid' => $uid], ['rdump.safe_read' => $safe, 'ffi.enable' => 1],
            ['posix', 'ffi']), 'whole');
        if (!$answer) {
            continue;
        }
        $dump = new RdumpReader($target);
        foreach ($answer['places'] as $kind => $begin) {
            if ($answer['swapped'][$kind] < 1024) {
                $case->wrong("$what: only {$answer['swapped'][$kind]} kB of $kind memory could be swapped out");
            }
            for ($page = 0; $page < 8192; $page++) {
                $text = sprintf('%s page %08d', $kind, $page);
                if (!$dump->has($begin + $page * 4096, 4096)
                    || $dump->read($begin + $page * 4096, strlen($text)) !== $text) {
                    $case->lostFile("$what: page $page of the $kind memory is not in the dump");
                    break;
                }
            }
        }
        $swapped = json_encode($answer['swapped']);
    }
    $off();
    $case->close("kB swapped out: $swapped");
}

/*
 * The memory limit of a container, a little above what the process needs. The dump goes to disk, and its pages in the
 * page cache count too.
 */
$case = new FaultCase('a cgroup memory limit just above the size of the process');
$version1 = is_dir('/sys/fs/cgroup/memory') && is_file('/sys/fs/cgroup/memory/memory.limit_in_bytes');
$group = ($version1 ? '/sys/fs/cgroup/memory' : '/sys/fs/cgroup') . '/rdump-faults-' . getmypid();
if (!@mkdir($group) || !is_file($limit = $group . ($version1 ? '/memory.limit_in_bytes' : '/memory.max'))) {
    @rmdir($group);
    echo "skip - {$case->name}: there is no memory cgroup that this user may make\n";
} else {
    register_shutdown_function(function () use ($group) {
        @rmdir($group);
    });
    foreach ([0, 1] as $safe) {
        foreach ([false, true] as $full) {
            file_put_contents($limit, (string) (340 << 20));
            attempt($case, "safe_read=$safe",
                'echo $$ >' . "$group/cgroup.procs && exec "
                . probe(['mb' => 300, 'full' => $full], ['rdump.safe_read' => $safe]), 'whole');
        }
    }
    rdump_await(function () use ($group) {
        return @rmdir($group);
    }, 10);
    $case->close('300 MB of heap, limit 340 MB');
}
array_map('unlink', glob(dirname($target) . '/{,.}*.{part,rdump}', GLOB_BRACE));
