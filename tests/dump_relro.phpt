--TEST--
rdump_dump(): a lean dump holds read-only pages that differ from the file on disk (relocated tables)
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
/* The segment, from PHP's binary: the first PT_GNU_RELRO of its program headers. */
$binary = realpath('/proc/self/exe');
$elf = file_get_contents($binary, false, null, 0, 4096);
$header = unpack('Pphoff', substr($elf, 32)) + unpack('vsize/vcount', substr($elf, 54));
for ($i = 0; $i < $header['count']; $i++) {
    $segment = unpack('Vtype/Vflags/Poffset/Paddress/Pphysical/Pfilesize/Pmemory',
        substr($elf, $header['phoff'] + $i * $header['size']));
    if ($segment['type'] === 0x6474e552) {
        $relro = $segment;
    }
}
rdump_dump("$folder/a.rdump");
$dump = new RdumpReader("$folder/a.rdump");
$pages = $differ = $held = 0;
foreach ($dump->mappings() as $mapping) {
    /* The address of the segment in memory, from its offset in the file. */
    $offset = hexdec($mapping['offset']);
    if ($mapping['name'] !== $binary || $mapping['w'] || $mapping['x'] || !$mapping['r']) {
        continue;
    }
    for ($at = hexdec($mapping['begin']); $at < hexdec($mapping['end']); $at += 4096, $offset += 4096) {
        if ($offset + 4096 <= $relro['offset'] || $offset >= $relro['offset'] + $relro['filesize']) {
            continue;
        }
        $pages++;
        if ($dump->has($at, 4096)) {
            $held++;
            $differ += $dump->read($at, 4096) !== file_get_contents($binary, false, null, $offset, 4096);
        }
    }
}
echo $pages > 20 ? "tables of relocated addresses\n" : "only $pages pages of relocated addresses\n";
echo $held > $pages * 0.9 ? "held\n" : "only $held of $pages pages held\n";
echo $differ > $held * 0.9 ? "other bytes than on disk\n" : "only $differ of $held pages differ from the disk\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
tables of relocated addresses
held
other bytes than on disk
