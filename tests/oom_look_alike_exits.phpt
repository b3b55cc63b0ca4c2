--TEST--
Automatic dump: no dump if a process exits for another reason than exhausted memory, in a request or outside
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
rdump_skip_without('ffi');
rdump_skip_without('opcache');
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$run = rdump_run($folder, 'FFI::cdef("void exit(int status);")->exit(7);',
    ['+ffi', 'rdump.oom_dump' => "$folder/a.rdump"]);
echo "a library's exit(7): status $run->status, ", implode(' ', glob('*.rdump')), "\n";
/* opcache ends PHP before the first request if there is not enough shared memory. */
$run = rdump_run($folder, '',
    ['+opcache', 'opcache.enable_cli' => 1, 'opcache.memory_consumption' => 90000000,
    'opcache.file_update_protection' => 0,
    'rdump.oom_dump' => "$folder/a.rdump"], 'ulimit -v 4000000;');
echo 'opcache: ', strpos($run->out . $run->err, 'Cannot allocate memory') ? 'Cannot allocate memory'
    : "status $run->status $run->out$run->err", ', ',
    implode(' ', glob('*.rdump')), "\n";
rdump_show_log($folder, $run->log);
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
a library's exit(7): status 7, 
opcache: Cannot allocate memory, 
