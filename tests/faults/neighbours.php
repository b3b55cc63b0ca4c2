<?php
/*
 * Dumps while hostile processes work in the same folder, as another user and as the same user. Runs as root.
 *     php neighbours.php PHP RDUMP_SO NEIGHBOUR FOLDER ROUNDS      every user may enter FOLDER
 */
require __DIR__ . '/lib.php';
[, $php, $so, $neighbour, $base, $rounds] = $argv;
const DUMPER = 64101;
const STRANGER = 64102;
umask(0);

function start($uid, array $arguments, $output)
{
    $command = rdump_command(array_merge(['setpriv', '--pdeathsig=TERM', "--reuid=$uid", "--regid=$uid",
        '--clear-groups'], $arguments));
    return proc_open("exec $command", [1 => ['file', $output, 'w'], 2 => ['file', "$output.errors", 'w']], $pipes);
}

function stop($process, $output)
{
    proc_terminate($process, SIGTERM);
    $status = fault_wait($process);
    return [$status['signaled'] ? 128 + $status['termsig'] : $status['exitcode'],
        file_get_contents($output) . file_get_contents("$output.errors")];
}

/* The entries of a folder: [name => type, owner, inode, size, hash]. */
function picture($folder)
{
    $picture = [];
    foreach (fault_list($folder) as $name) {
        $stat = lstat("$folder/$name");
        $picture[$name] = sprintf('%o uid %d inode %d size %d %s', $stat['mode'], $stat['uid'], $stat['ino'],
            $stat['size'], md5(@file_get_contents("$folder/$name")));
    }
    return $picture;
}

/*
 * Dumps $rounds times to $base/$name/folder/target.rdump, while $attackers [uid, mode] attack it. $sticky: other users
 * cannot remove the dumper's files.
 */
function beside($title, $name, $mode, array $attackers, $sticky, $rounds)
{
    global $php, $so, $neighbour, $base;
    $case = new FaultCase($title);
    $parent = "$base/$name";
    $folder = "$parent/folder";
    $elsewhere = "$parent/elsewhere";
    foreach ([$parent => 0755, $folder => $mode, $elsewhere => 0777] as $path => $permissions) {
        mkdir($path);
        chmod($path, $permissions);
        chown($path, DUMPER);
    }
    /* What must not change: a file of the dumper that others may link to, and the files that symlinks point to. */
    foreach (['victim', 'elsewhere/old.rdump'] as $file) {
        file_put_contents("$parent/$file", "precious\n");
        chown("$parent/$file", DUMPER);
        chmod("$parent/$file", 0600);
    }
    $before = [picture($elsewhere), md5_file("$parent/victim"), fileinode("$parent/victim")];

    $watcher = start(0, [$neighbour, 'watch', $folder, DUMPER], "$base/watcher");
    $running = [];
    foreach ($attackers as $i => [$uid, $kind]) {
        $place = $kind === 'swap' ? $parent : $folder;
        $running[$i] = start($uid, [$neighbour, $kind, $place, "$parent/victim", $elsewhere, (string) (7 + $i)],
            "$base/attacker-$i");
    }
    $command = rdump_command(['setpriv', '--reuid=' . DUMPER, '--regid=' . DUMPER, '--clear-groups', $php, '-n', '-d',
        "extension=$so",
        __DIR__ . '/rounds.php', "$folder/target.rdump", $rounds, $sticky ? '1' : '']);
    [$status, $output, $errors] = rdump_shell($command);
    $attacks = 0;
    foreach ($running as $i => $process) {
        [$attacker_status, $said] = stop($process, "$base/attacker-$i");
        $attacks += (int) $said;
        if ($attacker_status !== 0 || (int) $said === 0) {
            $case->wrong("an attacker did nothing: status $attacker_status, $said");
        }
    }
    [, $said] = stop($watcher, "$base/watcher");

    $case->injected = $attacks;
    $answer = json_decode($output, true);
    if ($status !== 0 || !$answer) {
        $case->lostProcess("status $status: " . substr("$output$errors", -300));
        $case->close();
        return;
    }
    $case->whole = $answer['whole'];
    $case->refused = $answer['refused'];
    foreach ($answer['wrong'] as $sentence) {
        $case->wrong($sentence);
    }
    if ($answer['whole'] === 0 || $answer['descriptors'] !== 0) {
        $case->wrong("after $rounds dumps, {$answer['descriptors']} more descriptors are open, "
            . "{$answer['whole']} dumps whole");
    }
    if (!preg_match('/^(\d+)$/m', $said, $looks) || $looks[1] < $rounds / 4 || strpos($said, 'seen') !== false) {
        $case->wrong('the watcher says: ' . substr($said, 0, 200));
    }
    clearstatcache();
    /* The folder that replaces the target's folder got dumps, and nothing but dumps. */
    $after = picture($elsewhere);
    unset($after['target.rdump']);
    if ([$after, md5_file("$parent/victim"), fileinode("$parent/victim")] !== $before
        || (fileperms("$parent/victim") & 0777) !== 0600) {
        $case->lostFile('a file that is none of the dump\'s changed: ' . json_encode([$before[0], $after]));
    }
    /* Without attackers, one dump removes what is left in the folder. */
    foreach (glob("$folder/{target.rdump,aside-*,stolen-*}", GLOB_BRACE | GLOB_NOSORT) ?: [] as $path) {
        is_dir($path) && !is_link($path) ? rmdir($path) : unlink($path);
    }
    foreach (fault_list($folder) as $entry) {
        $path = "$folder/$entry";
        if (lstat($path)['uid'] !== DUMPER || is_link($path) || !is_file($path)) {
            is_dir($path) && !is_link($path) ? rmdir($path) : unlink($path);
        }
    }
    [$status, $output] = rdump_shell(preg_replace("/'$rounds' '1?'$/", "'1' '1'", $command));
    $answer['last'] = json_decode($output, true);
    if (!$answer['last'] || $answer['last']['whole'] !== 1 || fault_list($folder) !== ['target.rdump']) {
        $case->wrong('afterwards the folder holds ' . implode(', ', fault_list($folder)) . ": $output");
    }
    $case->close("$rounds dumps, {$looks[1]} looks at permissions; refusals: " . json_encode($answer['warnings']));
}

$part = (int) ceil($rounds / 4);
beside('neighbours: another user in a sticky folder, umask 0', 'sticky', 01777,
    [[STRANGER, 'attack'], [STRANGER, 'attack']], true, $part);
beside('neighbours: another user in an open folder, umask 0', 'open', 0777, [[STRANGER, 'attack']], false, $part);
beside('neighbours: the same user, umask 0', 'same', 0700, [[DUMPER, 'attack']], false, $part);
beside('neighbours: the folder itself is swapped for a symlink, umask 0', 'swap', 0700, [[DUMPER, 'swap']], false,
    $part);

/* A user who can read a folder can lock it. That must not block a worker. */
$case = new FaultCase('neighbours: another process has locked the folder');
$folder = "$base/sticky/folder";
$locker = start(STRANGER, [$neighbour, 'lock', $folder], "$base/locker");
rdump_await(function () use ($base) {
    return trim(file_get_contents("$base/locker")) === 'locked';
});
$begin = microtime(true);
[, $output] = rdump_shell(rdump_command([$php, '-n', '-d', "extension=$so", __DIR__ . '/rounds.php',
    "$folder/locked.rdump", '3', '1']));
$case->injected = 3;
$answer = json_decode($output, true);
$case->whole = $answer['whole'];
if (!$answer || $answer['whole'] !== 3 || $answer['wrong']) {
    $case->wrong("by call: $output");
}
$log = "$base/log";
[$status] = rdump_shell(rdump_command([$php, '-n', '-d', "extension=$so", '-d', "rdump.oom_dump=$folder/auto.rdump",
    '-d', 'rdump.oom_dump_max_total=1G', '-d',
    'memory_limit=8M', '-d', 'log_errors=1', '-d', "error_log=$log", '-d', 'display_errors=0', '-r',
        'str_repeat("x", 100 << 20);']));
$case->injected++;
$case->refused++;
$text = (string) @file_get_contents($log);
$expected = 'rdump: memory limit reached: no dump: cannot lock the folder of .*: Resource temporarily unavailable';
if ($status !== 255 || !preg_match("/$expected/", $text)) {
    $case->wrong("automatic dump within a budget: status $status, $text");
}
if (microtime(true) - $begin > 60) {
    $case->wrong('the lock blocked the workers for ' . round(microtime(true) - $begin) . ' s');
}
stop($locker, "$base/locker");
$case->close();
