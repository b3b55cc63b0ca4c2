<?php
/*
 * Compares a report of reli with what was planted. reli does not promise a shape of its reports to programs, so this
 * asks little of it: a line (of JSON: an element) that has the name of a class has the number of its objects, and the
 * functions of the call stack come in their order, innermost first or last.
 */

/* A report as lines. JSON: a line for each element that holds others, with its key and the values in it. */
function reli_lines($report)
{
    $json = json_decode($report, true);
    if (!is_array($json)) {
        return explode("\n", $report);
    }
    $lines = [];
    $walk = function ($key, array $element) use (&$walk, &$lines) {
        $line = $key;
        foreach ($element as $name => $value) {
            $line .= is_array($value) ? '' : " $name: " . (is_scalar($value) ? $value : 'null');
        }
        $lines[] = $line;
        foreach ($element as $name => $value) {
            if (is_array($value)) {
                $walk($name, $value);
            }
        }
    };
    $walk('', $json);
    return $lines;
}

/* Does the line have that name, and not as a part of another? */
function reli_names($line, $name)
{
    return preg_match('/(?<![\w\\\\])\\\\?' . preg_quote($name, '/') . '(?![\w\\\\])/', $line) === 1;
}

/*
 * What is wrong with the report: sentences. $classes: name => number of objects. $stack: functions, innermost first, a
 * method as Class::method, which the report may write with an arrow.
 */
function reli_flaws($report, array $classes, array $stack)
{
    $flaws = [];
    $lines = reli_lines($report);
    foreach ($classes as $class => $count) {
        $found = [];
        foreach ($lines as $line) {
            if (reli_names($line, $class)) {
                preg_match_all('/(?<![\w.])(\d{1,3}([,_ ]\d{3})+|\d+)(?![\w.])/', $line, $numbers);
                $found[] = preg_replace('/\D/', '', $numbers[1]);
            }
        }
        if (!$found) {
            $flaws[] = "it does not name the class $class";
        } elseif (!in_array((string) $count, array_merge([], ...$found), true)) {
            $flaws[] = "it does not count $count objects of $class, but "
                . (implode(', ', array_merge([], ...$found)) ?: 'none');
        }
    }
    if (!reli_in_order($lines, $stack) && !reli_in_order($lines, array_reverse($stack))) {
        $flaws[] = 'it does not show the call stack ' . implode(' < ', $stack);
    }
    return $flaws;
}

function reli_in_order(array $lines, array $functions)
{
    foreach ($lines as $line) {
        if ($functions && reli_names(str_replace('->', '::', $line), $functions[0])) {
            array_shift($functions);
        }
    }
    return !$functions;
}
