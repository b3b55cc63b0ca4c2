--TEST--
rdump_dump() in a generator, in a comparison callback, and in an output buffer callback
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$said = [];
function said($where)
{
    global $said, $folder;
    if (!isset($said[$where])) {
        $said[$where] = var_export(rdump_dump("$folder/$where.rdump"), true) . ', '
            . rdump_judge("$folder/$where.rdump");
    }
}
function generator()
{
    said('generator');
    yield 1;
    yield from (function () {
        said('delegated');
        yield 2;
    })();
}
foreach (generator() as $value);
$array = [3, 1, 2];
usort($array, function ($a, $b) {
    said('sort');
    return $a - $b;
});
ob_start(function ($buffer) {
    said('output');
    return strtoupper($buffer);
});
echo "through the buffer\n";
ob_end_flush();
foreach ($said as $where => $what) {
    echo "$where: $what\n";
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
THROUGH THE BUFFER
generator: true, valid
delegated: true, valid
sort: true, valid
output: true, valid
