--TEST--
Workers that PHP ends at its hard limit: max and interval apply to all workers of a server
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
if (!rdump_reports_late()) exit('skip this PHP reports exhausted memory at its moment, and has no hard limit');
rdump_skip_without('pcntl');
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
/* A server whose workers end one after the other, or at the same time. d = at the hard limit, r = with PHP's report. */
$server = '
function worker($end)
{
    $data = str_repeat("mark ", 2 << 20);
    return $end === "d" ? $data . $data . $data . $data . $data : range(0, 2000000);
}
foreach (str_split(WORKERS) as $i => $end) {
    $pair[$i] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    $worker[$i] = pcntl_fork();
    if ($worker[$i] === 0) {
        fclose($pair[$i][1]);
        fread($pair[$i][0], 1); /* all start when the last one is ready */
        worker($end);
    }
    fclose($pair[$i][0]);
    TOGETHER || fclose($pair[$i][1]);
    TOGETHER || pcntl_waitpid($worker[$i], $status);
    TOGETHER || print(pcntl_wexitstatus($status) . " ");
}
if (TOGETHER) {
    array_map("fclose", array_column($pair, 1));
    foreach ($worker as $one) {
        pcntl_waitpid($one, $status);
        echo pcntl_wexitstatus($status), " ";
    }
}
';
function serve($workers, $together, array $directives)
{
    global $folder, $server;
    $run = rdump_run($folder, "const WORKERS = '$workers', TOGETHER = " . (int) $together . ';' . $server,
        $directives + ['+pcntl', 'rdump.oom_dump' => "$folder/%p.rdump", 'display_errors' => 0]);
    $whole = array_filter(array_map('rdump_judge', glob("$folder/*.rdump")),
        function ($judgement) { return $judgement === 'valid'; });
    echo $workers, $together ? ' together' : '', ', ', str_replace('=', ' = ', http_build_query($directives, '', ', ')),
        ': ',
        trim($run->out), '; ', count($whole), " dumps\n";
    $lines = preg_replace(['/(\d+)\.rdump/', '/\(\d+ bytes\)/', '/in \S+ on/', '/\d+ s ago/', '/for \d+ bytes/'],
        ['PID.rdump', '(N bytes)', 'in FILE on', 'N s ago', 'for N bytes'],
        str_replace($folder, 'FOLDER', rdump_log($folder, true)));
    $together && sort($lines);
    foreach (array_count_values($lines) as $line => $times) {
        echo "  $times times: $line\n";
    }
    array_map('unlink', glob("$folder/*.rdump"));
}
serve('dddd', false, ['rdump.oom_dump_max' => 1]);
serve('dddd', false, ['rdump.oom_dump_max' => 3]);
serve('dddd', false, ['rdump.oom_dump_max' => 0]);
serve('ddd', false, ['rdump.oom_dump_max' => 0, 'rdump.oom_dump_min_interval' => 3600]);
serve('dddddd', true, ['rdump.oom_dump_max' => 2]);
/*
 * PHP's report does not end a worker: each can have its dump. One that might end at the hard limit waits for the
 * report.
 */
serve('rrr', false, ['rdump.oom_dump_max' => 1]);
serve('rdrd', false, ['rdump.oom_dump_max' => 1]);
/* Without enough space there is no dump, and it does not count. */
file_put_contents("$folder/other.rdump", str_repeat('x', 5000));
serve('dd', false, ['rdump.oom_dump_max' => 1, 'rdump.oom_dump_max_total' => '10K']);
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
dddd, rdump.oom_dump_max = 1: 137 137 137 137; 1 dumps
  1 times: rdump: memory limit reached: dumped to FOLDER/PID.rdump (N bytes), in FILE on line 6; PHP then ended the process at its hard limit
  3 times: rdump: memory limit reached: no dump to FOLDER/PID.rdump: rdump.oom_dump_max=1 is reached in this hour by workers that end so, in FILE on line 6; PHP then ended the process at its hard limit
dddd, rdump.oom_dump_max = 3: 137 137 137 137; 3 dumps
  3 times: rdump: memory limit reached: dumped to FOLDER/PID.rdump (N bytes), in FILE on line 6; PHP then ended the process at its hard limit
  1 times: rdump: memory limit reached: no dump to FOLDER/PID.rdump: rdump.oom_dump_max=3 is reached in this hour by workers that end so, in FILE on line 6; PHP then ended the process at its hard limit
dddd, rdump.oom_dump_max = 0: 137 137 137 137; 4 dumps
  4 times: rdump: memory limit reached: dumped to FOLDER/PID.rdump (N bytes), in FILE on line 6; PHP then ended the process at its hard limit
ddd, rdump.oom_dump_max = 0, rdump.oom_dump_min_interval = 3600: 137 137 137; 1 dumps
  1 times: rdump: memory limit reached: dumped to FOLDER/PID.rdump (N bytes), in FILE on line 6; PHP then ended the process at its hard limit
  2 times: rdump: memory limit reached: no dump to FOLDER/PID.rdump: rdump.oom_dump_min_interval=3600: the last one of a worker that ends so was N s ago, in FILE on line 6; PHP then ended the process at its hard limit
dddddd together, rdump.oom_dump_max = 2: 137 137 137 137 137 137; 2 dumps
  2 times: rdump: memory limit reached: dumped to FOLDER/PID.rdump (N bytes), in FILE on line 6; PHP then ended the process at its hard limit
  4 times: rdump: memory limit reached: no dump to FOLDER/PID.rdump: rdump.oom_dump_max=2 is reached in this hour by workers that end so, in FILE on line 6; PHP then ended the process at its hard limit
rrr, rdump.oom_dump_max = 1: 255 255 255; 3 dumps
  3 times: rdump: memory limit reached: dumped to FOLDER/PID.rdump (N bytes), in FILE on line 6
rdrd, rdump.oom_dump_max = 1: 255 137 255 137; 3 dumps
  1 times: rdump: memory limit reached: dumped to FOLDER/PID.rdump (N bytes), in FILE on line 6
  1 times: rdump: memory limit reached: dumped to FOLDER/PID.rdump (N bytes), in FILE on line 6; PHP then ended the process at its hard limit
  1 times: rdump: memory limit reached: dumped to FOLDER/PID.rdump (N bytes), in FILE on line 6, reported late: the call stack is of a later moment
  1 times: rdump: memory limit reached: no dump to FOLDER/PID.rdump: rdump.oom_dump_max=1 is reached in this hour by workers that end so, in FILE on line 6; PHP then ended the process at its hard limit
dd, rdump.oom_dump_max = 1, rdump.oom_dump_max_total = 10K: 137 137; 0 dumps
  2 times: rdump: memory limit reached: no dump to FOLDER/PID.rdump: rdump.oom_dump_max_total=10240 has no room for N bytes beside the 5000 in the folder, in FILE on line 6; PHP then ended the process at its hard limit