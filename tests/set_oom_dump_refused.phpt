--TEST--
rdump_set_oom_dump(): a path that cannot be kept is refused, and the previous setting applies
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$run = rdump_run($folder, RDUMP_EXHAUST . '
set_error_handler(function ($level, $message) {
    echo preg_replace(["/x{100,}/", "/(cannot \S+ ).*: /"], ["xxx", "$1...: "], $message), "\n";
    return true;
});
var_dump(rdump_set_oom_dump(__DIR__ . "/kept-%p.rdump"));
var_dump(rdump_set_oom_dump(__DIR__ . "/" . str_repeat("x", 5000)));
var_dump(rdump_set_oom_dump(str_repeat("x", 4090)));
var_dump(rdump_set_oom_dump(str_repeat("x", 1000000), true));
exhaust();
', ['rdump.oom_dump' => "$folder/ini.rdump"]);
echo substr($run->out, 0, strpos($run->out, 'Fatal')), preg_replace('/kept-\d+/', 'kept-PID', rdump_list($folder)),
    "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECTREGEX--
^bool\(true\)
rdump_set_oom_dump\(\): (cannot keep|File name is longer).*
bool\(false\)
rdump_set_oom_dump\(\): cannot keep .*File name too long
bool\(false\)
rdump_set_oom_dump\(\): (cannot keep|File name is longer).*
bool\(false\)

kept-PID\.rdump log script1\.php$
