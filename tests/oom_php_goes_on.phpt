--TEST--
After the dump PHP continues as usual: error message, error_get_last(), shutdown functions, exit status
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
/* One large allocation, so that enough memory is left for the rest of the test. */
$code = '
class D { function __destruct() { echo "destructed\n"; } }
$d = new D;
register_shutdown_function(function () {
    echo preg_replace("/\d{5,}/", "N", error_get_last()["message"]), " in ", error_get_last()["line"], "\n";
    $more = str_repeat("x", 1 << 20);
    echo strlen($more), ", ", ini_get("memory_limit"), "\n";
});
ob_start(function ($buffer) { return strtoupper($buffer); });
echo "buffered\n";
$much = str_repeat("x", 1 << 30);';
$with = rdump_run($folder, $code, ['rdump.oom_dump' => "$folder/a.rdump"]);
$without = rdump_run($folder, $code, ['-rdump']);
$tell = function ($run) {
    return preg_replace(['/\d{5,}/', '/script\d/i'], ['N', 'SCRIPT'], "$run->status\n$run->out$run->err");
};
echo $tell($with) === $tell($without) ? "the same\n" : $tell($with) . "\nwithout:\n" . $tell($without),
    count($with->log), ' ', rdump_judge("$folder/a.rdump"), "\n",
    strpos($with->out, '1048576, 16M') ? 'the shutdown function ran' : $with->out, "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
the same
1 valid
the shutdown function ran
