/*
 * The life of a dump's file. It is written under a temporary name beside its target and renamed over it, so the target
 * is either the earlier file or a whole dump. The writer keeps a flock(2) on it, by which the next dump to that folder
 * tells what a killed process left, see rdump_folder_survey().
 */
#ifndef RDUMP_FILE_H
#define RDUMP_FILE_H

#include "rdump_error.h"
#include "rdump_folder.h"
#include "rdump_parse.h"

#include <stdbool.h>

struct rdump_file {
	const char *path; /* as the user gave it, for messages */
	struct rdump_folder folder;
	char name[NAME_MAX + 1]; /* the target in it */
	int fd;                  /* the temporary file, or -1 */
	char temporary[RDUMP_TEMPORARY_SIZE];
	uint64_t reserved;            /* its size, set before the first byte is written */
	uint64_t budget;              /* bytes that all dumps in the folder may take together; 0 = any */
	struct rdump_amount min_free; /* what must stay free on the file system: set these before rdump_file_create() ... */
	uint64_t memory;              /* bytes that it may take if its blocks are memory (tmpfs); 0 = any ... */
	uint64_t holes;               /* ... bytes of its size that will take no blocks, because nobody writes them */
	struct rdump_survey others;   /* what the others took when last counted */
	uint64_t kept_free;           /* not 0: the bytes of min_free, for which there is no dump ... */
	uint64_t available;           /* ... and what was free, without what others have reserved */
};

/*
 * Opens the target's folder and checks what is at the target. `path` must outlive `file`.
 * Errors: those of open(2) for the folder, ENAMETOOLONG; EISDIR, ELOOP (a symlink), ENXIO (a FIFO, socket or device).
 */
RDUMP_HIDDEN int rdump_file_open(struct rdump_file *file, const char *path, struct rdump_error *error);

/*
 * Creates the temporary file, 0600, of `size` bytes, and removes what killed processes left in the folder.
 * Its descriptor is not that of a standard stream, to which anybody may write.
 * With a budget: returns 1, with nothing created, where the dumps in the folder (files being written counted, the file
 * to be replaced not) and this one would exceed it. With file->min_free: returns 1 where this dump would leave less
 * free than that (statvfs(3), f_bavail; what the dumps in the folder have reserved is not free, nor is the file to be
 * replaced). The size is reserved under a lock on the folder, so that no two dumps decide on the same room. With
 * neither there is no lock. Errors: of open(2), ftruncate(2); ENOMEM beyond `memory`; ENOTSUP, EPERM and the like where
 * the file system lets others read the file; ENOSPC where it has less room than `size`; EWOULDBLOCK where somebody has
 * kept the folder locked for 10 s. With min_free also those of fstatvfs(3); ENOTSUP where the file system does not tell
 * its size.
 */
RDUMP_HIDDEN int rdump_file_create(
	struct rdump_file *file, uint64_t size, uint64_t budget, struct rdump_error *error);

/* Returns how many of `length` bytes in the file, `at` bytes from its beginning, take no blocks if nobody writes them.
 */
RDUMP_HIDDEN uint64_t rdump_file_saved(uint64_t at, uint64_t length);

/*
 * Makes the file system find the blocks of these bytes of the file at once, which is faster than write by write, and
 * tells before the first write that there are none left. Where that is not supported, or is of no use (tmpfs, btrfs),
 * they come with the bytes. Returns 1 there, 0 or -1.
 * Errors: ENOSPC, EDQUOT, EFBIG.
 */
RDUMP_HIDDEN int rdump_file_allocate(
	const struct rdump_file *file, uint64_t from, uint64_t length, struct rdump_error *error);

/* Does anything bound the size, the budget, min_free or `memory`? */
RDUMP_HIDDEN bool rdump_file_is_bounded(const struct rdump_file *file);

/*
 * Makes the reserved size `size` while writing, when what was reserved is written. Errors: EDQUOT where the budget has
 * no room for it, ENOSPC where min_free would not stay free, ENOMEM beyond `memory`, and otherwise as
 * rdump_file_create().
 */
RDUMP_HIDDEN int rdump_file_grow(struct rdump_file *file, uint64_t size, struct rdump_error *error);

/* Gives back what is reserved behind `size`, where that can be done. */
RDUMP_HIDDEN void rdump_file_shrink(struct rdump_file *file, uint64_t size);

/* Sets the final size and renames the file over its target. On failure the target is as it was. */
RDUMP_HIDDEN int rdump_file_commit(struct rdump_file *file, uint64_t size, struct rdump_error *error);

/* Removes the temporary file, if there is one. rdump_file_create() may follow. */
RDUMP_HIDDEN void rdump_file_discard(struct rdump_file *file);

/* Removes the temporary file, if there is one, and closes the folder. Does not change errno. */
RDUMP_HIDDEN void rdump_file_close(struct rdump_file *file);

/*
 * Removes the temporary file that the calling thread has created last and not committed. For a signal handler, when the
 * process ends in the middle of a dump. Returns whether there was one.
 */
RDUMP_HIDDEN bool rdump_file_abandon(void);

/*
 * Makes a file readable and writable for its owner only, whatever the umask and a default ACL say. On some file systems
 * chmod(2) has no effect (FAT, CIFS, FUSE): what the mode has become decides. Returns 0 or an errno.
 */
RDUMP_HIDDEN int rdump_file_make_private(int fd);

#endif
