<?php
/*
 * What scripts/inspect tells of a dump: rdump_report() collects it as an array, rdump_report_text() makes text of that.
 * Needs nothing but PHP 7.0.
 */
require_once __DIR__ . '/layout.php';
require_once __DIR__ . '/heap.php';
require_once __DIR__ . '/threads.php';
require_once __DIR__ . '/biggest.php';
require_once __DIR__ . '/open.php';

/* What the header, the list of mappings and the regions tell: no layout of PHP is needed. */
function rdump_report_of_file(RdumpReader $dump, $top)
{
    $mappings = rdump_mappings($dump);
    return [
        'header' => [
            'format version' => $dump->version, 'PHP version tag' => $dump->tag, 'pid' => $dump->pid,
            'executor globals' => sprintf('0x%x', $dump->eg), 'compiler globals' => sprintf('0x%x', $dump->cg),
            /* Some names are padding: no reader knows them. */
            'module globals' => array_map(function ($address) {
                return sprintf('0x%x', $address);
            }, array_filter($dump->modules, function ($name) {
                return strncmp($name, 'padding', 7) !== 0;
            }, ARRAY_FILTER_USE_KEY)),
        ],
        'sizes' => [
            'file' => filesize($dump->path), 'unpacked' => $dump->size, 'held' => $dump->held(),
            'resident' => $dump->rss < 0 ? null : $dump->rss,
            'address space' => array_sum(array_column($mappings, 'size')),
            'mappings' => count($mappings), 'regions' => count($dump->regions()),
        ],
        'mappings' => array_slice($mappings, 0, $top),
    ];
}

/* All mappings, those with most bytes in the dump first. */
function rdump_mappings(RdumpReader $dump)
{
    $regions = $dump->regions();
    $mappings = [];
    $next = 0;
    foreach ($dump->mappings() as $mapping) {
        if (strlen($mapping['end']) === 16 && strcmp($mapping['end'], '7fffffffffffffff') > 0) {
            continue; /* [vsyscall]: above PHP's integers, and no process's memory */
        }
        list($begin, $end) = [hexdec($mapping['begin']), hexdec($mapping['end'])];
        while ($next < count($regions) && $regions[$next][0] + $regions[$next][1] <= $begin) {
            $next++;
        }
        $held = 0;
        for ($i = $next; $i < count($regions) && $regions[$i][0] < $end; $i++) {
            $held += min($end, $regions[$i][0] + $regions[$i][1]) - max($begin, $regions[$i][0]);
        }
        $mappings[] = [
            'begin' => '0x' . $mapping['begin'], 'size' => $end - $begin, 'held' => $held,
            'access' => ($mapping['r'] ? 'r' : '-') . ($mapping['w'] ? 'w' : '-') . ($mapping['x'] ? 'x' : '-')
                . ($mapping['private'] ? 'p' : 's'),
            'name' => $mapping['name'] === '' ? 'anonymous' : rdump_printable($mapping['name']),
        ];
    }
    usort($mappings, function ($a, $b) {
        return $b['held'] - $a['held'] ?: $b['size'] - $a['size'];
    });
    return $mappings;
}

/* What PHP's structs tell. A part that cannot be read is a sentence instead. */
function rdump_report_of_php(RdumpReader $dump, RdumpLayout $layout, $top, $previews, RdumpProgress $progress)
{
    $report = ['php' => ['version' => $layout->name(), 'layout' => $layout->source]];
    $parts = [
        'threads' => function () use ($dump, $layout, $progress) {
            return rdump_report_of_threads($dump, $layout, $progress);
        },
        'heap' => function () use ($dump, $layout) {
            $heap = new RdumpHeap($dump, $layout->at);
            $counters = $heap->counters();
            return ['in use' => $counters['size'], 'peak' => $counters['peak'], 'taken' => $counters['real_size'],
                'limit' => $counters['limit']];
        },
        'objects' => function () use ($dump, $layout, $top, $progress) {
            return rdump_report_of_objects($dump, $layout, $top, $progress);
        },
        'strings' => function () use ($dump, $layout, $top, $previews, $progress) {
            return rdump_report_of_biggest('strings', $dump, $layout, $top, $previews, $progress);
        },
        'arrays' => function () use ($dump, $layout, $top, $previews, $progress) {
            return rdump_report_of_biggest('arrays', $dump, $layout, $top, $previews, $progress);
        },
    ];
    foreach ($parts as $name => $part) {
        $progress->say($name);
        try {
            $report[$name] = $part();
        } catch (Exception $error) {
            $report[$name] = $error->getMessage();
        }
    }
    return $report;
}

/* For each thread its call stack, innermost first. */
function rdump_report_of_threads(RdumpReader $dump, RdumpLayout $layout, RdumpProgress $progress)
{
    $structs = new RdumpStructs($dump, $layout->at);
    $threads = [];
    $all = rdump_threads($dump, function () use ($progress) {
        $progress->say('looking for threads');
    });
    foreach ($all as $eg) {
        $thread = ['executor globals' => sprintf('0x%x', $eg), 'stack' => []];
        try {
            foreach ($structs->frames($eg) as $depth => $frame) {
                $progress->say("call stack: $depth frames");
                $frame = $structs->frame($frame);
                unset($frame['frame']);
                foreach (['function', 'file'] as $text) {
                    $frame[$text] = $frame[$text] === null ? null : rdump_printable($frame[$text]);
                }
                $thread['stack'][] = $frame;
            }
        } catch (Exception $error) {
            $thread['error'] = $error->getMessage();
        }
        $threads[] = $thread;
    }
    return $threads;
}

/*
 * Live objects of the thread that dumped: classes, with the number of objects and the bytes that the allocator has
 * given to them, without what they refer to. An object of unknown size counts as what its class needs.
 */
function rdump_report_of_objects(RdumpReader $dump, RdumpLayout $layout, $top, RdumpProgress $progress)
{
    $at = $layout->at;
    $structs = new RdumpStructs($dump, $at);
    try {
        $heap = new RdumpHeap($dump, $at);
    } catch (Exception $error) {
        $heap = null;
    }
    $counts = $sizes = $before = [];
    foreach ($structs->eachObject() as list($object, $number, $all)) {
        if ($number % 1024 === 0) {
            $progress->say(sprintf('objects: %d %%', 100 * $number / $all));
        }
        $class = $structs->classOf($object);
        if (!isset($counts[$class])) {
            /* Objects of one class have one size. A class of an extension has data of its own before the object. */
            $properties = $dump->u32($class + $at['zend_class_entry.default_properties_count']);
            $handlers = $dump->ptr($object + $at['zend_object.handlers']);
            $own = $dump->has($handlers, 4) ? $dump->u32($handlers) : 0;
            $size = $heap ? $heap->slotSize($object - $own) : null;
            $sizes[$class] = $size ?: $own + $at['zend_object'] + $at['zval'] * ($properties - 1);
            $counts[$class] = 0;
        }
        $counts[$class]++;
    }
    $classes = [];
    foreach ($counts as $class => $count) {
        $classes[] = ['class' => rdump_printable(strtok($structs->className($class), "\0")), 'count' => $count,
            'bytes' => $count * $sizes[$class]];
    }
    usort($classes, function ($a, $b) {
        return $b['bytes'] - $a['bytes'] ?: strcmp($a['class'], $b['class']);
    });
    return ['count' => array_sum($counts), 'classes' => count($classes),
        'bytes' => array_sum(array_column($classes, 'bytes')), 'biggest' => array_slice($classes, 0, $top)];
}

function rdump_report_of_biggest($what, RdumpReader $dump, RdumpLayout $layout, $top, $previews,
    RdumpProgress $progress)
{
    $biggest = new RdumpBiggest($dump, $layout->at, new RdumpHeap($dump, $layout->at),
        function () use ($progress, $what) {
            $progress->say($what);
        });
    $found = [];
    foreach ($biggest->$what($top) as $address => $size) {
        $row = ['address' => sprintf('0x%x', $address), 'bytes' => $size];
        if ($what === 'arrays') {
            $row['elements'] = $biggest->elements($address);
        }
        if ($previews) {
            try {
                $row['preview'] = $what === 'strings' ? $biggest->previewOfString($address)
                    : $biggest->previewOfArray($address);
            } catch (Exception $error) {
                $row['preview'] = '?';
            }
        }
        $found[] = $row;
    }
    return $found;
}

/* ---- text */

function rdump_bytes($bytes)
{
    return $bytes < 1024 ? sprintf('%9d B ', $bytes) : ($bytes < 10485760 ? sprintf('%8.1f kB', $bytes / 1024)
        : sprintf('%8.1f MB', $bytes / 1048576));
}

function rdump_row($name, $value)
{
    return rtrim(sprintf('  %-22s %s', $name, $value)) . "\n";
}

function rdump_report_text(array $report)
{
    $text = "The header\n";
    foreach ($report['header'] as $name => $value) {
        foreach (is_array($value) ? $value : [$name => $value] as $key => $one) {
            $text .= rdump_row($key, $one);
        }
    }
    if (isset($report['php'])) {
        $text .= rdump_row('PHP', $report['php']['version']) . rdump_row('layout of its structs',
            $report['php']['layout']);
    }
    $text .= "\nThe size\n";
    $sizes = $report['sizes'];
    if (isset($report['heap']) && is_array($report['heap'])) {
        foreach (['in use' => 'memory_get_usage()', 'peak' => 'memory_get_peak_usage()',
            'taken' => 'memory_get_usage(true)', 'limit' => 'memory_limit'] as $key => $as) {
            $bytes = $report['heap'][$key];
            $none = $key === 'limit' && $bytes >= PHP_INT_MAX >> 1; /* as PHP keeps -1 */
            $text .= rdump_row("PHP heap, $key", $none ? '       none' : rdump_bytes($bytes) . "  $as");
        }
    } elseif (isset($report['heap'])) {
        $text .= rdump_row('PHP heap', $report['heap']);
    }
    $text .= rdump_row('address space', rdump_bytes($sizes['address space']) . "  $sizes[mappings] mappings");
    $text .= rdump_row('resident (RSS)', $sizes['resident'] === null ? 'unknown' : rdump_bytes($sizes['resident']));
    $text .= rdump_row('memory in the dump', rdump_bytes($sizes['held']) . "  $sizes[regions] regions");
    $text .= rdump_row('the file', rdump_bytes($sizes['file'])
        . ($sizes['file'] === $sizes['unpacked'] ? '' : ', unpacked ' . trim(rdump_bytes($sizes['unpacked']))));
    foreach (['threads', 'objects', 'strings', 'arrays'] as $part) {
        if (isset($report[$part])) {
            $make = "rdump_text_of_$part";
            $text .= is_string($report[$part]) ? "\nThe $part cannot be read: $report[$part]\n" : $make($report[$part]);
            if ($part === 'threads' && is_array($report[$part]) && count($report[$part]) > 1) {
                $text .= "\nObjects, strings and arrays are those of the thread that dumped.\n";
            }
        }
    }
    if (!isset($report['mappings'])) {
        return $text;
    }
    $text .= "\nThe mappings with most bytes in the dump\n      in dump       mapped\n";
    foreach ($report['mappings'] as $mapping) {
        $text .= sprintf("  %s  %s  %s  %s\n", rdump_bytes($mapping['held']), rdump_bytes($mapping['size']),
            $mapping['access'], $mapping['name']);
    }
    return $text;
}

function rdump_text_of_threads(array $threads)
{
    $text = '';
    foreach ($threads as $number => $thread) {
        $text .= $number === 0 ? "\nWhat was running" . (count($threads) > 1 ? ' in the thread that dumped' : '')
            . "\n" : "\nWhat was running in another thread, executor globals {$thread['executor globals']}\n";
        $count = count($thread['stack']);
        foreach ($thread['stack'] as $depth => $frame) {
            if ($count > 100 && $depth === 50) {
                $text .= '  ... ' . ($count - 100) . " frames ...\n";
            }
            if ($count > 100 && $depth >= 50 && $depth < $count - 50) {
                continue;
            }
            $function = $frame['function'] === null ? '(called by PHP itself)' : $frame['function'];
            $text .= rdump_row("#$depth $function",
                $frame['file'] === null ? '' : "$frame[file]:$frame[line]");
        }
        if (isset($thread['error'])) {
            $text .= "  the rest cannot be read: $thread[error]\n";
        } elseif ($count === 0) {
            $text .= "  no code of a script\n";
        }
    }
    return $text;
}

function rdump_text_of_objects(array $objects)
{
    $text = sprintf("\nObjects: %s of %d classes, %s without what they refer to\n", number_format($objects['count']),
        $objects['classes'], trim(rdump_bytes($objects['bytes'])));
    foreach ($objects['biggest'] as $class) {
        $text .= sprintf("  %s  %11s  %s\n", rdump_bytes($class['bytes']), number_format($class['count']),
            $class['class']);
    }
    return $text;
}

function rdump_text_of_strings(array $strings)
{
    $text = "\nThe biggest strings\n";
    foreach ($strings as $string) {
        $text .= '  ' . rdump_bytes($string['bytes']) . (isset($string['preview']) ? "  $string[preview]" : '') . "\n";
    }
    return $text;
}

function rdump_text_of_arrays(array $arrays)
{
    $text = "\nThe biggest arrays\n";
    foreach ($arrays as $array) {
        $text .= sprintf("  %s  %11s elements", rdump_bytes($array['bytes']), number_format($array['elements']))
            . (isset($array['preview']) ? "  $array[preview]" : '') . "\n";
    }
    return $text;
}
