--TEST--
php.ini: an invalid value is refused with a warning, and the default applies
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$nonsense = [
    'oom_dump_max' => ['lots', '-1', '1.5', '', '5X', '1e9', '0x10', '18446744073709551616', "\u{0663}", '1 2'],
    'oom_dump_min_interval' => ['soon', '-5', '1h', '', '99999999999999999999'],
    'oom_dump_max_total' => ['lots', '-1', '', '5X', '1e9', '1.5', 'G', '1.G', '.5G', '1GB', '1,5G', '99999999T',
        '9223372036854775808', '1 K M'],
    'oom_dump_min_free' => ['lots', '-1', '', '5X', '1.5', '101%', '-1%', '%', '1.%', '.5%', '1.555%', '10%%', '10%M',
        '100.1%', '1,5%', '5G%'],
    'oom_dump_full' => ['maybe', '2', '-1'],
    'oom_dump_marker' => ['maybe', '2', '-1'],
    'oom_dump_early' => ['maybe', '2', '-1'],
    'exclude_heap' => ['maybe', '2', '-1'],
    'safe_read' => ['maybe', '2', '-1'],
    'snapshot' => ['maybe', '2', '-1'],
    'background' => ['maybe', '2', '-1'],
    'oom_dump' => [str_repeat('x', 4096)],
    'signal' => ['often', '', '0', '-1', '65', '1.5', 'SIG', 'SIGRTMIN+', 'RTMIN+31', 'RTMAX+1', 'RTMIN-1', 'USR3',
        'SIGKILL', 'STOP', 'segv', '11', 'BUS', 'ILL', 'FPE', 'ABRT', 'TRAP', 'SYS', 'TERM', '15', 'INT', 'QUIT', 'HUP',
        'CHLD', 'PIPE', 'ALRM', 'PROF', 'VTALRM', 'IO', 'URG', 'WINCH', 'XCPU', 'XFSZ', 'CONT', 'TSTP', '32', '33'],
    'signal_dump' => [str_repeat('x', 4096)],
    'crash_dump' => [str_repeat('x', 4096)],
    'watch_dump' => [str_repeat('x', 4096)],
    'watch_rss' => ['lots', '-1', '', '0', '0%', '0.00%', '101%', '100.01%', '1.5', '5X', '%', '12.345%', '50 percent'],
];
$show = '
$all = ini_get_all("rdump", false);
ksort($all);
foreach ($all as $name => $value) {
    if (($name !== "rdump.safe_read" && $name !== "rdump.snapshot") || $value !== (string) (int) PHP_ZTS) {
        echo "$name=$value ";
    }
}
';
$defaults = rdump_run($folder, $show)->out;
foreach (rdump_columns($nonsense) as $values) {
    $run = rdump_run($folder, $show, preg_replace('/^.*$/', '"$0"', $values));
    $text = $run->out . $run->err;
    foreach ($values as $name => $value) {
        if (!preg_match('/Warning: .*' . preg_quote($name) . '\b/', $text)) {
            echo $name, '=', strlen($value) > 100 ? 'a long one' : $value, ": no warning\n";
        }
    }
    if ($run->status || substr(trim($run->out), -strlen(trim($defaults))) !== trim($defaults)) {
        echo http_build_query($values, '', ', '), ": status $run->status, not the defaults:\n$text\n";
    }
}
foreach ($nonsense as $name => $values) {
    echo "$name: ", count($values), " tried\n";
}
echo trim($defaults), "\n";
echo rdump_run($folder, '', ['rdump.oom_dump_max_total' => 'lots'])->out;
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECTF--
oom_dump_max: 10 tried
oom_dump_min_interval: 5 tried
oom_dump_max_total: 14 tried
oom_dump_min_free: 16 tried
oom_dump_full: 3 tried
oom_dump_marker: 3 tried
oom_dump_early: 3 tried
exclude_heap: 3 tried
safe_read: 3 tried
snapshot: 3 tried
background: 3 tried
oom_dump: 1 tried
signal: 41 tried
signal_dump: 1 tried
crash_dump: 1 tried
watch_dump: 1 tried
watch_rss: 13 tried
rdump.background=0 rdump.crash_dump= rdump.exclude_heap=0 rdump.oom_dump= rdump.oom_dump_early=1 rdump.oom_dump_full=0 rdump.oom_dump_marker=0 rdump.oom_dump_max=1 rdump.oom_dump_max_total=0 rdump.oom_dump_min_free=0 rdump.oom_dump_min_interval=0 rdump.signal=SIGRTMIN+7 rdump.signal_dump= rdump.watch_dump= rdump.watch_rss=90%

Warning: %Srdump.oom_dump_max_total%Slots%s in Unknown on line 0
