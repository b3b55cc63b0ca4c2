/*
 * Replaces functions of the C library for rdump's sources (ld --wrap). It counts their system calls, makes one of them
 * fail, calls a test before one, or opens one file instead of another. By default it only calls the real functions.
 */
#ifndef SHIM_H
#define SHIM_H

#include "check.h"

#include <time.h>

#define SHIM_SHORT (-1) /* instead of an errno: a read or a write of one byte */

struct shim {
	bool armed;                       /* it counts, and does what follows, in the thread that armed it */
	int calls;                        /* calls since it was armed */
	int fail_at;                      /* the number of the call that fails, from 1; 0 = none */
	int fail_from;                    /* this call and all after it fail, of the calls named `only` */
	const char *only;                 /* only calls of this name count; NULL = all */
	int err;                          /* errno of the failure, or SHIM_SHORT */
	const char *failed;               /* the name of the call that failed, or NULL */
	void (*before)(const char *call); /* is called before each */
	bool no_sleep;                    /* nanosleep() returns at once, and only that advances the monotonic clock: */
	int nap;                          /* by so many milliseconds; 0 = as many as were asked for */
	int64_t slept;                    /* nanoseconds by which that clock has advanced */
	struct timespec stopped;          /* that clock, when it was first asked with no_sleep */
	long file_system;                 /* the file system that fstatfs() reports; 0 = the real one */
	unsigned mode;                    /* the permissions that fstat() says a file has; 0 = the real ones */
	bool no_links;                    /* fstat() reports a link count of 0 */
	bool nfs_locks;                   /* an exclusive lock on a file needs a descriptor that is open for writing */
	ino_t old_inode;                  /* this file appears to be older ... */
	time_t age;                       /* ... by so many seconds */
	time_t behind;                    /* the clock of the file system is late by so many seconds */
	const char *kernel;               /* the release that uname() reports; NULL = the real one */
	int fsync_err;                    /* errno of fsync(); 0 = it succeeds */
	bool swap;                        /* the machine has swap, and none of it is in use */
	size_t piece;                     /* writes end before a piece of so many bytes with an unreadable byte; 0 = off */
	int runs;                         /* kept since it was armed */
	int most_runs;                    /* how many runs fit into the scratch; 0 = no limit */
	int sleeps;                       /* how often it did */
	int processes_asked;              /* how often getpid() was called, armed or not */
	size_t scratch_used;              /* bytes of it that existed when it was last unmapped */
};

extern struct shim shim;

/* process_vm_readv() reads nothing if one of several pages cannot be read, as before Linux 3.15. Armed or not. */
extern bool refuse_batches;

/* Entries of pagemap are as Linux 3.11 to 4.1 may write them: with the page's size in bits 55 to 60. Armed or not. */
extern bool old_entries;

/* A filter refuses process_vm_readv(). Armed or not. */
extern bool refuse_readv;

/* A filter refuses timer_create(). Armed or not. */
extern bool refuse_timers;

/* clone(2) fails with this errno, if it is not 0. Armed or not. */
extern int refuse_clone;

/* There is no close_range(2). Armed or not. */
extern bool no_close_range;

/* Arms it, with all counters and settings at 0. */
void shim_arm(void);

/* Arms it: all calls of this name fail with `err`. */
void shim_fail(const char *name, int err);

/* From now on copies of the process share its counters and settings. */
void shim_share(void);

/* Disarms it. */
void shim_disarm(void);

/* open(`path`) opens `other` instead, or fails with `err`. Until shim_restore(), armed or not. */
void shim_replace(const char *path, const char *other, int err);
void shim_restore(void);

/* Makes /proc/self/smaps show only the mappings within [begin, end). */
void shim_show_only(const void *begin, const void *end);

#endif
