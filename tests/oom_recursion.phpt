--TEST--
Automatic dump: infinite recursion of functions, methods and callbacks
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
/* The first line in the log counts: if no memory is left, the shutdown function may fail for the same reason. */
foreach ([
    'function' => 'function deep($n) { return deep($n + 1) + 1; } deep(1);',
    'method' => 'class A { function __get($name) { return $this->{$name . "x"}; } } (new A)->a;',
    'callback' => 'function deep($n) { return array_map("deep", [$n]); } deep(1);',
    'with a shutdown function' =>
        'register_shutdown_function(function () { echo "shut down"; });
        function deep($n) { return deep($n + 1) + 1; } deep(1);',
] as $what => $code) {
    $run = rdump_run($folder, $code, ['rdump.oom_dump' => "$folder/a.rdump", 'zend.max_allowed_stack_size' => -1],
        'ulimit -s unlimited;');
    echo $what, ': ', preg_match('/Allowed memory size of \d+ bytes exhausted/', $run->out) ? 'exhausted, '
        : "$run->out$run->err, ", rdump_judge("$folder/a.rdump"), ', ',
        rdump_tell($folder, $run->log[0]), "\n";
    unlink("$folder/a.rdump");
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
function: exhausted, valid, rdump: memory limit reached: dumped to FOLDER/a.rdump (N bytes)
method: exhausted, valid, rdump: memory limit reached: dumped to FOLDER/a.rdump (N bytes)
callback: exhausted, valid, rdump: memory limit reached: dumped to FOLDER/a.rdump (N bytes)
with a shutdown function: exhausted, valid, rdump: memory limit reached: dumped to FOLDER/a.rdump (N bytes)
