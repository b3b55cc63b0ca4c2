--TEST--
The scratch memory of a dump does not grow with the heap
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
/*
 * The peak memory of a process that dumps, minus that of one that does not. Before Linux 6.2 VmHWM may be up to 64
 * pages too low: with pages of 64 KB, 4 MB.
 */
$late = 64 * rdump_page_size() / 1024;
$more = [];
foreach ([50, 800] as $megabytes) {
    $peaks = [];
    foreach ([false, true] as $dump) {
        $run = rdump_run($folder, '
        $heap = str_repeat("x", ' . $megabytes . ' << 20);
        ' . ($dump ? 'rdump_dump("a.rdump") || exit("failed");' : '') . '
        preg_match("/VmHWM:\s*(\d+)/", file_get_contents("/proc/self/status"), $match);
        echo $match[1];', ['memory_limit' => '2G']);
        $peaks[] = (int) $run->out;
    }
    $more[] = $peaks[1] - $peaks[0];
    unlink("$folder/a.rdump");
}
echo '50 MB: ', $more[0] <= 3072 + 2 * $late ? 'next to nothing' : "$more[0] kB", "\n";
echo '750 MB more: ', $more[1] <= $more[0] + 1024 + 4 * $late ? 'as much' : "$more[1] kB, not $more[0] kB", "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
50 MB: next to nothing
750 MB more: as much
