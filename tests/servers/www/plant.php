<?php
/*
 * Makes this worker write texts to the memory that all workers share: that of compiled.php through opcache, that of
 * cached.txt through APCu. With &flag=... it then stays busy until that file exists. It writes its pid to &pid=...
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
