<?php
/*
 * Called by benchmarks/run: the cases, the table, the raw numbers. Variants that are compared are measured alternately
 * within one run.
 */

require __DIR__ . '/../scripts/inspect.d/reader.php';
require __DIR__ . '/fit.php';
require __DIR__ . '/plots.php';
require __DIR__ . '/slow-disk.php';

const MB = 1 << 20, GB = 1 << 30;

/* A process that takes commands: worker.c or worker.php. */
final class Worker
{
    private $process;
    private array $pipes = [];

    public function __construct(private array $command)
    {
        $this->process = proc_open($command, [['pipe', 'r'], ['pipe', 'w'], STDERR], $this->pipes);
    }

    public static function c(): self
    {
        return new self([Options::$worker]);
    }

    public static function php(string ...$settings): self
    {
        return self::with(Options::$so, [], $settings);
    }

    /* With this build of rdump, these extensions and settings. */
    public static function with(string $so, array $extensions, array $settings): self
    {
        return new self([...Options::php('ffi.so', ...$extensions, ...[$so]), ...self::flags($settings),
            __DIR__ . '/worker.php']);
    }

    /* With huge pages where the machine has them (transparent_hugepage/enabled: madvise or always). */
    public static function huge(): self
    {
        return new self(['env', 'USE_ZEND_ALLOC_HUGE_PAGES=1', ...Options::php('ffi.so', Options::$so),
            ...self::flags([]), __DIR__ . '/worker.php']);
    }

    private static function flags(array $settings): array
    {
        return array_merge(...array_map(fn($setting) => ['-d', $setting], [...$settings, 'memory_limit=-1']));
    }

    public function ask(string ...$words): array
    {
        fwrite($this->pipes[0], implode(' ', $words) . "\n");
        parse_str(strtr(trim((string) fgets($this->pipes[1])), ' ', '&'), $answer);
        if (!$answer || isset($answer['error'])) {
            throw new RuntimeException(implode(' ', $words) . ': ' . ($answer['error'] ?? 'no answer') . ' from '
                . implode(' ', $this->command));
        }
        return array_map('floatval', $answer);
    }

    public function pid(): int
    {
        return proc_get_status($this->process)['pid'];
    }

    public function __destruct()
    {
        fclose($this->pipes[0]);
        proc_close($this->process);
    }
}

final class Options
{
    public static string $php, $config, $so, $worker, $extensions, $out, $disk;
    public static bool $quick = false;
    public static array $only = [];

    public static function parse(array $arguments): void
    {
        while (($name = array_shift($arguments)) !== null) {
            $known = preg_match('/^--(php|config|so|worker|extensions|out|disk|only|quick)$/', $name, $match);
            match ($known ? $match[1] : '') {
                '' => exit("unknown argument: $name\n"),
                'quick' => self::$quick = true,
                'only' => self::$only = explode(',', array_shift($arguments)),
                default => self::${$match[1]} = array_shift($arguments),
            };
        }
        self::$disk ??= self::$out;
    }

    /* PHP without the machine's php.ini. */
    public static function php(string ...$extensions): array
    {
        $command = [self::$php, '-n', '-d', 'extension_dir=' . self::$extensions];
        foreach ($extensions as $extension) {
            if ($extension[0] === '/' || is_file(self::$extensions . "/$extension")) { /* else it is built in */
                array_push($command, '-d', "extension=$extension");
            }
        }
        return $command;
    }

    public static function rounds(int $rounds): int
    {
        return self::$quick ? max(3, intdiv($rounds, 3)) : $rounds;
    }
}

final class Results
{
    public static array $raw = [];   /* case, setting, variant, round, metric, value */
    public static array $table = []; /* case, what, figure, bar, met */
    public static array $ratios = []; /* what, ratio of each round, bar */

    public static function add(string $case, string $setting, string $variant, int $round, array $metrics): void
    {
        foreach ($metrics as $metric => $value) {
            self::$raw[] = [$case, $setting, $variant, $round, $metric, $value];
        }
    }

    /* One metric of one variant, a value per round. */
    public static function values(string $case, string $setting, string $variant, string $metric): array
    {
        $values = [];
        foreach (self::$raw as [$c, $s, $v, $round, $m, $value]) {
            if ([$c, $s, $v, $m] === [$case, $setting, $variant, $metric]) {
                $values[$round] = $value;
            }
        }
        return $values;
    }

    /* The ratio (or difference) of two variants, for each round: in a round they are measured one after the other. */
    public static function pairs(string $case, string $setting, string $of, string $to, callable $combine,
        string $metric = 'seconds'): array
    {
        return array_map($combine, self::values($case, $setting, $of, $metric),
            self::values($case, $setting, $to, $metric));
    }

    public static function row(string $case, string $what, string $figure, string $bar = '', ?bool $met = null,
        bool $timed = false): void
    {
        $met = match ($met) { null => '', true => 'met', false => 'missed' };
        $met .= $timed && $met !== '' && is_busy() ? ' (busy)' : '';
        self::$table[] = [$case, $what, $figure, $bar, $met];
        fprintf(STDERR, "[%4ds] %-10s %-64s %s%s\n", hrtime(true) / 1e9 - $GLOBALS['started'], $case, $what, $figure,
            $bar === '' ? '' : "  (bar $bar: $met)");
    }

    /* The row of a ratio of times. The processor times say whether other programs have influenced the first figure. */
    public static function ratio(string $case, string $setting, string $what, string $of, string $to, ?float $bar): void
    {
        $divide = fn($a, $b) => $a / $b;
        $ratios = self::pairs($case, $setting, $of, $to, $divide);
        self::$ratios[] = [$what, $ratios, $bar];
        $best = min(self::values($case, $setting, $of, 'seconds')) / min(self::values($case, $setting, $to, 'seconds'));
        $cpu = self::pairs($case, $setting, $of, $to, $divide, 'cpu');
        self::row($case, $what, sprintf('%.2f (%s), best %.2f, cpu %.2f; %s', median($ratios), spread($ratios), $best,
            median($cpu),
            seconds(median(self::values($case, $setting, $of, 'seconds')))),
            $bar ? sprintf('%.2f', $bar) : '', $bar ? judged($ratios, $cpu) <= $bar : null, true);
    }
}

/* More programs are ready to run than there are processors. */
function is_busy(): bool
{
    return sys_getloadavg()[0] > (int) trim((string) shell_exec('nproc')) + 0.5;
}

/* The median that is compared with a bar. On a busy machine it is that of processor time. */
function judged(array $wall, array $cpu): float
{
    return median(is_busy() ? $cpu : $wall);
}

function median(array $values): float
{
    return quantile($values, 0.5);
}

function quantile(array $values, float $part): float
{
    sort($values);
    $at = $part * (count($values) - 1);
    [$low, $high] = [(int) floor($at), (int) ceil($at)];
    return $values[$low] + ($values[$high] - $values[$low]) * ($at - $low);
}

/* The middle half of the values. */
function spread(array $values, string $format = '%.2f–%.2f'): string
{
    return sprintf($format, quantile($values, 0.25), quantile($values, 0.75));
}

function seconds(float $seconds): string
{
    return $seconds < 1 ? sprintf('%.1f ms', $seconds * 1e3) : sprintf('%.2f s', $seconds);
}

function size(float $bytes): string
{
    return $bytes < GB ? sprintf('%.4g MB', $bytes / MB) : sprintf('%.4g GB', $bytes / GB);
}

/* Folders to write to, by name. */
function places(): array
{
    return ['tmpfs' => '/dev/shm', 'disk' => Options::$disk];
}

/*
 * Runs the variants one after the other, in the opposite order every second round, after a round that does not count.
 * Each gets a path that does not exist, and answers with its metrics. Its file is removed at once, outside the measured
 * time: in a virtual machine, memory that is free for a while returns to the host, and the next use of it is slow. So
 * each variant finds the memory that the one before it has freed.
 */
function take_turns(string $case, string $setting, string $folder, int $rounds, array $variants): void
{
    $path = "$folder/rdump-benchmark-" . getmypid() . '.rdump';
    exec('sync -f ' . escapeshellarg($folder));
    for ($round = 0; $round <= $rounds; $round++) {
        foreach ($round % 2 ? array_reverse($variants, true) : $variants as $variant => $measure) {
            $metrics = $measure($path);
            @unlink($path);
            if ($round > 0) {
                Results::add($case, $setting, $variant, $round, $metrics);
            }
        }
    }
}

/* ---- cases ------------------------------------------------------------------------------------------------------- */

function sizes(): array
{
    $sizes = ['100 MB' => [100 * MB, 15], '1 GB' => [GB, 7], '4 GB' => [4 * GB, 3]];
    return Options::$quick ? array_slice($sizes, 0, 2) : $sizes;
}

/* For the memory, the file on a tmpfs, and other programs. */
function has_memory(string $case, string $name, int $size): bool
{
    preg_match('/^MemAvailable:\s+(\d+)/m', file_get_contents('/proc/meminfo'), $available);
    if ($available[1] * 1024 >= 3 * $size) {
        return true;
    }
    Results::row($case, "dump / write(2), $name",
        'not measured: ' . size($available[1] * 1024) . ' of memory are free');
    return false;
}

/* The sources without PHP, compared with write(2). */
function dense(): void
{
    foreach (sizes() as $name => [$size, $rounds]) {
        if (!has_memory('dense', $name, $size)) {
            continue;
        }
        $worker = Worker::c();
        $worker->ask('fill', $size);
        foreach (places() as $place => $folder) {
            $bytes = 0;
            take_turns('dense', "$name $place", $folder, Options::rounds($rounds), [
                'dump' => function ($path) use ($worker, &$bytes) {
                    $answer = $worker->ask('dump', $path, 'lean', 'fast');
                    $bytes = $answer['bytes'];
                    return $answer;
                },
                'write' => function ($path) use ($worker, &$bytes) { return $worker->ask('write', $path, $bytes); },
                'safe' => fn($path) => $worker->ask('dump', $path, 'lean', 'safe'),
            ]);
            Results::ratio('dense', "$name $place", "dump / write(2), $name, $place", 'dump', 'write', 1.05);
            Results::ratio('dense', "$name $place", "safe_read=1 / write(2), $name, $place", 'safe', 'write', 1.5);
        }
    }
}

/* rdump_dump(). */
function php(): void
{
    foreach (sizes() as $name => [$size, $rounds]) {
        if (!has_memory('php', $name, $size)) {
            continue;
        }
        $worker = Worker::php();
        $worker->ask('fill', $size);
        foreach (places() as $place => $folder) {
            $bytes = 0;
            take_turns('php', "$name $place", $folder, Options::rounds($rounds), [
                'dump' => function ($path) use ($worker, &$bytes) {
                    $answer = $worker->ask('dump', $path, 'lean');
                    $bytes = $answer['bytes'];
                    return $answer;
                },
                'write' => function ($path) use ($worker, &$bytes) { return $worker->ask('write', $path, $bytes); },
            ]);
            Results::ratio('php', "$name $place", "rdump_dump() / write(2), $name, $place", 'dump', 'write', 1.05);
        }
        growth('php', "$name tmpfs", "$name PHP heap");
    }
}

/* How much the process has grown by the dumps of a setting, and during them. */
function growth(string $case, string $setting, string $what): void
{
    $largest = fn($metric) => max(Results::values($case, $setting, 'dump', $metric)) / 1024;
    Results::row($case, "growth by a dump: RSS, at its peak, page tables; $what",
        sprintf('%.2f MB, %.2f MB, %.2f MB', $largest('rss'), $largest('peak'), $largest('tables')),
        '1 MB', max($largest('rss'), $largest('peak'), $largest('tables')) <= 1);
}

function fragmented(): void
{
    $holes = Worker::c();
    $holes->ask('fill', GB);
    $holes->ask('punch');
    $whole = Worker::c();
    $whole->ask('fill', GB / 2);
    foreach (places() as $place => $folder) {
        take_turns('fragmented', $place, $folder, Options::rounds(9), [
            'dump' => fn($path) => $holes->ask('dump', $path, 'lean', 'fast'),
            'write' => fn($path) => $whole->ask('write', $path, GB / 2),
            'safe' => fn($path) => $holes->ask('dump', $path, 'lean', 'safe'),
        ]);
        Results::ratio('fragmented', $place, "dump of every second page of 1 GB / write(2) of as much, $place", 'dump',
            'write', 1.3);
        Results::ratio('fragmented', $place, "safe_read=1, the same, $place", 'safe', 'write', null);
    }
    growth('fragmented', 'tmpfs', 'every second page of 1 GB');
}

/* The size of the file, compared with the private memory of the process. */
function file_size(): void
{
    $path = places()['tmpfs'] . '/rdump-benchmark-' . getmypid() . '.rdump';
    $settings = [
        '100 MB PHP heap' => [100 * MB, []],
        '1 GB PHP heap' => [GB, []],
        '100 MB PHP heap, opcache' => [100 * MB, opcache()],
    ];
    foreach ($settings as $name => [$size, $ini]) {
        $worker = Worker::php(...$ini);
        $worker->ask('fill', $size);
        $private = $worker->ask('private');
        $worker->ask('dump', $path, 'lean');
        $dump = new RdumpReader($path);
        $regions = $dump->held() + 16 * count($dump->regions());
        unlink($path);
        Results::add('size', $name, 'dump', 1,
            $private + ['bytes' => $dump->size, 'held' => $dump->held(), 'table' => $dump->size - $regions]);
        $ratio = $regions / $private['private'];
        Results::row('size', "file / resident private bytes, $name",
            sprintf('%.3f and %.0f KB map (%s; /%s anonymous %.3f)', $ratio,
            ($dump->size - $regions) / 1024, size($dump->size), size($private['anonymous']),
                $regions / $private['anonymous']), '1.02', $ratio <= 1.02);
    }
}

function reserved(): void
{
    $with = Worker::php();
    $without = Worker::php();
    $with->ask('fill', 50 * MB);
    $without->ask('fill', 50 * MB);
    $with->ask('reserve', 1 << 40);
    take_turns('reserved', 'tmpfs', places()['tmpfs'], Options::rounds(31), [
        'dump' => fn($path) => $with->ask('dump', $path, 'lean'),
        'without' => fn($path) => $without->ask('dump', $path, 'lean'),
    ]);
    $milliseconds = fn($a, $b) => ($a - $b) * 1e3;
    $more = Results::pairs('reserved', 'tmpfs', 'dump', 'without', $milliseconds);
    $cpu = Results::pairs('reserved', 'tmpfs', 'dump', 'without', $milliseconds, 'cpu');
    $bytes = Results::pairs('reserved', 'tmpfs', 'dump', 'without', fn($a, $b) => $a - $b, 'bytes');
    Results::row('reserved', '1 TB reserved beside 50 MB: more time, more file',
        sprintf('%+.2f ms (%s), cpu %+.2f ms; %+.2f MB', median($more),
        spread($more, '%+.2f–%+.2f'), median($cpu), median($bytes) / MB), '+5 ms', judged($more, $cpu) <= 5, true);
    growth('reserved', 'tmpfs', '1 TB reserved');
}

function mappings(): void
{
    $counts = [0, 10000, 20000, 40000, 60000];
    $variants = [];
    foreach ($counts as $count) {
        $worker = Worker::c();
        $worker->ask('fill', MB);
        if ($count) {
            $worker->ask('map', $count);
        }
        $variants["$count"] = fn($path) => $worker->ask('dump', $path, 'lean', 'fast');
    }
    take_turns('mappings', 'tmpfs', places()['tmpfs'], Options::rounds(9), $variants);
    $values = fn($count, $metric) => Results::values('mappings', 'tmpfs', "$count", $metric);
    $each = fn($count, $metric) => array_map(fn($seconds) => $seconds / $count * 1e6,
        Results::pairs('mappings', 'tmpfs', "$count", '0', fn($a, $b) => $a - $b, $metric));
    foreach ([10000, 60000] as $count) {
        Results::row('mappings', "a dump of $count mappings",
            sprintf('%s; each %.2f µs (%s), cpu %.2f µs; %.1f MB of scratch',
            seconds(median($values($count, 'seconds'))),
            median($each($count, 'seconds')), spread($each($count, 'seconds')), median($each($count, 'cpu')),
                max($values($count, 'peak')) / 1024));
    }
    $ratio = fn($metric) => median($each(60000, $metric)) / median($each(10000, $metric));
    $judged = $ratio(is_busy() ? 'cpu' : 'seconds');
    Results::row('mappings', 'time per mapping, 60,000 / 10,000',
        sprintf('%.2f, cpu %.2f', $ratio('seconds'), $ratio('cpu')), 'linear (1.25)', $judged <= 1.25, true);
}

function opcache(): array
{
    return ['zend_extension=opcache.so', 'opcache.enable_cli=1', 'opcache.memory_consumption=512'];
}

function opcache_case(): void
{
    $with = Worker::php(...opcache());
    $without = Worker::php();
    foreach (places() as $place => $folder) {
        take_turns('opcache', $place, $folder, Options::rounds(31), [
            'dump' => fn($path) => $with->ask('dump', $path, 'lean'),
            'without' => fn($path) => $without->ask('dump', $path, 'lean'),
        ]);
        $bytes = Results::values('opcache', $place, 'dump', 'bytes');
        Results::ratio('opcache', $place,
            'small script with opcache 512 MB (' . size(median($bytes)) . " file) / without, $place", 'dump', 'without',
            2);
    }
    growth('opcache', 'tmpfs', 'opcache 512 MB');
}

/* How many instructions a command executes. */
function instructions(array $command): int
{
    $log = tempnam(sys_get_temp_dir(), 'rdump-benchmark');
    exec('USE_ZEND_ALLOC=1 valgrind --tool=callgrind --callgrind-out-file=/dev/null --log-file=' . $log . ' '
        . implode(' ', array_map('escapeshellarg', $command)) . ' 2>&1', $output, $status);
    if ($status !== 0 || !preg_match('/Collected : (\d+)/', file_get_contents($log), $match)) {
        throw new RuntimeException("callgrind: $status\n" . implode("\n", $output));
    }
    unlink($log);
    return (int) $match[1];
}

/* A script with many calls or many notices, with and without the extension. */
function idle(): void
{
    $count = 20000;
    foreach (['calls', 'notices'] as $what) {
        foreach (['with' => [Options::$so], 'without' => []] as $variant => $extensions) {
            foreach ([0, $count] as $times) {
                $total = instructions([...Options::php(...$extensions), __DIR__ . '/idle.php', $what,
                    (string) $times]);
                Results::add('idle', $what, $variant, 1, ["instructions of $times" => $total]);
            }
        }
        $value = fn($variant, $times) => Results::values('idle', $what, $variant, "instructions of $times")[1];
        $each = fn($variant) => ($value($variant, $count) - $value($variant, 0)) / $count;
        $more = $each('with') - $each('without');
        Results::row('idle', "instructions, script with $count $what, with / without",
            sprintf('%.5f; %+.2f per %s (of %.0f); start-up %+.0f (of %s)',
            $value('with', $count) / $value('without', $count), $more, substr($what, 0, -1), $each('without'),
            $value('with', 0) - $value('without', 0), number_format($value('without', 0))),
            $what === 'calls' ? '+0' : 'a comparison (+50)', $more < ($what === 'calls' ? 0.5 : 50));
    }
}

/*
 * PHPs that report exhausted memory late: what a configured automatic dump costs meanwhile. PHP calls vsnprintf() only
 * where memory is exhausted. So first a script that does not call it, then the call by itself.
 */
function slots(): void
{
    $count = 20000;
    $set = ['-d', 'rdump.oom_dump=/tmp/%p.rdump'];
    foreach (['configured' => $set, 'not configured' => []] as $variant => $directives) {
        foreach ([0, $count] as $times) {
            $total = instructions([...Options::php(Options::$so), ...$directives, __DIR__ . '/idle.php', 'calls',
                (string) $times]);
            Results::add('slots', 'script', $variant, 1, ["instructions of $times" => $total]);
        }
    }
    $value = fn($variant, $times) => Results::values('slots', 'script', $variant, "instructions of $times")[1];
    $each = fn($variant) => ($value($variant, $count) - $value($variant, 0)) / $count;
    $more = $each('configured') - $each('not configured');
    Results::row('slots', "instructions, script with $count calls, rdump.oom_dump set / not set",
        sprintf('%+.2f per call (of %.0f); start-up %+.0f', $more, $each('not configured'),
        $value('configured', 0) - $value('not configured', 0)), '+0', $more < 0.5);

    $worker = Worker::c();
    $calls = 2000000;
    take_turns('slots', 'vsnprintf', places()['tmpfs'], Options::rounds(15), [
        'exchanged' => fn($path) => $worker->ask('call', 'exchanged', $calls),
        'plain' => fn($path) => $worker->ask('call', 'plain', $calls),
    ]);
    $nanoseconds = fn($a, $b) => ($a - $b) / $calls * 1e9;
    $more = Results::pairs('slots', 'vsnprintf', 'exchanged', 'plain', $nanoseconds, 'cpu');
    Results::row('slots', 'a call of vsnprintf() through an exchanged slot: more processor time',
        sprintf('%+.1f ns (%s) of %.0f ns', median($more), spread($more, '%+.1f–%+.1f'),
        median(Results::values('slots', 'vsnprintf', 'plain', 'cpu')) / $calls * 1e9),
        '5 ns', median($more) <= 5, true);
}

/*
 * gcore, from outside, by gdb. The pause is the time for which the process was stopped. Each variant has its own
 * process, of the same shape: gdb reads all of opcache's memory, and so creates the missing pages.
 */
function gcore(): void
{
    [$worker, $ours] = [Worker::php(...opcache()), Worker::php(...opcache())];
    $worker->ask('fill', 100 * MB);
    $ours->ask('fill', 100 * MB);
    $from_outside = function (string $path) use ($worker): array {
        $begin = hrtime(true);
        $gcore = proc_open(['gcore', '-o', $path, (string) $worker->pid()],
            [1 => ['file', '/dev/null', 'w'], 2 => ['file', '/dev/null', 'w']], $pipes);
        [$first, $last] = [null, null];
        while (proc_get_status($gcore)['running']) {
            preg_match('/\) (\w)/', file_get_contents("/proc/{$worker->pid()}/stat"), $match);
            if ($match[1] === 't') {
                $last = hrtime(true);
                $first ??= $last;
            }
            usleep(500);
        }
        $end = hrtime(true);
        clearstatcache();
        $core = "$path.{$worker->pid()}";
        $bytes = filesize($core);
        unlink($core);
        return ['seconds' => ($end - $begin) / 1e9, 'pause' => ($last - $first) / 1e9, 'bytes' => $bytes];
    };
    foreach (places() as $place => $folder) {
        take_turns('gcore', $place, $folder, Options::rounds(7), [
            'dump' => fn($path) => $ours->ask('dump', $path, 'lean'),
            'gcore' => $from_outside,
        ]);
        $its = fn($metric) => median(Results::values('gcore', $place, 'dump', $metric));
        $theirs = fn($metric) => median(Results::values('gcore', $place, 'gcore', $metric));
        Results::row('gcore', "gcore of 100 MB PHP heap, opcache 512 MB, $place: time, pause, size",
            sprintf('%s, %s, %s; ours %s, %s (%.0f, %.0f and %.1f times)',
            seconds($theirs('seconds')), seconds($theirs('pause')), size($theirs('bytes')), seconds($its('seconds')),
            size($its('bytes')),
            $theirs('seconds') / $its('seconds'), $theirs('pause') / $its('seconds'), $theirs('bytes') / $its('bytes')),
            'ours smaller, faster', $theirs('bytes') > $its('bytes') && $theirs('seconds') > $its('seconds')
                && $theirs('pause') > $its('seconds'));
    }
}

/* gcore of a worker, removed at once. */
function outside(Worker $worker, string $path): array
{
    $begin = hrtime(true);
    exec('gcore -o ' . escapeshellarg($path) . " {$worker->pid()} >/dev/null 2>&1");
    $seconds = (hrtime(true) - $begin) / 1e9;
    array_map('unlink', glob("$path.*"));
    return ['seconds' => $seconds];
}

/*
 * Where dumps of so much go: a tmpfs, or the disk where the memory has no room for both the process and its file. Null
 * where neither has.
 */
function place_for_pause(int $size): ?string
{
    preg_match('/^MemAvailable:\s+(\d+)/m', file_get_contents('/proc/meminfo'), $available);
    if ($available[1] * 1024 >= 3 * $size) {
        return 'tmpfs';
    }
    return $available[1] * 1024 >= $size + 2 * GB && disk_free_space(Options::$disk) >= 2.5 * $size ? 'disk' : null;
}

/* How long the caller is held: by rdump_dump(), by rdump_snapshot(), by gcore. */
function pause_case(): void
{
    foreach (sizes() + (Options::$quick ? [] : ['16 GB' => [16 * GB, 2]]) as $name => [$size, $rounds]) {
        foreach (['' => Worker::php(...), ', huge pages' => Worker::huge(...)] as $pages => $start) {
            $setting = "$name$pages";
            $place = place_for_pause($size);
            if ($place === null) {
                Results::row('pause', $setting, 'not measured: there is not enough memory, or disk');
                continue;
            }
            $worker = $start();
            $worker->ask('fill', $size);
            $variants = [
                'dump' => fn($path) => $worker->ask('dump', $path, 'lean'),
                'snapshot' => fn($path) => $worker->ask('snapshot', $path),
            ];
            if ($pages === '' && $size <= 4 * GB) {
                $variants['gcore'] = fn($path) => outside($worker, $path);
            }
            take_turns('pause', $setting, places()[$place], Options::rounds(min($rounds, 7)), $variants);
            tell_pause($setting, $place, $size);
            cost_of_copy($worker, $setting, $place);
            unset($worker, $variants);
        }
    }
}

function tell_pause(string $setting, string $place, int $size): void
{
    $of = fn($variant, $metric = 'seconds') => median(Results::values('pause', $setting, $variant, $metric));
    $per_gigabyte = $of('snapshot') * GB / $size;
    $times = $of('dump') / $of('snapshot');
    Results::row('pause', "rdump_snapshot(), $setting, $place: held; per GB; rdump_dump() to it; until it is written",
        sprintf('%s (%s), cpu %s; %s; %.0f times; %s', seconds($of('snapshot')),
            spread(array_map(fn($seconds) => $seconds * 1e3,
            Results::values('pause', $setting, 'snapshot', 'seconds')), '%.1f–%.1f'), seconds($of('snapshot', 'cpu')),
            seconds($per_gigabyte), $times, seconds($of('snapshot', 'whole'))), '20 ms per GB, 10 times',
            $per_gigabyte <= 0.02 && $times >= 10, true);
    if ($theirs = Results::values('pause', $setting, 'gcore', 'seconds')) {
        Results::row('pause', "gcore, $setting, $place: held", seconds(median($theirs)));
    }
}

/*
 * What a copy costs the process that goes on: time in requests beside it, then memory while it is stopped. At the end:
 * the kernel makes small pages of huge ones that change while there is a copy, and "free" leaves nothing.
 */
function cost_of_copy(Worker $worker, string $setting, string $place): void
{
    $folder = places()[$place];
    $of = fn($variant, $metric) => median(Results::values('pause', $setting, $variant, $metric));
    take_turns('pause', $setting, $folder, Options::rounds(3),
        ['requests' => fn($path) => $worker->ask('requests', $path)]);
    Results::row('pause', "a request beside it, $setting: usually; the slowest; all are usual again after",
        sprintf('%s; %s; %s', seconds($of('requests', 'usual')), seconds($of('requests', 'slowest')),
            seconds($of('requests', 'again'))));
    $works = ['request' => 'a request', 'change' => 'each page is changed', 'free' => 'all is freed'];
    foreach ($works as $work => $what) {
        if ($work === 'change' && $place !== 'tmpfs') {
            continue; /* there is no memory for it */
        }
        $variant = "copy, $work";
        Results::add('pause', $setting, $variant, 1,
            $worker->ask('snapshot', $path = "$folder/rdump-benchmark-" . getmypid() . '.rdump', $work));
        unlink($path);
        if ($copied = Results::values('pause', $setting, $variant, 'copied')) {
            Results::row('pause', "more memory while the copy is there, $setting: $what",
                sprintf('%s, in %s', size(median($copied)), seconds($of($variant, 'first'))));
        }
    }
}

function full(): void
{
    $worker = Worker::php();
    $worker->ask('fill', 100 * MB);
    foreach (places() as $place => $folder) {
        take_turns('full', $place, $folder, Options::rounds(15), [
            'dump' => fn($path) => $worker->ask('dump', $path, 'full'),
            'cat' => fn($path) => $worker->ask('cat', $path, 'full'),
        ]);
        Results::ratio('full', $place,
            'full dump (' . size(median(Results::values('full', $place, 'dump', 'bytes')))
            . ") / write(2) of the same mappings, $place", 'dump', 'cat', 1.2);
    }
}

/* A compressed dump and a plain one: to a tmpfs, to the disk, and to a disk that takes 125 MB/s (a network volume). */
function compressed(): void
{
    $heaps = [
        '120,000 objects' => fn() => filled(Worker::php(), 'objects', '120000'),
        '100 MB of texts' => fn() => filled(Worker::php(), 'texts', (string) (100 * MB)),
        'opcache, /usr/share/php' => fn() => filled(Worker::php(...opcache()), 'compile', '/usr/share/php'),
    ];
    $slow = new SlowDisk(Options::$disk, 1024, 125_000_000);
    if ($slow->reason !== '') {
        Results::row('compressed', 'on a disk of 125 MB/s', "not measured: $slow->reason");
    }
    foreach ($heaps as $name => $heap) {
        $worker = $heap();
        foreach (places() + ['125 MB/s' => $slow->reason === '' ? $slow->folder : null] as $place => $folder) {
            if ($folder === null) {
                continue;
            }
            if ($folder === $slow->folder) {
                $slow->hold($worker->pid());
            }
            $dump = function (string $path) use ($worker): array {
                $answer = $worker->ask('dump', $path, 'lean', 'synced');
                unlink($path);
                return $answer;
            };
            take_turns('compressed', "$name $place", $folder, Options::rounds(9), [
                'plain' => fn($path) => $dump($path),
                'compressed' => fn($path) => $dump("$path.zst"),
            ]);
            $its = fn($variant, $metric) => median(Results::values('compressed', "$name $place", $variant, $metric));
            [$plain, $small] = [$its('plain', 'bytes'), $its('compressed', 'bytes')];
            Results::row('compressed', "$name, $place: size; time; with fsync(2); processor time",
                sprintf('%s → %s (%.1f ×); %s → %s; %s → %s; %s → %s (%.0f MB/s)', size($plain), size($small),
                    $plain / $small, seconds($its('plain', 'seconds')), seconds($its('compressed', 'seconds')),
                    seconds($its('plain', 'synced')), seconds($its('compressed', 'synced')),
                    seconds($its('plain', 'cpu')), seconds($its('compressed', 'cpu')),
                    $plain / 1e6 / $its('compressed', 'cpu')));
        }
        unset($worker, $dump);
    }
}

function filled(Worker $worker, string ...$words): Worker
{
    $worker->ask(...$words);
    return $worker;
}

/* ---- the results ------------------------------------------------------------------------------------------------- */

function machine(): string
{
    $read = fn($path) => trim((string) @file_get_contents($path));
    preg_match('/^model name\s*: (.+)$/m', $read('/proc/cpuinfo'), $processor);
    preg_match('/^MemTotal:\s+(\d+)/m', $read('/proc/meminfo'), $memory);
    preg_match('/\[(\w+)\]/', $read('/sys/kernel/mm/transparent_hugepage/enabled'), $huge);
    $file_system = trim((string) shell_exec('df --output=fstype ' . escapeshellarg(Options::$disk) . ' | tail -n 1'));
    $version = trim((string) shell_exec(escapeshellarg(Options::$php)
        . ' -n -r \'echo PHP_VERSION, PHP_ZTS ? " ZTS" : "";\''));
    $load = explode(' ', $read('/proc/loadavg'));
    $sentence = sprintf('Linux %s, %s, %d processors (%s), %.0f GB, PHP %s, disk: %s, huge pages: %s, '
        . 'load at the end: %s. %s.', php_uname('r'), php_uname('m'), (int) trim((string) shell_exec('nproc')),
        $processor[1] ?? 'unknown', $memory[1] / MB, $version, $file_system, $huge[1] ?? 'none', $load[0],
        gmdate('Y-m-d H:i \U\T\C'));
    return wordwrap($sentence, 120);
}

function write_results(string $machine): void
{
    $raw = fopen(Options::$out . '/raw.csv', 'w');
    fputcsv($raw, ['case', 'setting', 'variant', 'round', 'metric', 'value']);
    foreach (Results::$raw as $line) {
        $line[5] = round($line[5], 6);
        fputcsv($raw, $line);
    }
    fclose($raw);

    $lines = ["# Figures of one run of `benchmarks/run" . (Options::$quick ? ' --quick' : '') . '`', '', $machine, '',
        'Ratios are medians of the ratios within each round, the middle half in brackets. "best" is the fastest round',
        'of one against the fastest of the other. "cpu" is the ratio of processor time, without what other programs',
        'took. The last figure is the median time. Where more programs wanted to run than there are processors, "cpu"',
        'is compared with the bar, and the verdict says "busy".', '',
        '| case | measured | result | bar | |', '| --- | --- | --- | --- | --- |'];
    foreach (Results::$table as $row) {
        $lines[] = '| ' . implode(' | ', $row) . ' |';
    }
    file_put_contents(Options::$out . '/summary.md', implode("\n", $lines) . "\n");
}

Options::parse(array_slice($argv, 1));
$started = hrtime(true) / 1e9;
$cases = ['dense' => 'dense', 'php' => 'php', 'fragmented' => 'fragmented', 'size' => 'file_size',
    'reserved' => 'reserved', 'mappings' => 'mappings',
    'opcache' => 'opcache_case', 'idle' => 'idle', 'slots' => 'slots', 'gcore' => 'gcore', 'full' => 'full',
    'compressed' => 'compressed', 'holes' => 'holes', 'heap' => 'heap', 'pause' => 'pause_case'];
if ($unknown = array_diff(Options::$only, array_keys($cases))) {
    exit('no such case: ' . implode(', ', $unknown) . "\n");
}
if (!is_dir(Options::$out)) {
    mkdir(Options::$out, 0777, true);
}
foreach ($cases as $name => $case) {
    if (!Options::$only || in_array($name, Options::$only, true)) {
        $case();
    }
}
write_results(machine());
draw_plots();
readfile(Options::$out . '/summary.md');
