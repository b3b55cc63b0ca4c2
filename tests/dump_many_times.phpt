--TEST--
Many dumps in one process: no descriptor, mapping or memory leaks, and the heap does not change
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
function open_files()
{
    $open = [];
    foreach (scandir('/proc/self/fd') as $fd) {
        $open[$fd] = @readlink("/proc/self/fd/$fd");
    }
    return array_filter($open);
}
function mapped()
{
    /* Pages of address space: adjacent mappings may be one line in the list. */
    return (int) file_get_contents('/proc/self/statm');
}
mkdir("$folder/directory");
$ways = [
    'lean' => function () use ($folder) { return rdump_dump("$folder/a.rdump"); },
    'full' => function () use ($folder) { return rdump_dump("$folder/a.rdump", true); },
    'failing' => function () use ($folder) { return !@rdump_dump("$folder/directory"); },
];
foreach ($ways as $way => $dump) {
    /* A first dump, for what is allocated only once. */
    $dump(); open_files(); mapped();
    $files = open_files();
    $mappings = mapped();
    $done = 0;
    error_clear_last();
    $memory = memory_get_usage();
    for ($i = 0; $i < 50; $i++) {
        $done += $dump();
    }
    error_clear_last();
    $memory = memory_get_usage() - $memory;
    echo "$way: $done times, ", open_files() === $files ? 'same files, ' : 'other files, ',
        mapped() === $mappings ? 'as much mapped, ' : 'more mapped, ',
        "$memory bytes of heap\n";
}
echo rdump_list($folder), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
lean: 50 times, same files, as much mapped, 0 bytes of heap
full: 50 times, same files, as much mapped, 0 bytes of heap
failing: 50 times, same files, as much mapped, 0 bytes of heap
a.rdump directory
