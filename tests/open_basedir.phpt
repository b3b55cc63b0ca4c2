--TEST--
open_basedir applies to the paths of both functions, not to the directive
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
mkdir("$folder/inside");
mkdir("$folder/outside");
symlink("$folder/outside", "$folder/inside/way-out");
$run = rdump_run($folder, RDUMP_EXHAUST . '
chdir("inside");
foreach (["inside/a.rdump", "outside/b.rdump", "inside/../outside/c.rdump", "inside/way-out/d.rdump"] as $path) {
    echo "$path: ", var_export(@rdump_dump(__DIR__ . "/$path"), true), " ",
        error_get_last() ? error_get_last()["message"] : "", "\n";
    error_clear_last();
}
foreach (["inside/e.rdump", "../outside/f.rdump", "/etc/g.rdump", "", null] as $path) {
    echo var_export($path, true), ": ",
        var_export(@rdump_set_oom_dump($path === "inside/e.rdump" ? "e.rdump" : $path), true), " ",
        error_get_last() ? error_get_last()["message"] : "", "\n";
    error_clear_last();
}
rdump_set_oom_dump("e%p.rdump");
@rdump_set_oom_dump("../outside/h.rdump");
exhaust();
', ['open_basedir' => "$folder/inside"]);
echo preg_replace('/(cannot )[^:]*( FOLDER| \.\.| \/etc)/', '$1... $2',
    preg_replace('/e\d+\.rdump/', 'ePID.rdump', rdump_tell($folder, $run->out)));
rdump_show_log($folder, preg_replace('/e\d+\.rdump/', 'ePID.rdump', $run->log));
echo preg_replace('/e\d+\.rdump/', 'ePID.rdump', rdump_list("$folder/inside")), "\nnothing outside: ",
    rdump_list("$folder/outside"), "\n";
/* It does not apply to the administrator's path. */
$run = rdump_run($folder, RDUMP_EXHAUST . 'exhaust();',
    ['open_basedir' => "$folder/inside", 'rdump.oom_dump' => "$folder/outside/i.rdump"]);
echo rdump_list("$folder/outside"), ' ', rdump_judge("$folder/outside/i.rdump"), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECTF--
inside/a.rdump: true 
outside/b.rdump: false rdump_dump(): cannot ...  FOLDER/outside/b.rdump: Operation not permitted
inside/../outside/c.rdump: false rdump_dump(): cannot ...  FOLDER/inside/../outside/c.rdump: Operation not permitted
inside/way-out/d.rdump: false rdump_dump(): cannot ...  FOLDER/inside/way-out/d.rdump: Operation not permitted
'inside/e.rdump': true 
'../outside/f.rdump': false rdump_set_oom_dump(): cannot ...  ../outside/f.rdump: Operation not permitted
'/etc/g.rdump': false rdump_set_oom_dump(): cannot ...  /etc/g.rdump: Operation not permitted
'': true 
NULL: true 

Fatal error: %s
%Alog: rdump: memory limit reached: dumped to FOLDER/inside/ePID.rdump (N bytes)
a.rdump ePID.rdump way-out
nothing outside: 
i.rdump valid
