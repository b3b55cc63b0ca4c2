--TEST--
1 TB of reserved memory adds little to the file, and the process does not grow
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
rdump_skip_without('ffi');
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$run = rdump_run($folder, '
/* In kB. VmRSS lags, the page table does not. */
function told($file, $what)
{
    return (int) preg_replace("/^.*\n$what:\s*(\d+) kB.*$/s", "$1", file_get_contents("/proc/self/$file"));
}
function resident()
{
    return [told("smaps_rollup", "Rss"), told("status", "VmPTE")];
}
$heap = str_repeat("h", 50 << 20);
$c = FFI::cdef("long mmap(long, size_t, int, int, int, long);");
rdump_dump("without.rdump") || exit("failed");
/* Private, anonymous, MAP_NORESERVE */
$reserved = $c->mmap(0, 1 << 40, 3, 0x22 | (php_uname("m") === "ppc64le" ? 0x40 : 0x4000), -1, 0);
resident();
$before = resident();
rdump_dump("lean.rdump") || exit("failed");
$after = resident();
$grown = [$after[0] - $before[0], $after[1] - $before[1]];
echo max($grown) <= 1024 ? "not grown" : "grown by $grown[0] kB, $grown[1] kB of page tables", "\n";
rdump_dump("full.rdump", true) || exit("failed");
file_put_contents("address", $reserved);
', ['+ffi', 'ffi.enable' => 1, 'memory_limit' => '200M']);
echo $run->out, $run->err;
foreach (['lean', 'full'] as $name) {
    $dump = new RdumpReader("$folder/$name.rdump");
    $mapping = $dump->mappingAt((int) file_get_contents("$folder/address"));
    echo hexdec($mapping['end']) - hexdec($mapping['begin']) >= 1 << 40 ? 'in the table' : 'not in the table', "\n";
}
$more = filesize("$folder/lean.rdump") - filesize("$folder/without.rdump");
echo $more <= 2 << 20 ? 'at most 2 MB more' : "$more bytes more", "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
not grown
in the table
in the table
at most 2 MB more
