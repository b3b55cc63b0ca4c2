--TEST--
rdump_set_oom_dump(): a path, "" and null, with and without the directive; lean and full
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
foreach ([
    'a path' => 'rdump_set_oom_dump("set.rdump")',
    'a path, full' => 'rdump_set_oom_dump("set.rdump", true)',
    'off' => 'rdump_set_oom_dump("")',
    'off, full' => 'rdump_set_oom_dump("", true)',
    'dropped' => 'rdump_set_oom_dump("set.rdump") && rdump_set_oom_dump(null)',
    'off, then dropped' => 'rdump_set_oom_dump("") && rdump_set_oom_dump(null)',
    'the last one counts' =>
        'rdump_set_oom_dump("first.rdump", true) && rdump_set_oom_dump("") && rdump_set_oom_dump("set.rdump")',
    'nothing to drop' => 'rdump_set_oom_dump(null)',
] as $what => $call) {
    foreach (['', "$folder/ini.rdump"] as $directive) {
        $run = rdump_run($folder, RDUMP_EXHAUST . "chdir(__DIR__); var_dump($call); exhaust();",
            ['rdump.oom_dump' => $directive]);
        echo $what, $directive === '' ? '' : ' over a directive', ': ', strtok($run->out, "\n"), ', ';
        $dumps = glob("$folder/*.rdump");
        foreach ($dumps as $path) {
            $dump = new RdumpReader($path);
            $text = null;
            foreach ($dump->mappings() as $mapping) {
                if ($mapping['x'] && $mapping['name'] === realpath(rdump_executable())) {
                    $text = $dump->has(hexdec($mapping['begin'])) ? 'full' : 'lean';
                }
            }
            echo basename($path), " $text";
            unlink($path);
        }
        echo $dumps ? '' : 'no dump', "\n";
    }
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
a path: bool(true), set.rdump lean
a path over a directive: bool(true), set.rdump lean
a path, full: bool(true), set.rdump full
a path, full over a directive: bool(true), set.rdump full
off: bool(true), no dump
off over a directive: bool(true), no dump
off, full: bool(true), no dump
off, full over a directive: bool(true), no dump
dropped: bool(true), no dump
dropped over a directive: bool(true), ini.rdump lean
off, then dropped: bool(true), no dump
off, then dropped over a directive: bool(true), ini.rdump lean
the last one counts: bool(true), set.rdump lean
the last one counts over a directive: bool(true), set.rdump lean
nothing to drop: bool(true), no dump
nothing to drop over a directive: bool(true), ini.rdump lean
