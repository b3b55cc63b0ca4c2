<?php
/*
 * Hostile input: paths for both functions, and invalid values for each INI directive.
 *     php input.php PHP RDUMP_SO FOLDER PATHS
 */
require __DIR__ . '/lib.php';
[, $php, $so, $base, $paths] = $argv;

/* ---- paths, in a child process: a crash of it is a failed test ---- */

$program = <<<'PHP'
<?php
[, $folder, $rounds, $seed] = $argv;
mt_srand((int) $seed);
chdir($folder);
$parts = ['/', '//', '.', '..', './', '../', "\0", "\n", "\r", ' ', '%', '%p', '%i', '%t', '%%', '%n', '%s%s%s%n',
    '%999999d', '%', ':', '\\', '"', "'", '`id`', '$(id)',
    ';', '|', '*', '?', '~', '-', '--', 'a', 'dump.rdump', '.rdump', '.done', '.rdump-', '.part', 'phar://',
    'php://memory', 'file://', 'http://x/', 'data:,', 'compress.zlib://',
    "\xff", "\xc3\x28", "\xe2\x80\xae", "\u{0}", "\u{1F4A9}", "\x7f", "\x1b[2J", str_repeat('x', 255),
    str_repeat('y', 256), str_repeat('../', 50), str_repeat('z/', 2048),
    str_repeat('%p', 700), 'dir/', 'link', 'fifo', '/proc/self/mem', '/proc/self/fd/1', 'device', 'none/', "a\tb", '0',
        '-1'];
$counts = ['true' => 0, 'false' => 0, 'threw' => 0];
$bad = [];
for ($i = 0; $i < $rounds; $i++) {
    $path = '';
    for ($n = mt_rand(0, 5); $n >= 0; $n--) {
        $path .= $parts[mt_rand(0, count($parts) - 1)];
        if (mt_rand(0, 9) === 0) {
            $path .= random_bytes(mt_rand(1, 20));
        }
    }
    /* This test writes to no path outside its own folder. */
    $odd = ['/proc/self/mem', '/proc/self/fd/1'];
    if (strpos($path, '..') !== false || ($path !== '' && $path[0] === '/' && !in_array($path, $odd, true))) {
        $path = $folder . '/' . strtr($path, ['..' => '.']);
    }
    foreach (['rdump_dump', 'rdump_set_oom_dump'] as $function) {
        $said = [];
        set_error_handler(function ($number, $text) use (&$said) {
            $said[] = $text;
            return true;
        });
        try {
            $result = $function === 'rdump_dump' && mt_rand(0, 3) ? rdump_dump($path) : $function($path, true);
        } catch (ValueError $error) {
            $result = null;
        }
        restore_error_handler();
        if ($result === null) {
            $counts['threw']++;
            if (strpos($path, "\0") === false) {
                $bad[] = "$function threw for " . json_encode($path, JSON_INVALID_UTF8_SUBSTITUTE);
            }
        } else {
            $counts[$result ? 'true' : 'false']++;
            if ($result !== ($said === []) || strpos($path, "\0") !== false || count($said) > 1) {
                $bad[] = "$function returned " . json_encode($result) . ' and said '
                    . json_encode($said, JSON_INVALID_UTF8_SUBSTITUTE) . ' for '
                    . json_encode($path, JSON_INVALID_UTF8_SUBSTITUTE);
            }
            if ($said && strpos($said[0], "$function(): cannot ") !== 0) {
                $bad[] = $said[0];
            }
        }
    }
    rdump_set_oom_dump(null);
}
fwrite(STDOUT, "\n" . json_encode(['counts' => $counts, 'bad' => array_slice($bad, 0, 3), 'bad_count' => count($bad)],
    JSON_INVALID_UTF8_SUBSTITUTE) . "\n");
PHP;

/* What is in $base but not under paths/: it must not change. */
function others($base)
{
    $names = [];
    foreach (fault_list($base) as $name) {
        if ($name !== 'paths') {
            $names[$name] = md5_file("$base/$name");
        }
    }
    return $names;
}

file_put_contents("$base/program.php", $program);
file_put_contents("$base/precious", 'precious');
mkdir("$base/paths");
$case = new FaultCase('invalid and strange paths, for both functions');
$before = others($base);
foreach (range(1, 4) as $seed) {
    $folder = "$base/paths/$seed";
    mkdir($folder);
    mkdir("$folder/dir");
    symlink("$base/precious", "$folder/link");
    posix_mkfifo("$folder/fifo", 0600);
    /* Its own device: a broken build must not replace the one of the machine. */
    posix_mknod("$folder/device", POSIX_S_IFCHR | 0600, 1, 3);
    [$status, $output, $errors] = rdump_shell(rdump_command([$php, '-n', '-d', "extension=$so", "$base/program.php",
        $folder, (string) ($paths / 4), (string) $seed]));
    $answer = json_decode(trim(strrchr(rtrim($output), "\n")), true);
    if ($status !== 0 || !$answer) {
        $case->lostProcess("seed $seed: status $status: " . substr($output . $errors, -300));
        continue;
    }
    $case->injected += array_sum($answer['counts']);
    $case->whole += $answer['counts']['true'];
    $case->refused += $answer['counts']['false'] + $answer['counts']['threw'];
    foreach ($answer['bad'] as $sentence) {
        $case->wrong($sentence);
    }
    foreach (new RecursiveIteratorIterator(new RecursiveDirectoryIterator($folder,
        FilesystemIterator::SKIP_DOTS)) as $file) {
        $name = $file->getPathname();
        if (is_link($name) || !is_file($name)) {
            continue;
        }
        if ($wrong = fault_look_at_dump($name)) {
            $case->lostFile(json_encode($name, JSON_INVALID_UTF8_SUBSTITUTE) . ": $wrong");
        }
    }
    rdump_shell('rm -rf ' . escapeshellarg($folder));
}
if (others($base) !== $before) {
    $case->lostFile('files outside the folder changed');
}
$case->close();

/* ---- php.ini ----------------------------------------------------------------------------------------------------- */

$nonsense = ['-1', '-0', '+1', '1e9', '5X', '0x10', '1 2', '5K5', 'K', '.', '.5', '5.', '1..5', 'lots', 'null', 'NaN',
    'INF', '1,5', "\u{661}\u{662}", "\u{1F4A9}", "\xff\xfe", '-5M',
    '9223372036854775808', '18446744073709551615', '18446744073709551616', '99999999999999999999999999',
    '9223372036854775807T', '9999999999G', '0.0000001', '1.5', '%p', '"', '=',
    str_repeat('9', 5000), str_repeat('x', 5000)];
$sensible = ['0', '1', '7', ' 5', '5 ', '9223372036854775807', '', '5K', '1.5G', '2T', 'on', 'Off', 'yes', 'none',
    'true', '00012'];
$directives = [
    'oom_dump_full' => ['bool', '0'], 'oom_dump_marker' => ['bool', '0'], 'safe_read' => ['bool', '0'],
    'oom_dump_max' => ['count', '1'], 'oom_dump_min_interval' => ['count', '0'], 'oom_dump_max_total' => ['size', '0'],
    'oom_dump' => ['path', ''],
];

/* Is this value valid there, as the manual says? */
function makes_sense($kind, $value)
{
    switch ($kind) {
        case 'bool':
            return in_array(strtolower($value), ['', '0', '1', 'on', 'off', 'yes', 'no', 'true', 'false', 'none'],
                true);
        case 'count':
            return preg_match('/^[ \t]*[0-9]+[ \t]*$/D', $value) && bccompare(trim($value), '9223372036854775807') <= 0;
        case 'size':
            if (!preg_match('/^[ \t]*([0-9]+)(\.[0-9]+)?([KMGT]?)[ \t]*$/Di', $value, $match)
                || ($match[3] === '' && $match[2] !== '' && trim($match[2], '.0') !== '')) {
                return false;
            }
            return strlen(ltrim($match[1], '0')) <= 18 - 3 * (int) strpos(' KMGT', strtoupper($match[3]));
        default:
            return strlen($value) < 4096;
    }
}

/* Compares whole numbers as bccomp() does, which needs an extension. */
function bccompare($a, $b)
{
    $a = ltrim($a, '0');
    $b = ltrim($b, '0');
    return strlen($a) !== strlen($b) ? strlen($a) - strlen($b) : strcmp($a, $b);
}

$show = "$base/show.php";
file_put_contents($show, '<?php fwrite(STDOUT, "answer:" . base64_encode((string) ini_get($argv[1])) . "\n");');
foreach ($directives as $name => [$kind, $default]) {
    $case = new FaultCase("rdump.$name with invalid values");
    $taken = 0;
    foreach (array_merge($nonsense, $sensible) as $value) {
        /* The value in a php.ini, in quotes. Not by -d: PHP parses its text once more. */
        $ini = "$base/php.ini";
        $unquoted = in_array($value, ['on', 'Off', 'yes', 'none', 'true', ''], true);
        if (strpos($value, '"') !== false) {
            continue; /* the parser of php.ini does not take it */
        }
        file_put_contents($ini, "rdump.$name=" . ($unquoted ? $value : "\"$value\"")
            . "\ndisplay_errors=stderr\ndisplay_startup_errors=1\nlog_errors=0\nextension=$so\n");
        [$status, $output, $errors] = rdump_shell(rdump_command([$php, '-c', $ini, $show, "rdump.$name"]), '', null,
            ['PHP_INI_SCAN_DIR' => '', 'PATH' => getenv('PATH')]);
        $case->injected++;
        if ($status !== 0 || !preg_match('/answer:(\S*)/', $output, $match)) {
            $case->lostProcess("$value: status $status: " . substr($errors, -200));
            continue;
        }
        $short = json_encode(substr($value, 0, 30), JSON_INVALID_UTF8_SUBSTITUTE);
        $got = base64_decode($match[1]);
        $refused = strpos($errors, "rdump.$name=") !== false && strpos($errors, 'is refused') !== false;
        $real = $unquoted && $kind !== 'path'
            ? ['on' => '1', 'Off' => '', 'yes' => '1', 'none' => '', 'true' => '1', '' => ''][$value] : $value;
        if ($unquoted && $kind === 'path') {
            continue;
        }
        $sense = makes_sense($kind, $real);
        $taken += !$refused;
        if ($refused === (bool) $sense) {
            $case->wrong("$short " . ($refused ? 'is refused' : 'is accepted') . ": $got");
        } elseif ($refused && $got !== $default) {
            $case->wrong("$short is refused, but the value is not the default: " . substr($got, 0, 30));
        } elseif (!$refused && $got !== $real) {
            $case->wrong("$short is read as " . substr($got, 0, 30));
        }
    }
    $case->close("values, $taken of them taken");
}
