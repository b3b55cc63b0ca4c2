/*
 * The memory limit of the cgroup that this process is in, cgroups(7): of version 2, or of the memory controller of
 * version 1 where that has it. Reads files of /proc and of the cgroup file system; uses no heap, and some 20 KB of the
 * stack.
 */
#ifndef RDUMP_CGROUP_H
#define RDUMP_CGROUP_H

#include "rdump_platform.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define RDUMP_CGROUP_NO_LIMIT UINT64_MAX

struct rdump_cgroup {
	uint64_t limit; /* bytes; RDUMP_CGROUP_NO_LIMIT = there is none */
	bool version1;
	char own[PATH_MAX];    /* the folder of the process's own cgroup; empty where none is visible */
	char folder[PATH_MAX]; /* the folder of the cgroup that has this limit: that one, or one above it */
};

/*
 * Finds the smallest limit from the process's cgroup upwards: memory.max, or in version 1 what memory.stat has as
 * hierarchical_memory_limit, else memory.limit_in_bytes. A cgroup above what the process's mounts and its cgroup
 * namespace show is not seen in version 2. memory.high is no limit: where it is exceeded the kernel slows processes
 * down, and kills none. Where nothing can be found out, there is no limit.
 */
RDUMP_HIDDEN void rdump_cgroup_find(struct rdump_cgroup *group);

/*
 * Tells how much memory the cgroup with the limit uses that the kernel cannot take back by dropping pages of files: the
 * usage less active_file and inactive_file of memory.stat. The kernel takes its time to add that up, so it is asked
 * only where the usage is `enough`; else the whole usage is told. Returns false where that cannot be read.
 */
RDUMP_HIDDEN bool rdump_cgroup_usage(const struct rdump_cgroup *group, uint64_t enough, uint64_t *bytes);

/*
 * The resident memory, in bytes, of the largest other process of the process's own cgroup, as far as this process may
 * see it (hidepid of proc(5)).
 */
RDUMP_HIDDEN uint64_t rdump_cgroup_largest_other(const struct rdump_cgroup *group, pid_t self);

/* The resident memory of a process, in bytes, from statm; 0 = this process, else a pid. 0 where it cannot be read. */
RDUMP_HIDDEN uint64_t rdump_cgroup_resident(pid_t pid);

#endif
