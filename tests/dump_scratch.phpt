--TEST--
A dump does not hold its own scratch memory, lean or full
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
foreach ([false, true] as $full) {
    rdump_dump("$folder/a.rdump", $full);
    rdump_dump("$folder/a.rdump", $full);
    $now = file_get_contents('/proc/self/maps');
    $dump = new RdumpReader("$folder/a.rdump");
    $own = $held = 0;
    foreach ($dump->mappings() as $mapping) {
        /* Anonymous memory that does not exist after the dump. */
        if ($mapping['name'] === '' && $mapping['r'] && strpos($now, "$mapping[begin]-") === false
            && strpos($now, "-$mapping[end] ") === false) {
            $own++;
            foreach ($dump->regions() as $region) {
                $held += $region[0] < hexdec($mapping['end']) && $region[0] + $region[1] > hexdec($mapping['begin']);
            }
        }
    }
    echo $own > 0 ? 'scratch seen' : 'no scratch seen', ", $held regions of it in the dump\n";
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
scratch seen, 0 regions of it in the dump
scratch seen, 0 regions of it in the dump
