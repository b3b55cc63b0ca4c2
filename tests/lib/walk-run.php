<?php
/* Called by run-walk: php walk-run.php PHP RDUMP_SO FOLDER, where FOLDER holds offsets.txt. */
require __DIR__ . '/walk.php';
require __DIR__ . '/process.php';

list(, $php, $so, $folder) = $argv;
$offsets = file_get_contents("$folder/offsets.txt");
$program = __DIR__ . '/walk-program.php';
$key = 'key' . getmypid() . 'x' . mt_rand();

/* The line of the program with "at: NAME". */
$lines = [];
foreach (file($program) as $index => $line) {
    if (preg_match('{/\* at: (\w+) \*/}', $line, $match)) {
        $lines[$match[1]] = $index + 1;
    }
}

function check($name, $expected, $actual)
{
    global $title;
    if ($expected === $actual) {
        echo "ok - walk, $title: $name\n";
    } else {
        $show = function ($value) {
            $text = preg_replace('/\s+/', ' ', var_export($value, true));
            return strlen($text) > 600 ? substr($text, 0, 600) . '...' : $text;
        };
        echo "not ok - walk, $title: $name: {$show($actual)} instead of {$show($expected)}\n";
    }
}

/* The directives that load opcache into a PHP that runs with -n. Null if there is no opcache. */
function opcache_directives($php)
{
    $test = function ($directives) use ($php) {
        $run = rdump_shell(rdump_command(array_merge([$php, '-n'], $directives,
            ['-r', 'echo (int) extension_loaded("Zend OPcache");'])));
        return $run[1] === '1';
    };
    foreach ([[], ['-d', 'zend_extension=opcache'], ['-d', 'zend_extension=opcache.so']] as $directives) {
        if ($test($directives)) {
            return array_merge($directives, ['-d', 'opcache.enable_cli=1', '-d', 'opcache.file_update_protection=0']);
        }
    }
    return null;
}

/* Runs the program and checks everything about its dump. */
function walk($how, $full, array $directives, $jit)
{
    global $php, $so, $folder, $program, $key, $offsets, $lines;

    $path = "$folder/walk.rdump";
    $limit = 256;
    $arguments = array_merge([$php, '-n', '-d', "extension=$so", '-d', "memory_limit={$limit}M", '-d',
        'display_errors=0',
        '-d', 'fatal_error_backtraces=0', /* on the heap, and counted */ '-d', "error_log=$folder/log"], $directives);
    if ($how === 'auto') {
        array_push($arguments, '-d', "rdump.oom_dump=$path", '-d', 'rdump.oom_dump_full=' . (int) $full);
    }
    array_push($arguments, $program, $how, $key, $path, (int) $full);
    $run = rdump_shell('echo $$; exec ' . rdump_command($arguments));
    if (!is_file($path)) {
        check('a dump', 'one', [$run, @file_get_contents("$folder/log")]);
        return;
    }
    $mode = fileperms($path) & 07777;
    try {
        $dump = new RdumpReader($path);
        unlink($path);
        @unlink("$folder/log");
        check('the file is for its owner only', '600', decoct($mode));
        check('pid, and whose globals', [(int) $run[1], true, true, true],
            [$dump->pid, $dump->has($dump->eg, 64), $dump->has($dump->cg, 64),
                $dump->has($dump->modules['basic_globals'], 64)]);
        check_content(new RdumpWalk($dump, $offsets), $how, $limit, $jit, $how === 'auto' ? $path : '', $full);
    } catch (Exception $error) {
        check('the dump can be walked', 'to the end', get_class($error) . ': ' . $error->getMessage());
    }
}

function check_content(RdumpWalk $walk, $how, $limit, $jit, $template, $full)
{
    global $key, $lines;

    $expected = [
        'string' => "string of $key", 'int' => 7 * crc32($key), 'float' => crc32($key) / 8, 'true' => true,
        'null' => null,
        'empty' => '',
        'nested' => ['key' => $key, 'list' => [1, 2, "third of $key"], 'deep' => ['deeper' => ['deepest' => $key]],
            7 => false, -3 => 'minus'],
        'gone' => array_diff_key(range(0, 99), [50 => 0]) + ['a' => 1, 'c' => $key],
        'packed' => array_diff_key(range(1000, 1999), [10 => 0]),
        'target' => "target of $key", 'reference' => "target of $key",
        'ring' => 'object(Planted\Node)',
        'rare' => ['object(Planted\Rare)', 'object(Planted\Rare)', 'object(Planted\Rare)'],
        'closure' => 'object(Closure)',
    ];
    $found = [];
    foreach ($expected as $name => $value) {
        $found[$name] = $walk->globalVariable($name);
    }
    check('global variables', $expected, $found);
    check('strings of 100 KB and 4 MB', [md5(str_repeat("$key-", 5000)), md5(str_repeat("$key+", 200000))],
        [md5($walk->globalVariable('medium')), md5($walk->globalVariable('huge'))]);
    check('variables that are there, and one that is not', [true, true, false, false],
        array_map(function ($name) use ($walk) {
            return in_array($name, $walk->globalNames(), true);
        }, ['argv', 'string', 'never', 'nowhere']));

    $stack = $files = [];
    foreach ($walk->callStack() as $frame) {
        /* The name of a closure has its file and line since 8.4, its namespace before. */
        $function = preg_replace('/^.*\{closure.*\}$/', '{closure}', $frame['function']);
        $stack[] = $function . ($frame['line'] !== null && !$jit ? ':' . $frame['line'] : '');
        if ($frame['file'] !== null) {
            $files[$frame['file']] = true;
        }
    }
    $line = function ($name) use ($lines, $jit) {
        return $jit ? '' : ':' . $lines[$name];
    };
    $innermost = $how === 'auto' ? 'str_repeat' : 'rdump_dump';
    check('the running function, and the call stack to it', [
        $innermost,
        'Planted\end_of_the_line' . $line($how), '{closure}' . $line('closure'), 'Planted\Deep::turn' . $line('turn'),
        'Planted\Deep::descend' . $line('descend'), 'Planted\outer' . $line('outer'), '{main}' . $line('main'),
    ], $stack);
    check('the file of each', [__DIR__ . '/walk-program.php'], array_keys($files));

    $classes = $walk->classes();
    $class = function ($name) use ($classes) {
        return isset($classes[$name]) ? $classes[$name] : null;
    };
    check('the class table', [['Planted\Shape', true], ['Planted\Node', true], ['Planted\Gone', true],
        ['stdClass', false], ['Closure', false], null],
        array_map($class, ['planted\shape', 'planted\node', 'planted\gone', 'stdclass', 'closure', 'planted\nothing']));
    check('every class under its own name', [], array_filter($classes, function ($class) {
        return !preg_match('/^[A-Za-z_][A-Za-z0-9_\\\\]*$/D', $class[0]);
    }));
    $functions = $walk->functions();
    check('the function table', [true, true, false, false], [
        $functions['planted\outer'], $functions['planted\end_of_the_line'], $functions['rdump_dump'],
        $functions['str_repeat'],
    ]);
    check('the same by way of the compiler globals', $functions, $walk->functions(true));
    check('shutdown functions, by way of the basic globals', 2, $walk->shutdownFunctions());

    $modules = $walk->modules();
    check('extensions, by way of the module registry', [true, true, true],
        [isset($modules['core']), isset($modules['standard']), isset($modules['rdump'])]);
    check("rdump's version, in a full dump", $full ? 1 : null,
        $full ? preg_match('/^\d+\.\d+\.\d+$/D', (string) $modules['rdump'][0]) : $modules['rdump'][0]);
    check("the globals of each extension are in the dump", [], array_keys(array_filter($modules, function ($module) {
        return !$module[3];
    })));
    check("rdump's globals, by their first member", $template, $walk->stringAt($modules['rdump'][2]));

    $objects = $walk->objects();
    unset($objects['UnwindExit']); /* the engine's own function, in a PHP that reports late */
    ksort($objects);
    check('live objects of each class',
        ['Closure' => 1, 'Planted\Deep' => 1, 'Planted\Node' => 1000, 'Planted\Rare' => 3], $objects);

    $usage = $walk->globalVariable('usage');
    $memory = $walk->memory();
    check('memory_get_usage(true), peak and limit',
        [$usage['real_size'], $usage['real_peak'], $usage['limit'], $limit << 20],
        [$memory['real_size'], $memory['real_peak'], $memory['limit'], $usage['limit']]);
    /* Before the automatic dump the engine allocates its message. Nothing else changes. */
    $more = $memory['size'] - $usage['size'];
    check('memory_get_usage() to the byte' . ($how === 'auto' ? ', but for the error message' : ''), true,
        $how === 'auto' ? $more >= 0 && $more <= 1024 : $more === 0);
    check('memory_get_peak_usage() to the byte', max($usage['peak'], $memory['size']), $memory['peak']);
    check('chunks and huge blocks add up to memory_get_usage(true)', [$memory['real_size'], $memory['counted_chunks']],
        [$memory['really_added_up'], count($memory['chunks'])]);
    check('page maps, free lists and huge blocks add up to memory_get_usage()', $memory['size'], $memory['added_up']);
    list($huge, $length) = $walk->globalString('huge');
    $blocks = array_filter($memory['huge'], function ($size, $begin) use ($huge, $length) {
        return $begin <= $huge && $huge + $length <= $begin + $size;
    }, ARRAY_FILTER_USE_BOTH);
    check('a huge block for the string of 4 MB', 1, count($blocks));
}

/*
 * The table of scripts/inspect has the layout of this PHP, or of another release of this minor version: the headers say
 * the same. Sizes of whole structs and what no reader uses may differ between releases.
 */
function check_table()
{
    global $offsets, $title;
    $title = 'scripts/inspect';
    $at = rdump_offsets_of_text($offsets);
    $build = rdump_build($at);
    $kind = function (array $at) {
        return [(int) ($at['PHP_VERSION_ID'] / 100), $at['ZTS'], $at['debug']];
    };
    $known = array_filter(rdump_read_table(), function ($row, $name) use ($at, $kind) {
        return $name !== '' && $kind($row) === $kind($at);
    }, ARRAY_FILTER_USE_BOTH);
    if (!$known) {
        echo "skip - walk, scripts/inspect: the layout of PHP $build: the table has none of this version\n";
        return;
    }
    $row = isset($known[$build]) ? $known[$build] : end($known);
    if (!isset($known[$build])) {
        foreach (['PHP_VERSION_ID', 'reports late', 'zend_executor_globals', 'zend_compiler_globals'] as $name) {
            unset($row[$name], $at[$name]);
        }
    }
    ksort($row);
    ksort($at);
    check("the table has the layout of PHP $build, as its headers", $at, $row);
}

check_table();
$opcache = opcache_directives($php);
$settings = [
    '' => [],
    ', safe_read' => ['-d', 'rdump.safe_read=1'],
    ', no safe_read' => ['-d', 'rdump.safe_read=0'],
    ', opcache' => $opcache,
    ', opcache and JIT' => $opcache === null || rdump_without_jit() !== '' ? null
        : array_merge($opcache, ['-d', 'opcache.jit_buffer_size=16M', '-d', 'opcache.jit=tracing', '-d',
            'opcache.jit_hot_func=1']),
];
unset($settings[PHP_ZTS ? ', safe_read' : ', no safe_read']); /* the default there */
$kind = PHP_VERSION . (PHP_ZTS ? ' ZTS' : '') . (PHP_DEBUG ? ' debug' : '');
foreach ($settings as $setting => $directives) {
    foreach (['call' => 'rdump_dump()', 'auto' => 'automatic'] as $how => $what) {
        foreach (['lean', 'full'] as $full => $mode) {
            $title = "$kind, $what $mode$setting";
            if ($directives === null) {
                echo "skip - walk, $title: ", strpos($setting, 'JIT') === false ? 'this PHP has none'
                    : (rdump_without_jit() ?: 'this PHP has none'), "\n";
                continue;
            }
            walk($how, (bool) $full, $directives, strpos($setting, 'JIT') !== false);
        }
    }
}
