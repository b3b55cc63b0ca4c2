--TEST--
Dump at a crash: a crash loop is bounded over all workers, by number, interval and budget
--SKIPIF--
<?php
if (!function_exists('pcntl_fork')) exit('skip no pcntl for this PHP');
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
require __DIR__ . '/crash.inc';
$folder = rdump_folder(__FILE__);
$loop = CRASH_BY_KILL . '
for ($i = 0; $i < 3; $i++) {
    $child = pcntl_fork();
    $child || culprit();
    pcntl_waitpid($child, $status);
    echo pcntl_wtermsig($status), " ";
}';
foreach ([
    [],
    ['rdump.oom_dump_max' => 2],
    ['rdump.oom_dump_max' => 0],
    ['rdump.oom_dump_max' => 0, 'rdump.oom_dump_min_interval' => 3600],
    ['rdump.oom_dump_max' => 0, 'rdump.oom_dump_max_total' => '100K'],
] as $directives) {
    $run = rdump_run($folder, $loop, $directives + ['rdump.crash_dump' => "$folder/%p.rdump"]);
    $dumps = glob("$folder/*.rdump");
    echo json_encode($directives), ": $run->out", count($dumps), " dumps\n";
    foreach ($run->log as $line) {
        echo '  ', preg_replace(['/\d+\.rdump/', '/\(\d+ bytes\)/', '/for \d+ bytes/', '/the \d+ in/',
            '/was \d+ s/'], ['PID.rdump', '(N bytes)', 'for N bytes', 'the N in', 'was N s'],
            rdump_tell($folder, $line)), "\n";
    }
    array_map('unlink', $dumps);
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
[]: 11 11 11 1 dumps
  rdump: crash by SIGSEGV: dumped to FOLDER/PID.rdump (N bytes)
  rdump: crash by SIGSEGV: no dump to FOLDER/PID.rdump: rdump.oom_dump_max=1 is reached in this hour by workers that end so
  rdump: crash by SIGSEGV: no dump to FOLDER/PID.rdump: rdump.oom_dump_max=1 is reached in this hour by workers that end so
{"rdump.oom_dump_max":2}: 11 11 11 2 dumps
  rdump: crash by SIGSEGV: dumped to FOLDER/PID.rdump (N bytes)
  rdump: crash by SIGSEGV: dumped to FOLDER/PID.rdump (N bytes)
  rdump: crash by SIGSEGV: no dump to FOLDER/PID.rdump: rdump.oom_dump_max=2 is reached in this hour by workers that end so
{"rdump.oom_dump_max":0}: 11 11 11 3 dumps
  rdump: crash by SIGSEGV: dumped to FOLDER/PID.rdump (N bytes)
  rdump: crash by SIGSEGV: dumped to FOLDER/PID.rdump (N bytes)
  rdump: crash by SIGSEGV: dumped to FOLDER/PID.rdump (N bytes)
{"rdump.oom_dump_max":0,"rdump.oom_dump_min_interval":3600}: 11 11 11 1 dumps
  rdump: crash by SIGSEGV: dumped to FOLDER/PID.rdump (N bytes)
  rdump: crash by SIGSEGV: no dump to FOLDER/PID.rdump: rdump.oom_dump_min_interval=3600: the last one of a worker that ends so was N s ago
  rdump: crash by SIGSEGV: no dump to FOLDER/PID.rdump: rdump.oom_dump_min_interval=3600: the last one of a worker that ends so was N s ago
{"rdump.oom_dump_max":0,"rdump.oom_dump_max_total":"100K"}: 11 11 11 0 dumps
  rdump: crash by SIGSEGV: no dump to FOLDER/PID.rdump: rdump.oom_dump_max_total=102400 has no room for N bytes beside the N in the folder
  rdump: crash by SIGSEGV: no dump to FOLDER/PID.rdump: rdump.oom_dump_max_total=102400 has no room for N bytes beside the N in the folder
  rdump: crash by SIGSEGV: no dump to FOLDER/PID.rdump: rdump.oom_dump_max_total=102400 has no room for N bytes beside the N in the folder
