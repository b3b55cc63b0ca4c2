--TEST--
rdump_dump(): a lean dump is a valid file, names its process, and holds the data of the script
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
/* The text of this file does not contain the needle. */
$needle = strrev('needle') . getmypid();
$resident = rdump_resident();
var_dump(rdump_dump("$folder/a.rdump"));
$dump = new RdumpReader("$folder/a.rdump");
var_dump($dump->tag === 'v' . PHP_MAJOR_VERSION . PHP_MINOR_VERSION);
var_dump($dump->pid === getmypid());
var_dump($dump->has($dump->eg, 8), $dump->has($dump->cg, 8), $dump->has($dump->modules['basic_globals'], 8));
var_dump(abs($dump->rss - $resident) < $resident / 2);
var_dump($dump->search($needle) !== null);
/* The table lists every mapping, as /proc/self/maps does, and what a copy of the process shares with it. */
$maps = file_get_contents('/proc/self/maps');
$missing = 0;
foreach ($dump->mappings() as $mapping) {
    if ($mapping['name'] !== '' && $mapping['name'][0] === '/' && $mapping['name'] !== '/dev/zero (deleted)') {
        $line = sprintf('%s-%s %s%s%s%s %s %s %d', $mapping['begin'], $mapping['end'], $mapping['r'] ? 'r' : '-',
            $mapping['w'] ? 'w' : '-',
            $mapping['x'] ? 'x' : '-', $mapping['private'] ? 'p' : 's', $mapping['offset'], $mapping['device'],
                $mapping['inode']);
        $missing += strpos($maps, $line) === false;
    }
}
var_dump($missing);
echo rdump_list($folder), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
int(0)
a.rdump
