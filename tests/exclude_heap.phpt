--TEST--
rdump.exclude_heap: what C libraries have allocated since start-up is not in a lean dump, all of PHP's data is
--SKIPIF--
<?php
require __DIR__ . '/rdump.inc';
if (PHP_ZTS) {
    exit('skip refused with threads');
}
rdump_skip_without('ffi');
?>
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
$offsets = rdump_offsets($folder);
$code = '
class Shop { public $items = []; const LIMIT = 7; }
function caller($c) { return outer($c); }
function outer($c)
{
    $local = "a local string";
    rdump_dump("lean.rdump") && rdump_dump("full.rdump", true) || exit("failed");
    return $local;
}
/* 300 MB in blocks of all sizes, large and small in turns with memory of PHP. */
$c = FFI::cdef("void *malloc(size_t); void *memset(void *, int, size_t);");
$kept = [];
for ($i = 0; $i < 100; $i++) {
    $c->memset($c->malloc(2 << 20), 88, 2 << 20);
    for ($j = 0; $j < 1000; $j++) {
        $c->memset($c->malloc(1000), 88, 1000);
    }
    $kept[] = str_repeat("kept by PHP $i ", 5000);
    if ($i % 20 === 0) {
        $kept[] = str_repeat("a huge block $i ", 200000); /* 2 to 3 MB */
    }
}
/* Tables of the engine that grow. */
for ($i = 0; $i < 6000; $i++) {
    $of_the_script = "class C$i { public \$p = $i; function m$i() { return \'m$i\'; } } function f$i() { return $i; }";
    eval($of_the_script . "define(\"CONSTANT_$i\", \"value $i\");");
}
$shop = new Shop;
for ($i = 0; $i < 1000; $i++) {
    $shop->items["key $i"] = new C5999;
}
caller($c);
';
$what = [];
$sizes = [];
foreach ([0, 1] as $exclude) {
    $run = rdump_run($folder, $code, ['+ffi', 'ffi.enable' => 1, 'memory_limit' => '256M',
        'rdump.exclude_heap' => $exclude]);
    echo $run->out, $run->err, implode("\n", $run->log);
    foreach (['lean', 'full'] as $name) {
        $path = "$folder/$name.rdump";
        $sizes[$exclude][$name] = filesize($path);
        if (rdump_judge($path) !== 'valid') {
            echo "$name, $exclude: ", rdump_judge($path), "\n";
        }
        if ($offsets !== null) {
            $walk = new RdumpWalk(new RdumpReader($path), $offsets);
            $constants = [$walk->constant('CONSTANT_5999'), $walk->constant('DATE_ATOM')];
            if ($constants !== ['value 5999', DATE_ATOM]) {
                echo "$name, $exclude: the constants are ", json_encode($constants), "\n";
            }
            $what["$exclude $name"] = md5(serialize([$walk->classes(), $walk->functions(), $walk->objects(),
                $walk->globalNames(), $walk->globalVariable('kept'), array_column($walk->callStack(), 'function'),
                $walk->memory()['added_up'] > 0, rdump_stack($path, $offsets)]));
        }
    }
}
echo $sizes[0]['lean'] > 300 << 20 ? 'without it more than 300 MB' : "without it {$sizes[0]['lean']} bytes", "\n";
$less = $sizes[0]['lean'] - $sizes[1]['lean'];
echo $less > 280 << 20 ? 'with it 280 MB less' : "with it $less bytes less", "\n";
echo $sizes[1]['full'] > 300 << 20 ? 'a full dump holds all of it' : "a full dump has {$sizes[1]['full']} bytes", "\n";
echo count(array_unique($what)) <= 1 ? 'the same is found' : 'something else is found: ' . print_r($what, true), "\n";

/* What libraries have on top of 10 MB of PHP does not matter. */
$code = '
/* Is the process 40 MB larger than at the last call? */
function check_growth($by)
{
    static $before = 0;
    preg_match("/^VmRSS:\s*(\d+)/m", file_get_contents("/proc/self/status"), $match);
    if ($match[1] - $before < 40 << 10) {
        echo "$by has taken too little to show anything\n";
    }
    $before = $match[1];
}
$kept = str_repeat("kept by PHP ", 900000);
$c = FFI::cdef("void *malloc(size_t); void *memset(void *, int, size_t);");
for ($i = 0; $i < 50; $i++) {
    $c->memset($c->malloc(2 << 20), 88, 2 << 20);
}
check_growth("malloc");
if (class_exists("SQLite3")) {
    $database = new SQLite3(":memory:");
    $database->exec("CREATE TABLE t(a)");
    for ($i = 0; $i < 60; $i++) {
        $database->exec("INSERT INTO t VALUES (zeroblob(1 << 20))");
    }
    check_growth("SQLite");
}
if (class_exists("DOMDocument")) {
    $document = new DOMDocument;
    $document->loadXML("<a>" . str_repeat("<b/>", 500000) . "</a>");
    check_growth("libxml2");
}
rdump_dump("small.rdump");
';
$directives = ['+ffi', 'ffi.enable' => 1, 'memory_limit' => '32M', 'rdump.exclude_heap' => 1];
foreach (['sqlite3', 'dom'] as $extension) {
    if (rdump_loading($extension) !== null) {
        $directives[] = "+$extension";
    }
}
$run = rdump_run($folder, $code, $directives);
echo $run->out, $run->err, implode("\n", $run->log);
$size = filesize("$folder/small.rdump");
echo $size <= 30 << 20 ? 'at most 30 MB' : "$size bytes", ", with 10 MB of PHP and hundreds of libraries\n";
/* PHP without its own allocator: refused, once, and all of the memory is in the dump. */
$run = rdump_run($folder, '$kept = str_repeat("planted ", 1 << 20); rdump_dump("a.rdump");',
    ['rdump.exclude_heap' => 1],
    'USE_ZEND_ALLOC=0; export USE_ZEND_ALLOC;');
echo $run->out, $run->err, implode("\n", $run->log), "\n";
echo (new RdumpReader("$folder/a.rdump"))->search(str_repeat('planted ', 1000)) !== null ? 'found' : 'not found', "\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
without it more than 300 MB
with it 280 MB less
a full dump holds all of it
the same is found
at most 30 MB, with 10 MB of PHP and hundreds of libraries
rdump: rdump.exclude_heap has no effect: cannot find the memory of PHP's own allocator (it is not in use): Operation not supported
found
