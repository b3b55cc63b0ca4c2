<?php
/*
 * Tests compare.php with reports in two shapes, written down in recorded/, and with faults in them. Prints a line per
 * case.
 */
require __DIR__ . '/compare.php';

$classes = ['Planted\Node' => 3001, 'Planted\Leaf' => 613, 'Planted\Lone' => 67];
$stack = ['Planted\innermost', 'Planted\Deep::descend', 'Planted\outer'];

function check($name, array $expected, array $actual)
{
    echo $expected === $actual ? 'ok' : 'not ok', " - reli, comparison: $name",
        $expected === $actual ? '' : ': ' . json_encode($actual) . ' instead of ' . json_encode($expected), "\n";
}

$no_stack = 'it does not show the call stack Planted\innermost < Planted\Deep::descend < Planted\outer';
foreach (['table.txt', 'report.json'] as $shape) {
    $report = file_get_contents(__DIR__ . "/recorded/$shape");
    $name = $shape === 'table.txt' ? 'Planted\\' : 'Planted\\\\';
    /* The report with a change: what is replaced must be in it. */
    $changed = function ($from, $to) use ($report) {
        return strpos($report, $from) === false ? "no $from" : str_replace($from, $to, $report);
    };
    check("$shape: nothing is wrong", [], reli_flaws($report, $classes, $stack));
    check("$shape: the outermost function first", [], reli_flaws($report, $classes, array_reverse($stack)));
    $lines = reli_lines($report);
    check("$shape: another number of objects", ['it does not count 3001 objects of Planted\Node'],
        preg_replace('/, but .*/', '',
            reli_flaws($changed($shape === 'table.txt' ? '3,001' : '3001', '2999'), $classes, $stack)));
    check("$shape: a class is missing", ['it does not name the class Planted\Leaf'],
        reli_flaws($changed("{$name}Leaf", "{$name}Leaflet"), $classes, $stack));
    check("$shape: a class of another namespace", ['it does not name the class Planted\Lone'],
        reli_flaws($changed("{$name}Lone", "Re{$name}Lone"), $classes, $stack));
    check("$shape: a function is missing", [$no_stack],
        reli_flaws($changed("{$name}Deep", "{$name}Shallow"), $classes, $stack));
    check("$shape: two functions are exchanged", [$no_stack], reli_flaws(strtr($report,
        ["{$name}innermost" => "{$name}outer", "{$name}outer" => "{$name}Deep::descend",
            $shape === 'table.txt' ? "{$name}Deep::descend" : "{$name}Deep->descend" => "{$name}innermost"]), $classes,
        $stack));
}
check('an empty report', array_merge(array_map(function ($class) {
    return "it does not name the class $class";
}, array_keys($classes)), [$no_stack]), reli_flaws('', $classes, $stack));
