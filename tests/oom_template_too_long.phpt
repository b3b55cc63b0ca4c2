--TEST--
A template that is too long once it is expanded: no dump, not at another name either; one log line
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$templates = [
    /* The template is short enough, its expansion is not. Cut at the longest path, it would be another name. */
    'too long a path' => str_repeat('./', (4065 - strlen("$folder/")) >> 1) . str_repeat('%t', 7),
    'too long a name' => str_repeat('%t', 30),
];
foreach ($templates as $what => $template) {
    foreach (['ini', 'set'] as $way) {
        $path = "$folder/$template";
        $run = rdump_run($folder, RDUMP_EXHAUST
            . ($way === 'set' ? 'rdump_set_oom_dump(' . var_export($path, true) . ');' : '') . 'exhaust();',
            ['rdump.oom_dump' => $way === 'ini' ? $path : "$folder/not-this-one.rdump"]);
        echo "$what, $way: ", preg_match('/^rdump: memory limit reached: .*File name too long$/',
            implode("\n", $run->log)) ? 'logged, ' : implode("\n", $run->log),
            preg_replace('/script\d\.php/', 'script', rdump_list($folder)), "\n";
        rdump_shell("rm $folder/*");
    }
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
too long a path, ini: logged, log script
too long a path, set: logged, log script
too long a name, ini: logged, log script
too long a name, set: logged, log script
