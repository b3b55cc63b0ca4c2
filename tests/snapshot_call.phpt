--TEST--
rdump_snapshot(): a dump of the moment of the call; the process waits for it at its end
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$run = rdump_run($folder, '
$text = strrev("tnemom eht erofeb") . getmypid();
file_put_contents("pid", getmypid());
file_put_contents("a.rdump", "earlier");
$earlier = fopen("a.rdump", "r");
var_dump(rdump_snapshot("a.rdump"));
$text = strrev("tnemom eht retfa") . getmypid();
echo fread($earlier, 100), "\n";
var_dump(rdump_snapshot("b.rdump", true));
foreach (["missing/a.rdump", ".", ""] as $path) {
    var_dump(rdump_snapshot($path));
}
echo "the end\n";
register_shutdown_function(function () { echo "a shutdown function\n"; });
class Destroyed { function __destruct() { echo "a destructor\n"; } }
$destroyed = new Destroyed();
');
$run->show($folder);
$pid = (int) file_get_contents("$folder/pid");
foreach (['a', 'b'] as $name) {
    echo "$name: ", rdump_judge("$folder/$name.rdump"), "\n";
    $dump = new RdumpReader("$folder/$name.rdump");
    echo $dump->pid === $pid ? 'of the process' : "of another process: $dump->pid",
        $dump->search("after the moment$pid") ? ', after' : ', before', ' the change', "\n";
}
echo rdump_list($folder), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
status 0
bool(true)
earlier
bool(true)

Warning: rdump_snapshot(): cannot open the folder of missing/a.rdump: No such file or directory in FOLDER/script1.php on line 12
bool(false)

Warning: rdump_snapshot(): cannot open the folder of .: Is a directory in FOLDER/script1.php on line 12
bool(false)

Warning: rdump_snapshot(): cannot open the folder of : No such file or directory in FOLDER/script1.php on line 12
bool(false)
the end
a shutdown function
a destructor
a: valid
of the process, before the change
b: valid
of the process, after the change
a.rdump b.rdump pid script1.php
