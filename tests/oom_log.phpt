--TEST--
Each outcome is one line in the error log, wherever the log goes
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
file_put_contents("$folder/other.rdump", str_repeat('x', 5000));
foreach ([
    'done' => ['rdump.oom_dump' => "$folder/a.rdump"],
    'full' => ['rdump.oom_dump' => "$folder/a.rdump", 'rdump.oom_dump_full' => 1],
    'no folder' => ['rdump.oom_dump' => "$folder/none/a.rdump"],
    'a directory' => ['rdump.oom_dump' => $folder],
    'no room' => ['rdump.oom_dump' => "$folder/a.rdump", 'rdump.oom_dump_max_total' => '10K'],
    'off' => ['rdump.oom_dump' => ''],
] as $what => $directives) {
    $run = rdump_run($folder, RDUMP_EXHAUST . 'exhaust();', $directives + ['log_errors' => 1, 'display_errors' => 0]);
    echo $what, ":\n";
    rdump_show_log($folder, preg_replace('/\b\d{4,}\b/', 'N', $run->log));
    /* In addition to PHP's own line. */
    echo preg_match_all('/^\[.*PHP Fatal error:  Allowed memory size/m', file_get_contents("$folder/log")), "\n";
}
/* To stderr, if there is no other log. */
$run = rdump_run($folder, RDUMP_EXHAUST . 'exhaust();', ['rdump.oom_dump' => "$folder/a.rdump", 'error_log' => '']);
echo rdump_tell($folder, trim($run->err)), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECTF--
done:
log: rdump: memory limit reached: dumped to FOLDER/a.rdump (N bytes)
1
full:
log: rdump: memory limit reached: dumped to FOLDER/a.rdump (N bytes)
1
no folder:
log: rdump: memory limit reached: %s FOLDER/none/a.rdump: No such file or directory
1
a directory:
log: rdump: memory limit reached: %s FOLDER: Is a directory
1
no room:
log: rdump: memory limit reached: no dump to FOLDER/a.rdump: rdump.oom_dump_max_total=N %s
1
off:
1
rdump: memory limit reached: dumped to FOLDER/a.rdump (N bytes)
