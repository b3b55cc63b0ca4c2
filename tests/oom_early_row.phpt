--TEST--
phpinfo() says when a dump on exhausted memory is made, and why it is not early
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$row = '
function row()
{
    ob_start();
    (new ReflectionExtension("rdump"))->info();
    preg_match("/Dump on exhausted memory => (.*)/", ob_get_clean(), $match);
    return $match[1];
}
';
foreach ([
    'nothing configured' => ['echo row();', []],
    'in php.ini' => ['echo row();', ['rdump.oom_dump' => "$folder/a.rdump"]],
    'by the script' => ['rdump_set_oom_dump("a.rdump"); echo row();', []],
    'switched off by the script' => ['rdump_set_oom_dump(""); echo row();', ['rdump.oom_dump' => "$folder/a.rdump"]],
] as $what => list($code, $directives)) {
    echo "$what: ", rdump_run($folder, $row . $code, $directives)->out, "\n";
}
/* A PHP that reports at the moment of exhaustion does not need the directive. */
$expected = rdump_reports_late() ? 'when PHP reports it: rdump.oom_dump_early=0' : 'at the moment of exhaustion';
$off = ['rdump.oom_dump_early' => 0];
foreach (['echo row();' => $off + ['rdump.oom_dump' => "$folder/a.rdump"],
    'rdump_set_oom_dump("a.rdump"); echo row();' => $off] as $code => $directives) {
    $found = rdump_run($folder, $row . $code, $directives)->out;
    echo $found === $expected ? 'as this PHP reports it' : $found, "\n";
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
nothing configured: off
in php.ini: at the moment of exhaustion
by the script: at the moment of exhaustion
switched off by the script: off
as this PHP reports it
as this PHP reports it
