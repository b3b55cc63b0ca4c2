--TEST--
rdump.watch_dump: a child of pcntl_fork() is watched by itself
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
rdump_skip_without('pcntl');
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$run = rdump_run($folder, <<<'CODE'
function threads()
{
    return count(scandir('/proc/self/task')) - 2;
}
echo "parent: ", threads(), " threads\n";
flush();
$child = pcntl_fork();
if ($child === 0) {
    echo "child: ", threads(), " threads\n";
    for ($i = 0, $kept = []; $i < 64; $i++) {
        $kept[] = str_repeat('the child ', 500000);
    }
    $dump = __DIR__ . '/' . getmypid() . '.rdump';
    for ($deadline = microtime(true) + 60; !file_exists($dump) && microtime(true) < $deadline;) {
        md5('work');
    }
    exit(file_exists($dump) ? 7 : 8);
}
pcntl_waitpid($child, $status);
echo "the child ended with ", pcntl_wexitstatus($status), "\n";
rename(__DIR__ . "/$child.rdump", __DIR__ . '/child.rdump');
/* One that ends at once, without a word. */
$child = pcntl_fork();
if ($child === 0) {
    exit(9);
}
pcntl_waitpid($child, $status);
echo "the other one ended with ", pcntl_wexitstatus($status), "\n";
CODE
    , ['+pcntl', 'memory_limit' => -1, 'rdump.watch_dump' => "$folder/%p.rdump", 'rdump.watch_rss' => '300M']);
echo $run->out, $run->err, rdump_judge("$folder/child.rdump"), "\n";
$reader = new RdumpReader("$folder/child.rdump");
echo $reader->search('the child the child ') === null ? 'without' : 'with', " what the child had\n";
echo preg_replace('/\d+/', 'N', rdump_tell($folder, implode("\n", $run->log))), "\n";
echo implode(' ', preg_grep('/rdump$/', explode(' ', rdump_list($folder)))), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
parent: 2 threads
child: 2 threads
the child ended with 7
the other one ended with 9
valid
with what the child had
rdump: watch: N bytes resident, the mark is N: dumped to FOLDER/N.rdump (N bytes)
child.rdump
