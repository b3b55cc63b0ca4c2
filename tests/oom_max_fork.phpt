--TEST--
rdump.oom_dump_max: a forked child counts for itself
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
rdump_skip_without('pcntl');
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
/* The parent has made its dump before it forks, in a shutdown function. */
$run = rdump_run($folder, RDUMP_EXHAUST . '
$parent = getmypid();
function child()
{
    global $parent;
    if (getmypid() === $parent) {
        $child = pcntl_fork();
        if ($child === 0) {
            file_put_contents(__DIR__ . "/pid", getmypid());
            exhaust();
        }
        pcntl_waitpid($child, $status);
        echo $child, " ";
        exhaust();
    }
}
register_shutdown_function("child");
exhaust();
', ['+pcntl', 'rdump.oom_dump' => "$folder/%p.rdump"]);
$child = file_get_contents("$folder/pid");
foreach ($run->log as $line) {
    echo str_replace("$child.", 'CHILD.', rdump_tell($folder, preg_replace("{/(?!$child\.)\d+\.}", '/PARENT.', $line))),
        "\n";
}
echo (new RdumpReader("$folder/$child.rdump"))->pid === (int) $child ? 'of the child' : 'not of the child', "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECTF--
rdump: memory limit reached: dumped to FOLDER/PARENT.rdump (N bytes)
rdump: memory limit reached: dumped to FOLDER/CHILD.rdump (N bytes)
rdump: memory limit reached: no dump to FOLDER/PARENT.rdump: rdump.oom_dump_max=1 %s
of the child
