--TEST--
Automatic dump: in generators, destructors, autoloaders, included files, internal functions, callbacks
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
if (rdump_offsets(rdump_folder(__FILE__)) === null) {
    exit('skip no compiler, or not the headers that the extension was built with');
}
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$offsets = rdump_offsets($folder);
file_put_contents("$folder/included.php", '<?php exhaust();');
foreach ([
    'generator' => 'function numbers() { yield 1; exhaust(); } foreach (numbers() as $n);',
    'generator that is destroyed' =>
        'function numbers() { try { yield 1; } finally { exhaust(); } } $g = numbers(); $g->current(); unset($g);',
    'destructor' => 'class D { function __destruct() { exhaust(); } } $d = new D; unset($d);',
    'destructor at the end' => 'class D { function __destruct() { exhaust(); } } $d = new D;',
    'garbage collection' =>
        'class D { public $self; function __destruct() { exhaust(); } }
        $d = new D; $d->self = $d; unset($d); gc_collect_cycles();',
    'autoloader' => 'spl_autoload_register(function ($class) { exhaust(); }); new Missing;',
    'included file' => 'include "included.php";',
    'eval' => 'eval("exhaust();");',
    'str_repeat' => '$s = str_repeat("x", 1 << 30);',
    'range' => '$s = range(1, 10000000);',
    'sort' =>
        '$a = range(1, 1000);
        usort($a, function ($a, $b) { static $kept = []; $kept[] = str_repeat("x", 1 << 20); return $a - $b; });',
    'serialize' => '$a = []; for ($i = 0; $i < 10; $i++) $a[] = str_repeat("x", 1 << 20); serialize($a);',
    'output buffer' => 'ob_start(); while (true) echo str_repeat("x", 10000);',
    'shutdown function' => 'register_shutdown_function("exhaust");',
    'error handler' => 'set_error_handler(function () { exhaust(); }); echo $undefined;',
    'exception handler' => 'set_exception_handler(function () { exhaust(); }); throw new Exception;',
    'static initializer' => 'class S { static function __callStatic($n, $a) { exhaust(); } } S::anything();',
    'toString' => 'class T { function __toString() { exhaust(); return ""; } } echo new T;',
    'fiber' => PHP_VERSION_ID < 80100 ? '(function () { exhaust(); })();'
        : '(new Fiber(function () { exhaust(); }))->start();',
] as $where => $code) {
    $run = rdump_run($folder, RDUMP_EXHAUST . $code, ['rdump.oom_dump' => "$folder/a.rdump"]);
    $judgement = rdump_judge("$folder/a.rdump");
    $told = $judgement === 'valid' ? rdump_stack("$folder/a.rdump", $offsets) : substr($run->out . $run->err, 0, 300);
    echo $where, ': ', $told, count($run->log) === 1 ? '' : ', ' . count($run->log) . ' lines in the log', "\n";
    @unlink("$folder/a.rdump");
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
generator: exhaust < numbers < {main}
generator that is destroyed: exhaust < numbers < {main}
destructor: exhaust < D::__destruct < {main}
destructor at the end: exhaust < D::__destruct
garbage collection: exhaust < D::__destruct < {main}
autoloader: exhaust < {closure} < {main}
included file: exhaust < {main} < {main}
eval: exhaust < {main} < {main}
str_repeat: {main}
range: {main}
sort: {closure} < {main}
serialize: {main}
output buffer: {main}
shutdown function: exhaust
error handler: exhaust < {closure} < {main}
exception handler: exhaust < {closure}
static initializer: exhaust < S::__callStatic < {main}
toString: exhaust < T::__toString < {main}
fiber: exhaust < {closure} < {main}
