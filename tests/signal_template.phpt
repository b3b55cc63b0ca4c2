--TEST--
The template: %h is the host name, %s the number of the signal, 0 without one
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
rdump_run($folder, rdump_ask() . 'ask();',
    ['rdump.signal_dump' => "$folder/signal-%h-%s-%%s-%S.rdump"]);
rdump_run($folder, RDUMP_EXHAUST . 'exhaust();', ['rdump.oom_dump' => "$folder/oom-%h-%s.rdump"]);
/* Nobody has sent a signal where the memory is watched. */
rdump_run($folder, 'for ($end = time() + 60; !glob("watch-*.rdump") && time() < $end;) {
    usleep(1000);
}', ['rdump.watch_dump' => "$folder/watch-%s.rdump", 'rdump.watch_rss' => '1M']);
$expected = ['oom-' . php_uname('n') . '-0.rdump', 'signal-' . php_uname('n') . '-' . rdump_signal_number()
    . '-%s-%S.rdump', 'watch-0.rdump'];
echo array_map('basename', glob("$folder/*.rdump")) === $expected ? 'as expected' : rdump_list($folder), "\n";
/* A template that does not fit is no dump. */
$run = rdump_run($folder, rdump_ask() . 'ask(); echo "goes on";',
    ['rdump.signal_dump' => $folder . str_repeat('/%t', 1000)]);
echo "$run->out$run->err, ", preg_replace('{(/%t)+}', '/%t...', rdump_tell($folder, $run->log[0])), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
as expected
goes on, rdump: signal N: no dump: cannot fit into a path the template FOLDER/%t...: File name too long
