/*
 * Writes a file without filling the page cache, for a dump that is made because little memory is left: what a process
 * writes counts as memory of its cgroup until it is on the disk and dropped. So each few megabytes are brought to the
 * disk and dropped before the next ones are written. On a file system whose files are in memory (tmpfs) nothing can be
 * dropped.
 */
#ifndef RDUMP_BEHIND_H
#define RDUMP_BEHIND_H

#include "rdump_platform.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

/* Bytes that may be in the page cache at a time. */
#define RDUMP_BEHIND_MOST ((uint64_t) 4 << 20)

/* A struct of zeros writes as usual. */
struct rdump_behind {
	bool on;
	uint64_t dropped; /* bytes from the beginning of the file */
};

/* As writev(2), but writes no more than RDUMP_BEHIND_MOST bytes. `count` is 1 at least. */
RDUMP_HIDDEN ssize_t rdump_behind_writev(
	const struct rdump_behind *behind, int fd, const struct iovec *vector, int count);

/*
 * Tells that the file has `size` bytes now; `end` where no more will come. Returns 0, or an errno where bytes did not
 * reach the disk, fsync(2).
 */
RDUMP_HIDDEN int rdump_behind_wrote(struct rdump_behind *behind, int fd, uint64_t size, bool end);

#endif
