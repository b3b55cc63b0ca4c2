--TEST--
Automatic dump: rdump.oom_dump_full, with and without rdump.safe_read
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
foreach ([0, 1] as $full) {
    foreach ([0, 1] as $safe_read) {
        $run = rdump_run($folder, RDUMP_EXHAUST . 'exhaust();',
            ['rdump.oom_dump' => "$folder/a.rdump", 'rdump.oom_dump_full' => $full, 'rdump.safe_read' => $safe_read]);
        $dump = new RdumpReader("$folder/a.rdump");
        foreach ($dump->mappings() as $mapping) {
            if ($mapping['x'] && $mapping['name'] === realpath(rdump_executable())) {
                echo count($run->log), ' ',
                    $dump->has(hexdec($mapping['begin']), hexdec($mapping['end']) - hexdec($mapping['begin'])) ? 'full'
                    : 'lean', "\n";
                break;
            }
        }
    }
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
1 lean
1 lean
1 full
1 full
