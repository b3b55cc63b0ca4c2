--TEST--
Automatic dump: with opcache's JIT
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
rdump_skip_without('opcache');
if (rdump_without_jit() !== '') {
    exit('skip ' . rdump_without_jit());
}
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
foreach (['function', 'tracing'] as $jit) {
    $directives = ['opcache.jit' => $jit, 'opcache.jit_buffer_size' => '16M', 'opcache.jit_hot_func' => 1,
        'opcache.jit_hot_loop' => 1];
    foreach (['exhaust();', 'function deep($n) { return deep($n + 1) + 1; } deep(1);'] as $code) {
        $run = rdump_run($folder, RDUMP_EXHAUST . $code,
            ['+opcache', 'opcache.enable_cli' => 1, 'rdump.oom_dump' => "$folder/a.rdump"] + $directives);
        echo $jit, ': ', rdump_judge("$folder/a.rdump"), ', ', count($run->log), "\n";
        unlink("$folder/a.rdump");
    }
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
function: valid, 1
function: valid, 1
tracing: valid, 1
tracing: valid, 1
