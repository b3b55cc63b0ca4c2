<?php
/*
 * Everyday ways to exhaust memory: a line each of the table in docs/ends.md. Of each case:
 *
 *   title      what it is, in Markdown
 *   case       its program in cases/, where that is not called as the line is
 *   php        the least PHP_VERSION_ID; needs: extensions; ini: directives
 *   top        the internal function that runs when memory is exhausted; "" = none, it is the script's own code
 *   frameless  true: from PHP 8.4 on, that function is called without a frame of its own
 *   stack      the whole call stack, innermost first, where it is not: top, culprit(), caller(), {main}.
 *              "function@mark" is at the line that bears that mark
 *   data       where the culprit's data is found: "$name", a local variable of the innermost frame of the script;
 *              "argument", one of the internal function's; "result", what the internal function has collected so far;
 *              "heap", a block of PHP's allocator
 *   hard       true: a PHP that reports exhausted memory late ends here by its hard limit, with status 137, not 255;
 *              null: with either, as the allocator finds room beside the block or not
 *   late       what the dump of such a PHP shows on top with rdump.oom_dump_early=0: [up to 8.3, from 8.4 on], where
 *              that is not the innermost function of the script, and the internal function. null = there is no dump
 */
$below = 'culprit@culprit caller@caller {main}@main';
$jit = ['opcache.jit_buffer_size' => '16M', 'opcache.jit_hot_func' => 1, 'opcache.jit_hot_loop' => 1];

return [
    'loop' => ['title' => 'a loop that keeps strings', 'data' => '$kept'],
    'loop, opcache' => ['title' => '… opcache', 'case' => 'loop', 'data' => '$kept', 'needs' => ['opcache']],
    'loop, function JIT' => ['title' => '… function JIT', 'case' => 'loop', 'data' => '$kept',
        'php' => 80000, 'needs' => ['opcache'], 'ini' => $jit + ['opcache.jit' => 'function']],
    'loop, tracing JIT' => ['title' => '… tracing JIT', 'case' => 'loop', 'data' => '$kept',
        'php' => 80000, 'needs' => ['opcache'], 'ini' => $jit + ['opcache.jit' => 'tracing']],
    'objects' => ['title' => 'a loop that keeps objects', 'data' => '$rows',
        'late' => ['Row::__construct', 'Row::__construct']],
    'callee' => ['title' => 'a short function, called in a loop', 'stack' => "collect@here $below", 'data' => '$rows',
        'late' => ['innocent', 'innocent']],
    'doubling' => ['title' => '`$rows[] = $i`, `memory_limit=300M`', 'data' => '$rows', 'hard' => null,
        'ini' => ['memory_limit' => '300M']],
    'concatenation' => ['title' => '`$text . $text`, no loop', 'data' => '$text', 'hard' => true],
    'recursion' => ['title' => 'recursion', 'data' => '$name', 'ini' => ['memory_limit' => '8M']],
    'spread' => ['title' => '`[...$rows, ...$rows]`', 'data' => '$rows', 'php' => 70400, 'late' => ['', '']],
    'spread_call' => ['title' => '`max(...$rows, ...$rows)`', 'data' => '$rows', 'late' => ['culprit', 'max']],

    'str_repeat' => ['title' => '`str_repeat()`', 'top' => 'str_repeat', 'data' => 'argument'],
    'implode' => ['title' => '`implode()`', 'top' => 'implode', 'frameless' => true, 'data' => '$rows'],
    'explode' => ['title' => '`explode()`', 'top' => 'explode', 'data' => 'result'],
    'array_map' => ['title' => '`array_map()` with a closure', 'stack' => "str_repeat {closure}@here array_map $below",
        'data' => '$row'],
    'array_merge' => ['title' => '`array_merge()`', 'top' => 'array_merge', 'data' => '$rows'],
    'array_unique' => ['title' => '`array_unique()`', 'top' => 'array_unique', 'data' => '$rows',
        'ini' => ['memory_limit' => '48M']],
    'range' => ['title' => '`range()`', 'top' => 'range', 'data' => '$name'],
    'sort' => ['title' => '`sort()` of a copy', 'top' => 'sort', 'data' => '$rows'],
    'preg_match_all' => ['title' => '`preg_match_all()`', 'top' => 'preg_match_all', 'data' => '$text'],
    'preg_replace' => ['title' => '`preg_replace()`', 'top' => 'preg_replace', 'frameless' => true, 'data' => '$text'],
    'random_bytes' => ['title' => '`random_bytes()`', 'top' => 'random_bytes', 'data' => '$name', 'hard' => true],
    'file_get_contents' => ['title' => '`file_get_contents()`', 'top' => 'file_get_contents', 'data' => 'argument'],

    'json_decode' => ['title' => '`json_decode()`', 'top' => 'json_decode', 'data' => '$text', 'needs' => ['json']],
    'serialize' => ['title' => '`serialize()`', 'top' => 'serialize', 'data' => '$rows'],
    'unserialize' => ['title' => '`unserialize()`', 'top' => 'unserialize', 'data' => '$text'],
    'var_export' => ['title' => '`var_export()`', 'top' => 'var_export', 'data' => '$rows'],
    'print_r' => ['title' => '`print_r()`', 'top' => 'print_r', 'data' => '$rows'],
    'token_get_all' => ['title' => '`token_get_all()`', 'top' => 'token_get_all', 'data' => '$code', 'hard' => true,
        'needs' => ['tokenizer']],
    'pdo' => ['title' => 'PDO: `fetchAll()`', 'top' => 'PDOStatement::fetchAll', 'data' => 'result', 'hard' => true,
        'needs' => ['pdo', 'pdo_sqlite']],
    'dom' => ['title' => 'DOM: a loop that keeps nodes', 'data' => '$name', 'needs' => ['dom']],
    'dom_save' => ['title' => 'DOM: `saveXML()`', 'top' => 'DOMDocument::saveXML', 'data' => '$other',
        'needs' => ['dom']],

    'include' => ['title' => '`include` of a big file', 'data' => 'heap', 'hard' => true],
    'include, opcache' => ['title' => '… opcache', 'case' => 'include', 'data' => 'heap', 'hard' => true,
        'needs' => ['opcache']],
    'eval' => ['title' => '`eval()` of a long text', 'data' => '$code', 'late' => ['{main}', '{main}']],
    'eval, opcache' => ['title' => '… opcache', 'case' => 'eval', 'data' => '$code', 'late' => ['{main}', '{main}'],
        'needs' => ['opcache']],
    'auto_prepend_file' => ['title' => '`auto_prepend_file`, a function in it', 'case' => 'prepend',
        'stack' => 'str_repeat culprit@here {main}@prepended', 'data' => '$kept',
        'ini' => ['auto_prepend_file' => __DIR__ . '/cases/prepend.php']],
    'auto_prepend_file, big' => ['title' => '`auto_prepend_file`, a big file', 'case' => 'prepend', 'stack' => '',
        'data' => 'heap', 'hard' => true, 'ini' => ['auto_prepend_file' => 'big.php']],

    'generator' => ['title' => 'a generator', 'stack' => "str_repeat rows@here $below", 'data' => '$kept'],
    'fiber' => ['title' => 'a fiber', 'stack' => "str_repeat rows@here Fiber::start $below", 'data' => '$kept',
        'php' => 80100],
    'destructor' => ['title' => 'a destructor', 'stack' => "str_repeat Row::__destruct@here $below", 'data' => '$kept'],
    'output_buffer' => ['title' => '`echo` under an output buffer', 'data' => 'heap'],
    'var_dump' => ['title' => '`var_dump()` under an output buffer', 'top' => 'var_dump', 'data' => '$rows'],
    'header_callback' => ['title' => 'a callback of `header_register_callback()`',
        'stack' => "str_repeat {closure}@here $below", 'data' => '$kept'],
    'shutdown_function' => ['title' => 'a shutdown function',
        'stack' => 'str_repeat {closure}@here', 'data' => '$kept'],
    'output_handler' => ['title' => 'the callback of an output buffer, at the end',
        'stack' => 'str_repeat {closure}@here', 'data' => '$kept'],
    'session' => ['title' => "a session handler's `write()`", 'stack' => 'str_repeat Handler::write@here',
        'data' => '$kept', 'needs' => ['session']],
];
