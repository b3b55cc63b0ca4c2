--TEST--
rdump_dump(): a path that ends in .zst is a compressed dump, which zstd -d unpacks
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
rdump_skip_without_zstd();
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);

class Held
{
    public $text;
}
$held = new Held();
$held->text = str_repeat('in the dump ', 300000);
foreach (["$folder/lean.rdump.zst" => false, "$folder/full.rdump.zst" => true] as $path => $full) {
    file_put_contents($path, 'earlier');
    var_dump(rdump_dump($path, $full));
    echo rdump_kind($path), ', ', rdump_list($folder), "\n";
    echo rdump_shell('zstd -qd --rm ' . $path)[0], ' ', rdump_judge(substr($path, 0, -4)), "\n";
    $dump = new RdumpReader(substr($path, 0, -4));
    var_dump($dump->pid === getmypid());
    unlink(substr($path, 0, -4));
}
/* The size of the file is told, and there is a checksum. */
var_dump(rdump_dump('a.rdump'), rdump_dump('b.rdump.zst'));
var_dump(filesize('b.rdump.zst') < filesize('a.rdump') / 2);
$list = rdump_shell("zstd -lv $folder/b.rdump.zst")[1];
var_dump((bool) preg_match('/Check: XXH64/', $list), (bool) preg_match('/Decompressed Size: .*\(\d+ B\)/', $list));
/* Only the end of the name decides. */
mkdir('folder.zst');
var_dump(rdump_dump('folder.zst/c.rdump'));
echo rdump_judge('folder.zst/c.rdump'), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
bool(true)
file 600, lean.rdump.zst
0 valid
bool(true)
bool(true)
file 600, full.rdump.zst
0 valid
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
valid
