<?php
/*
 * With other extensions: each alone, loaded before and after rdump, and all together. A dump by call and an automatic
 * one
 * must be complete, and show the running function and a global variable.   neighbours.php FOLDER OFFSETS RDUMP_SO
 */
require __DIR__ . '/lib.php';

list(, $work, $offsets_file, $so) = $argv;
$offsets = file_get_contents($offsets_file);

file_put_contents("$work/preload.php", <<<'PHP'
<?php
class Preloaded
{
    public $values = ['preloaded'];
}
PHP
);

/* The lines of php.ini that make each extension work, and what www/neighbour.php then prints. */
$opcache = ['zend_extension=opcache', 'opcache.enable_cli=1', 'opcache.file_update_protection=0'];
$preload = ["opcache.preload=$work/preload.php", 'opcache.preload_user=root'];
$protect = ['opcache.protect_memory=1'];
$jit = ['opcache.jit_buffer_size=32M', 'opcache.jit=tracing', 'opcache.jit_hot_func=1', 'opcache.jit_hot_loop=1'];
$apcu = ['extension=apcu', 'apc.enable_cli=1'];
$pcov = ['extension=pcov', 'pcov.enabled=1'];
$excimer = ['extension=excimer'];
$ffi = ['extension=ffi', 'ffi.enable=1'];
$xdebug = ['zend_extension=xdebug', 'xdebug.start_with_request=yes', "xdebug.output_dir=$work", 'xdebug.log_level=0',
    'xdebug.client_host=127.0.0.1', 'xdebug.client_port=1', 'xdebug.connect_timeout_ms=100'];
$modes = ['develop', 'coverage', 'debug', 'profile', 'trace', 'gcstats'];

$neighbours = [
    'no neighbour' => [[], []],
    'APCu' => [$apcu, ['apcu']],
    'pcov' => [$pcov, ['pcov']],
    'excimer' => [$excimer, ['excimer']],
    'FFI' => [$ffi, ['ffi']],
    'opcache' => [$opcache, ['opcache']],
    'opcache with preload' => [array_merge($opcache, $preload), ['opcache', 'preload']],
    'opcache with tracing JIT' => [array_merge($opcache, $jit), ['opcache', 'jit']],
    'opcache with function JIT' => [array_merge($opcache, ['opcache.jit_buffer_size=32M', 'opcache.jit=function']),
        ['opcache', 'jit']],
    'opcache with protect_memory' => [array_merge($opcache, $protect), ['opcache', 'protect_memory']],
    'opcache with JIT and protect_memory' => [array_merge($opcache, $jit, $protect),
        ['opcache', 'jit', 'protect_memory']],
    'Xdebug, mode off' => [array_merge($xdebug, ['xdebug.mode=off']), []],
];
foreach ($modes as $mode) {
    $neighbours["Xdebug, mode $mode"] = [array_merge($xdebug, ["xdebug.mode=$mode"]), ["xdebug $mode"]];
}
$all = array_merge($apcu, $pcov, $excimer, $ffi, $opcache, $preload, $protect);
$all_at_work = ['apcu', 'pcov', 'excimer', 'ffi', 'opcache', 'preload'];
/* The JIT does not work with pcov or Xdebug. */
$neighbours['all but pcov and Xdebug at once, with JIT'] = [array_merge(array_diff($all, $pcov), $jit),
    array_merge(array_diff($all_at_work, ['pcov']), ['jit', 'protect_memory'])];
$neighbours['all at once, with Xdebug in all modes'] = [array_merge($all, $xdebug,
    ['xdebug.mode=' . implode(',', $modes)]),
    array_merge($all_at_work, ['protect_memory'], array_map(function ($mode) {
        return "xdebug $mode";
    }, $modes))];

/* One run of www/neighbour.php: what is wrong with it, '' = nothing. */
function flaw_beside(array $lines, array $at_work, $how, $full, $safe_read)
{
    global $work;

    $path = "$work/neighbour.rdump";
    $log = "$work/neighbour.log";
    $key = fresh_key();
    array_push($lines, 'memory_limit=64M', 'display_errors=0', 'log_errors=1', "error_log=$log",
        "rdump.safe_read=$safe_read");
    if ($how === 'oom') {
        array_push($lines, "rdump.oom_dump=$path", "rdump.oom_dump_full=$full");
    }
    file_put_contents("$work/php.ini", implode("\n", $lines) . "\n");
    $run = rdump_shell('exec timeout 120 '
        . rdump_command([PHP_BINARY, '-c', "$work/php.ini", __DIR__ . '/www/neighbour.php', $how, $key, $path, $full]),
        '', $work, ['PHP_INI_SCAN_DIR' => "$work/none", 'PATH' => getenv('PATH')]);
    $logged = read_log($log);
    @unlink($log);
    $answer = @unserialize($run[1]);
    $expected = $how === 'oom' ? 255 : 0;
    if ($run[0] !== $expected || !is_array($answer)) {
        return "status $run[0]: $run[1] $run[2] $logged";
    }
    sort($at_work);
    sort($answer['at_work']);
    if ($answer['at_work'] !== $at_work) {
        return 'at work are: ' . implode(', ', $answer['at_work']);
    }
    clearstatcache();
    if ($how === 'oom' && strpos($logged,
        "rdump: memory limit reached: dumped to $path (" . @filesize($path) . ' bytes)') === false) {
        return "the log says: $logged";
    }
    return flaw_of($path, $key, $how === 'oom' ? STACK_OF_OOM : STACK_OF_CALL, $answer['pid'], null, true);
}

foreach ($neighbours as $name => $neighbour) {
    list($lines, $at_work) = $neighbour;
    foreach (['before' => array_merge($lines, ["extension=$so"]),
        'after' => array_merge(["extension=$so"], $lines)] as $order => $lines_in_order) {
        $title = "beside $name" . ($lines ? ", loaded $order rdump" : '');
        foreach (['call' => 'a dump by call', 'oom' => 'an automatic dump'] as $how => $what) {
            foreach (['lean', 'full'] as $full => $mode) {
                /* With and without safe_read, in turn. */
                check("$what, $mode", '', flaw_beside($lines_in_order, $at_work, $how, $full, $full));
            }
        }
        if (!$lines) {
            break;
        }
    }
}
