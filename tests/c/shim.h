/*
 * Stands between rdump's sources and the C library (ld --wrap): counts their system calls, fails one of them, lets a test step
 * in before one, and puts one file in the place of another. Passes everything through unless told otherwise.
 */
#ifndef SHIM_H
#define SHIM_H

#include "check.h"

#define SHIM_SHORT (-1) /* instead of an errno: a read or a write of one byte */

struct shim {
	bool armed;      /* count, and do what follows; in the thread that armed it */
	int calls;       /* seen since it was armed */
	int fail_at;     /* the number of the call to fail, from 1 on; 0 = none */
	int fail_from;   /* this one and all after it, of the calls named `only` */
	const char *only; /* count only calls of this name; NULL = all */
	int err;         /* errno of the failure, or SHIM_SHORT */
	const char *failed; /* the name of the call that was failed, or NULL */
	void (*before)(const char *call); /* is told of each */
	bool no_sleep;   /* nanosleep() returns at once, and the monotonic clock is so much later: */
	int nap;         /* milliseconds; 0 = as many as were wanted */
	int64_t slept;   /* nanoseconds by which that clock is later */
	long file_system; /* what fstatfs() says it is; 0 = what it really is */
	unsigned mode;   /* the permissions that fstat() says a file has; 0 = the real ones */
	bool no_links;   /* fstat() counts none */
	bool nfs_locks;  /* an exclusive lock on a file needs a descriptor that is open for writing */
	ino_t old_inode; /* this file was last written and changed ... */
	time_t age;      /* ... so many seconds ago; */
	time_t behind;   /* and by so many seconds the clock of the file system is late */
	const char *kernel; /* the release that uname() says; NULL = the real one */
	size_t piece;    /* writes end before the first piece of the file, of so many bytes, that has an unreadable byte for it;
	                    4096 is what all file systems do before Linux 5.16, more what btrfs does; 0 = as it is here */
	int runs;        /* kept since it was armed */
	int most_runs;   /* how many runs the scratch has room for; 0 = as many as it has */
	int sleeps;      /* how often it did */
	size_t scratch_used; /* bytes of it that were there when it was last unmapped */
};

extern struct shim shim;

/* process_vm_readv() reads nothing where one page of several cannot be read, as before Linux 3.15. Armed or not. */
extern bool refuse_batches;

/* Starts counting anew, with nothing set. */
void shim_arm(void);

/* Stops. */
void shim_disarm(void);

/* open(`path`) opens `other` instead, or fails with `err`. Holds until shim_restore(), armed or not. */
void shim_replace(const char *path, const char *other, int err);
void shim_restore(void);

/* Makes /proc/self/smaps show only the mappings that lie within [begin, end). */
void shim_show_only(const void *begin, const void *end);

#endif
