--TEST--
Automatic dump: with Xdebug, loaded before or after rdump, in each of its modes
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
rdump_skip_without('xdebug');
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
foreach ([['+xdebug', '+rdump'], ['+rdump', '+xdebug']] as $order) {
    foreach ([null, 'off', 'develop', 'debug', 'coverage', 'gcstats', 'profile', 'trace',
        'develop,debug,coverage'] as $mode) {
        @unlink("$folder/a.rdump");
        $directives = array_merge($order, ['rdump.oom_dump' => "$folder/a.rdump", 'xdebug.output_dir' => $folder],
            $mode === null ? [] : ['xdebug.mode' => $mode]);
        $run = rdump_run($folder, RDUMP_EXHAUST . 'exhaust();', $directives);
        echo implode(' ', $order), ', ', $mode === null ? 'default' : $mode, ': ', rdump_judge("$folder/a.rdump"), ', ',
            count($run->log), ' line, ',
            preg_match('/Allowed memory size of/', $run->out) ? 'reported' : "not reported: $run->out$run->err", "\n";
    }
}
/* Several requests in one process: Xdebug replaces the error callback in each of them. */
$server = new RdumpServer($folder, RDUMP_EXHAUST . 'exhaust();',
    ['+xdebug', 'rdump.oom_dump' => "$folder/%t.rdump", 'rdump.oom_dump_max' => 3]);
for ($i = 0; $i < 4; $i++) {
    $server->get('/');
}
$server->stop();
echo count(preg_grep('/dumped to/', rdump_log($folder))), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
+xdebug +rdump, default: valid, 1 line, reported
+xdebug +rdump, off: valid, 1 line, reported
+xdebug +rdump, develop: valid, 1 line, reported
+xdebug +rdump, debug: valid, 1 line, reported
+xdebug +rdump, coverage: valid, 1 line, reported
+xdebug +rdump, gcstats: valid, 1 line, reported
+xdebug +rdump, profile: valid, 1 line, reported
+xdebug +rdump, trace: valid, 1 line, reported
+xdebug +rdump, develop,debug,coverage: valid, 1 line, reported
+rdump +xdebug, default: valid, 1 line, reported
+rdump +xdebug, off: valid, 1 line, reported
+rdump +xdebug, develop: valid, 1 line, reported
+rdump +xdebug, debug: valid, 1 line, reported
+rdump +xdebug, coverage: valid, 1 line, reported
+rdump +xdebug, gcstats: valid, 1 line, reported
+rdump +xdebug, profile: valid, 1 line, reported
+rdump +xdebug, trace: valid, 1 line, reported
+rdump +xdebug, develop,debug,coverage: valid, 1 line, reported
4
