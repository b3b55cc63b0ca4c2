--TEST--
php.ini: valid values, in the notations that php.ini has
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$accepted = [
    'oom_dump_max' => ['0', '1', '25', '9223372036854775807'],
    'oom_dump_min_interval' => ['0', '3600'],
    'oom_dump_min_free' => ['0', '2G', '1.5G', ' 1k', '0%', '0.01%', '10%', '"10% "', '12.5%', '100%'],
    'oom_dump_full' => ['0', '1', 'on', 'Off', 'yes', 'no', 'true', 'false', 'none', '""'],
    'oom_dump_marker' => ['On', 'off', '"on"', '"Yes"', '"TRUE"', '"off"', '"no"', '"False"'],
    'oom_dump_early' => ['On', 'off'],
    'safe_read' => ['On', 'off'],
    'signal' => ['SIGRTMIN+7', 'rtmin+7', '"RTMAX-1"', 'SIGUSR1', 'usr2', '12', '" 50 "', 'SIGPWR', 'RTMAX'],
    'signal_dump' => ['', '/var/tmp/%h-%p-%s.rdump'],
    'crash_dump' => ['', '/var/tmp/%h-%p-%s.rdump'],
    'watch_dump' => ['', '/var/tmp/%h-%p-%s.rdump'],
    'watch_rss' => ['1', '400M', '1.5G', '"90%"', '"12.5%"', '"100%"', '"0.01%"', '" 50 % "'],
    'snapshot' => ['On', 'off'],
    'background' => ['On', 'off'],
    'oom_dump' => ['', '/var/tmp/%p.rdump', '"/tmp/with blanks/a.rdump"'],
];
foreach (rdump_columns($accepted) as $values) {
    $run = rdump_run($folder, "echo 'fine';", $values);
    if ($run->out . $run->err !== 'fine') {
        echo http_build_query($values, '', ', '), ': ', $run->out, $run->err, "\n";
    }
}
/* Which values mean On. */
foreach (['1', 'on', '"on"', '"Yes"', '"TRUE"', '0', 'off', '"off"', '"no"', '""'] as $value) {
    $run = rdump_run($folder, RDUMP_EXHAUST . 'exhaust();',
        ['rdump.oom_dump' => "$folder/a.rdump", 'rdump.oom_dump_marker' => $value]);
    echo $value, is_file("$folder/a.rdump.done") ? ' is on' : ' is off', "\n";
    @unlink("$folder/a.rdump.done");
    clearstatcache();
}
/* The log line of a dump that is too large shows the value in bytes. */
foreach (['1', '100', '1k', '1K', '1.5K', '0.25m', '0.5M', '1.999M', ' 64K', '64K '] as $size) {
    rdump_clean(__FILE__);
    rdump_folder(__FILE__);
    $run = rdump_run($folder, RDUMP_EXHAUST . 'exhaust();',
        ['rdump.oom_dump' => "$folder/a.rdump", 'rdump.oom_dump_max_total' => "\"$size\""]);
    preg_match('/rdump\.oom_dump_max_total=(\d+)/', implode($run->log), $match);
    echo trim($size), ' = ', isset($match[1]) ? $match[1] : implode($run->log), "\n";
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
1 is on
on is on
"on" is on
"Yes" is on
"TRUE" is on
0 is off
off is off
"off" is off
"no" is off
"" is off
1 = 1
100 = 100
1k = 1024
1K = 1024
1.5K = 1536
0.25m = 262144
0.5M = 524288
1.999M = 2096103
64K = 65536
64K = 65536
