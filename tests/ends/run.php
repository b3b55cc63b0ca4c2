<?php
/* Called by run: php run.php PHP RDUMP_SO FOLDER CASE..., where FOLDER holds offsets.txt. */
require __DIR__ . '/../lib/walk.php';
require __DIR__ . '/../lib/process.php';
require __DIR__ . '/lib.php';

list(, $php, $so, $folder) = $argv;
$wanted = array_slice($argv, 4);
$offsets = file_get_contents("$folder/offsets.txt");
$late = strpos($offsets, "\nreports late 1\n") !== false;
$key = bin2hex(random_bytes(6));
$table = ends_table();

set_error_handler(function ($type, $message, $file, $line) {
    if (error_reporting() & $type) {
        throw new ErrorException($message, 0, $type, $file, $line);
    }
    return false;
});

/* The files that cases read. */
$big = fopen("$folder/big.php", 'w');
fwrite($big, "<?php\nreturn [\n");
for ($i = 0; $i < 150000; $i++) {
    fwrite($big, "['name' => 'row $i of $key', 'value' => $i],\n");
}
fwrite($big, "];\n");
fclose($big);
$text = fopen("$folder/text of $key", 'w');
ftruncate($text, 200 << 20);
fclose($text);

/* The arguments that load these extensions into a PHP that runs with -n, or the name of a missing one. */
function loading(array $extensions)
{
    global $php;
    static $known = [];
    $arguments = [];
    foreach ($extensions as $extension) {
        $all = implode(' ', $arguments) . " $extension";
        if (!isset($known[$all])) {
            $known[$all] = $extension;
            $name = $extension === 'opcache' ? 'Zend OPcache' : $extension;
            $how = $extension === 'opcache' ? 'zend_extension' : 'extension';
            foreach ([[], ['-d', "$how=$extension.so"]] as $more) {
                $ask = ['-r', "echo (int) extension_loaded('$name');"];
                $command = array_merge([$php, '-n'], $arguments, $more, $ask);
                if (rdump_shell(rdump_command($command) . ' 2>/dev/null')[1] === '1') {
                    $known[$all] = $more;
                    break;
                }
            }
        }
        if (is_string($known[$all])) {
            return $extension;
        }
        $arguments = array_merge($arguments, $known[$all]);
    }
    if (in_array('opcache', $extensions, true)) {
        array_push($arguments, '-d', 'opcache.enable_cli=1', '-d', 'opcache.file_update_protection=0');
    }
    return $arguments;
}

/* Runs a case: [status, stdout, stderr]. */
function run(array $row, array $loading, array $directives)
{
    global $php, $folder, $key;

    $ini = $row['ini'] + [
        'memory_limit' => '32M',
        'display_errors' => 1, 'html_errors' => 0, 'log_errors' => 0, 'error_log' => "$folder/log",
        'error_reporting' => E_ALL,
        'session.save_path' => $folder, 'session.use_cookies' => 0, 'session.cache_limiter' => '',
        'zend.max_allowed_stack_size' => -1,
    ];
    $arguments = array_merge([$php, '-n'], $loading);
    foreach ($ini + $directives as $name => $value) {
        array_push($arguments, '-d', "$name=$value");
    }
    array_push($arguments, __DIR__ . '/program.php', $row['case'], $key);
    /* On some PHPs a recursion needs a large C stack. */
    return rdump_shell('ulimit -s unlimited; exec timeout 120 ' . rdump_command($arguments), '', $folder);
}

/* What is wrong with how PHP ended: a list of sentences. */
function flaws_of_end(array $row, array $with, array $without)
{
    global $late;

    $flaws = [];
    foreach (['status', 'stdout', 'stderr'] as $i => $what) {
        if ($with[$i] !== $without[$i] && $row['hard'] !== null) {
            $flaws[] = "$what is " . shorten($with[$i]) . ', without the extension ' . shorten($without[$i]);
        }
    }
    foreach ([$with, $without] as $run) {
        $hard = strpos($run[2], 'Hard memory limit of ') === 0;
        if ($run[0] !== ($hard ? 137 : 255) || ($row['hard'] !== null && $hard !== ($late && $row['hard']))) {
            $flaws[] = "the exit status is $run[0]: " . shorten("$run[1]$run[2]");
        }
    }
    return $flaws;
}

/*
 * Is there a dump, and one log line for it? If PHP reports exhausted memory late, the line names the file and line that
 * PHP's message names, and says how PHP ended, or that the dump is late. A compiler that continues from the
 * memory_limit to the hard limit gets further meanwhile: PHP's message names a later line.
 */
function flaws_of_log(array $row, array $log, $path, array $with, $early)
{
    global $late;

    if (!is_file($path)) {
        return ['there is no dump: ' . shorten(implode($log))];
    }
    clearstatcache();
    $line = preg_quote("rdump: memory limit reached: dumped to $path (" . filesize($path) . ' bytes)', '/');
    if ($late) {
        $told = preg_match('/exhausted .*( in \S+ on line )(\d+)/', $with[1] . $with[2], $match);
        $line .= ',' . ($told ? preg_quote($match[1], '/') . ($row['stack'] === '' ? '\d+' : $match[2]) : '.*')
            . ($early ? '' : ', reported late: the call stack is of a later moment')
            . ($with[0] === 137 ? '; PHP then ended the process at its hard limit' : '');
    }
    $is_told = count($log) === 1 && preg_match("/\] $line\n$/D", current($log));
    return $is_told ? [] : ['the log says ' . shorten(implode($log))];
}

/* What is wrong with a dump that is made when PHP reports exhausted memory late. */
function flaws_of_late(RdumpWalk $walk, array $row)
{
    $stack = ends_found_stack($walk->callStack(), false);
    $expected = $row['late'][PHP_VERSION_ID >= 80400];
    $top = $stack ? $stack[0] : '';
    return $top === $expected ? [] : ["'$expected' is not on top of the stack: " . implode(', ', $stack)];
}

/* What is wrong with the result of a case. */
function flaws_of(array $row, array $with, array $without, $early)
{
    global $folder, $key, $offsets;

    $path = "$folder/ends.rdump";
    $log = is_file("$folder/log") ? preg_grep('/\] rdump: /', file("$folder/log")) : [];
    $flaws = flaws_of_end($row, $with, $without);
    if (!$early && ($row['late'] === null || $with[0] === 137)) {
        return is_file($path) || $log ? array_merge($flaws, ['there is a dump, or a line in the log']) : $flaws;
    }
    $flaws = array_merge($flaws, flaws_of_log($row, $log, $path, $with, $early));
    if (is_file($path)) {
        try {
            $walk = new RdumpWalk(new RdumpReader($path), $offsets);
            $more = $early ? ends_flaws_of_dump($walk, $row, $key, __DIR__ . '/program.php', $with[1] . $with[2])
                : flaws_of_late($walk, $row);
            $flaws = array_merge($flaws, $more);
        } catch (Exception $error) {
            $flaws[] = get_class($error) . ': ' . $error->getMessage();
        }
    }
    return $flaws;
}

function shorten($value)
{
    $text = trim(preg_replace('/\s+/', ' ', is_string($value) ? $value : var_export($value, true)));
    $text = is_string($value) ? "'$text'" : $text;
    return strlen($text) > 300 ? substr($text, 0, 150) . '...' . substr($text, -150) : $text;
}

function report($title, array $flaws)
{
    echo ($flaws ? 'not ok' : 'ok') . " - ends, $title" . ($flaws ? ': ' . implode('; ', $flaws) : '') . "\n";
}

$kind = PHP_VERSION . (PHP_ZTS ? ' ZTS' : '') . (PHP_DEBUG ? ' debug' : '');
foreach ($table as $name => $row) {
    if ($wanted && !in_array($name, $wanted, true)) {
        continue;
    }
    $loading = loading($row['needs']);
    if (PHP_VERSION_ID < $row['php'] || is_string($loading)) {
        $reason = is_string($loading) ? "no $loading for this PHP" : 'this PHP is too old for it';
        echo "skip - ends, $kind, $name: $reason\n";
        continue;
    }
    $without = run($row, $loading, []);
    foreach ($late ? [true, false] : [true] as $early) {
        $directives = ['extension' => $so, 'rdump.oom_dump' => "$folder/ends.rdump"];
        if (!$early) {
            $directives['rdump.oom_dump_early'] = 0;
        }
        foreach (['log', 'ends.rdump'] as $file) {
            if (is_file("$folder/$file")) {
                unlink("$folder/$file");
            }
        }
        $with = run($row, $loading, $directives);
        report("$kind, $name" . ($early ? '' : ', rdump.oom_dump_early=0'), flaws_of($row, $with, $without, $early));
    }
}
