--TEST--
The files that a dump opens are close-on-exec, and its temporary file has mode 0600
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
/* A process that dumps until it is told to stop, while this one reads its descriptors. */
$code = '
file_put_contents("pid", getmypid());
$heap = str_repeat("x", 100 << 20);
while (!file_exists("stop")) {
    rdump_dump("a.rdump") || exit("failed");
}
';
$process = proc_open(rdump_prepare($folder, $code, ['memory_limit' => '200M']), [], $pipes, $folder);
$pid = rdump_await(function () use ($folder) { return @file_get_contents("$folder/pid"); });
$flags = [];
$seen = rdump_await(function () use ($pid, &$flags, $folder) {
    foreach (glob("/proc/$pid/fd/*") as $fd) {
        $target = (string) @readlink($fd);
        $info = (string) @file_get_contents(str_replace('/fd/', '/fdinfo/', $fd));
        if (strpos($target, "$folder/.rdump-") === 0 && preg_match('/^flags:\s*([0-7]+)$/m', $info, $match)
            && @readlink($fd) === $target) {
            $flags['the file'] = (octdec($match[1]) & 02000000) ? 'close-on-exec' : 'inherited';
            $mode = @fileperms($target);
            if ($mode) {
                $flags['its mode'] = decoct($mode & 07777);
            }
        } elseif ($target === $folder && preg_match('/^flags:\s*([0-7]+)$/m', $info, $match)
            && @readlink($fd) === $target) {
            $flags['its folder'] = (octdec($match[1]) & 02000000) ? 'close-on-exec' : 'inherited';
        }
    }
    return count($flags) === 3;
});
touch("$folder/stop");
proc_close($process);
ksort($flags);
foreach ($flags as $what => $flag) {
    echo "$what: $flag\n";
}
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
its folder: close-on-exec
its mode: 600
the file: close-on-exec
