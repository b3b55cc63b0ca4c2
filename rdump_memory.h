/*
 * Reads this process's memory through the kernel's copy of the address space: where a page is gone, that is an error
 * and no signal.
 */
#ifndef RDUMP_MEMORY_H
#define RDUMP_MEMORY_H

#include "rdump_platform.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The ways to read it. */
struct rdump_memory {
	bool opened;    /* the first two have been tried */
	bool can_readv; /* process_vm_readv(2) is permitted */
	int file;       /* /proc/self/mem, or -1 */
	int pipe[2];    /* of our own, or -1 */
};

/* Nothing is opened yet. rdump_memory_close() may follow. */
RDUMP_HIDDEN void rdump_memory_init(struct rdump_memory *memory);

/*
 * Finds out which of the first two ways there are: a seccomp filter may leave none, a process that gave up root may not
 * open the file. Returns whether there is one. A second call only returns that.
 */
RDUMP_HIDDEN bool rdump_memory_open(struct rdump_memory *memory);

/* Opens a pipe for where there is no other way. Returns 0, or -1 with errno, pipe2(2). */
RDUMP_HIDDEN int rdump_memory_open_pipe(struct rdump_memory *memory);

/* Closes what was opened. */
RDUMP_HIDDEN void rdump_memory_close(struct rdump_memory *memory);

/*
 * Reads memory. Returns the bytes read; 0 where there is no such memory any more; or -1 with errno.
 * alone  it is a page that may have been made unreadable: /proc/self/mem gives such ones, process_vm_readv(2) does not
 */
RDUMP_HIDDEN ssize_t rdump_memory_read(
	const struct rdump_memory *memory, void *buffer, size_t length, uint64_t address, bool alone);

#endif
