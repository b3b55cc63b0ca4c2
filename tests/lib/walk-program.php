<?php
/*
 * The program that run-walk dumps, and whose data it looks for in the dump.
 *   php walk-program.php call|auto KEY PATH FULL
 * KEY makes its values unique. "call" dumps to PATH, "auto" exceeds its memory_limit. The comments "at: ..." mark the
 * lines that the call stack in the dump must show.
 */
namespace Planted;

interface Shape
{
}

class Node implements Shape
{
    public $next;
    public $number;
}

final class Rare
{
}

class Gone
{
}

class Deep
{
    public function descend($how, $path, $full)
    {
        return self::turn($how, $path, $full); /* at: descend */
    }

    private static function turn($how, $path, $full)
    {
        global $closure;
        return $closure($how, $path, $full); /* at: turn */
    }
}

function end_of_the_line($how, $path, $full)
{
    global $usage;
    $times = 300 << 20;
    /* Writes numbers to an array that exists: from here to the dump nothing is allocated. */
    $usage['limit'] = \ini_get('memory_limit') * 1048576;
    $usage['real_peak'] = \memory_get_peak_usage(true);
    $usage['real_size'] = \memory_get_usage(true);
    $usage['peak'] = \memory_get_peak_usage();
    $usage['size'] = \memory_get_usage();
    if ($how === 'auto') {
        return \str_repeat($path, $times); /* at: auto */
    }
    return \rdump_dump($path, $full); /* at: call */
}

function outer($how, $path, $full)
{
    $deep = new Deep();
    return $deep->descend($how, $path, $full); /* at: outer */
}

list(, $how, $key, $path, $full) = $argv;

$string = "string of $key";
$int = 7 * crc32($key);
$float = crc32($key) / 8;
$true = true;
$null = null;
$empty = '';
$nested = ['key' => $key, 'list' => [1, 2, "third of $key"], 'deep' => ['deeper' => ['deepest' => $key]], 7 => false,
    -3 => 'minus'];
$gone = range(0, 99) + ['a' => 1, 'b' => 2, 'c' => $key];
unset($gone['b'], $gone[50]);
$packed = range(1000, 1999);
unset($packed[10]);
$target = "target of $key";
$reference = &$target;
$medium = str_repeat("$key-", 5000);
$huge = str_repeat("$key+", 200000);

/* Objects: a ring, some that live, some that were destroyed. */
$ring = $last = new Node();
for ($i = 1; $i < 1000; $i++) {
    $last->next = new Node();
    $last = $last->next;
    $last->number = $i;
}
$last->next = $ring;
$rare = [];
for ($i = 0; $i < 50; $i++) {
    $rare[] = new Rare();
}
$rare = array_slice($rare, 0, 3);
$never = new Gone();
unset($never);

/* Makes holes in the allocator: slots of all sizes, pages, chunks and huge blocks, used and freed. */
$holes = [];
for ($i = 0; $i < 30000; $i++) {
    $holes[$i] = str_repeat('h', $i % 5000);
}
for ($i = 0; $i < 30000; $i++) {
    if ($i % 3) {
        unset($holes[$i]);
    }
}
$large = [str_repeat('1', 3 << 20), str_repeat('2', 5 << 20), str_repeat('3', 7 << 20)];
unset($large[1]);
gc_collect_cycles();

register_shutdown_function('strlen', 'one');
register_shutdown_function('strlen', 'two');

$closure = function ($how, $path, $full) {
    return end_of_the_line($how, $path, $full); /* at: closure */
};
$usage = ['size' => 0, 'peak' => 0, 'real_size' => 0, 'real_peak' => 0, 'limit' => 0];
$usage['size'] = (int) getmypid(); /* the array is now a copy, not the one of the compiler */
$result = outer($how, $path, $full === '1'); /* at: main */
if ($result !== true) {
    exit(9);
}
echo "dumped\n";
