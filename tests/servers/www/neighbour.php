<?php
/*
 * Uses every other extension that is loaded, prints which, then dumps or exceeds the memory_limit.
 *   neighbour.php call|oom KEY PATH FULL
 */
list(, $how, $key, $path, $full) = $argv;
$planted = "value of $key";
$kept = [];
$at_work = [];

if (function_exists('apcu_store') && apcu_store($key, str_repeat($key, 1000))
    && apcu_fetch($key) === str_repeat($key, 1000)) {
    $at_work[] = 'apcu';
}
if (function_exists('pcov\start')) {
    pcov\start();
    $at_work[] = 'pcov';
}
if (class_exists('ExcimerProfiler')) {
    /*
     * Its timer is set, but does not expire. When it expires, excimer 1.0.4 crashes one request in ten to a hundred,
     * with or without rdump.
     */
    $profiler = new ExcimerProfiler();
    $profiler->setPeriod(1000);
    $profiler->setEventType(EXCIMER_REAL);
    $profiler->start();
    $at_work[] = 'excimer';
}
if (class_exists('FFI') && FFI::cdef('int getpid(void);')->getpid() === getmypid()) {
    $foreign = FFI::new('char[100000]', false);
    FFI::memset($foreign, 7, 100000);
    $at_work[] = 'ffi';
}
if (function_exists('opcache_get_status') && ($status = opcache_get_status(true))
    && isset($status['scripts'][__FILE__])) {
    $at_work[] = 'opcache';
    if (class_exists('Preloaded', false)) {
        $at_work[] = 'preload';
    }
    if (!empty($status['jit']['on'])) {
        $at_work[] = 'jit';
    }
    if (ini_get('opcache.protect_memory')) {
        $at_work[] = 'protect_memory';
    }
}
if (function_exists('xdebug_info')) {
    $at_work = array_merge($at_work, array_map(function ($mode) {
        return "xdebug $mode";
    }, xdebug_info('mode')));
}

function busy($n)
{
    for ($i = 0, $sum = 0; $i < $n; $i++) {
        $sum += $i % 7;
    }
    return $sum;
}

function running_function($path, $full)
{
    return rdump_dump($path, $full);
}

function running_out()
{
    for ($length = 100000; ; $length++) {
        $GLOBALS['kept'][] = str_repeat('x', $length);
    }
}

/* Something to compile, trace, count and profile. */
for ($i = 0; $i < 200; $i++) {
    $kept[] = busy(100);
}
gc_collect_cycles();
echo serialize(['pid' => getmypid(), 'at_work' => $at_work]);
if ($how === 'oom') {
    running_out();
}
$answer = running_function($path, $full === '1');
exit($answer ? 0 : 1);
