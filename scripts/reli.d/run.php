<?php
/* Dumps program.php in all ways, and lets reli analyse each.   run.php PHP RDUMP_SO RELI_PHP RELI FOLDER */
require __DIR__ . '/compare.php';
require __DIR__ . '/../../tests/lib/process.php';

const CLASSES = ['Planted\Node' => 3001, 'Planted\Leaf' => 613, 'Planted\Lone' => 67];
const STACK = ['Planted\innermost', 'Planted\Deep::descend', 'Planted\outer'];

list(, $php, $so, $reli_php, $reli, $work) = $argv;

/* The value of an expression in the PHP that is dumped. */
function asked($expression, array $directives = [])
{
    global $php, $so;
    return rdump_shell(rdump_command(array_merge([$php, '-n', '-d', "extension=$so"], $directives,
        ['-r', "echo json_encode($expression);"])) . ' 2>/dev/null')[1];
}

/* [how program.php dumps, file name, directives] of each dump, or a reason why there is none. */
function ways($folder)
{
    $oom = ['-d', "rdump.oom_dump=$folder/dump.rdump"];
    $opcache = ['-d', 'zend_extension=opcache', '-d', 'opcache.enable_cli=1', '-d', 'opcache.file_update_protection=0'];
    $opcache = asked('extension_loaded("Zend OPcache")') === 'true' ? array_slice($opcache, 2) : $opcache;
    return [
        'by call, lean' => ['lean', 'dump.rdump', []],
        'by call, full' => ['full', 'dump.rdump', []],
        'automatic, lean' => ['exhaust', 'dump.rdump', $oom],
        'automatic, full' => ['exhaust', 'dump.rdump', array_merge($oom, ['-d', 'rdump.oom_dump_full=1'])],
        'compressed' => ['lean', 'dump.rdump.zst', []],
        'in the background' => asked('function_exists("rdump_snapshot")') === 'true'
            ? ['background', 'dump.rdump', []] : 'this rdump has no rdump_snapshot()',
        'with opcache' => asked('extension_loaded("Zend OPcache")', $opcache) === 'true'
            ? ['lean', 'dump.rdump', $opcache] : 'this PHP has no opcache',
    ];
}

/* What is wrong with reli's report of a dump; a string is a reason to skip it. */
function flaws($folder, array $way)
{
    global $php, $so, $reli_php, $reli;
    list($how, $name, $directives) = $way;
    $ran = rdump_shell(rdump_command(array_merge([$php, '-n', '-d', "extension=$so", '-d', 'memory_limit=128M'],
        $directives, [__DIR__ . '/program.php', $how, "$folder/$name"])));
    if (!is_file("$folder/$name")) {
        $said = trim($ran[1] . $ran[2]);
        return strpos($said, 'without libzstd') ? 'rdump was built without libzstd' : ["there is no dump: $said"];
    }
    if ($name === 'dump.rdump.zst' && rdump_shell("zstd -qd --rm $folder/$name")[0] !== 0) {
        return ['zstd -d fails'];
    }
    $reli_command = [$reli_php, '-d', 'memory_limit=-1', $reli];
    /* The report's input is a file that analyze leaves here, or what it prints. */
    $run = rdump_shell(rdump_command(array_merge($reli_command, ['inspector:memory:analyze', '-f', 'rmem',
        '--read-buffer=1G', 'dump.rdump'])) . ' >analyzed', '', $folder);
    if ($run[0] !== 0) {
        $said = trim($run[1] . $run[2] . file_get_contents("$folder/analyzed"));
        if (stripos($said, 'chunk address not found') !== false) {
            return 'it does not know the allocator of this release of PHP: chunk address not found';
        }
        return ['inspector:memory:analyze fails: ' . substr($said, -500)];
    }
    $rmem = glob("$folder/*.rmem") ?: ["$folder/analyzed"];
    $run = rdump_shell(rdump_command(array_merge($reli_command, ['inspector:memory:report', $rmem[0]])), '', $folder);
    if ($run[0] !== 0) {
        return ['inspector:memory:report fails: ' . substr(trim($run[1] . $run[2]), -500)];
    }
    return reli_flaws($run[1], CLASSES, STACK);
}

$folder = "$work/dumps";
$kind = trim(asked('PHP_VERSION . (PHP_ZTS ? " ZTS" : "")'), '"');
foreach (ways($folder) as $title => $way) {
    rdump_shell(rdump_command(['rm', '-rf', $folder]));
    mkdir($folder, 0700);
    $flaws = is_string($way) ? $way : flaws($folder, $way);
    if (is_string($flaws)) {
        echo "skip - reli, $kind: $title: $flaws\n";
    } else {
        echo $flaws ? 'not ok' : 'ok', " - reli, $kind: $title", $flaws ? ': ' . implode('; ', $flaws) : '', "\n";
    }
}
