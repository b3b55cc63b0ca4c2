--TEST--
With 512 MB for opcache and a small script, the file stays small and the process does not grow
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
rdump_skip_without('opcache');
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
foreach ([0, 1] as $safe_read) {
    $run = rdump_run($folder, '
    /* In kB, and as the page table has it: VmRSS lags. */
    function resident()
    {
        return (int) preg_replace("/^.*\nRss:\s*(\d+) kB.*$/s", "$1", file_get_contents("/proc/self/smaps_rollup"));
    }
    file_put_contents("small.php", "<?php function small() { return 1; }");
    require "small.php";
    resident(); /* the first use of regular expressions allocates memory */
    $before = resident();
    rdump_dump("a.rdump") || exit("failed");
    $grown = resident() - $before;
    echo opcache_get_status(false)["memory_usage"]["free_memory"] > (400 << 20) ? "opcache has 512 MB, "
        : "no opcache, ",
        $grown <= 1024 ? "the process has not grown" : "grown by $grown kB", "\n";
    ', ['+opcache', 'opcache.enable_cli' => 1, 'opcache.memory_consumption' => 512, 'rdump.safe_read' => $safe_read]);
    echo $run->out, $run->err;
    $size = filesize("$folder/a.rdump");
    echo $size <= 40 << 20 ? 'at most 40 MB' : "$size bytes", ', ', rdump_judge("$folder/a.rdump"), "\n";
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
opcache has 512 MB, the process has not grown
at most 40 MB, valid
opcache has 512 MB, the process has not grown
at most 40 MB, valid
