--TEST--
Dump by signal: PHP's web server dumps while it waits for a request, and in one
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$server = new RdumpServer($folder, rdump_ask() . '
if ($_SERVER["REQUEST_URI"] === "/busy") {
    function busy()
    {
        ask();
        return "busy";
    }
    echo busy();
    return;
}
echo getmypid();
', ['rdump.signal_dump' => "$folder/%p-%t.rdump"]);
$dumps = function () use ($folder) {
    clearstatcache();
    return glob("$folder/*.rdump");
};
for ($i = 0; $i < 2; $i++) {
    $pid = $i ? $server->get('/') : $server->pid();
    rdump_shell('kill -' . rdump_signal_number() . " $pid");
    rdump_await($dumps, 60);
    rdump_await_unblocked($pid, rdump_signal_number());
    $path = $dumps()[0];
    echo $i ? 'after' : 'before the first', ' request: ', rdump_judge($path), ', ',
        rdump_offsets($folder) === null ? '' : rdump_stack($path, rdump_offsets($folder)), "\n";
    unlink($path);
}
echo $server->get('/busy'), ': ', rdump_judge($dumps()[0]), "\n";
$server->get('/');
foreach (rdump_log($folder) as $line) {
    echo 'log: ', preg_replace('/\d+-\d+\.rdump/', 'N.rdump', rdump_tell($folder, $line)), "\n";
}
$server->stop();
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
before the first request: valid, 
after request: valid, 
busy: valid
log: rdump: signal N: dumped to FOLDER/N.rdump (N bytes), between requests: no code was running
log: rdump: signal N: dumped to FOLDER/N.rdump (N bytes), between requests: no code was running
log: rdump: signal N: dumped to FOLDER/N.rdump (N bytes)
