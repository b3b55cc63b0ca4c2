--TEST--
php.ini: a relative rdump.oom_dump is refused in a web server, and means the working directory in the CLI
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$refusal = '/rdump: rdump\.oom_dump=(\S*) is refused, it takes an absolute path in a web server \(.*\); '
    . 'the default stands/';
foreach (['relative.rdump', './relative.rdump', '%p.rdump', '', "$folder/absolute.rdump"] as $template) {
    $server = new RdumpServer($folder, RDUMP_EXHAUST . 'exhaust();',
        ['rdump.oom_dump' => $template, 'log_errors' => 1]);
    $server->get('/');
    $server->stop();
    $told = file_get_contents("$folder/server.out") . (is_file("$folder/log") ? file_get_contents("$folder/log") : '');
    echo rdump_tell($folder, "server, \"$template\": "),
        preg_match($refusal, $told, $match) ? 'refused' : 'not refused',
        isset($match[1]) && $match[1] !== $template ? " as $match[1]" : '', ', ',
            implode(' ', array_map('basename', glob("$folder/*.rdump"))), "\n";
    array_map('unlink', array_merge(glob("$folder/*.rdump"), glob("$folder/log"), ["$folder/server.out"]));
}
$run = rdump_run($folder, RDUMP_EXHAUST . 'exhaust();', ['rdump.oom_dump' => 'relative.rdump']);
echo 'CLI: ', implode(' ', array_map('basename', glob("$folder/*.rdump"))), "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
server, "relative.rdump": refused, 
server, "./relative.rdump": refused, 
server, "%p.rdump": refused, 
server, "": not refused, 
server, "FOLDER/absolute.rdump": not refused, absolute.rdump
CLI: relative.rdump
