--TEST--
rdump.watch_dump: in a cgroup with a memory limit the dump comes before the OOM killer, and does not bring it
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
require __DIR__ . '/lib/cgroup.php';
rdump_skip_unless_root();
$group = rdump_cgroup_make('rdump-skip', 200 << 20);
if ($group === null) {
    exit('skip no memory cgroup can be made here');
}
rdump_cgroup_remove($group);
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
require __DIR__ . '/lib/cgroup.php';
$folder = rdump_folder(__FILE__);
/* Grows by a megabyte at a time up to so many, or for ever. */
$leak = <<<'CODE'
function leak($kept)
{
    for ($i = 0; $i !== MOST; $i++) {
        $kept[] = str_repeat('the leak of the script ', 45000);
        usleep(5000);
    }
    return $kept;
}
$kept = leak([]);
$dump = __DIR__ . '/goes-on.rdump';
for ($deadline = microtime(true) + 90; !file_exists($dump) && microtime(true) < $deadline;) {
    md5('work');
}
echo "it goes on\n";
CODE;
/* What the process has without the leak counts as well. */
$before = (int) rdump_run($folder, 'preg_match("/Rss: +(\d+)/", file_get_contents("/proc/self/smaps_rollup"), $match);
echo $match[1] / 1024;')->out;
$limit = 200 + $before;
$group = rdump_cgroup_make('rdump-phpt', $limit << 20);
$seconds = getenv('RDUMP_PATIENCE') > 1 ? 400 : 100;
foreach (['killed' => -1, 'goes-on' => (int) ($limit * 0.93) - $before] as $name => $most) {
    $run = new RdumpRun($folder, rdump_shell(rdump_cgroup_command($group,
        /* At the limit the kernel may try to get memory back for minutes before it kills. */
        "timeout -s KILL $seconds " . rdump_command(array_merge(rdump_arguments($folder, ['memory_limit' => -1,
        'rdump.watch_dump' => "$folder/$name.rdump"]), ['-r', str_replace(['MOST', '__DIR__'],
        [$most, "'$folder'"], $leak)]))), '', $folder));
    echo "status $run->status\n", $run->out;
    foreach (preg_grep("/$name/", $run->log) as $line) {
        echo preg_replace('/\d+ bytes|(?<=the mark is )\d+/', 'N', rdump_tell($folder, $line)), "\n";
    }
    if (!file_exists("$folder/$name.rdump")) {
        echo "no dump\n$run->err";
        continue;
    }
    $reader = new RdumpReader("$folder/$name.rdump");
    echo $reader->search('the leak of the script the leak') === null ? 'without' : 'with', " the leak\n";
}
echo rdump_cgroup_remove($group) ? '' : "the cgroup is still there\n",
    implode(' ', preg_grep('/part$/', scandir($folder))), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
status 137
rdump: watch: N resident, the mark is N: dumped to FOLDER/killed.rdump (N bytes)
with the leak
status 0
it goes on
rdump: watch: N resident, the mark is N: dumped to FOLDER/goes-on.rdump (N bytes)
with the leak
