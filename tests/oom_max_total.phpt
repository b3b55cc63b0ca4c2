--TEST--
rdump.oom_dump_max_total limits the sizes of the folder's *.rdump files and the new dump together
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
function attempt($what, $limit, $name = 'new.rdump')
{
    global $folder;
    $run = rdump_run($folder, RDUMP_EXHAUST . 'exhaust();',
        ['rdump.oom_dump' => "$folder/$name", 'rdump.oom_dump_max_total' => $limit, 'rdump.oom_dump_marker' => 1]);
    echo $what, ': ', preg_replace('/\b\d{3,}\b/', 'N', rdump_tell($folder, implode("\n", $run->log))), "\n";
}
attempt('room for it', '100M');
/* One huge page more or less is 2 MB, of 21. */
$size = filesize("$folder/new.rdump");
attempt('replaced', (string) (int) ($size * 1.5));
attempt('beside another', (string) (int) ($size * 1.5), 'second.rdump');
attempt('room for two', (string) (int) ($size * 2.6), 'second.rdump');
attempt('too small for one', (string) (int) ($size * 0.7), 'new.rdump');
file_put_contents("$folder/large.txt", '');
ftruncate(fopen("$folder/large.txt", 'r+'), 1 << 30);
mkdir("$folder/directory.rdump");
symlink("$folder/large.txt", "$folder/link.rdump");
attempt('other files beside it', (string) (int) ($size * 2.6), 'second.rdump');
/* It applies to automatic dumps only. */
echo rdump_run($folder, 'var_dump(rdump_dump("by-call.rdump"));', ['rdump.oom_dump_max_total' => 1])->out;
echo preg_replace('/script\d+\.php ?/', '', rdump_list($folder)), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
room for it: rdump: memory limit reached: dumped to FOLDER/new.rdump (N bytes)
replaced: rdump: memory limit reached: dumped to FOLDER/new.rdump (N bytes)
beside another: rdump: memory limit reached: no dump to FOLDER/second.rdump: rdump.oom_dump_max_total=N has no room for N bytes beside the N in the folder
room for two: rdump: memory limit reached: dumped to FOLDER/second.rdump (N bytes)
too small for one: rdump: memory limit reached: no dump to FOLDER/new.rdump: rdump.oom_dump_max_total=N has no room for N bytes beside the N in the folder
other files beside it: rdump: memory limit reached: dumped to FOLDER/second.rdump (N bytes)
bool(true)
by-call.rdump directory.rdump large.txt link.rdump new.rdump new.rdump.done second.rdump second.rdump.done
