--TEST--
scripts/inspect: stack, objects, strings and arrays of a dump: lean, full, automatic, compressed
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
rdump_skip_without_layout();
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$program = 'namespace Planted;

class Item
{
    public $number;
    public $next;
}

class Outer
{
    public static function call($how)
    {
        return inner($how);
    }
}

function inner($how)
{
    if ($how === "exhaust") {
        return \str_repeat("much", 40 << 20);
    }
    return \rdump_dump($how, $how === "full.rdump");
}

$items = [];
for ($i = 0; $i < 3000; $i++) {
    $items[] = new Item();
}
$gone = new Item();
unset($gone);
$objects = [new \ArrayObject([]), new \ArrayObject([]), (object) ["a" => 1]];
$text = str_repeat("planted: \x1b[31m \xc3\xa4 ", 150000);
$shorter = str_repeat("shorter ", 50000);
$numbers = range(1, 100000);
$named = [];
for ($i = 0; $i < 5000; $i++) {
    $named["name $i"] = "value $i";
}
$named["name 1"] = $items[0];
gc_collect_cycles();
fwrite(STDOUT, getmypid() . "\n");
Outer::call($argv[1]);
';

/* What is expected of every one of these dumps. */
function compare($name, array $report, $pid, $stack)
{
    $found = [];
    foreach ($report['threads'][0]['stack'] as $frame) {
        $place = $frame['file'] === null ? '' : ' ' . basename($frame['file']) . ":$frame[line]";
        $found[] = $frame['function'] . $place;
    }
    $classes = array_column($report['objects']['biggest'], null, 'class');
    $debug = PHP_DEBUG ? 32 : 0; /* the allocator keeps so many bytes more for each block */
    list($first, $second) = $report['strings'];
    list($numbers, $named) = $report['arrays'];
    $checks = [
        'pid' => [(int) $pid, $report['header']['pid']],
        'PHP' => [PHP_VERSION . (PHP_ZTS ? ' ZTS' : ' NTS') . (PHP_DEBUG ? ' debug' : ''), $report['php']['version']],
        'stack' => [$stack, $found],
        'Item' => [[3000, 3000 * ($debug ? 112 : 80)], [$classes['Planted\Item']['count'],
            $classes['Planted\Item']['bytes']]],
        'ArrayObject' => [2, $classes['ArrayObject']['count']],
        'stdClass' => [[1, $debug ? 80 : 40], [$classes['stdClass']['count'], $classes['stdClass']['bytes']]],
        'limit' => [64 << 20, $report['heap']['limit']],
        'in use' => [true, $report['heap']['in use'] > 5 << 20],
        'strings' => [[150000 * 18, 400000], [$first['bytes'], $second['bytes']]],
        'preview' => ['"planted: \x1b[31m ä planted:', substr($first['preview'], 0, 30)],
        'another' => ['"' . str_repeat('shorter ', 6) . '"...', $second['preview']],
        'numbers' => [[100000, '[0 => 1, 1 => 2, 2 => 3, ...]'], [$numbers['elements'], $numbers['preview']]],
        'named' => [[5000, '["name 0" => "value 0", "name 1" => object(Planted\Item), "name 2" => "value 2", ...]'],
            [$named['elements'], $named['preview']]],
        'mappings' => [10, count($report['mappings'])],
    ];
    $flaws = 0;
    foreach ($checks as $what => list($expected, $actual)) {
        if ($expected !== $actual) {
            echo "$name, $what: ", json_encode($actual), ' instead of ', json_encode($expected), "\n";
            $flaws++;
        }
    }
    echo "$name: ", $flaws ? 'wrong' : 'right', "\n";
}

$directives = ['memory_limit' => '64M', 'display_errors' => '0', 'fatal_error_backtraces' => '0'];
$place = "script1.php";
file_put_contents("$folder/$place", "<?php\n$program");
$line = function ($text) use ($folder, $place) {
    foreach (file("$folder/$place") as $index => $code) {
        if (strpos($code, $text) !== false) {
            return "$place:" . ($index + 1);
        }
    }
};
$stack = ['Planted\inner ' . $line('\rdump_dump('), 'Planted\Outer::call ' . $line('return inner'),
    '{main} ' . $line('Outer::call(')];
foreach (['lean.rdump', 'full.rdump', 'auto.rdump', 'lean.rdump.zst'] as $name) {
    if ($name === 'lean.rdump.zst' && !(rdump_has_zstd() && rdump_shell('zstd --version')[0] === 0)) {
        echo "$name: right\n"; /* there are none here */
        continue;
    }
    $how = $name === 'auto.rdump' ? 'exhaust' : $name;
    $run = rdump_shell(rdump_command(array_merge(rdump_arguments($folder, $directives
        + ($how === 'exhaust' ? ['rdump.oom_dump' => "$folder/$name"] : [])), [$place, $how])), '', $folder);
    $result = rdump_inspect(['--json', '--top=10', "$folder/$name"]);
    $report = json_decode($result[1], true);
    if (!$report || $result[0] || $result[2] !== '') {
        var_dump($run, $result);
        continue;
    }
    if ($how === 'exhaust') {
        $expected = array_merge(['str_repeat', 'Planted\inner ' . $line('str_repeat("much"')],
            array_slice($stack, 1));
    } else {
        $expected = array_merge(['rdump_dump'], $stack);
    }
    compare($name, $report, trim($run[1]), $expected);
}

/* The same as text, and parts of it. */
$text = rdump_inspect(['--top=2', "$folder/lean.rdump"])[1];
foreach (['/^  #0 rdump_dump *$/m', '/^  #1 Planted.inner +\S+script1.php:\d+$/m', '/^  #3 \{main\} /m',
    '/^Objects: 3,00\d of \d+ classes/m', '/^ .*  3,000  Planted.Item$/m', '/^ +2636.7 kB  "planted: .x1b/m',
    '/ 100,000 elements  \[0 => 1, /', '/^ .* rw-p  anonymous$/m', '/reli/', '/may be secret/'] as $pattern) {
    if (!preg_match($pattern, $text)) {
        echo "$pattern is not in $text\n";
    }
}
var_dump(strpos($text, "\x1b") === false);
$text = rdump_inspect(['--no-previews', "$folder/lean.rdump"])[1];
var_dump(strpos($text, 'planted:') === false, strpos($text, '2636.7 kB') !== false);
list($status, $text) = rdump_inspect(['--check', "$folder/full.rdump"]);
var_dump($status, strpos($text, 'What was running') === false, strpos($text, 'format version         3') !== false);
/* Progress goes to stderr. */
list(, $out, $err) = rdump_inspect(['--progress', "$folder/lean.rdump"]);
var_dump(strpos($err, 'threads') !== false, $out === rdump_inspect(["$folder/lean.rdump"])[1]);
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
lean.rdump: right
full.rdump: right
auto.rdump: right
lean.rdump.zst: right
bool(true)
bool(true)
bool(true)
int(0)
bool(true)
bool(true)
bool(true)
bool(true)
