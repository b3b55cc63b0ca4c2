<?php
/* Memory cgroups, for tests that run a process in one: of version 1 or 2, whichever has this machine's memory. */

/*
 * Makes a cgroup; $name is how its name begins. Only root may do that, and not everywhere: in a container the file
 * system is often read-only. Returns its folder, or null.
 */
function rdump_cgroup_make($name, $bytes)
{
    $version1 = is_file('/sys/fs/cgroup/memory/memory.limit_in_bytes');
    $root = $version1 ? '/sys/fs/cgroup/memory' : '/sys/fs/cgroup';
    $group = "$root/$name-" . getmypid() . '-' . bin2hex(random_bytes(4));
    if (!$version1) {
        @file_put_contents("$root/cgroup.subtree_control", '+memory');
    }
    if (!@mkdir($group)) {
        return null;
    }
    $limit = $group . ($version1 ? '/memory.limit_in_bytes' : '/memory.max');
    if (!is_file($limit) || @file_put_contents($limit, (string) $bytes) === false) {
        @rmdir($group);
        return null;
    }
    return $group;
}

/* A shell command line that runs $command in it. */
function rdump_cgroup_command($group, $command)
{
    return 'sh -c ' . escapeshellarg('echo $$ >' . escapeshellarg("$group/cgroup.procs") . " && exec $command");
}

/* Removes it, once its last process has ended. Returns whether it is gone. */
function rdump_cgroup_remove($group)
{
    return (bool) rdump_await(function () use ($group) {
        return @rmdir($group) || !is_dir($group);
    });
}
