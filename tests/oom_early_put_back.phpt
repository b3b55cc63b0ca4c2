--TEST--
PHP's calls of the C library: unchanged without an automatic dump, restored at PHP's end, always read-only
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
if (!rdump_reports_late()) exit('skip this PHP reports exhausted memory at its moment');
$said = rdump_shell(rdump_command(['gdb', '-q', '-batch', '-ex', 'run', '--args', rdump_executable(), '-n', '-r',
    'echo "runs";']) . ' 2>&1')[1];
if (strpos($said, 'runs') === false) exit('skip gdb cannot run this PHP');
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
/*
 * The functions that PHP calls, as "_exit in section .text of /lib/.../libc.so.6", and the permissions of their slots.
 */
$look = '';
foreach (['_exit', 'vsnprintf', '__vsnprintf_chk'] as $function) {
    $look .= "info symbol *(void**)&'$function@got.plt'\n";
}
file_put_contents("$folder/commands", "set breakpoint pending on
set debuginfod enabled off
break php_request_shutdown
break sapi_shutdown
run
echo \\nin a request:\\n
$look
info proc mappings
printf \"place 0x%lx\\n\", (unsigned long)&'_exit@got.plt'
continue
echo \\nat the end:\\n
$look
info proc mappings
printf \"place 0x%lx\\n\", (unsigned long)&'_exit@got.plt'
continue
");
foreach ([
    'nothing configured' => ['', []],
    'switched off by the script' => ['rdump_set_oom_dump("");', []],
    'not early' => ['', ['rdump.oom_dump' => "$folder/a.rdump", 'rdump.oom_dump_early' => 0]],
    'configured' => ['', ['rdump.oom_dump' => "$folder/a.rdump"]],
    'another automatic dump' => ['', ['rdump.signal_dump' => "$folder/a.rdump"]],
    'by the script' => ['rdump_set_oom_dump("a.rdump");', []],
] as $what => list($code, $directives)) {
    $arguments = array_merge(['gdb', '-q', '-batch', '-x', "$folder/commands", '--args'],
        rdump_arguments($folder, $directives), ['-r', "$code echo 1;"]);
    list(, $out) = rdump_shell(rdump_command($arguments) . ' 2>&1', '', $folder);
    foreach (explode("\nat the end:\n", $out) as $when => $said) {
        preg_match_all('/^(\w+) in section \S+ of (\S+)/m', $said, $match, PREG_SET_ORDER);
        $to = [];
        foreach ($match as list(, $function, $file)) {
            $to[] = $function === 'our_vsnprintf' || $function === 'our_vsnprintf_chk' || $function === 'our_exit'
                ? 'rdump' : 'the C library';
        }
        preg_match('/^place 0x(\w+)/m', $said, $place);
        preg_match_all('/^\s+0x(\w+)\s+0x(\w+)\s.*\s([r-][w-][x-][ps])\s/m', $said, $mappings, PREG_SET_ORDER);
        foreach ($mappings as list(, $begin, $end, $permissions)) {
            if (hexdec($begin) <= hexdec($place[1]) && hexdec($place[1]) < hexdec($end)) {
                $to[] = $permissions;
            }
        }
        echo $when ? '  at the end: ' : "$what: ", implode(', ', $to), "\n";
    }
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECTREGEX--
nothing configured: the C library, the C library, r[w-]-p
  at the end: the C library, the C library, r[w-]-p
switched off by the script: the C library, the C library, r[w-]-p
  at the end: the C library, the C library, r[w-]-p
not early: the C library, the C library, r[w-]-p
  at the end: the C library, the C library, r[w-]-p
configured: rdump, rdump, (r[w-]-p)
  at the end: the C library, the C library, \1
another automatic dump: rdump, rdump, \1
  at the end: the C library, the C library, \1
by the script: rdump, rdump, \1
  at the end: the C library, the C library, \1
