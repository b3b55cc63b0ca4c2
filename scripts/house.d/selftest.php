<?php
/*
 * Tests check.php on small trees: a good one, and one for each fault that a check is for.   php selftest.php WORK
 * Needs a C compiler ($CC, else cc). WORK is an empty folder. Prints a line per case.
 */
[, $work] = $argv;

/* A tree without a fault: three rooms, the lower two without PHP. */
$good = [
    'layers' => "module yes rdump\nparts no rdump_part rdump_side\n",
    'rdump.h' => "/* The top room of a tree for tests. */\nextern int rdump_module_entry;\n",
    'rdump.c' => <<<'C'
/* The top room of a tree for tests. */
#include "php.h"
#include "rdump.h"
#include "rdump_part.h"

int rdump_module_entry;

__attribute__((visibility("default"))) int *get_module(void)
{
	rdump_module_entry = rdump_part_count("a string with rdump_side_count() in it");
	return &rdump_module_entry;
}

C
    ,
    'rdump_part.h' => <<<'C'
/* A lower room of a tree for tests. */

/* Counts something. */
int rdump_part_count(const char *text);

/* Counts one more. */
static inline int rdump_part_next(int count)
{
	return count + 1;
}

C
    ,
    'rdump_part.c' => <<<'C'
/* A lower room of a tree for tests. */
#include "rdump_part.h"
#include "rdump_side.h"

/* Calls rdump_module(), says this comment. */
int rdump_part_count(const char *text)
{
	return rdump_part_next(*text) + rdump_side_count();
}

C
    ,
    'rdump_side.h' => <<<'C'
/* Another lower room of a tree for tests. */

/* Counts something else, and again. */
int rdump_side_count(void);
int rdump_side_count_again(void);

C
    ,
    'rdump_side.c' => <<<'C'
/* Another lower room of a tree for tests. */
#include "rdump_side.h"

int rdump_side_count(void)
{
	return 2;
}

C
    ,
    'rdump_side_again.c' => "/* A second source of a room, for tests. */\n#include \"rdump_side.h\"\n\n"
        . "int rdump_side_count_again(void)\n{\n\treturn rdump_side_count();\n}\n",
    'system/php.h' => "typedef int zend_nothing;\n",
    'README.md' => "# A tree\n\n" . str_repeat('ä', 120) . "\n",
    'script' => "#!/usr/bin/env bash\n" . str_repeat("\t", 29) . "true\n",
    'test.phpt' => "--TEST--\nA test\n--EXPECT--\n" . str_repeat('x', 200) . "\n",
    'rdump_arginfo.h' => '/* generated' . str_repeat(' or so', 50) . " */\n",
    'data.txt' => str_repeat('x', 500) . "\n",
];

/* Compiles a tree and checks it. Returns [the checks that found nothing, [check => what was found]]. */
function look(string $folder, array $tree): array
{
    $objects = $files = [];
    foreach ($tree as $name => $text) {
        @mkdir(dirname("$folder/$name"), 0777, true);
        file_put_contents("$folder/$name", $text);
        if ($name !== 'layers' && dirname($name) === '.') {
            $files[] = $name;
        }
    }
    mkdir("$folder/objects");
    $flags = isset($tree['flags']) ? $tree['flags'] : '-fvisibility=hidden';
    foreach (glob("$folder/*.c") as $source) {
        $objects[] = $object = "$folder/objects/" . basename($source, '.c') . '.o';
        run("cc_command -fPIC $flags -I$folder/system -c $source -o $object");
    }
    run("cc_command -shared -o $folder/rdump.so " . implode(' ', $objects));
    file_put_contents("$folder/files", implode("\n", $files) . "\n");
    foreach (isset($tree['remove']) ? $tree['remove'] : [] as $name) {
        unlink("$folder/$name");
    }
    $lines = run(escapeshellarg(PHP_BINARY) . ' -n ' . __DIR__ . "/check.php $folder $folder/layers $folder/objects"
        . " $folder/rdump.so <$folder/files");
    $passed = [];
    $failed = [];
    foreach ($lines as $line) {
        if (preg_match('/^ok - house: (.*)$/', $line, $match)) {
            $passed[] = $match[1];
        } elseif (preg_match('/^not ok - house: (.*)$/', $line, $match)) {
            $failed[$check = $match[1]] = '';
        } else {
            $failed[$check] .= "$line\n";
        }
    }
    return [$passed, $failed];
}

function run(string $command): array
{
    $lines = [];
    exec(str_replace('cc_command', getenv('CC') ?: 'cc', $command) . ' 2>&1', $lines, $status);
    if ($status !== 0) {
        echo "not ok - house: selftest: $command: ", implode(' ', $lines), "\n";
        exit(1);
    }
    return $lines;
}

/* A fault: the case, the check that must find it, a part of what it must say, and what is changed in the good tree. */
$head = "/* A room of a tree for tests. */\n";
$long = "\nint rdump_side_long(void)\n{\n" . str_repeat("\t;\n", 57) . "\treturn 1;\n}\n";
$lines = substr_count($good['rdump_side.c'], "\n");
$faults = [
    ['a source without its object', 'each source has its object', 'rdump_side.c',
        ['remove' => ['objects/rdump_side.o']]],
    ['a room that has no layer', 'each room has its place', 'rdump_side has no place',
        ['layers' => "module yes rdump\nparts no rdump_part\n"]],
    ['a layer with a room that is not there', 'each room has its place', 'rdump_gone is in',
        ['layers' => $good['layers'] . "base no rdump_gone\n"]],
    ['two headers that include each other', 'by #include', 'rdump_part -> rdump_side -> rdump_part',
        ['rdump_side.h' => $good['rdump_side.h'] . "#include \"rdump_part.h\"\n",
            'rdump_part.h' => "$head#ifndef PART\n#define PART\n#include \"rdump_side.h\"\n" . $good['rdump_part.h']
                . "#endif\n"]],
    ['two rooms that call each other', 'by what they call', 'rdump_part -> rdump_side -> rdump_part',
        ['rdump_side.c' => "$head#include \"rdump_side.h\"\n"
            . "extern int rdump_part_count(const char *);\n"
            . "int rdump_side_count(void)\n{\n\treturn rdump_part_count(0);\n}\n"]],
    ['two rooms that call each other by a pointer', 'by what they call', 'rdump_part -> rdump_side -> rdump_part',
        ['rdump_side.c' => "$head#include \"rdump_side.h\"\n"
            . "extern int rdump_part_count(const char *);\n"
            . "int (*rdump_side_pointer)(const char *) = rdump_part_count;\n"
            . "int rdump_side_count(void)\n{\n\treturn rdump_side_pointer(0);\n}\n"]],
    ['a room that includes one of a higher layer', 'a layer above', 'rdump_part.c includes rdump.h',
        ['rdump_part.c' => $good['rdump_part.c'] . "#include \"rdump.h\"\n"]],
    ['a call without the include', 'includes the header', 'rdump_part.c calls rdump_side_count()',
        ['rdump_part.c' => str_replace('#include "rdump_side.h"', 'int rdump_side_count(void);',
            $good['rdump_part.c'])]],
    ['a call of what no header declares', 'includes the header', 'rdump_part.c calls rdump_side_secret()',
        ['rdump_side.c' => $good['rdump_side.c'] . "\nint rdump_side_secret(void)\n{\n\treturn 3;\n}\n",
            'rdump_part.c' => "$head#include \"rdump_part.h\"\n#include \"rdump_side.h\"\n"
                . "extern int rdump_side_secret(void);\n\nint rdump_part_count(const char *text)\n{\n"
                . "\treturn *text + rdump_side_count() + rdump_side_secret();\n}\n"]],
    ['a header of PHP where there is to be none', 'include no header of PHP', 'rdump_side.c includes php.h',
        ['rdump_side.c' => $good['rdump_side.c'] . "#include \"php.h\"\n"]],
    ['a header of PHP by way of another', 'include no header of PHP',
        'rdump_part.c includes rdump_side.h includes Zend/zend_x.h',
        ['rdump_side.h' => $good['rdump_side.h'] . "#include \"Zend/zend_x.h\"\n", 'system/Zend/zend_x.h' => "\n"]],
    ['a source without a comment', 'begins with a comment', 'rdump_side.c:1',
        ['rdump_side.c' => preg_replace('~^/\*.*\*/\n~', '', $good['rdump_side.c'])]],
    ['a header whose comment says nothing', 'begins with a comment', 'rdump.h:1',
        ['rdump.h' => preg_replace('~^/\*.*\*/\n~', "/* Header. */\n", $good['rdump.h'])]],
    ['a function without a comment', 'has a comment before it', 'rdump_side_count()',
        ['rdump_side.h' => str_replace("/* Counts something else, and again. */", '', $good['rdump_side.h']) . "\n"]],
    ['a function below another', 'has a comment before it', 'rdump_side.h:7: rdump_side_two()',
        ['rdump_side.h' => $good['rdump_side.h'] . "\nint rdump_side_two(void);\n"]],
    ['an inline function without a comment', 'has a comment before it', 'rdump_part_next()',
        ['rdump_part.h' => str_replace("/* Counts one more. */\n", '', $good['rdump_part.h'])]],
    ['a line of Markdown of 121 columns', 'wider than', 'README.md:3: 121',
        ['README.md' => "# A tree\n\n" . str_repeat('ä', 121) . "\n"]],
    ['a line of C of 121 columns, with tabs', 'wider than', 'rdump.h:3: 121',
        ['rdump.h' => $good['rdump.h'] . "/*\t" . str_repeat('x', 114) . " */\n"]],
    ['a line of shell, with tabs', 'wider than', 'script:2: 121',
        ['script' => "#!/usr/bin/env bash\n" . str_repeat("\t", 29) . "false\n"]],
    ['a wide line in a phpt', 'wider than', 'test.phpt:2: 200',
        ['test.phpt' => "--TEST--\n" . str_repeat('x', 200) . "\n"]],
    ['a wide line in a phpt, below what it expects', 'wider than', 'test.phpt:4: 200',
        ['test.phpt' => "--EXPECT--\nx\n--CLEAN--\n" . str_repeat('x', 200) . "\n"]],
    ['a function of 61 lines', 'no function is longer', 'rdump_side.c:9: 61 lines',
        ['rdump_side.c' => $good['rdump_side.c'] . $long]],
    ['a file of 501 lines', 'no file is longer', 'rdump_side.c: 501 lines',
        ['rdump_side.c' => $good['rdump_side.c'] . str_repeat("\n", 501 - $lines)]],
    ['an external function with another name', 'begin with rdump_', 'rdump_side.c: side_count',
        ['rdump_side.c' => $good['rdump_side.c'] . "\nint side_count(void)\n{\n\treturn 1;\n}\n"]],
    ['an external variable with another name', 'begin with rdump_', 'rdump_side.c: count',
        ['rdump_side.c' => $good['rdump_side.c'] . "\nint count = 1;\n"]],
    ['a symbol that rdump.so exports', 'exports nothing but', 'rdump_part_count', ['flags' => '-fvisibility=default']],
];

list($passed, $failed) = look("$work/good", $good);
echo $passed && !$failed ? 'ok' : 'not ok', " - house: selftest: a tree without a fault passes\n", implode('', $failed);

$seen = [];
foreach ($faults as $number => list($case, $check, $part, $change)) {
    list(, $failed) = look("$work/$number", $change + $good);
    $names = array_keys($failed);
    $found = array_filter($names, function ($name) use ($check, $part, $failed) {
        return strpos($name, $check) !== false && strpos($failed[$name], $part) !== false;
    });
    /* A circle goes through a call without an include, or up a layer: that is found as well. */
    $alone = count($names) === 1 || strpos($case, 'each other') !== false || strpos($case, 'higher layer') !== false;
    echo $found && $alone ? 'ok' : 'not ok', " - house: selftest: $case is found\n";
    if (!$found || !$alone) {
        echo json_encode($failed, JSON_PRETTY_PRINT), "\n";
    }
    $seen = array_merge($seen, $found);
}
$unseen = array_diff($passed, $seen);
echo $unseen ? 'not ok' : 'ok', " - house: selftest: each check is seen to fail\n", implode("\n", $unseen + ['']);
