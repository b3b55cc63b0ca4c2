<?php
/*
 * Large dumps: many mappings, strange and long names, much memory, many workers.
 *     php scale.php PHP RDUMP_SO FOLDER GIGABYTES      FOLDER is on a disk with that much space
 */
require __DIR__ . '/lib.php';
[, $php, $so, $base, $gigabytes] = $argv;
$command = [$php, '-n', '-d', 'extension=posix', '-d', 'extension=ffi', '-d', 'ffi.enable=1', '-d', "extension=$so",
    '-d', 'memory_limit=-1'];

/* Runs a program, given as text, which prints JSON last. Returns what it printed, or null if the program failed. */
function run(FaultCase $case, $text, array $arguments, array $ini = [])
{
    global $base, $command;
    file_put_contents("$base/program.php", "<?php\n" . $text);
    [$status, $output, $errors] = rdump_shell(rdump_command(array_merge($command, $ini, ["$base/program.php"],
        $arguments)));
    $answer = json_decode(trim(strrchr("\n" . trim($output), "\n")), true);
    if ($status !== 0 || $answer === null) {
        $case->lostProcess("status $status: " . substr($output . $errors, -300));
        return null;
    }
    return $answer;
}

$libc = 'long mmap(void *, size_t, int, int, int, long);
    int mprotect(long, size_t, int); int munmap(long, size_t); int open(const char *, int, int);
    int prctl(int, long, long, long, const char *); int close(int); long write(int, const char *, size_t);';

/* ---- mappings ---------------------------------------------------------------------------------------------------- */

$limit = (int) file_get_contents('/proc/sys/vm/max_map_count');
foreach (['65,000 mappings' => 65000, 'as many mappings as the kernel allows' => $limit + 100] as $title => $wanted) {
    $case = new FaultCase($title);
    /* Pages of one mapping, where every second one has another protection: each becomes a mapping. */
    $answer = run($case, <<<'PHP'
        [, $libc, $wanted, $target] = $argv;
        $c = FFI::cdef($libc);
        $needle = strrev('pam yna fo eldeen');
        $begin = $c->mmap(null, $wanted * 4096, 3, 0x22, -1, 0);
        for ($i = 0, $made = 0; $i < $wanted && $c->mprotect($begin + $i * 4096, 4096, 1) === 0; $i += 2) {
            $made += 2;
        }
        $time = microtime(true);
        $done = @rdump_dump($target);
        $time = microtime(true) - $time;
        $c->munmap($begin, $wanted * 4096); /* at the limit PHP itself gets no more mappings */
        fwrite(STDOUT, json_encode([$done, error_get_last()['message'] ?? null, $made, round($time, 2), $made]));
        PHP, [$libc, (string) min($wanted, $limit + 100), "$base/many.rdump"]);
    if ($answer) {
        [$done, $warning, $made, $seconds, $mappings] = $answer;
        $case->injected++;
        if ($done) {
            $case->whole++;
            $wrong = fault_look_at_dump("$base/many.rdump", 'needle of any map');
            if (!$wrong && count((new RdumpReader("$base/many.rdump"))->mappings()) < $mappings - 10) {
                $wrong = "fewer mappings than the process's $mappings";
            }
            $wrong && $case->lostFile($wrong);
        } else {
            $case->refused++;
            if (!preg_match('/cannot find memory .*: Cannot allocate memory$/', $warning) || $wanted <= 65000) {
                $case->wrong("refused: $warning");
            }
        }
        if ($made < min($wanted, $limit - 1000)) {
            $case->wrong("only $made mappings could be made");
        }
        $case->close("$mappings mappings, $seconds s" . ($warning ? ", $warning" : ''));
    } else {
        $case->close();
    }
    @unlink("$base/many.rdump");
}

$case = new FaultCase('names of mappings with spaces, newlines, quotes, of up to 4 KB');
$names = [' leading and trailing ', "new\nline", "quotes \" ' ` and \\ backslash",
    "fake\n7f0000000000-7f0000001000 r--p 00000000 00:00 0", 'ends in (deleted)', "\xff\xfe \x01\x7f", "tab\ttab",
    str_repeat("x\n", 100), 'long'];
foreach ([false, true] as $unlink) {
    $answer = run($case, <<<'PHP'
        [, $libc, $folder, $names, $unlink, $target] = $argv;
        $c = FFI::cdef($libc);
        mkdir($folder);
        chdir($folder);
        foreach (unserialize(base64_decode($names)) as $i => $name) {
            if ($name === 'long') {
                /*
                 * The longest path there can be: the kernel prints it as a line of 4 KB, or more if it escapes bytes.
                 */
                while (strlen(getcwd()) < 3840) {
                    $part = str_pad("deep\n", min(250, 4090 - strlen(getcwd()) - 2), 'y');
                    mkdir($part);
                    chdir($part);
                }
                $name = str_repeat('z', 4094 - strlen(getcwd()));
            }
            $fd = $c->open($name, 0102, 0600);
            $c->write($fd, str_repeat("name $i ", 1000), 7000);
            $places[$i] = $c->mmap(null, 4096, 3, 2, $fd, 0);
            $c->close($fd);
            if ($unlink) {
                unlink($name);
            }
        }
        $anonymous = $c->mmap(null, 4096, 3, 0x22, -1, 0);
        $c->prctl(0x53564d41, 0, $anonymous, 4096, "a \"name\" of 'its' own");
        $done = rdump_dump($target);
        fwrite(STDOUT, json_encode([$done, $places, base64_encode(file_get_contents('/proc/self/maps'))]));
        PHP, [$libc, "$base/names", base64_encode(serialize($names)), $unlink ? '1' : '', "$base/names.rdump"]);
    if ($answer) {
        [$done, $places, $maps] = $answer;
        $case->injected += count($names);
        if (!$done || ($wrong = fault_look_at_dump("$base/names.rdump", 'name 0 name 0'))) {
            $case->lostFile('no dump: ' . ($done ? $wrong : json_encode($done)));
        } else {
            $case->whole++;
            $dump = new RdumpReader("$base/names.rdump");
            foreach ($places as $i => $place) {
                preg_match('/^' . dechex($place) . '-\S+ \S+ \S+ \S+ \d+ *(.*)$/m', base64_decode($maps), $match);
                $mapping = $dump->mappingAt($place);
                if ($mapping['name'] !== $match[1] || $dump->read($place, 8) !== "name $i n") {
                    $case->wrong("name $i of " . strlen($match[1])
                        . ' bytes is not as in /proc/self/maps, or its memory is not in the dump');
                }
                $longest = max(isset($longest) ? $longest : 0, strlen($match[1]));
            }
        }
    }
    rdump_shell('rm -rf ' . escapeshellarg("$base/names") . ' ' . escapeshellarg("$base/names.rdump"));
}
$case->close('the longest has ' . (isset($longest) ? $longest : 0) . ' bytes');

/* ---- memory ------------------------------------------------------------------------------------------------------ */

$case = new FaultCase("a process of $gigabytes GB");
$answer = run($case, <<<'PHP'
    [, $gigabytes, $target] = $argv;
    $heap = [];
    for ($i = 0; $i < $gigabytes; $i++) {
        $heap[$i] = str_repeat(chr(65 + $i), (1 << 30) - 4096);
        $heap[$i][100] = '!';
    }
    $before = getrusage();
    preg_match_all('/^(VmRSS|VmPTE):\s+(\d+)/m', file_get_contents('/proc/self/status'), $first);
    $begin = microtime(true);
    $done = rdump_dump($target);
    $seconds = microtime(true) - $begin;
    preg_match_all('/^(VmRSS|VmPTE):\s+(\d+)/m', file_get_contents('/proc/self/status'), $last);
    fwrite(STDOUT, json_encode([$done, round($seconds, 1), (int) ($first[2][0] / 1024), $last[2][0] - $first[2][0],
        $last[2][1] - $first[2][1]]));
    PHP, [(string) $gigabytes, "$base/huge.rdump"]);
if ($answer) {
    [$done, $seconds, $rss, $growth, $tables] = $answer;
    $case->injected++;
    clearstatcache();
    $size = @filesize("$base/huge.rdump") >> 20;
    if (!$done || ($wrong = fault_look_at_dump("$base/huge.rdump")) || $size < $gigabytes * 1024) {
        $case->lostFile($done ? ($wrong ?: "only $size MB") : 'no dump');
    } else {
        $case->whole++;
    }
    if ($growth > 1024 || $tables > 1024) {
        $case->wrong("the process grew by $growth kB, its page tables by $tables kB");
    }
    $case->close("$rss MB resident, $size MB written in $seconds s, grown by $growth kB");
} else {
    $case->close();
}
@unlink("$base/huge.rdump");

/* ---- workers ----------------------------------------------------------------------------------------------------- */

$workers = <<<'PHP'
    [, $folder, $kind, $log] = $argv;
    $needle = strrev('rekrow eht fo eldeen');
    ini_set('error_log', $log);
    $gate = "$folder/../gate";
    touch($gate);
    $children = [];
    for ($i = 0; $i < 200; $i++) {
        if (($children[$i] = pcntl_fork()) === 0) {
            $own = str_repeat("worker $i ", 1000);
            while (file_exists($gate)) {
                clearstatcache();
                usleep(200);
            }
            if ($kind === 'auto') {
                ini_set('memory_limit', memory_get_usage(true) + (4 << 20));
                str_repeat('x', 100 << 20);
            }
            $done = rdump_dump($kind === 'own' ? "$folder/$i.rdump" : "$folder/one.rdump");
            exit($done ? 0 : 1);
        }
    }
    unlink($gate);
    $ends = [];
    $most = 0;
    while ($children) {
        foreach ($children as $i => $child) {
            if (pcntl_waitpid($child, $status, WNOHANG) === $child) {
                $end = pcntl_wifexited($status) ? pcntl_wexitstatus($status) : 'signal ' . pcntl_wtermsig($status);
                $ends[$end] = ($ends[$end] ?? 0) + 1;
                unset($children[$i]);
            }
        }
        clearstatcache();
        $sum = 0;
        foreach (scandir($folder) as $name) {
            $sum += $name[0] === '.' && substr($name, -5) !== '.part' ? 0 : (int) @filesize("$folder/$name");
        }
        $most = max($most, $sum);
        usleep(500);
    }
    fwrite(STDOUT, "\n" . json_encode([$ends, $most]));
    PHP;
foreach (['own' => '200 workers at once, each to its own file', 'one' => '200 workers at once, all to one file',
    'auto' => '200 workers out of memory at once, within a budget of 64 MB'] as $kind => $title) {
    $case = new FaultCase($title);
    mkdir("$base/workers");
    $log = "$base/log";
    @unlink($log);
    $answer = run($case, $workers, ["$base/workers", $kind, $log], $kind === 'auto'
        ? ['-d', "rdump.oom_dump=$base/workers/%p.rdump", '-d', 'rdump.oom_dump_max_total=64M', '-d', 'log_errors=1',
            '-d', 'display_errors=0'] : []);
    if ($answer) {
        [$ends, $most] = $answer;
        $case->injected += 200;
        $dumps = fault_list("$base/workers");
        foreach ($dumps as $name) {
            if ($wrong = fault_look_at_dump("$base/workers/$name", 'needle of the worker')) {
                $case->lostFile("$name: $wrong");
            }
        }
        if ($kind === 'auto') {
            $lines = (string) file_get_contents($log);
            $case->whole = substr_count($lines, ': dumped to ');
            $case->refused = substr_count($lines, ': no dump');
            $locked = substr_count($lines, 'cannot lock the folder'); /* on a busy machine: 10 seconds in the queue */
            $used = array_sum(array_map('filesize', glob("$base/workers/*.rdump")));
            $size = $dumps ? filesize("$base/workers/$dumps[0]") : 0;
            if ($ends !== [255 => 200] || $case->whole !== count($dumps) || $case->whole + $case->refused !== 200) {
                $case->wrong('they ended with ' . json_encode($ends) . ', ' . count($dumps)
                    . " dumps are there: {$case->whole} + {$case->refused} lines in the log");
            }
            if ($most > 64 << 20 || $used > 64 << 20 || (!$locked && $used + $size < 64 << 20)) {
                $case->wrong("the budget was not held, or not used: $most bytes at most, $used in the end, "
                    . "a dump has $size");
            }
        } else {
            $case->whole = isset($ends[0]) ? $ends[0] : 0;
            if ($ends !== [200] || count($dumps) !== ($kind === 'own' ? 200 : 1)) {
                $case->wrong('they ended with ' . json_encode($ends) . ', ' . count($dumps) . ' dumps are there');
            }
        }
        $case->close(($most >> 20) . ' MB at most');
    } else {
        $case->close();
    }
    rdump_shell('rm -rf ' . escapeshellarg("$base/workers"));
}
