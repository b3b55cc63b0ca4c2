--TEST--
Targets that are not regular files are refused with the reason, and do not change
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
file_put_contents("$folder/victim", 'precious');
symlink("$folder/victim", "$folder/symlink");
symlink("$folder/nothing", "$folder/dangling");
mkdir("$folder/directory");
rdump_shell("mkfifo $folder/fifo");
$device = rdump_device($folder);
$socket = stream_socket_server("unix://$folder/socket");
mkdir("$folder/below");
symlink("$folder/below", "$folder/symlinked");
set_error_handler(function ($level, $message) use ($folder) {
    echo $level === E_WARNING ? 'Warning' : $level, ': ', rdump_tell($folder, $message), "\n";
    return true;
});
foreach (["$folder/symlink", "$folder/dangling", "$folder/directory", "$folder/directory/", "$folder/new/", "$folder/.",
    "$folder/..",
    "$folder/fifo", "$folder/socket", $device, '', "$folder/none/a.rdump", "$folder/victim/a.rdump",
    '/proc/self/a.rdump'] as $path) {
    echo var_export(rdump_dump($path), true), "\n";
}
fclose($socket);
echo file_get_contents("$folder/victim"), ', ', filetype($device), "\n", rdump_list($folder), "\n";
/* A folder may be reached through a symlink. */
var_dump(rdump_dump("$folder/symlinked/a.rdump"));
echo rdump_list("$folder/below"), ' ', rdump_judge("$folder/below/a.rdump"), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECTF--
Warning: rdump_dump(): cannot %s FOLDER/symlink: Too many levels of symbolic links
false
Warning: rdump_dump(): cannot %s FOLDER/dangling: Too many levels of symbolic links
false
Warning: rdump_dump(): cannot %s FOLDER/directory: Is a directory
false
Warning: rdump_dump(): cannot %s FOLDER/directory/: Is a directory
false
Warning: rdump_dump(): cannot %s FOLDER/new/: Is a directory
false
Warning: rdump_dump(): cannot %s FOLDER/.: Is a directory
false
Warning: rdump_dump(): cannot %s FOLDER/..: Is a directory
false
Warning: rdump_dump(): cannot %s FOLDER/fifo: No such device or address
false
Warning: rdump_dump(): cannot %s FOLDER/socket: No such device or address
false
Warning: rdump_dump(): cannot %s/null: No such device or address
false
Warning: rdump_dump(): cannot %s : No such file or directory
false
Warning: rdump_dump(): cannot %s FOLDER/none/a.rdump: No such file or directory
false
Warning: rdump_dump(): cannot %s FOLDER/victim/a.rdump: Not a directory
false
Warning: rdump_dump(): cannot %s /proc/self/a.rdump: %s
false
precious, char
below dangling devices directory fifo socket symlink symlinked victim
bool(true)
a.rdump valid
