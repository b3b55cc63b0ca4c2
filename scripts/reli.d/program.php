<?php
/*
 * The program whose dumps reli analyses.   program.php HOW PATH
 * HOW: lean, full (dumps by call), background (rdump_snapshot()), exhaust (exceeds its memory_limit). The numbers of
 * objects are such that nothing else has them; run.php knows them and the names.
 */
namespace Planted;

class Node
{
    public $next;
    public $text;
}

class Leaf
{
    public $of;
}

final class Lone
{
}

class Deep
{
    public static function descend($how, $path)
    {
        return innermost($how, $path);
    }
}

function innermost($how, $path)
{
    if ($how === 'exhaust') {
        return \str_repeat($path, 300 << 20);
    }
    return $how === 'background' ? \rdump_snapshot($path) : \rdump_dump($path, $how === 'full');
}

function outer($how, $path)
{
    return Deep::descend($how, $path);
}

$nodes = $leaves = $lone = [];
for ($i = 0; $i < 3001; $i++) {
    $nodes[$i] = new Node();
    $nodes[$i]->next = $i ? $nodes[$i - 1] : null;
    $nodes[$i]->text = "text $i";
}
for ($i = 0; $i < 613; $i++) {
    $leaves[$i] = new Leaf();
    $leaves[$i]->of = $nodes[$i];
}
for ($i = 0; $i < 67; $i++) {
    $lone[] = new Lone();
}
if (!outer($argv[1], $argv[2])) {
    exit(9);
}
/* What is written in the background appears when it is complete. */
$deadline = time() + 120;
while (!is_file($argv[2]) && time() < $deadline) {
    usleep(10000);
    clearstatcache();
}
