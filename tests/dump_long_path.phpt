--TEST--
A path of 4,095 bytes works, longer ones are refused
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
/* Folders so deep that a short name makes the path as long as it must be. */
function path_of($folder, $length)
{
    $path = $folder;
    while ($length - strlen($path) > 250) {
        $path .= '/' . str_repeat('d', min(200, $length - strlen($path) - 20));
        is_dir($path) || mkdir($path);
    }
    return $path . '/' . str_repeat('f', $length - strlen($path) - 1);
}
set_error_handler(function ($level, $message) use ($folder) {
    echo 'Warning: ', preg_replace('/[df\/]{100,}/', '...', rdump_tell($folder, $message)), "\n";
    return true;
});
foreach ([4094, 4095, 4096, 5000, 100000] as $length) {
    $path = $length > 4095 ? str_pad("$folder/", $length, 'd/') : path_of($folder, $length);
    echo strlen($path), "\n";
    if (rdump_dump($path)) {
        /* Too long for PHP's own fopen(). */
        rdump_shell('mv ' . escapeshellarg($path) . " $folder/moved");
        echo rdump_judge("$folder/moved"), "\n";
    }
}
$name = str_repeat('n', 255);
var_dump(rdump_dump("$folder/$name"), rdump_dump("$folder/{$name}n"));
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECTF--
4094
valid
4095
valid
4096
Warning: rdump_dump(): cannot %s FOLDER%s: File name too long
5000
Warning: rdump_dump(): cannot %s FOLDER%s: File name too long
100000
Warning: %SFile name too long%S
Warning: rdump_dump(): cannot %s FOLDER%s: File name too long
bool(true)
bool(false)
