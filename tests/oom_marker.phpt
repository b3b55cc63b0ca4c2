--TEST--
rdump.oom_dump_marker: created after a complete dump; an old one is removed first; none after a failure
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
function attempt($what, $path, $marker, $before = '')
{
    global $folder;
    $run = rdump_run($folder, RDUMP_EXHAUST . 'exhaust();',
        ['rdump.oom_dump' => "$folder/$path", 'rdump.oom_dump_marker' => $marker], $before);
    clearstatcache();
    echo $what, ': ', is_file("$folder/$path.done") ? 'marker of ' . filesize("$folder/$path.done") . ' bytes'
        : 'no marker', ', ', count($run->log), " line\n";
}
attempt('off', 'a.rdump', 0);
attempt('on', 'b.rdump', 1);
file_put_contents("$folder/b.rdump.done", 'stale');
attempt('a stale one', 'b.rdump', 1);
file_put_contents("$folder/b.rdump.done", 'stale');
attempt('after a failure', 'b.rdump', 1, 'ulimit -f 200;');
file_put_contents("$folder/a.rdump.done", 'not ours');
attempt('off, and one is there', 'a.rdump', 0);
mkdir("$folder/c.rdump");
attempt('refused', 'c.rdump', 1);
symlink("$folder/a.rdump", "$folder/g.rdump");
file_put_contents("$folder/g.rdump.done", 'stale');
attempt('refused, with a stale one', 'g.rdump', 1);
/* If something else has the marker's name, the dump is still made, and the log says why there is no marker. */
mkdir("$folder/d.rdump.done");
file_put_contents("$folder/d.rdump.done/keep", '');
attempt('in its way', 'd.rdump', 1);
symlink("$folder/victim", "$folder/e.rdump.done");
attempt('a symlink in its place', 'e.rdump', 1);
echo is_link("$folder/e.rdump.done") ? 'still a symlink' : 'no symlink', ', ',
    is_file("$folder/victim") ? 'written through' : 'not written through', "\n";
/* A dump by call has no marker. */
echo rdump_run($folder, 'var_dump(rdump_dump("f.rdump"), is_file("f.rdump.done"));',
    ['rdump.oom_dump_marker' => 1])->out;
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
off: no marker, 1 line
on: marker of 0 bytes, 1 line
a stale one: marker of 0 bytes, 1 line
after a failure: no marker, 1 line
off, and one is there: marker of 8 bytes, 1 line
refused: no marker, 1 line
refused, with a stale one: no marker, 1 line
in its way: no marker, 1 line
a symlink in its place: marker of 0 bytes, 1 line
no symlink, not written through
bool(true)
bool(false)
