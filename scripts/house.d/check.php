<?php
/*
 * Checks what CONTRIBUTING.md asks of the sources:   php check.php ROOT LAYERS OBJECTS RDUMP_SO < FILES
 * FILES are the paths of the project's files, relative to ROOT, one to a line. LAYERS says which room may use which, in
 * the format that its comment tells. OBJECTS is the folder of the compiled objects. Prints a line per check, and below
 * it a line per fault that says where it is.
 */
const COLUMNS = 120;
const SCREEN = 60;
const LONGEST_FILE = 500;
const TAB = 4;
/* Written by a program. */
const GENERATED = '~^(rdump_arginfo\.h|benchmarks/results/.*)$~';
/* What PHP's own macros define: a function for PHP, a part of the module, what the loader of extensions calls. */
const OF_PHP = '/^(zif_rdump_\w+|zm_\w+_rdump|get_module|_tsrm_ls_cache)$/';
const EXPORTED = ['get_module'];
const PHP_HEADER = '~^(php\w*\.h|SAPI\.h|(ext|main|sapi|TSRM|Zend)/.*|zend\w*\.h)$~';

[, $root, $layersFile, $objects, $so] = $argv;
$files = array_filter(explode("\n", stream_get_contents(STDIN)), 'strlen');
sort($files);

function report(string $check, array $faults)
{
    echo $faults ? 'not ok' : 'ok', " - house: $check\n";
    foreach (array_unique($faults) as $fault) {
        echo "    $fault\n";
    }
}

/* The room of a file. A C file without a header of its own belongs to the one that its name begins with. */
function room(string $file): string
{
    global $text;
    $room = preg_replace('/\.[ch]$/', '', $file);
    for ($of = $room; !isset($text["$of.h"]) && strpos($of, '_'); ) {
        $of = substr($of, 0, strrpos($of, '_'));
    }
    return isset($text["$of.h"]) ? $of : $room;
}

/* C without its comments and strings, with the same lines. */
function code(string $text): string
{
    return preg_replace_callback('~/\*.*?\*/|"(?:[^"\\\\\n]|\\\\.)*"|\'(?:[^\'\\\\\n]|\\\\.)*\'~s', function ($match) {
        return $match[0][0] === '/' ? preg_replace('/[^\n]+/', ' ', $match[0]) : '""';
    }, $text);
}

function columns(string $line): int
{
    $column = 0;
    foreach (explode("\t", preg_replace('/[\x80-\xbf]/', '', rtrim($line, "\r"))) as $index => $part) {
        $column = ($index ? $column - $column % TAB + TAB : 0) + strlen($part);
    }
    return $column;
}

/* The names that a file includes. */
function includes(string $text): array
{
    preg_match_all('/^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]/m', preg_replace('~/\*.*?\*/~s', '', $text), $matches);
    return $matches[1];
}

/* The symbols of an object, as [kind => [name, ...]] by nm's letter; a function's is T, an undefined one's is U. */
function symbols(string $options, string $object): array
{
    exec("nm $options " . escapeshellarg($object), $lines, $status);
    if ($status !== 0) {
        fwrite(STDERR, "nm $options $object failed\n");
        exit(2);
    }
    $symbols = [];
    foreach ($lines as $line) {
        if (preg_match('/([A-Za-z]) (\S+)$/', $line, $match)) {
            $symbols[$match[1]][] = preg_replace('/@.*/', '', $match[2]);
        }
    }
    return $symbols;
}

/* One circle in a graph [from => [to => where]], as text; null without one. */
function circle(array $graph)
{
    $done = [];
    $visit = function ($node, array $path) use (&$visit, &$done, $graph) {
        if (isset($path[$node])) {
            $circle = array_slice(array_keys($path), array_search($node, array_keys($path), true));
            return implode(' -> ', $circle) . " -> $node (" . end($path) . ')';
        }
        if (isset($done[$node])) {
            return null;
        }
        foreach (isset($graph[$node]) ? $graph[$node] : [] as $next => $where) {
            if ($found = $visit($next, $path + [$node => $where] + [$node => $where])) {
                return $found;
            }
        }
        $done[$node] = true;
        return null;
    };
    foreach (array_keys($graph) as $node) {
        if ($found = $visit($node, [])) {
            return $found;
        }
    }
    return null;
}

/* ---- what there is */

$text = [];
foreach ($files as $file) {
    if (preg_match('~^[^/]+\.[ch]$~', $file)) {
        $text[$file] = file_get_contents("$root/$file");
    }
}
$own = array_filter(array_keys($text), function ($file) {
    return !preg_match(GENERATED, $file);
});

$layerOf = [];
$knowsPhp = [];
$depth = 0;
foreach (file($layersFile, FILE_IGNORE_NEW_LINES) as $line) {
    if (preg_match('/^(\w+)\s+(yes|no)\s+(.*)$/', $line, $match)) {
        $depth++;
        foreach (preg_split('/\s+/', trim($match[3])) as $room) {
            $layerOf[$room] = [$depth, $match[1]];
            $knowsPhp[$room] = $match[2] === 'yes';
        }
    }
}

/* ---- rooms and what they use */

/*
 * Functions that a header declares, with and without a body: name => [header, line, has a comment before it]. A comment
 * stands for all declarations below it up to the next empty line.
 */
$declared = [];
foreach ($own as $file) {
    if (substr($file, -2) !== '.h') {
        continue;
    }
    $lines = explode("\n", $text[$file]);
    $told = false;
    foreach (explode("\n", code($text[$file])) as $index => $line) {
        $below = $index > 0 && substr(rtrim($lines[$index - 1]), -2) === '*/';
        $told = trim($lines[$index]) !== '' && ($told || $below);
        if (preg_match('/^(?!typedef\b|ZEND_\w+\(|PHP_\w+\()[A-Za-z_][\w \t*]*?\b\**(\w+)\(/', $line, $match)
            && !preg_match('/^(__attribute__|_Static_assert|struct \w+ \{)/', $line)) {
            $declared[$match[1]] = [$file, $index + 1, $told];
        }
    }
}

$includes = [];
$uses = [];
$faults = ['include' => [], 'layer' => [], 'place' => [], 'without' => []];
foreach ($own as $file) {
    $from = room($file);
    $direct = includes($text[$file]);
    $header = substr($file, 0, -2) . '.h';
    if (isset($text[$header])) {
        $direct = array_merge($direct, includes($text[$header]));
    }
    foreach (includes($text[$file]) as $name) {
        if (isset($text[$name]) && room($name) !== $from && !preg_match(GENERATED, $name)) {
            $includes[$from][room($name)] = $uses[$from][room($name)] = "$file includes $name";
        }
    }
    $code = code($text[$file]);
    preg_match_all('/\b(\w+)\(/', $code, $called);
    foreach (array_unique($called[1]) as $name) {
        if (isset($declared[$name]) && room($declared[$name][0]) !== $from) {
            $header = $declared[$name][0];
            $uses[$from][room($header)] = "$file calls $name()";
            if (!in_array($header, $direct, true)) {
                $faults['without'][] = "$file calls $name() and does not include $header";
            }
        }
    }
    if (!isset($layerOf[$from])) {
        $faults['place'][] = "$from has no place in scripts/house.d/layers";
    }
}
foreach (array_keys($layerOf) as $room) {
    if (!isset($text["$room.c"]) && !isset($text["$room.h"])) {
        $faults['place'][] = "$room is in scripts/house.d/layers, and is no file";
    }
}

/* The same from the objects: what the compiler says is called, and who defines it. */
$definedBy = [];
$wanted = [];
$external = [];
$missing = [];
foreach ($own as $file) {
    if (substr($file, -2) !== '.c') {
        continue;
    }
    $object = "$objects/" . substr($file, 0, -2) . '.o';
    if (!is_file($object)) {
        $missing[] = "$file: there is no $object";
        continue;
    }
    foreach (symbols('', $object) as $kind => $names) {
        foreach ($names as $name) {
            if ($kind === 'U') {
                $wanted[room($file)][] = $name;
            } elseif ($kind !== strtolower($kind)) {
                $external[] = [$file, $name];
                if ($kind === 'T') {
                    $definedBy[$name] = room($file);
                }
            }
        }
    }
}
foreach ($wanted as $from => $names) {
    foreach ($names as $name) {
        if (!isset($definedBy[$name])) {
            continue;
        }
        $to = $definedBy[$name];
        if ($to === $from) {
            continue;
        }
        $uses[$from][$to] = "$from.o calls $name()";
        if (!isset($declared[$name]) || room($declared[$name][0]) !== $to) {
            $faults['without'][] = "$from.c calls $name() of $to.c, which $to.h does not declare";
        }
    }
}
foreach ($uses as $from => $targets) {
    foreach ($targets as $to => $where) {
        if (isset($layerOf[$from], $layerOf[$to]) && $layerOf[$to][0] < $layerOf[$from][0]) {
            $faults['layer'][] = "$where: {$layerOf[$from][1]} is below {$layerOf[$to][1]}";
        }
    }
}

report('each source has its object', $missing);
report('each room has its place in a layer', $faults['place']);
report('no circle between the rooms by #include', array_filter([circle($includes)]));
report('no circle between the rooms by what they call', array_filter([circle($uses)]));
report('no room uses one of a layer above it', $faults['layer']);
report('who calls a function includes the header that declares it', $faults['without']);

/* ---- PHP */

$reaches = function ($file, array $seen = []) use (&$reaches, $text) {
    foreach (includes($text[$file]) as $name) {
        if (isset($text[$name])) {
            if (!isset($seen[$name]) && ($way = $reaches($name, $seen + [$file => true]))) {
                return "$file includes $way";
            }
        } elseif (preg_match(PHP_HEADER, $name)) {
            return "$file includes $name";
        }
    }
    return null;
};
$found = [];
foreach ($own as $file) {
    if (isset($knowsPhp[room($file)]) && !$knowsPhp[room($file)] && ($way = $reaches($file))) {
        $found[] = $way;
    }
}
report('rooms without PHP include no header of PHP', $found);

/* ---- comments */

$found = [];
foreach ($own as $file) {
    if (!preg_match('~^/\*(.*?)\*/~s', $text[$file], $match) || str_word_count($match[1]) < 4) {
        $found[] = "$file:1";
    }
}
report('each source and header begins with a comment that says what it is for', $found);
$found = [];
foreach ($declared as $name => list($header, $line, $told)) {
    if (!$told) {
        $found[] = "$header:$line: $name()";
    }
}
report('each function of a header has a comment before it', $found);

/* ---- size */

$found = [];
foreach ($files as $file) {
    if (preg_match(GENERATED, $file) || !is_file("$root/$file")) {
        continue;
    }
    $content = file_get_contents("$root/$file");
    if (!preg_match('/\.(c|h|md|sh|php|phpt|inc)$/', $file) && !preg_match('~^#!.*\b(ba)?sh\b~', $content)) {
        continue;
    }
    $recorded = false;
    foreach (explode("\n", $content) as $index => $line) {
        /* What a phpt test expects is as wide as what the program prints. */
        if (substr($file, -5) === '.phpt' && preg_match('/^--([A-Z_]+)--$/', $line, $section)) {
            $recorded = strncmp($section[1], 'EXPECT', 6) === 0;
        }
        if (!$recorded && strlen($line) > COLUMNS / TAB && ($width = columns($line)) > COLUMNS) {
            $found[] = "$file:" . ($index + 1) . ": $width columns";
        }
    }
}
report('no line is wider than ' . COLUMNS . ' columns', $found);

$found = [];
foreach ($own as $file) {
    $begin = null;
    foreach (explode("\n", code($text[$file])) as $index => $line) {
        if (preg_match('/^[A-Za-z_].*\(/', $line)) {
            $begin = $index;
            $name = $line;
        } elseif ($line === '}' && $begin !== null) {
            if ($index - $begin + 1 > SCREEN) {
                $found[] = "$file:" . ($begin + 1) . ': ' . ($index - $begin + 1) . " lines: $name";
            }
            $begin = null;
        }
    }
}
report('no function is longer than ' . SCREEN . ' lines', $found);

$found = [];
foreach ($own as $file) {
    $lines = substr_count($text[$file], "\n");
    if ($lines > LONGEST_FILE) {
        $found[] = "$file: $lines lines";
    }
}
report('no file is longer than ' . LONGEST_FILE . ' lines', $found);

/* ---- names */

$found = [];
foreach ($external as list($file, $name)) {
    if (strncmp($name, 'rdump_', 6) !== 0 && !preg_match(OF_PHP, $name)) {
        $found[] = "$file: $name";
    }
}
report('external names begin with rdump_', $found);

$exported = symbols('--dynamic --defined-only', $so);
unset($exported['w']);
$found = array_diff(array_merge([], ...array_values($exported)), EXPORTED);
report('rdump.so exports nothing but ' . implode(' and ', EXPORTED), $found);
