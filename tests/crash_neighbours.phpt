--TEST--
Dump at a crash: with opcache, with its JIT where that works, with Xdebug
--FILE--
<?php
require __DIR__ . '/rdump.inc';
require __DIR__ . '/crash.inc';
$folder = rdump_folder(__FILE__);
$code = CRASH_BY_KILL . '
function sum($n)
{
    for ($sum = 0, $i = 0; $i < $n; $i++) {
        $sum += $i % 7;
        if ($i === 90000) {
            culprit();
        }
    }
    return $sum;
}
sum(100000);';
$cases = ['+opcache' => [['opcache.enable_cli' => 1]], '+xdebug' => [['xdebug.mode' => 'develop']]];
if (rdump_without_jit() === '') {
    $cases['+opcache'][] = ['opcache.enable_cli' => 1, 'opcache.jit' => 'tracing', 'opcache.jit_buffer_size' => '16M'];
    $cases['+opcache'][] = ['opcache.enable_cli' => 1, 'opcache.jit' => 'function', 'opcache.jit_buffer_size' => '16M'];
}
foreach ($cases as $extension => $list) {
    foreach ($list as $directives) {
        if (rdump_loading(substr($extension, 1)) !== null) {
            $told = crash_tell($folder, $code, array_merge([$extension], $directives), '', $log);
            crash_expect(json_encode($directives), '139: crash-11.rdump, valid, culprit < sum < {main}', $told, $log);
        }
    }
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
