<?php
/* Prints the table of docs/ends.md from table.php; with the name of such a file, says what in it is not so:   php print.php [FILE] */
require __DIR__ . '/lib.php';

function code($function)
{
    return $function === '' ? 'nothing' : '`' . strtok($function, '@') . (strpos($function, '{main}') === 0 ? '`' : '()`');
}

$lines = ["| what exhausts memory | on top of the call stack | ended by the hard limit | without: 8.2 | without: 8.4 |\n", "| --- | --- | --- | --- | --- |\n"];
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
$differ = array_merge(array_diff($lines, file($argv[1])), array_diff(preg_grep('/^\| /', file($argv[1])), $lines));
echo $differ ? 'not ok' : 'ok', ' - ends: the table of ', basename($argv[1]), ' is that of the tests',
    $differ ? ': ' . preg_replace('/\s+/', ' ', implode($differ)) : '', "\n";
