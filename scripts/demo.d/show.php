<?php
/*
 * Prints what a dump holds, for scripts/demo.   php show.php DUMP OFFSETS [SAID]
 * OFFSETS is what tests/lib/offsets.c prints for the PHP that was dumped, SAID its stderr. With SAID it exits 1 where
 * the line that PHP's message names is not the one on top of the call stack.
 */
require __DIR__ . '/../../tests/lib/reader.php';
require __DIR__ . '/../../tests/lib/walk.php';

function megabytes($bytes)
{
    return sprintf('%8.1f MB', $bytes / 1048576);
}

function row($name, $value)
{
    printf("  %-22s %s\n", $name, $value);
}

/* The mappings and how much of each is in the dump: [name, size, bytes held], the largest first. */
function mappings(RdumpReader $dump)
{
    $regions = $dump->regions();
    $mappings = [];
    foreach ($dump->mappings() as $mapping) {
        list($begin, $end) = [hexdec($mapping['begin']), hexdec($mapping['end'])];
        $held = 0;
        foreach ($regions as list($address, $size)) {
            $held += max(0, min($end, $address + $size) - max($begin, $address));
        }
        $access = ($mapping['r'] ? 'r' : '-') . ($mapping['w'] ? 'w' : '-') . ($mapping['x'] ? 'x' : '-')
            . ($mapping['private'] ? 'p' : 's');
        $mappings[] = [$access . '  ' . ($mapping['name'] !== '' ? $mapping['name'] : 'anonymous'), $end - $begin,
            $held];
    }
    usort($mappings, function ($a, $b) {
        return $b[2] <=> $a[2] ?: $b[1] <=> $a[1];
    });
    return $mappings;
}

$dump = new RdumpReader($argv[1]);
$walk = new RdumpWalk($dump, file_get_contents($argv[2]));
$memory = $walk->memory();
$mappings = mappings($dump);

echo "\nThe header\n";
row('format version', $dump->version);
row('PHP version tag', $dump->tag);
row('pid', $dump->pid);
row('executor globals', sprintf('0x%x', $dump->eg));
row('compiler globals', sprintf('0x%x', $dump->cg));

echo "\nThe size\n";
row('memory_limit', megabytes($memory['limit']));
row('PHP heap, in use', megabytes($memory['size']) . '  as memory_get_usage() had it');
row('address space', megabytes(array_sum(array_column($mappings, 1))));
row('resident (RSS)', megabytes($dump->rss));
row('the file', megabytes($dump->size)
    . sprintf('  %d %% of RSS: unchanged pages of files on disk are left out', 100 * $dump->size / $dump->rss));

echo "\nWhat was running\n";
$place = null;
foreach ($walk->callStack() as $depth => $frame) {
    $here = $frame['file'] === null ? '' : basename($frame['file']) . ':' . $frame['line'];
    row("#$depth " . $frame['function'], $here);
    $place = $place ?: $here;
}
$named = $place;
if (isset($argv[3])) {
    preg_match('/emory .* exhausted .* in (\S+) on line (\d+)/', file_get_contents($argv[3]), $match);
    $named = $match ? basename($match[1]) . ":$match[2]" : 'no line';
    row("PHP's message names", $named . ($named === $place ? ': the same' : ": not the same as $place"));
}

echo "\nLive objects\n";
$objects = $walk->objects();
arsort($objects);
foreach (array_slice($objects, 0, 3) as $class => $count) {
    row($class, sprintf('%8s', number_format($count)));
}

echo "\nThe mappings with most bytes in the file (" . count($mappings) . " in all)\n";
printf("  %11s   %11s   %s\n", 'in the file', 'mapped', '');
foreach (array_slice($mappings, 0, 8) as $mapping) {
    printf("  %s   %s   %s\n", megabytes($mapping[2]), megabytes($mapping[1]), $mapping[0]);
}
echo "\n";
exit((int) ($named !== $place));
