--TEST--
scripts/inspect: what is not a whole dump, or of a PHP that it does not know, is refused with a sentence
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);

function refused(array $arguments, $before = '')
{
    global $folder;
    list($status, $out, $err) = rdump_inspect($arguments, $before);
    echo $status, ' ', $out === '' ? '' : strtok($out, "\n") . '... ', str_replace($folder, 'FOLDER', trim($err)), "\n";
}

file_put_contents('text', "This is no dump.\n");
file_put_contents('empty', '');
file_put_contents('packed.zst', "\x28\xb5\x2f\xfd broken");
rdump_dump('whole.rdump');
$bytes = file_get_contents('whole.rdump');
file_put_contents('header.rdump', substr($bytes, 0, 20));
file_put_contents('cut.rdump', substr($bytes, 0, -1000));
file_put_contents('longer.rdump', $bytes . 'x');
file_put_contents('version.rdump', substr_replace($bytes, pack('V', 4), 8, 4));
foreach (['text', 'empty', 'nothing', '', 'header.rdump', 'cut.rdump', 'longer.rdump', 'version.rdump'] as $name) {
    refused(["$folder/$name"]);
}

echo "\nA PHP that is not in the table: what needs no layout is shown\n";
$str = function ($text) {
    return pack('V', strlen($text)) . $text;
};
$mapping = $str('00010000') . $str('00011000') . $str('00000000') . "\1\1\0\1" . $str('00:00') . pack('P', 0)
    . $str('');
file_put_contents('unknown.rdump', "RDUMP\0\0\0" . pack('V', 3) . $str('v71') . pack('P4', 1, 0x10010, 0x10020, -1)
    . pack('V3', 0, 1, 1) . $mapping . pack('P2', 0x10000, 4096) . str_repeat("\0", 4096));
list($status, $out, $err) = rdump_inspect(["$folder/unknown.rdump"]);
echo $status, ' ', preg_replace('/only of .*?, (?=With)|only of .*\. (?=With)/', 'only of ... ', $err);
echo preg_match('/^  memory in the dump +4\.0 kB +1 regions$/m', $out), preg_match('/^ +4\.0 kB .* anonymous$/m', $out),
    preg_match('/running/', $out), "\n";

echo "\nCompressed\n";
list($status, $out, $err) = rdump_inspect(["$folder/packed.zst"], 'PATH=/nowhere');
echo $status, ' ', str_replace($folder, 'FOLDER', $err);
mkdir('tmp');
if (rdump_shell('zstd --version')[0] === 0) {
    list($status, $out, $err) = rdump_inspect(["$folder/packed.zst"], "TMPDIR=$folder/tmp");
} else {
    $err = "inspect: zstd cannot unpack $folder/packed.zst to ";
    $status = 1;
}
echo $status, ' ', str_replace($folder, 'FOLDER', strstr("$err to ", ' to ', true)), "\n";
echo 'left: ', rdump_list("$folder/tmp"), "\n";
echo "\nOptions\n";
refused(['--what', 'x']);
refused(['--top=none', 'x']);
refused(['--php-config', "$folder/none", "$folder/whole.rdump"]);
echo rdump_inspect([])[0], ' ', strtok(rdump_inspect([])[2], "\n"), "\n";
echo rdump_inspect(['--help'])[0], ' ', strtok(rdump_inspect(['--help'])[1], "\n"), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECTF--
1 inspect: FOLDER/text is not a dump: it does not begin with RDUMP\000\000\000
1 inspect: FOLDER/empty is not a dump: it does not begin with RDUMP\000\000\000, it is empty
1 inspect: there is no file FOLDER/nothing
1 inspect: FOLDER/ is not a file
1 inspect: FOLDER/header.rdump is not a whole dump: the file ends within the pid (at byte 19)
1 inspect: FOLDER/cut.rdump is not a whole dump: the file ends within region %d (at byte %d)
1 inspect: FOLDER/longer.rdump is not a whole dump: something follows the last region (at byte %d)
1 inspect: FOLDER/version.rdump is not a whole dump: format version 4, not 3 (at byte 8)

A PHP that is not in the table: what needs no layout is shown
1 inspect: the table has no layout of PHP 7.1, only of ... With --php-config, it takes the layout from the headers of that PHP.
110

Compressed
1 inspect: FOLDER/packed.zst is compressed, and there is no program zstd here. Install it (Debian: apt-get install zstd), or run zstd -d where there is one
1 inspect: zstd cannot unpack FOLDER/packed.zst
left: 

Options
2 inspect: there is no option --what: see --help
2 inspect: --top needs a number
1 inspect: FOLDER/none --includes fails: %s
2 usage: scripts/inspect [OPTION...] FILE
0 usage: scripts/inspect [OPTION...] FILE
