/*
 * The folder that dumps are written to: its lock, what other dumps in it take, and what killed processes left behind.
 * Functions that return an int return 0 or an errno.
 */
#ifndef RDUMP_FOLDER_H
#define RDUMP_FOLDER_H

#include "rdump_platform.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A dump is written to "<folder>/.rdump-<random>.part" and then renamed. */
#define RDUMP_TEMPORARY_PREFIX ".rdump-"
#define RDUMP_TEMPORARY_SUFFIX ".part"
#define RDUMP_TEMPORARY_RANDOM 32 /* hex digits between them */
#define RDUMP_TEMPORARY_SIZE (sizeof(RDUMP_TEMPORARY_PREFIX RDUMP_TEMPORARY_SUFFIX) + RDUMP_TEMPORARY_RANDOM)
#define RDUMP_SUFFIX ".rdump"

struct rdump_folder {
	int fd;        /* -1 = not open */
	bool listable; /* may be read and locked, not only passed through */
	union {
		char path[PATH_MAX];   /* while it is opened, and what rdump_folder_path() returns */
		uint64_t entries[512]; /* what getdents64(2) fills in */
	} work;                    /* not on the stack: that of a fiber may have a few KB, fiber.stack_size */
};

/* Opens the folder, of which `path` holds `length` bytes; no bytes are the working directory. Errors: those of open(2). */
RDUMP_HIDDEN int rdump_folder_open(struct rdump_folder *folder, const char *path, size_t length);
RDUMP_HIDDEN void rdump_folder_close(struct rdump_folder *folder);

/* The real path of the open folder, until the next call for it; NULL where /proc does not tell. */
RDUMP_HIDDEN const char *rdump_folder_path(struct rdump_folder *folder);

/*
 * Makes the decisions of other dumps to this folder wait, flock(2). Gives up after `patience` milliseconds: anyone who may
 * read a folder may lock it as well, and must not be able to keep a worker hanging.
 * Errors: EACCES (the folder may not be read), EWOULDBLOCK (the time is over), those of flock(2).
 */
RDUMP_HIDDEN int rdump_folder_lock(const struct rdump_folder *folder, int patience);
RDUMP_HIDDEN void rdump_folder_unlock(const struct rdump_folder *folder);

/*
 * Reads the folder: removes temporary files that killed processes left, and adds up in `*others` the bytes of the dumps in
 * it, complete or being written, except those named `target` and `temporary`. Errors: those of getdents64(2).
 */
RDUMP_HIDDEN int rdump_folder_survey(
	struct rdump_folder *folder, const char *target, const char *temporary, uint64_t *others);

#endif
