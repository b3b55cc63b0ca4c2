<?php
/* Prints the table of docs/ends.md, or checks that FILE has it: php print.php [FILE] */
require __DIR__ . '/lib.php';

function code($function)
{
    $function = strtok($function, '@');
    return $function === false ? 'nothing' : ($function === '{main}' ? "`$function`" : "`$function()`");
}

$lines = [
    "| what exhausts memory | on top of the call stack | ended by the hard limit | without: 8.2 | without: 8.4 |\n",
    "| --- | --- | --- | --- | --- |\n",
];
foreach (ends_table() as $row) {
    $stack = ends_stack($row, 80300);
    $top = code($stack ? $stack[0] : '') . ($row['frameless'] ? ' ¹' : '');
    if ($stack && strpos($stack[0], '@') === false) {
        $own = preg_grep('/@/', $stack);
        $top .= ', in ' . code(current($own));
    }
    $hard = $row['hard'] === null ? 'at times' : ($row['hard'] ? 'yes' : '');
    $late = $row['late'] === null ? ['no dump', 'no dump'] : array_map(function ($function) use ($row) {
        return code($function) . ($row['hard'] === null ? ', or no dump' : '');
    }, $row['late']);
    $lines[] = "| $row[title] | $top | $hard | $late[0] | $late[1] |\n";
}
if ($argc < 2) {
    exit(implode($lines));
}
$there = strpos(file_get_contents($argv[1]), "\n\n" . implode($lines) . "\n") !== false;
echo $there ? 'ok' : 'not ok', ' - ends: ', basename($argv[1]), " has the table that tests/ends/run --table prints\n";
