/*
 * The folder that dumps are written to: its lock, the names of the temporary files in it, what other dumps take, and
 * what killed processes left behind. Functions that return an int return 0 or an errno.
 */
#ifndef RDUMP_FOLDER_H
#define RDUMP_FOLDER_H

#include "rdump_platform.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A dump is written to "<folder>/.rdump-<digits>.part" and then renamed. */
#define RDUMP_TEMPORARY_PREFIX ".rdump-"
#define RDUMP_TEMPORARY_SUFFIX ".part"
#define RDUMP_TEMPORARY_DIGITS 32 /* hex digits between them; the first half is the folder's origin */
#define RDUMP_TEMPORARY_SIZE (sizeof(RDUMP_TEMPORARY_PREFIX RDUMP_TEMPORARY_SUFFIX) + RDUMP_TEMPORARY_DIGITS)
#define RDUMP_SUFFIX ".rdump"
#define RDUMP_COMPRESSED ".rdump.zst"

/* Seconds without a write after which a temporary file of another origin is left behind, if nobody has locked it. */
#define RDUMP_LEFTOVER_AGE 3600

/* An entry of a folder, as getdents64(2) fills it: opendir(3) would allocate. */
struct rdump_folder_entry {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

struct rdump_folder {
	int fd;        /* -1 = not open */
	bool listable; /* may be read and locked, not only passed through */
	union {
		char path[PATH_MAX];   /* while it is opened, and what rdump_folder_path() returns */
		uint64_t entries[512]; /* what getdents64(2) fills in */
	} work;                    /* not on the stack: that of a fiber may have a few KB, fiber.stack_size */
	/*
	 * Half of the digits in the names that this kernel gives in this mounted file system: a hash of its boot id,
	 * random(4), and of the device number. flock(2) can be local to one host or one mount (NFS, FUSE, CIFS). Only where
	 * both are the same is a file that nobody has locked a file that nobody writes. Empty where there is no boot id.
	 */
	char origin[RDUMP_TEMPORARY_DIGITS / 2 + 1];
};

/* What the other dumps in a folder take. */
struct rdump_survey {
	uint64_t sizes;   /* bytes, as their sizes say */
	uint64_t pending; /* bytes of those being written for which the file system has found no blocks yet */
};

/* Opens the folder that the first `length` bytes of `path` name; 0 is the working directory. Errors: of open(2). */
RDUMP_HIDDEN int rdump_folder_open(struct rdump_folder *folder, const char *path, size_t length);
RDUMP_HIDDEN void rdump_folder_close(struct rdump_folder *folder);

/* The real path of the open folder, until the next call for it; NULL where /proc does not tell. */
RDUMP_HIDDEN const char *rdump_folder_path(struct rdump_folder *folder);

/*
 * Makes the decisions of other dumps to this folder wait, flock(2). Gives up after 10 seconds: anyone who may read a
 * folder may lock it as well, and must not be able to keep a worker hanging.
 * Errors: EACCES (the folder may not be read), EWOULDBLOCK (the time is over), those of flock(2).
 */
RDUMP_HIDDEN int rdump_folder_lock(const struct rdump_folder *folder);
RDUMP_HIDDEN void rdump_folder_unlock(const struct rdump_folder *folder);

/* Makes up a name for a temporary file. 64 of its bits are random, so that nothing can be put in its way. */
RDUMP_HIDDEN void rdump_folder_choose_name(const struct rdump_folder *folder, char name[RDUMP_TEMPORARY_SIZE]);

/*
 * Reads the folder: removes temporary files that killed processes left, and adds up the dumps in it, complete or being
 * written, except those named `target` and `temporary`. A file is left behind if nobody has locked it, and if it has
 * the folder's origin or is older than `temporary` by RDUMP_LEFTOVER_AGE. That file was just made there, so no other
 * clock than the file system's own is asked; without it no file is old. Errors: those of getdents64(2).
 */
RDUMP_HIDDEN int rdump_folder_survey(
	struct rdump_folder *folder, const char *target, const char *temporary, struct rdump_survey *survey);

#endif
