--TEST--
php.ini: the directives and their defaults; a script cannot change them
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
/* In another process: the php.ini of this one may have directives of rdump. */
rdump_run($folder, '
$all = ini_get_all("rdump");
ksort($all);
foreach ($all as $name => $entry) {
    $default = $name === "rdump.safe_read" || $name === "rdump.snapshot"
        ? ($entry["global_value"] === (PHP_ZTS ? "1" : "0") ? "as the build" : "not as the build")
        : $entry["global_value"];
    echo "$name = \"$default\"", $entry["access"] === INI_SYSTEM ? "" : " not only php.ini",
        ini_set($name, "1") === false ? "" : " set", "\n";
}')->show($folder);
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
status 0
rdump.background = "0"
rdump.crash_dump = ""
rdump.exclude_heap = "0"
rdump.oom_dump = ""
rdump.oom_dump_early = "1"
rdump.oom_dump_full = "0"
rdump.oom_dump_marker = "0"
rdump.oom_dump_max = "1"
rdump.oom_dump_max_total = "0"
rdump.oom_dump_min_free = "0"
rdump.oom_dump_min_interval = "0"
rdump.safe_read = "as the build"
rdump.signal = "SIGRTMIN+7"
rdump.signal_dump = ""
rdump.snapshot = "as the build"
rdump.watch_dump = ""
rdump.watch_rss = "90%"
