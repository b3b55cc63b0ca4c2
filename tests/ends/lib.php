<?php
/* What run.php and print.php know of the table. */

/* The lines of table.php, with what they do not say filled in. */
function ends_table()
{
    $table = require __DIR__ . '/table.php';
    foreach ($table as $name => &$row) {
        $row += ['case' => $name, 'php' => 70000, 'needs' => [], 'ini' => [], 'top' => '', 'frameless' => false, 'hard' => false];
        if (!isset($row['stack'])) {
            $row['stack'] = ltrim("$row[top] culprit@here caller@caller {main}@main");
        }
        if ($row['hard']) {
            $row['late'] = null;
        } elseif (!isset($row['late'])) {
            $stack = ends_stack($row, 80300);
            $own = preg_grep('/@/', $stack);
            $row['late'] = [strtok(current($own), '@'), strtok(ends_stack($row, 80400)[0], '@')];
        }
    }
    return $table;
}

/* The call stack at the moment of exhaustion in that version: [function or function@mark], innermost first. */
function ends_stack(array $row, $version)
{
    $stack = $row['stack'] === '' ? [] : explode(' ', $row['stack']);
    return $row['frameless'] && $version >= 80400 ? array_slice($stack, 1) : $stack;
}
