--TEST--
phpinfo() shows the version, the format version, the tag and the directives
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$run = rdump_run($folder, '
(new ReflectionExtension("rdump"))->info();
echo "tag of this PHP: v", PHP_MAJOR_VERSION, PHP_MINOR_VERSION, ", version ", phpversion("rdump");
');
preg_match('/Version => (\S+).*PHP version tag => (\S+).*tag of this PHP: (\S+), version (\S+)/s', $run->out, $match);
echo $match[1] === $match[4] ? 'the version is told' : 'another version is told', "\n";
echo $match[2] === $match[3] ? '' : 'not ', "the tag of this PHP\n";
$lines = explode("\n", trim($run->out));
sort($lines); /* the order of the directives depends on the version */
echo preg_replace(['/(\nVersion => ).*/', '/(tag => )v[78]\d/', '/((safe_read|snapshot) => )(On|Off) => (On|Off)/',
    '/(Compressed dumps => )(libzstd [\d.]+|no \(built without libzstd\))$/m',
    '/^(Dump by signal => )off \(signal \d+\)$/m', '/tag of this.*/'],
    ['$1X', '$1vXX', '$1X => X', '$1X', '$1X', ''], trim(implode("\n", $lines)));
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
the version is told
the tag of this PHP
Compressed dumps => X
Directive => Local Value => Master Value
Dump at a crash => off
Dump before the OOM killer => off
Dump by signal => X
Dump on exhausted memory => off
Format version => 3
PHP version tag => vXX
Version => X
rdump
rdump support => enabled
rdump.background => Off => Off
rdump.crash_dump => no value => no value
rdump.exclude_heap => Off => Off
rdump.oom_dump => no value => no value
rdump.oom_dump_early => On => On
rdump.oom_dump_full => Off => Off
rdump.oom_dump_marker => Off => Off
rdump.oom_dump_max => 1 => 1
rdump.oom_dump_max_total => 0 => 0
rdump.oom_dump_min_free => 0 => 0
rdump.oom_dump_min_interval => 0 => 0
rdump.safe_read => X => X
rdump.signal => SIGRTMIN+7 => SIGRTMIN+7
rdump.signal_dump => no value => no value
rdump.snapshot => X => X
rdump.watch_dump => no value => no value
rdump.watch_rss => 90% => 90%
