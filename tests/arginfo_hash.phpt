--TEST--
The hash in rdump_arginfo.h is that of rdump.stub.php
--SKIPIF--
<?php
if (!is_file(__DIR__ . '/../rdump.stub.php')) exit('skip the tests are here without the sources');
?>
--FILE--
<?php
$stub = str_replace("\r\n", "\n", file_get_contents(__DIR__ . '/../rdump.stub.php'));
preg_match('/Stub hash: ([0-9a-f]{40})/', file_get_contents(__DIR__ . '/../rdump_arginfo.h'), $match);
var_dump($match[1] === sha1($stub));
?>
--EXPECT--
bool(true)
