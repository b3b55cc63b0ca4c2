--TEST--
rdump_dump(): a full dump holds every readable mapping; a lean one leaves out what is on disk
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$binary = realpath('/proc/self/exe');
foreach (['lean' => false, 'full' => true] as $name => $full) {
    var_dump(rdump_dump("$folder/$name.rdump", $full));
    $dump = new RdumpReader("$folder/$name.rdump");
    $whole = $code = 0;
    foreach ($dump->mappings() as $mapping) {
        /* Code and constants: not the relocated tables, which are in no file. */
        if ($mapping['name'] === $binary && $mapping['r'] && !$mapping['w']
            && ($mapping['x'] || $mapping['offset'] === '00000000')) {
            $size = hexdec($mapping['end']) - hexdec($mapping['begin']);
            $code++;
            $whole += $dump->has(hexdec($mapping['begin']), $size);
            /* For code, with the bytes that are on disk. */
            if ($full && $mapping['x'] && $dump->read(hexdec($mapping['begin']), $size)
                !== file_get_contents($binary, false, null, hexdec($mapping['offset']), $size)) {
                echo "the code in the dump is not the binary's\n";
            }
        }
    }
    echo "$name: ", $code > 0 ? 'some' : 'no', ' mappings of code and constants of the binary, ',
        $whole === $code ? 'all' : ($whole === 0 ? 'none' : "$whole"), " of them whole\n";
}
var_dump(filesize("$folder/full.rdump") > filesize("$folder/lean.rdump") + filesize($binary) / 2);
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
bool(true)
lean: some mappings of code and constants of the binary, none of them whole
bool(true)
full: some mappings of code and constants of the binary, all of them whole
bool(true)
