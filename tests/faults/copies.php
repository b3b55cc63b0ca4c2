<?php
/*
 * Dumps that a copy of the process writes: many at once, without room for the copies, where no copy can be made, and
 * where the process becomes another program or ends meanwhile.
 *     php copies.php PHP RDUMP_SO LAUNCH MEMORY DISK       two folders, the first best on a tmpfs
 */
require __DIR__ . '/lib.php';
require __DIR__ . '/../lib/cgroup.php';
[, $php, $so, $launch, $memory, $disk] = $argv;
const WORKERS = 200;
const WORKER_BYTES = 16 << 20; /* a worker, its copy and its dump, with room to spare */
const LIMIT = 200 << 20;
const NEEDLE = 'as it is now';

/*
 * What each program below begins with. A program is the parent of its workers and, as they are not, of copies that
 * outlive them. So it knows what becomes of each.
 */
const COMMON = <<<'PHP'
<?php
[, $folder, $log, $count] = $argv;
$text = strrev('won si ti sa'); /* the text that is looked for is in the heap, and in no code */

/* Starts workers, which wait until all are there. Each ends with the status that $work returns. Returns their ids. */
function start_workers($count, callable $work)
{
    global $log;
    FFI::cdef('int prctl(int, long, long, long, long);')->prctl(36 /* PR_SET_CHILD_SUBREAPER */, 1, 0, 0, 0);
    touch("$log.gate");
    for ($i = 0; $i < $count && ($pid = pcntl_fork()) >= 0; $i++) {
        if ($pid === 0) {
            await(function () use ($log) { return !file_exists("$log.gate"); });
            exit($work($i));
        }
        $pids[$pid] = $i;
    }
    unlink("$log.gate");
    return $pids;
}

function await(callable $condition)
{
    for ($end = microtime(true) + 350; !$condition(); usleep(500)) {
        if (microtime(true) > $end) {
            fwrite(STDERR, 'waited for too long');
            exit(98);
        }
        clearstatcache();
    }
}

/* Waits until all workers are here. */
function meet($where, $i)
{
    global $log, $count;
    touch("$log.$where-$i");
    await(function () use ($log, $count, $where) { return count(glob("$log.$where-*")) === (int) $count; });
}

/*
 * Waits for all. Prints how many workers there were, how they ended, how copies ended that have outlived them, and
 * which processes of the group are left. Where a worker has left the id of its copy in a file, that one goes on then.
 */
function tell(array $pids)
{
    global $log;
    $ends = $copies = $left = [];
    while (($pid = pcntl_wait($status)) > 0) {
        $end = pcntl_wifexited($status) ? 'status ' . pcntl_wexitstatus($status) : 'signal ' . pcntl_wtermsig($status);
        if (!isset($pids[$pid])) {
            $copies[$end] = ($copies[$end] ?? 0) + 1;
            continue;
        }
        $ends[$end] = ($ends[$end] ?? 0) + 1;
        if ($copy = (int) @file_get_contents("$log.copy-{$pids[$pid]}")) {
            posix_kill($copy, SIGCONT);
        }
    }
    foreach (glob('/proc/[0-9]*/stat') as $file) {
        if (preg_match('/^(\d+) \((.*)\) (\S) \d+ (\d+) /', (string) @file_get_contents($file), $match)
            && (int) $match[4] === posix_getpgrp() && !in_array((int) $match[1], [getmypid(), posix_getppid()])) {
            $left[] = "$match[1] $match[2] $match[3]";
        }
    }
    ksort($ends);
    fwrite(STDOUT, "\n" . json_encode([count($pids), $ends, $copies, $left]));
}

/* The only child, which may be a zombie: [process id, name, state]. */
function child()
{
    $pid = (int) file_get_contents('/proc/self/task/' . getmypid() . '/children');
    preg_match('/^\d+ \((.*)\) (\S)/', (string) @file_get_contents("/proc/$pid/stat"), $match);
    return [$pid, $match[1] ?? '', $match[2] ?? ''];
}

/*
 * Starts a dump whose copy is stopped when it has its own name: then it is the first that the kernel kills where memory
 * is short. One that was faster is followed by another. Returns the copy's process id.
 */
function start_held($path)
{
    do {
        file_put_contents($path, 'earlier');
        rdump_snapshot($path) || exit(97);
        await(function () { return child()[1] === 'rdump' || child()[2] === 'Z'; });
        [$copy] = child();
        posix_kill($copy, SIGSTOP);
        await(function () { return in_array(child()[2], ['T', 'Z']); });
    } while (child()[2] === 'Z');
    return $copy;
}

PHP;

/* What a program has printed, and rdump's lines in its log. */
class Run
{
    public $count, $ends, $copies, $left, $lines, $folder;

    public function said()
    {
        return implode(' | ', array_slice($this->lines, -3));
    }
}

/* Runs a program in a folder of its own, under timeout(1), which ends what is left. Returns null where it fails. */
function run(FaultCase $case, $folder, $text, array $ini = [], $count = 1, $before = '', $group = null)
{
    global $php, $so;
    mkdir($folder);
    $command = [$php, '-n', '-d', 'extension=posix', '-d', 'extension=ffi', '-d', "extension=$so"];
    foreach ($ini + ['ffi.enable' => 1, 'memory_limit' => -1, 'log_errors' => 1, 'display_errors' => 0,
        'error_log' => "$folder.log"] as $name => $value) {
        array_push($command, '-d', "$name=$value");
    }
    file_put_contents("$folder.php", COMMON . $text);
    /* At the limit of a cgroup the kernel may try to get memory back for minutes before it kills. */
    $line = "timeout -s KILL 400 $before" . rdump_command(array_merge($command, ["$folder.php", $folder, "$folder.log",
        (string) $count]));
    [$status, $output, $errors] = rdump_shell($group ? rdump_cgroup_command($group, $line) : $line);
    $log = (string) @file_get_contents("$folder.log");
    $answer = json_decode(trim(strrchr("\n" . trim($output), "\n")), true);
    if ($status !== 0 || $answer === null) {
        $case->lostProcess("status $status: " . substr("$output $errors $log", -500));
        return null;
    }
    $run = new Run;
    $run->folder = $folder;
    [$run->count, $run->ends, $run->copies, $run->left] = $answer;
    preg_match_all('/\brdump(_\w+\(\))?: .*/', $log, $lines);
    $run->lines = $lines[0];
    $case->injected += $run->count;
    return $run;
}

/* The workers have ended like this, and these copies have outlived them. */
function expect_ends(FaultCase $case, Run $run, array $ends, array $copies = [])
{
    if ($run->ends !== $ends) {
        $case->lostProcess('they ended with ' . json_encode($run->ends) . ': ' . $run->said());
    }
    if ($run->copies !== $copies || $run->left) {
        $case->wrong('copies that outlive their workers: ' . json_encode($run->copies) . ', left: '
            . implode(', ', $run->left) . ': ' . $run->said());
    }
}

/* Each worker has its dump, or a line like $refused; then an earlier file is as it was, and there is nothing else. */
function expect_dumps(FaultCase $case, Run $run, $refused = '/never/')
{
    $case->refused += count(preg_grep($refused, $run->lines));
    foreach (fault_list($run->folder) as $name) {
        $path = "$run->folder/$name";
        if (file_get_contents($path, false, null, 0, 8) === 'earlier'
            && count(preg_grep('(' . preg_quote($path) . ')', preg_grep($refused, $run->lines))) === 1) {
            continue;
        }
        if ($wrong = fault_look_at_dump($path, NEEDLE)) {
            $case->lostFile("$name: $wrong: " . $run->said());
        } else {
            $case->whole++;
        }
    }
    if ($case->whole + $case->refused !== $case->injected) {
        $case->wrong("not each has a dump or a line: " . $run->said());
    }
}

/* Removes what run() has made. */
function remove($folder)
{
    rdump_shell('rm -rf ' . escapeshellarg($folder) . ' ' . escapeshellarg("$folder.") . '*');
}

/* ---- many at once ------------------------------------------------------------------------------------------------ */

preg_match('/^MemAvailable:\s+(\d+)/m', file_get_contents('/proc/meminfo'), $available);
$most = max(1, min(WORKERS, (int) ($available[1] * 1024 / 2 / WORKER_BYTES)));
$automatic = ['rdump.oom_dump' => "$memory/many/%p.rdump", 'rdump.background' => 1, 'rdump.oom_dump_marker' => 0];
foreach (['rdump_snapshot()' => [[], 'status 0'], 'rdump.background at memory_limit' => [$automatic, 'status 255'],
    'rdump.background at memory_limit, within a budget of 64 MB' => [$automatic + ['rdump.oom_dump_max_total' => '64M'],
    'status 255']] as $title => [$ini, $end]) {
    $case = new FaultCase("copies: $most workers at once, $title");
    $run = run($case, "$memory/many", <<<'PHP'
        tell(start_workers($count, function ($i) use ($folder) {
            if (!ini_get('rdump.background')) {
                return rdump_snapshot("$folder/$i.rdump") ? 0 : 1;
            }
            ini_set('memory_limit', memory_get_usage(true) + (4 << 20));
            str_repeat('x', 100 << 20);
        }));
        PHP, $ini, $most);
    $extra = '';
    if ($run) {
        expect_ends($case, $run, [$end => $run->count]);
        expect_dumps($case, $run, isset($ini['rdump.oom_dump_max_total']) ? '/: no dump/' : '/never/');
        if ($ini && count(preg_grep('/: dumped to /', $run->lines)) !== $case->whole) {
            $case->wrong('not each dump has a line: ' . $run->said());
        }
        $direct = count(preg_grep('/written directly: /', $run->lines));
        $extra = $direct ? "$direct written directly" : '';
        if ($run->count < WORKERS) {
            $extra .= ($extra ? ', ' : '') . "no memory for more than $run->count workers";
        }
    }
    $case->close($extra);
    remove("$memory/many");
}

/* ---- where no copy can be made ----------------------------------------------------------------------------------- */

$case = new FaultCase('copies: a filter refuses clone()');
foreach ([1 => 'Operation not permitted', 38 => 'Function not implemented'] as $number => $error) {
    $folder = "$memory/refused";
    $run = run($case, $folder, <<<'PHP'
        register_shutdown_function(function () {
            fwrite(STDOUT, "\n" . json_encode([3, error_get_last()['message'], [], []]));
            exit(0);
        });
        if (!rdump_snapshot("$folder/a.rdump") || !rdump_dump("$folder/b.rdump")) {
            exit(1);
        }
        ini_set('memory_limit', memory_get_usage(true) + (4 << 20));
        str_repeat('x', 100 << 20);
        PHP, ['rdump.snapshot' => 1, 'rdump.oom_dump' => "$folder/c.rdump", 'rdump.background' => 1], 1,
        rdump_command([$launch, 'clone,clone3', $number]) . ' ');
    if ($run) {
        if (strpos($run->ends, 'Allowed memory size of') !== 0) {
            $case->lostProcess("$error: the script ended with $run->ends");
        }
        expect_dumps($case, $run);
        $lines = preg_replace(['/\(\d+ bytes\)/', '/, in \S+ on line \d+$/'], ['(N bytes)', ''], $run->lines);
        if ($lines !== ["rdump: rdump_snapshot(): written directly: cannot copy the process: $error: $folder/a.rdump",
            "rdump: rdump_dump(): written directly: cannot copy the process: $error: $folder/b.rdump",
            "rdump: memory limit reached: dumped to $folder/c.rdump (N bytes), written directly: "
            . "cannot copy the process: $error"]) {
            $case->wrong("$error: log: " . implode(' | ', $lines));
        }
    }
    remove($folder);
}
$case->close();

/* ---- a process that ends meanwhile ------------------------------------------------------------------------------- */

if (!file_exists('/proc/self/task/' . getmypid() . '/children')) {
    echo "skip - copies: a process that ends meanwhile, or has no room: this kernel lists no children\n";
    exit;
}

$case = new FaultCase('copies: the process becomes another program by pcntl_exec() while a copy writes');
$folder = "$memory/exec";
file_put_contents("$folder.next.php", <<<'PHP'
    <?php
    [, $copy, $path] = $argv;
    /* No child at all, as waitpid(2) sees it: while the copy is stopped, and when it has ended. */
    if (pcntl_wait($status, WNOHANG) !== -1 || pcntl_get_last_error() !== PCNTL_ECHILD) {
        exit(1);
    }
    if (!preg_match('/\(rdump\) T /', file_get_contents("/proc/$copy/stat")) || !posix_kill($copy, SIGCONT)) {
        exit(2);
    }
    for ($end = microtime(true) + 120; !preg_match('/\) Z /', file_get_contents("/proc/$copy/stat")); usleep(500)) {
        if (microtime(true) > $end) {
            exit(3);
        }
    }
    exit(pcntl_wait($status, WNOHANG) !== -1 || pcntl_get_last_error() !== PCNTL_ECHILD ? 4 : 0);
    PHP);
$run = run($case, $folder, <<<'PHP'
    tell(start_workers(1, function () use ($folder) {
        $big = str_repeat('x', 30 << 20);
        $copy = start_held("$folder/a.rdump");
        pcntl_exec(PHP_BINARY, ['-n', '-d', 'extension=posix', "$folder.next.php", $copy, "$folder/a.rdump"]);
    }));
    PHP);
if ($run) {
    expect_ends($case, $run, ['status 0' => 1], ['status 0' => 1]);
    expect_dumps($case, $run);
}
$case->close();
remove($folder);

$case = new FaultCase('copies: the process ends by _exit() or SIGKILL while a copy writes');
$folder = "$memory/ends";
$run = run($case, $folder, <<<'PHP'
    tell(start_workers(2, function ($i) use ($folder, $log) {
        $big = str_repeat('x', 30 << 20);
        file_put_contents("$log.copy-$i", start_held("$folder/$i.rdump"));
        $i ? posix_kill(getmypid(), SIGKILL) : FFI::cdef('void _exit(int);')->_exit(7);
    }));
    PHP);
if ($run) {
    expect_ends($case, $run, ['signal 9' => 1, 'status 7' => 1], ['status 0' => 2]);
    expect_dumps($case, $run);
}
$case->close();
remove($folder);

/* ---- no room for copies ------------------------------------------------------------------------------------------ */

$group = rdump_cgroup_make('rdump-faults', LIMIT);
if (!$group) {
    echo "skip - copies: in a cgroup of 200 MB: there is no memory cgroup that this user may make\n";
    exit;
}
register_shutdown_function(function () use ($group) {
    rdump_cgroup_remove($group);
});

/* Each needs 15 MB more while its copy is there: that is too much for all. */
$case = new FaultCase('copies: 8 workers in a cgroup of 200 MB without room for what they change meanwhile');
$folder = "$disk/room";
$run = run($case, $folder, <<<'PHP'
    tell(start_workers($count, function ($i) use ($folder) {
        $big = str_repeat('x', 15 << 20);
        $copy = start_held("$folder/$i.rdump");
        meet('ready', $i);
        for ($at = 0; $at < 15 << 20; $at += 4096) {
            $big[$at] = 'c';
        }
        meet('changed', $i);
        posix_kill($copy, SIGCONT);
        return 0;
    }));
    PHP, [], 8, '', $group);
if ($run) {
    expect_ends($case, $run, ['status 0' => 8]);
    expect_dumps($case, $run, '/^rdump: rdump_snapshot\(\): no dump: .*: Killed$/');
    if (!$case->refused) {
        $case->wrong('there was room for all');
    }
}
$case->close();
remove($folder);

/* A file in memory is in the copy's cgroup as well. */
$case = new FaultCase('copies: in a cgroup of 200 MB without room for the file, on a tmpfs');
$folder = "$memory/file";
if (strpos((string) shell_exec('stat -f -c %T ' . escapeshellarg($memory)), 'tmpfs') !== 0) {
    echo "skip - {$case->name}: there is no tmpfs\n";
    exit;
}
$run = run($case, $folder, <<<'PHP'
    tell(start_workers(1, function () use ($folder) {
        $big = str_repeat('x', 120 << 20);
        file_put_contents("$folder/a.rdump", 'earlier');
        return rdump_snapshot("$folder/a.rdump") ? 0 : 1;
    }));
    PHP, [], 1, '', $group);
if ($run) {
    expect_ends($case, $run, ['status 0' => 1]);
    expect_dumps($case, $run, '/^rdump: rdump_snapshot\(\): no dump: .*: (Killed|Cannot allocate memory)$/');
}
$case->close();
remove($folder);
