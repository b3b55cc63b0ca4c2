--TEST--
The template: %p, %i, %t, %% and other percent signs; rdump_dump() takes its path literally
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$template = 'p%p i%i t%t %% %x %P 100% %%p';
foreach (['ini' => ["$folder/$template", ''],
    'set' => ['', 'rdump_set_oom_dump(__DIR__ . "/' . $template . '");']] as $way => $how) {
    $before = time();
    $run = rdump_run($folder, RDUMP_EXHAUST . $how[1] . 'echo getmypid(); exhaust();', ['rdump.oom_dump' => $how[0]]);
    $after = time();
    $names = array_values(array_diff(scandir($folder), ['.', '..', 'log', 'script1.php', 'script2.php']));
    preg_match('/^p(\d+) i(\d+) t(\d+) (.*)$/', $names[0], $match);
    echo $way, ': ', count($names), ' ', $match[1] === (string) (int) $run->out ? 'pid' : 'not the pid', ', ',
        PHP_ZTS || $match[1] === $match[2] ? 'thread' : 'not the thread', ', ',
            $match[3] >= $before && $match[3] <= $after ? 'time' : 'not the time', ", $match[4]\n";
    unlink("$folder/$names[0]");
}
var_dump(rdump_dump('%p %%.rdump'), is_file("$folder/%p %%.rdump"));
/* A percent sign may be the last character. */
rdump_run($folder, RDUMP_EXHAUST . 'exhaust();', ['rdump.oom_dump' => "$folder/last%"]);
echo rdump_judge("$folder/last%"), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
ini: 1 pid, thread, time, % %x %P 100% %p
set: 1 pid, thread, time, % %x %P 100% %p
bool(true)
bool(true)
valid
