<?php
/*
 * Has this worker put texts into the memory that all workers share: compiled.php's, through opcache, and that of
 * cached.txt, through APCu. With &flag=... it then stays busy until that file is there; &pid=... is where it writes who
 * it is.
 */
require __DIR__ . '/barrier.inc.php';
$length = require $_GET['folder'] . '/compiled.php';
$stored = apcu_store('planted', file_get_contents($_GET['folder'] . '/cached.txt'));
if (isset($_GET['flag'])) {
    file_put_contents($_GET['pid'] . '~', getmypid());
    rename($_GET['pid'] . '~', $_GET['pid']);
    await_flag();
}
echo serialize(['pid' => getmypid(), 'length' => $length, 'stored' => $stored]);
