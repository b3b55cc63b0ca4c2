--TEST--
Automatic dump: if the log line exhausts memory again, there is no second dump
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
/* A line of one page, and no free page for it. PHP's own line fails for the same reason, more than once. */
$deep = $folder . str_repeat('/' . str_repeat('d', 199), (int) ((3900 - strlen($folder)) / 200));
mkdir($deep, 0700, true);
$command = rdump_prepare($folder,
    'gc_mem_caches(); $kept = new SplFixedArray(1000000); for ($i = 0; ; $i++) $kept[$i] = str_repeat("x", 4000);',
    ['memory_limit' => -1, 'rdump.oom_dump' => "$deep/a.rdump", 'rdump.oom_dump_max' => 5], 'ulimit -v 300000;');
$output = ['file', "$folder/out", 'w'];
$process = proc_open($command, [1 => $output, 2 => $output], $pipes, $folder);
$dumps = [];
do {
    /* Each dump is renamed as soon as it exists. */
    $running = proc_get_status($process)['running'];
    if (@rename("$deep/a.rdump", "$folder/" . count($dumps) . '.rdump')) {
        $dumps[] = rdump_judge("$folder/" . count($dumps) . '.rdump');
    }
} while ($running);
proc_close($process);
$out = file_get_contents("$folder/out");
echo preg_match('/mmap\(\) failed|Out of memory/', $out) ? 'no memory' : $out, ': ', implode(', ', $dumps), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
no memory: valid
