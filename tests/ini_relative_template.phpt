--TEST--
php.ini: a relative template is refused in a web server, and means the working directory in the CLI
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$directives = ['oom_dump', 'signal_dump', 'crash_dump', 'watch_dump'];
foreach (['relative.rdump', './relative.rdump', '%p.rdump', '', "$folder/absolute.rdump"] as $template) {
    $values = ['rdump.watch_rss' => '1000T', 'log_errors' => 1]; /* a mark that is never reached */
    foreach ($directives as $name) {
        $values["rdump.$name"] = $template;
    }
    $server = new RdumpServer($folder, RDUMP_EXHAUST . 'exhaust();', $values);
    $server->get('/');
    $server->stop();
    $told = file_get_contents("$folder/server.out") . (is_file("$folder/log") ? file_get_contents("$folder/log") : '');
    $refused = array_filter($directives, function ($name) use ($told, $template) {
        return preg_match('/rdump: ' . preg_quote("rdump.$name=$template", '/')
            . ' is refused, it takes an absolute path in a web server \(.*\); the default stands/', $told);
    });
    echo rdump_tell($folder, "server, \"$template\": "), 'refused: ', implode(' ', $refused) ?: 'none', '; ',
        implode(' ', array_map('basename', glob("$folder/*.rdump"))) ?: 'no dump', "\n";
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
server, "relative.rdump": refused: oom_dump signal_dump crash_dump watch_dump; no dump
server, "./relative.rdump": refused: oom_dump signal_dump crash_dump watch_dump; no dump
server, "%p.rdump": refused: oom_dump signal_dump crash_dump watch_dump; no dump
server, "": refused: none; no dump
server, "FOLDER/absolute.rdump": refused: none; absolute.rdump
CLI: relative.rdump
