--TEST--
Errors that resemble exhausted memory cause no dump
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$text = 'Allowed memory size of 134217728 bytes exhausted (tried to allocate 4096 bytes)';
foreach ([
    'user error' => "trigger_error('$text', E_USER_ERROR);",
    'user warning' => "trigger_error('$text', E_USER_WARNING);",
    'out of memory, said by the user' =>
        "trigger_error('Out of memory (allocated 2097152) (tried to allocate 4096 bytes)', E_USER_ERROR);",
    'uncaught exception' => "throw new Exception('$text');",
    'uncaught error' => "throw new Error('$text');",
    'exception whose class is such a name' =>
        "eval('class Allowed_memory_size_of extends Exception {}'); throw new Allowed_memory_size_of('$text');",
    'caught exception' => "try { throw new Exception('$text'); } catch (Exception \$e) { echo 'caught'; }",
    'a function that is not there' => "call_user_func('nothing');" . ' nothing();',
    'another fatal error' => 'interface I {} eval("class C implements I, I {}");',
    'parse error' => 'eval("Allowed memory size of 1 bytes exhausted");',
    'time limit' => 'set_time_limit(1); while (true);',
    'error log' => "error_log('$text');",
    'error handler that is told' =>
        "set_error_handler(function () { return false; }); trigger_error('$text', E_USER_ERROR);",
] as $what => $code) {
    $run = rdump_run($folder, $code, ['rdump.oom_dump' => "$folder/a.rdump"]);
    echo $what, ': ', count($run->log), ' lines, ', is_file("$folder/a.rdump") ? 'a dump' : 'no dump', "\n";
    @unlink("$folder/a.rdump");
}
/* And exhausted memory, after some of these. */
$run = rdump_run($folder, RDUMP_EXHAUST
    . "for (\$i = 0; \$i < 10; \$i++) @trigger_error('$text', E_USER_WARNING); exhaust();",
    ['rdump.oom_dump' => "$folder/a.rdump"]);
echo rdump_judge("$folder/a.rdump"), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
user error: 0 lines, no dump
user warning: 0 lines, no dump
out of memory, said by the user: 0 lines, no dump
uncaught exception: 0 lines, no dump
uncaught error: 0 lines, no dump
exception whose class is such a name: 0 lines, no dump
caught exception: 0 lines, no dump
a function that is not there: 0 lines, no dump
another fatal error: 0 lines, no dump
parse error: 0 lines, no dump
time limit: 0 lines, no dump
error log: 0 lines, no dump
error handler that is told: 0 lines, no dump
valid
