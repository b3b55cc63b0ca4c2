--TEST--
Dump by signal: a script that has used all of its memory_limit goes on, and the line is logged
--SKIPIF--
<?php
if (PHP_VERSION_ID < 70100) exit('skip the line waits for the end of the request before PHP 7.1');
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
/* Takes memory in small blocks, then waits for a byte of its input, without another allocation. */
$code = '
list(, $most, $length) = array_map("intval", $argv);
$all = new SplFixedArray(200000);
$i = 0;
register_shutdown_function(function () use (&$i, $most, $all) {
    if ($i < $most) {
        $count = $i;
        $all->setSize(0);
        echo $count;
    }
});
fgetc(STDIN);
touch("ready");
for (; $i < $most; $i++) {
    $all[$i] = str_repeat("x", $length);
}
$read = fgetc(STDIN);
for ($j = 0; $j < 1000; $j++) {
}
$i = $most;
$all = null;
echo "goes on";
';
$start = function ($most, $length) use ($folder, $code) {
    @unlink("$folder/ready");
    $process = new RdumpProcess($folder, $code, ['rdump.signal_dump' => "$folder/a.rdump", 'display_errors' => 0,
        'memory_limit' => '8M'], [$most, $length]);
    $process->write('x');
    return $process;
};
$ends = [];
/* Where PHP has room for other sizes left, the line needs no luck. */
foreach ([20, 60, 100, 130, 160, 180, 200, 230, 290, 350, 420, 480, 600, 740, 860, 1000] as $length) {
    $process = $start((int) $start(200000, $length)->end()->out - 1, $length);
    $process->await(function () use ($folder) { return file_exists("$folder/ready"); });
    $process->awaitSleep();
    $process->signal();
    $process->await(function () use ($folder) { return file_exists("$folder/a.rdump"); });
    rdump_await_unblocked($process->pid, rdump_signal_number());
    $process->write('x');
    $run = $process->end();
    @$ends["status $run->status, $run->out, " . count(preg_grep('/rdump: signal \d+: dumped/', $run->log)) . ' line']++;
    @unlink("$folder/a.rdump");
}
foreach ($ends as $end => $times) {
    echo "$times times: $end\n";
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
16 times: status 0, goes on, 1 line
