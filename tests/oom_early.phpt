--TEST--
PHPs that report exhausted memory late: one dump and one line each time, and PHP ends as without rdump
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
if (!rdump_reports_late()) exit('skip this PHP reports exhausted memory at its moment, and has no hard limit');
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$culprit = '
function culprit($text)
{
    $data = str_repeat("mark ", 2 << 20);
    %s
}
function later() { return str_repeat("x", 100); }
register_shutdown_function(function () { echo "shut down\n"; });
culprit("");
later();
';
$cases = [
    'reported' => sprintf($culprit, 'return range(0, 2000000);'),
    'ended by the hard limit' => sprintf($culprit, 'return $data . $data . $data . $data . $data . $data;'),
    'ended by the hard limit in one step' => sprintf($culprit, 'return random_bytes(500 << 20);'),
];
foreach ($cases as $what => $code) {
    foreach (['file' => ['error_log' => "$folder/log"], 'stderr' => ['error_log' => ''],
        'not writable' => ['error_log' => "$folder/none/log"]] as $where => $log) {
        $without = rdump_run($folder, $code, ['-rdump']);
        $with = rdump_run($folder, $code, ['rdump.oom_dump' => "$folder/a.rdump"] + $log);
        $lines = $where === 'file' ? rdump_log($folder, true) : preg_grep('/^rdump: /', explode("\n", $with->err));
        $err = preg_replace('/^rdump: .*\n/m', '', $with->err);
        $numbers = function ($text) { /* the number in the name of the script */
            return preg_replace('/script\d+/', 'script', $text);
        };
        echo "$what, $where: status $with->status, ",
            [$without->status, $numbers($without->out), $numbers($without->err)] === [$with->status,
                $numbers($with->out), $numbers($err)] ? 'as without, '
                : "not as without:\n$without->out$without->err\n$with->out$with->err",
            strpos(file_get_contents("$folder/a.rdump"), 'mark mark mark mark') !== false ? 'with its data'
                : 'without its data', "\n";
        foreach ($lines as $line) {
            echo '  ', preg_replace(['/\d{5,}/', '/script\d+/'], ['N', 'script'],
                str_replace($folder, 'FOLDER', $line)), "\n";
        }
        unlink("$folder/a.rdump");
    }
}
/* Without rdump.oom_dump_early. */
echo "not early:\n";
$run = rdump_run($folder, RDUMP_EXHAUST . 'exhaust();',
    ['rdump.oom_dump' => "$folder/a.rdump", 'rdump.oom_dump_early' => 0]);
echo "status $run->status, ", rdump_judge("$folder/a.rdump"), "\n"; /* the loop is not gone on with */
$run = rdump_run($folder, $cases['reported'], ['rdump.oom_dump' => "$folder/a.rdump", 'rdump.oom_dump_early' => 0]);
foreach (rdump_log($folder, true) as $line) {
    echo preg_replace(['/\d{5,}/', '/script\d+/'], ['N', 'script'], str_replace($folder, 'FOLDER', $line)), "\n";
}
unlink("$folder/a.rdump");
$run = rdump_run($folder, $cases['ended by the hard limit'],
    ['rdump.oom_dump' => "$folder/a.rdump", 'rdump.oom_dump_early' => 0]);
echo "status $run->status, ", is_file("$folder/a.rdump") ? 'a dump' : 'no dump', ', ', count($run->log), " lines\n";
/* Configured by the script only. */
$run = rdump_run($folder, 'rdump_set_oom_dump(__DIR__ . "/a.rdump");' . $cases['ended by the hard limit']);
echo "by the script: status $run->status, ", rdump_judge("$folder/a.rdump"), ', ', count($run->log), " line\n";
unlink("$folder/a.rdump");
/* It ends within a minute, or it never would. */
rdump_shell('mkfifo fifo', '', $folder);
$process = new RdumpProcess($folder, $cases['ended by the hard limit'],
    ['rdump.oom_dump' => "$folder/a.rdump", 'error_log' => "$folder/fifo"]);
$run = $process->end();
echo 'the log is a FIFO without a reader: status ', var_export($run->status, true), ', ',
    rdump_judge("$folder/a.rdump"), ', ', preg_match_all('/^rdump: /m', $run->err), " line on stderr\n";
unlink("$folder/a.rdump");
/* Memory is exhausted again in the same request. */
$again = '
register_shutdown_function(function () { $again = range(0, 2000000); });
function first() { return range(0, 2000000); }
first();
';
foreach ([0, 1] as $max) {
    $run = rdump_run($folder, $again, ['rdump.oom_dump' => "$folder/a.rdump", 'rdump.oom_dump_max' => $max]);
    echo "again, at most $max:\n";
    foreach (rdump_log($folder, true) as $line) {
        echo preg_replace(['/\d{5,}/', '/script\d+/'], ['N', 'script'], str_replace($folder, 'FOLDER', $line)), "\n";
    }
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
reported, file: status 255, as without, with its data
  rdump: memory limit reached: dumped to FOLDER/a.rdump (N bytes), in FOLDER/script.php on line 6
reported, stderr: status 255, as without, with its data
  rdump: memory limit reached: dumped to FOLDER/a.rdump (N bytes), in FOLDER/script.php on line 6
reported, not writable: status 255, as without, with its data
  rdump: memory limit reached: dumped to FOLDER/a.rdump (N bytes), in FOLDER/script.php on line 6
ended by the hard limit, file: status 137, as without, with its data
  rdump: memory limit reached: dumped to FOLDER/a.rdump (N bytes), in FOLDER/script.php on line 5; PHP then ended the process at its hard limit
ended by the hard limit, stderr: status 137, as without, with its data
  rdump: memory limit reached: dumped to FOLDER/a.rdump (N bytes), in FOLDER/script.php on line 5; PHP then ended the process at its hard limit
ended by the hard limit, not writable: status 137, as without, with its data
  rdump: memory limit reached: dumped to FOLDER/a.rdump (N bytes), in FOLDER/script.php on line 5; PHP then ended the process at its hard limit
ended by the hard limit in one step, file: status 137, as without, with its data
  rdump: memory limit reached: dumped to FOLDER/a.rdump (N bytes), in FOLDER/script.php on line 6; PHP then ended the process at its hard limit
ended by the hard limit in one step, stderr: status 137, as without, with its data
  rdump: memory limit reached: dumped to FOLDER/a.rdump (N bytes), in FOLDER/script.php on line 6; PHP then ended the process at its hard limit
ended by the hard limit in one step, not writable: status 137, as without, with its data
  rdump: memory limit reached: dumped to FOLDER/a.rdump (N bytes), in FOLDER/script.php on line 6; PHP then ended the process at its hard limit
not early:
status 255, valid
rdump: memory limit reached: dumped to FOLDER/a.rdump (N bytes), in FOLDER/script.php on line 6, reported late: the call stack is of a later moment
status 137, no dump, 0 lines
by the script: status 137, valid, 1 line
the log is a FIFO without a reader: status 137, valid, 1 line on stderr
again, at most 0:
rdump: memory limit reached: dumped to FOLDER/a.rdump (N bytes), in FOLDER/script.php on line 4
rdump: memory limit reached: dumped to FOLDER/a.rdump (N bytes), in FOLDER/script.php on line 3
again, at most 1:
rdump: memory limit reached: dumped to FOLDER/a.rdump (N bytes), in FOLDER/script.php on line 4
rdump: memory limit reached: no dump to FOLDER/a.rdump: rdump.oom_dump_max=1 is reached in this worker, in FOLDER/script.php on line 3