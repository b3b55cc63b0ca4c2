--TEST--
Dump at a crash: at the end of the C stack, of the process and of a fiber
--FILE--
<?php
require __DIR__ . '/rdump.inc';
require __DIR__ . '/crash.inc';
$folder = rdump_folder(__FILE__);
/* PHP 8.3 and later stop there by themselves. */
$directives = ['memory_limit' => -1, 'zend.max_allowed_stack_size' => -1];
$codes = [
    'array_map()' => 'function deep($n) { return array_map("deep", [$n]); } deep(1);',
    '__toString()' => 'class Deep { function __toString() { return "deep " . new Deep; } } echo new Deep;',
    'usort()' => 'function deep() { $a = [2, 1]; usort($a, "deep"); return 1; } deep();',
];
/* From 8.3 on nothing switches that off for fibers. */
if (PHP_VERSION_ID >= 80100 && PHP_VERSION_ID < 80300) {
    $codes['a fiber'] = 'function deep($n) { return array_map("deep", [$n]); }
        (new Fiber(function () { deep(1); }))->start();';
}
foreach ($codes as $name => $code) {
    $told = crash_tell($folder, $code, $directives, 'ulimit -s 1024;', $log);
    $top = $name === '__toString()' ? 'Deep::__toString' : 'deep';
    crash_expect($name, "139: crash-11.rdump, valid, $top < ... < {main}", $told, $log);
}
echo "done\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
done
