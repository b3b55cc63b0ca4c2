/*
 * A thread that watches the memory of its process. There is one in a process, and only where something is to be
 * watched. It looks at /proc/self/statm each time that the process has used some milliseconds of its processors' time,
 * the sooner the less is left to the mark: memory does not grow without that, and a process that sleeps is left alone.
 *
 * It uses no heap, has all signals blocked, and calls nothing of PHP. A child of fork(2) has no such thread until it
 * starts its own.
 */
#ifndef RDUMP_WATCHER_H
#define RDUMP_WATCHER_H

#include "rdump_platform.h"

#include "rdump_parse.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Where a mark is: in bytes; or in percent of the memory limit of the process's cgroup, or of the machine's memory
 * where there is no limit or a larger one.
 *
 * A mark in percent holds for the cgroup as well: it is reached when all processes of the cgroup together use so much
 * of its limit and this process has the most resident memory of them. That is the one that the kernel's OOM killer
 * takes, and where many workers share a limit none of them comes near it by itself.
 */
struct rdump_watcher_mark {
	uint64_t bytes; /* of resident memory; 0 = nothing is watched */
	uint64_t limit; /* the mark is a part of this; 0 = it is in bytes */
	bool of_cgroup; /* the limit is the cgroup's, not the machine's memory */
};

/* What was found at the mark. */
struct rdump_watcher_sight {
	struct rdump_watcher_mark mark;
	uint64_t resident; /* bytes of this process */
	uint64_t usage;    /* where it was the cgroup that has reached the mark: bytes of all its processes; else 0 */
	uint64_t left;     /* bytes up to the limit of the cgroup; UINT64_MAX where it has none */
};

/* Finds out where a mark is now. Uses some 30 KB of the stack. */
RDUMP_HIDDEN struct rdump_watcher_mark rdump_watcher_find(const struct rdump_amount *amount);

/* What to watch for from now on, NULL = nothing. Any thread may call it. */
RDUMP_HIDDEN void rdump_watcher_set(const struct rdump_amount *amount);

/*
 * Starts the thread, if this process has none. Returns 0 or an errno. A failure is told once: until
 * rdump_watcher_stop() further calls return 0 and do nothing. reached  is called in the thread, once, when the mark is
 * reached; and again only after the resident memory has fallen below 80 percent of it. Where it returns false, it is
 * called again soon.
 */
RDUMP_HIDDEN int rdump_watcher_start(bool (*reached)(const struct rdump_watcher_sight *sight));

/* Has `reached` called again in so many seconds, even if the memory has not fallen by then. Async-signal-safe. */
#define RDUMP_WATCHER_NEVER UINT64_MAX
RDUMP_HIDDEN void rdump_watcher_again(uint64_t seconds);

/* Ends the thread and waits for its end. In a process without it, nothing happens. */
RDUMP_HIDDEN void rdump_watcher_stop(void);

/* Does it run in this process? */
RDUMP_HIDDEN bool rdump_watcher_runs(void);

#endif
