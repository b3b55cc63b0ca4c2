--TEST--
The arginfo is what PHP's own generator makes of the stub
--SKIPIF--
<?php
if (!is_file(__DIR__
    . '/../scripts/arginfo')) exit('skip the tests are here without the script that calls the generator');
if (!is_file('/usr/share/php/PhpParser/autoload.php')) exit('skip the generator needs the package php-parser');
if (PHP_VERSION_ID < 80200) exit('skip the generators before PHP 8.2 write other C');
if (exec('php-config --version 2>/dev/null') !== PHP_VERSION) exit('skip the generator in the PATH is not of this PHP');
?>
--FILE--
<?php
require __DIR__ . '/lib/process.php';
list($status, $out, $err) = rdump_shell(escapeshellarg(__DIR__ . '/../scripts/arginfo') . ' --check');
echo "status $status\n$out$err";
?>
--EXPECT--
status 0
