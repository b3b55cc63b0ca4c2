<?php
/*
 * Tests scripts/inspect.d/reader.php with files that it makes: a valid one, and one for each kind of fault. Prints a
 * line per case.
 */
require __DIR__ . '/../../scripts/inspect.d/reader.php';

function str($bytes)
{
    return pack('V', strlen($bytes)) . $bytes;
}

function page($letter)
{
    return str_repeat($letter, 4096);
}

function mapping($begin, $end, $name = '', $flags = [1, 1, 0, 1], $offset = '00000000', $device = '00:00', $inode = 0)
{
    return str($begin) . str($end) . str($offset) . pack('C4', ...$flags) . str($device) . pack('P', $inode)
        . str($name);
}

function region($address, $bytes)
{
    return pack('PP', $address, strlen($bytes)) . $bytes;
}

/* The parts of a valid file, in order. $changes replaces some of them. */
function dump_file(array $changes = [])
{
    $parts = $changes + [
        'magic' => "RDUMP\0\0\0",
        'version' => pack('V', 3),
        'tag' => str('v82'),
        'pid' => pack('P', 4711),
        'eg' => pack('P', 0x10010),
        'cg' => pack('P', 0x10020),
        'rss' => pack('P', 12 << 20),
        'modules' => pack('V', 1) . str('basic_globals') . pack('P', 0x10030),
        'mapping count' => null,
        'region count' => null,
        'mappings' => [
            mapping('00010000', '00014000', '[heap]'),
            mapping('00014000', '00015000', '/a file (deleted)', [1, 0, 1, 1], '00001000', 'fd:01', 99),
            mapping('7f0000000000', '7f0000004000', '', [1, 1, 0, 0]),
            mapping('ffffffffff600000', 'ffffffffff601000', '[vsyscall]', [0, 0, 1, 1]),
        ],
        'regions' => [
            region(0x10000, page('a') . page('b')),
            region(0x13000, page('c') . page('d')), /* across two mappings */
            region(0x7f0000001000, page("e") . str_pad("f\0", 4096, "f")),
        ],
        'end' => '',
    ];
    if ($parts['mapping count'] === null) {
        $parts['mapping count'] = pack('V', count($parts['mappings']));
    }
    if ($parts['region count'] === null) {
        $parts['region count'] = pack('V', count($parts['regions']));
    }
    return $parts['magic'] . $parts['version'] . $parts['tag'] . $parts['pid'] . $parts['eg'] . $parts['cg']
        . $parts['rss']
        . $parts['modules'] . $parts['mapping count'] . $parts['region count'] . implode('', $parts['mappings'])
        . implode('', $parts['regions']) . $parts['end'];
}

function check($name, $wrong)
{
    echo $wrong === null ? "ok - reader: $name\n" : "not ok - reader: $name: $wrong\n";
}

function open($bytes)
{
    global $path;
    file_put_contents($path, $bytes);
    return new RdumpReader($path);
}

function refuse($name, $bytes, $sentence)
{
    try {
        open($bytes);
        check($name, 'was accepted');
    } catch (RdumpFormatError $error) {
        $said = $error->getMessage();
        check($name, strpos($said, $sentence) !== false && preg_match('/ \(at byte \d+\)$/D', $said) ? null
            : "it said: $said");
    }
}

function same($name, $expected, $actual)
{
    check($name, $expected === $actual ? null
        : var_export($actual, true) . ' instead of ' . var_export($expected, true));
}

$path = tempnam(sys_get_temp_dir(), 'rdump-reader-');

$dump = open(dump_file());
same('header', [3, 'v82', 4711, 0x10010, 0x10020, 12 << 20, ['basic_globals' => 0x10030]],
    [$dump->version, $dump->tag, $dump->pid, $dump->eg, $dump->cg, $dump->rss, $dump->modules]);
same('mappings', ['begin' => '00014000', 'end' => '00015000', 'offset' => '00001000', 'r' => true, 'w' => false,
    'x' => true,
    'private' => true, 'device' => 'fd:01', 'inode' => 99, 'name' => '/a file (deleted)'], $dump->mappings()[1]);
same('a mapping beyond the largest integer', '[vsyscall]', $dump->mappings()[3]['name']);
same('the mapping of an address', ['[heap]', '/a file (deleted)', null],
    [$dump->mappingAt(0x13fff)['name'], $dump->mappingAt(0x14000)['name'], $dump->mappingAt(0x15000)]);
same('regions', [[0x10000, 8192], [0x13000, 8192], [0x7f0000001000, 8192]], $dump->regions());
same('bytes in the middle of a region', 'aabb', $dump->read(0x10ffe, 4));
same('first and last byte of the last region', 'e' . 'f',
    $dump->read(0x7f0000001000, 1) . $dump->read(0x7f0000002fff - 15, 1));
same('a region across mappings', 'cd', $dump->read(0x13fff, 2));
same('integers', [0x61, 0x6161, 0x61616161, 0x6161616161616161],
    [$dump->u8(0x10000), $dump->u16(0x10000), $dump->u32(0x10000), $dump->u64(0x10000)]);
same('a C string across pages', 'eef', $dump->cstr(0x7f0000001ffe));
same('the address of bytes', [0x10fff, null], [$dump->search('ab'), $dump->search('bc')]);
same('what is there', [true, false, false, false, true],
    [$dump->has(0x10000, 8192), $dump->has(0x10000, 8193), $dump->has(0xffff), $dump->has(0x12000),
        $dump->has(0x11fff)]);
foreach (['behind a region' => [0x12000, 1], 'before all' => [0, 8], 'across a gap' => [0x11fff, 0x1002],
    'over the end' => [0x14fff, 2]] as $where => $range) {
    try {
        $dump->read($range[0], $range[1]);
        check("a read $where is refused", 'was served');
    } catch (RdumpNotThere $error) {
        check("a read $where is refused", null);
    }
}
try {
    $dump->cstr(0x10000, 100);
    check('a C string without an end is refused', 'was served');
} catch (RdumpNotThere $error) {
    check('a C string without an end is refused', null);
}
same('a dump without regions', 0, open(dump_file(['regions' => []]))->held());
same('an unknown RSS', -1, open(dump_file(['rss' => pack('P', -1)]))->rss);

/* What other programs write: a reader that is not strict takes it. */
file_put_contents($path, dump_file(['regions' => [region(0x10001, "one"), region(0x10004, page('a') . "end"),
    region(0x13000, page('b')), region(0x14000, page('c')), region(0x90000, 'outside')]]));
$dump = new RdumpReader($path, false);
same('not strict: regions that are no whole pages, lie together, lie outside the mappings',
    ['one', 'aend', 'bb', 'outside', 'outs'], [$dump->read(0x10001, 3), $dump->read(0x11003, 4),
        $dump->read(0x13ffe, 2), $dump->read(0x90000, 7), $dump->read(0x90000, 4)]);
same('not strict: what is there', [true, false, false],
    [$dump->has(0x10001, 3), $dump->has(0x10000), $dump->has(0x10003, 2)]);

/* What only a full dump holds, a file that is there, is apart from the rest. */
foreach (['read-only' => [1, 0, 1, 1], 'shared' => [1, 1, 0, 0]] as $kind => $flags) {
    $file = ['mappings' => [mapping('00010000', '00014000', '[heap]'),
        mapping('00014000', '00015000', '/a file', $flags, '00001000', 'fd:01', 99)],
        'regions' => [region(0x13000, page('a')), region(0x14000, page('b'))]];
    same("a file that is $kind, beside other memory", [[0x13000, 4096], [0x14000, 4096]],
        open(dump_file($file))->regions());
}

$big = fopen($path, 'w');
fwrite($big, dump_file(['regions' => [pack('PP', 0x100000000, 5 << 30)],
    'mappings' => [mapping('100000000', '300000000')]]));
ftruncate($big, ftell($big) + (5 << 30) - 8);
fseek($big, 0, SEEK_END);
fwrite($big, 'the end.');
fclose($big);
$before = memory_get_peak_usage();
$dump = new RdumpReader($path);
same('a region of 5 GB', 'the end.', $dump->read(0x240000000 - 8, 8));
check('its bytes stay in the file', memory_get_peak_usage() - $before < 1 << 20 ? null : 'read into memory');

$good = dump_file();
$refused = null;
for ($length = 0; $length < strlen($good) && $refused === null; $length += $length < 600 ? 1 : 511) {
    try {
        open(substr($good, 0, $length));
        $refused = "accepted at $length bytes";
    } catch (RdumpFormatError $error) {
    }
}
check('a file cut short anywhere', $refused);

refuse('an empty file', '', 'the file ends');
refuse('another magic', dump_file(['magic' => "RDUMP\0\0\1"]), 'magic');
refuse('another version', dump_file(['version' => pack('V', 4)]), 'format version 4');
foreach (['82', 'v8', 'v822', 'V82', 'vab', "v8\n", ''] as $tag) {
    refuse('a tag like "' . addcslashes($tag, "\n") . '"', dump_file(['tag' => str($tag)]), 'the PHP version tag');
}
refuse('a tag of 4 GB', dump_file(['tag' => pack('V', 0xffffffff) . 'v82']), 'has 4294967295 bytes');
refuse('no pid', dump_file(['pid' => pack('P', 0)]), 'the pid');
refuse('no EG address', dump_file(['eg' => pack('P', 0)]), 'the EG address');
refuse('a CG address beyond user memory', dump_file(['cg' => pack('P', PHP_INT_MIN)]), 'the CG address');
refuse('a negative RSS', dump_file(['rss' => pack('P', -2)]), 'RSS');
refuse('a module global without a name', dump_file(['modules' => pack('V', 1) . str('') . pack('P', 1)]), 'no name');
refuse('a module global twice',
    dump_file(['modules' => pack('V', 2) . str('x') . pack('P', 1) . str('x') . pack('P', 1)]), 'was there before');
refuse('one mapping fewer than counted', dump_file(['mapping count' => pack('V', 5)]), 'mapping 4');
refuse('one mapping more than counted', dump_file(['mapping count' => pack('V', 3)]), 'region 0');
refuse('4 billion mappings', dump_file(['mapping count' => pack('V', 0xffffffff)]), 'mapping');
refuse('one region fewer than counted', dump_file(['region count' => pack('V', 4)]), 'the file ends');
refuse('one region more than counted', dump_file(['region count' => pack('V', 2)]), 'follows the last region');
refuse('a byte behind the last region', dump_file(['end' => "\0"]), 'follows the last region');
foreach ([
    'an address in upper case' => mapping('0001A000', '0001b000'),
    'an address with 0x' => mapping('0x010000', '00014000'),
    'a short address' => mapping('10000', '00014000'),
    'an address with a newline' => mapping("00010000\n", '00014000'),
    'an end before the begin' => mapping('00014000', '00010000'),
    'an empty mapping' => mapping('00014000', '00014000'),
    'a flag that is a letter' => mapping('00010000', '00014000', '', [ord('r'), 0, 0, 0]),
    'an offset that is empty' => mapping('00010000', '00014000', '', [1, 1, 1, 1], ''),
    'a device without a colon' => mapping('00010000', '00014000', '', [1, 1, 1, 1], '00000000', 'fd01'),
    'a device that is empty' => mapping('00010000', '00014000', '', [1, 1, 1, 1], '00000000', ''),
    'a name with a newline' => mapping('00010000', '00014000', "a\nb"),
    'a name with a NUL' => mapping('00010000', '00014000', "a\0b"),
    'a name of 64 kB' => mapping('00010000', '00014000', str_repeat('n', 65536)),
] as $name => $mapping) {
    refuse("a mapping with $name", dump_file(['mappings' => [$mapping], 'regions' => []]), 'mapping 0');
}
refuse('overlapping mappings',
    dump_file(['mappings' => [mapping('00010000', '00014000'), mapping('00013000', '00015000')]]),
    'mapping 1 begins before');
refuse('mappings out of order',
    dump_file(['mappings' => [mapping('00020000', '00024000'), mapping('00010000', '00015000')]]),
    'mapping 1 begins before');
refuse('addresses compared as numbers',
    dump_file(['mappings' => [mapping('100000000', '100001000'), mapping('ffffe000', 'fffff000')]]),
    'mapping 1 begins before');
foreach ([
    'overlapping regions' => [[region(0x10000, page('a') . page('b')), region(0x11000, page('c'))], 'begins before'],
    'regions out of order' => [[region(0x13000, page('a')), region(0x10000, page('c'))], 'begins before'],
    'one region twice' => [[region(0x10000, page('a')), region(0x10000, page('a'))], 'begins before'],
    'regions that touch, at a mapping of a deleted file' => [[region(0x13000, page('a')), region(0x14000, page('a'))],
        'cut in two'],
    'regions that touch' => [[region(0x10000, page('a')), region(0x11000, page('a'))], 'cut in two'],
    'an empty region' => [[region(0x10000, '')], 'size of region 0'],
    'a region that is no whole page' => [[region(0x10000, 'abc')], 'whole pages'],
    'a region that begins within a page' => [[region(0x10800, page('a'))], 'whole pages'],
    'a region in no mapping' => [[region(0x20000, page('a'))], 'outside the mappings'],
    'a region that begins before its mapping' => [[region(0xf000, page('a') . page('b'))], 'outside the mappings'],
    'a region that goes on behind its mapping' => [[region(0x14000, page('a') . page('b'))], 'outside the mappings'],
    'a region that spans a gap between mappings' => [[pack('PP', 0x10000, 0x7f0000001000 - 0x10000)],
        'outside the mappings'],
    'a region larger than the file' => [[pack('PP', 0x10000, 0x4000)], 'the file ends within region 0'],
    'a region round the end of memory' => [[pack('PP', 0x7ffffffffffff000, 0x7ffffffffffff000)], 'end of memory'],
    'a region in the upper half' => [[region(PHP_INT_MIN, page('a'))], 'address of region 0'],
    'a region of negative size' => [[pack('PP', 0x10000, -4096)], 'size of region 0'],
] as $name => $case) {
    refuse($name, dump_file(['regions' => $case[0]]), $case[1]);
}
try {
    new RdumpReader($path . '.none');
    check('no file', 'was accepted');
} catch (RdumpFormatError $error) {
    check('no file', null);
}
unlink($path);
