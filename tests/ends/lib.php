<?php
/* The cases of table.php, and what must be in their dumps. Needs ../lib/walk.php. */

/* The lines of table.php, completed with defaults. */
function ends_table()
{
    $table = require __DIR__ . '/table.php';
    foreach ($table as $name => &$row) {
        $row += ['case' => $name, 'php' => 70000, 'needs' => [], 'ini' => [], 'top' => '', 'frameless' => false,
            'hard' => false];
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

/* The call stack when memory is exhausted, in that version: [function or function@mark], innermost first. */
function ends_stack(array $row, $version)
{
    $stack = $row['stack'] === '' ? [] : explode(' ', $row['stack']);
    return $row['frameless'] && $version >= 80400 ? array_slice($stack, 1) : $stack;
}

/* The lines of the marks, in the case and in the program that calls it: mark => "file:line". */
function ends_places(array $row, $program)
{
    $places = [];
    foreach ([__DIR__ . "/cases/$row[case].php", $program] as $file) {
        foreach (file($file) as $index => $line) {
            if (preg_match('{/\* (here|culprit|caller|prepended|main) \*/}', $line, $match)) {
                $places[$match[1]] = basename($file) . ':' . ($index + 1);
            }
        }
    }
    return $places;
}

/* "function file:line" of each frame that the row expects, without lines that are not known. */
function ends_expected_stack(array $row, array $places, $lines)
{
    $stack = [];
    foreach (ends_stack($row, PHP_VERSION_ID) as $frame) {
        list($function, $mark) = explode('@', "$frame@");
        $stack[] = $function . ($mark !== '' && $lines ? " $places[$mark]" : '');
    }
    return $stack;
}

/* The stack in the dump, in the same form. */
function ends_found_stack(array $frames, $lines)
{
    $stack = [];
    foreach ($frames as $frame) {
        /* A frame of the engine, which calls a function or starts a fiber. */
        if ($frame['function'] === null || ($frame['function'] === '{main}' && $frame['file'] === null)) {
            continue;
        }
        /* Since 8.4 the name of a closure has its file and line. */
        $function = preg_replace('/^.*\{closure.*\}$/', '{closure}', $frame['function']);
        $place = $frame['file'] === null ? '' : ' ' . basename($frame['file']) . ":$frame[line]";
        $stack[] = $function . ($lines ? $place : '');
    }
    return $stack;
}

/* Is the data of the culprit in the dump? '' = yes. */
function ends_flaw_of_data(RdumpWalk $walk, array $row, array $frames, $key)
{
    if ($row['data'] === 'heap') {
        return $walk->heapHolds("of $key") ? '' : 'its data is not on the heap';
    }
    foreach ($frames as $depth => $frame) {
        if ($frame['file'] !== null) {
            break;
        }
    }
    if ($row['data'] === 'result') {
        $places = [$walk->result($frame['frame'])];
    } elseif ($row['data'] === 'argument') {
        $places = $walk->arguments($frames[0]['frame']);
    } else {
        $variables = $walk->variables($frame['frame']);
        $name = substr($row['data'], 1);
        $places = isset($variables[$name]) ? [$variables[$name]] : [];
    }
    foreach ($places as $zval) {
        if ($zval !== null && $walk->holds($zval, "of $key")) {
            return '';
        }
    }
    return "its data is not in $row[data]";
}

/* What is wrong with the dump of a case. $program calls the case, $said is what PHP printed. */
function ends_flaws_of_dump(RdumpWalk $walk, array $row, $key, $program, $said)
{
    $places = ends_places($row, $program);
    $lines = strpos(implode(' ', array_keys($row['ini'])), 'jit') === false; /* the JIT keeps them in another place */
    $frames = $walk->callStack();
    $found = ends_found_stack($frames, $lines);
    $expected = ends_expected_stack($row, $places, $lines);
    if ($row['case'] === 'recursion') { /* it has thousands of frames */
        $found = array_merge(array_slice($found, 0, 1), array_slice($found, -2));
    }
    if ($found !== $expected) {
        return ['the call stack is ' . implode(', ', $found) . ' instead of ' . implode(', ', $expected)];
    }
    $flaws = array_filter([ends_flaw_of_data($walk, $row, $frames, $key)]);
    /* While it compiles a file, PHP names a line of that file. */
    $compiles = $row['data'] === 'heap' || $row['case'] === 'eval';
    if (!$compiles && preg_match('/exhausted .* in (\S+) on line (\d+)/', $said, $match)
        && basename($match[1]) . ":$match[2]" !== $places['here']) {
        $flaws[] = "PHP names another line: $match[0]";
    }
    return $flaws;
}
