<?php
/*
 * Where members of PHP's structs are: from the table offsets.txt, or from the headers of a PHP, by offsets.c. A layout
 * is an array, name => number. Needs nothing but PHP 7.0; for headers a C compiler.
 */

/* The text that offsets.c prints, as an array. */
function rdump_offsets_of_text($text)
{
    $at = [];
    foreach (explode("\n", trim($text)) as $line) {
        $space = strrpos($line, ' ');
        $at[substr($line, 0, $space)] = (int) substr($line, $space + 1);
    }
    return $at;
}

/* The same from the compiled offsets.c, which may be for another machine. Null if it is not in there. */
function rdump_offsets_of_object($bytes)
{
    $entry = 64;
    $begin = strpos($bytes, "the offsets of a PHP begin here\0");
    if ($begin === false) {
        return null;
    }
    for ($at = []; $name = rtrim(substr($bytes, $begin += $entry, 56), "\0"); ) {
        $at[$name] = unpack('P', substr($bytes, $begin + 56, 8))[1];
    }
    return $at;
}

/* Compiles offsets.c. $flags are for the compiler: -I for each folder. Throws with what the compiler says. */
function rdump_offsets_of_headers($compiler, $flags)
{
    $object = tempnam(sys_get_temp_dir(), 'rdump-offsets');
    exec("$compiler -w $flags -x c -c -o " . escapeshellarg($object) . ' ' . escapeshellarg(__DIR__ . '/offsets.c')
        . ' 2>&1 </dev/null', $said, $status);
    $at = $status === 0 ? rdump_offsets_of_object(file_get_contents($object)) : null;
    unlink($object);
    if (!$at) {
        throw new Exception("$compiler cannot compile the layout of PHP: "
            . implode("\n", array_slice(preg_grep('/error|not found/', $said) ?: $said, 0, 2)));
    }
    return $at;
}

/* The same for an installed PHP. $CC is the compiler, else cc. */
function rdump_offsets_of_php_config($php_config)
{
    exec(escapeshellarg($php_config) . ' --includes 2>&1 </dev/null', $said, $status);
    if ($status !== 0) {
        throw new Exception("$php_config --includes fails: " . implode(' ', $said));
    }
    return rdump_offsets_of_headers(getenv('CC') ?: 'cc', $said[0]);
}

/* 80236 is "8.2.36". */
function rdump_version($id)
{
    return (int) ($id / 10000) . '.' . (int) ($id / 100) % 100 . '.' . $id % 100;
}

/* 80236 has the tag "v82" in a dump. */
function rdump_tag($id)
{
    return 'v' . (int) ($id / 10000) . (int) ($id / 100) % 100;
}

/* "8.2.36 ZTS debug": the PHP that a layout is of. */
function rdump_build(array $at)
{
    return rdump_version($at['PHP_VERSION_ID']) . ($at['ZTS'] ? ' ZTS' : '') . ($at['debug'] ? ' debug' : '');
}

/*
 * The table: build => layout. In the file, [all] has what is the same for all builds, and a section for each build the
 * rest. '' => the first.
 */
function rdump_read_table($path = __DIR__ . '/offsets.txt')
{
    $table = [];
    foreach (preg_split('/^\[(.*)\]\n/m', file_get_contents($path), -1, PREG_SPLIT_DELIM_CAPTURE) as $i => $part) {
        if ($i === 0) {
            continue; /* a comment */
        } elseif ($i % 2) {
            $build = $part;
        } else {
            $values = rdump_offsets_of_text($part);
            $table[$build === 'all' ? '' : $build] = isset($table['']) ? $values + $table[''] : $values;
        }
    }
    return $table;
}

/* The text of such a file. */
function rdump_table_text(array $layouts)
{
    array_walk($layouts, 'ksort');
    $same = array_intersect_assoc(...array_merge(array_values($layouts), [reset($layouts)]));
    uksort($layouts, 'strnatcmp');
    $text = "What scripts/offsets makes of PHP's headers. See offsets.c for the names.\n\n[all]\n";
    foreach (['' => $same] + $layouts as $build => $at) {
        if ($build !== '') {
            $text .= "\n[$build]\n";
            $at = array_diff_key($at, $same);
        }
        foreach ($at as $name => $value) {
            $text .= "$name $value\n";
        }
    }
    return $text;
}
