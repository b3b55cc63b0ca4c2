/*
 * Memory to work in while a dump is made. Nothing of a dump calls malloc(): it may run inside an allocator, and the
 * heap must not change while it is written to the file.
 */
#ifndef RDUMP_SCRATCH_H
#define RDUMP_SCRATCH_H

#include "rdump_platform.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * There is one scratch per process at a time. It is address space reserved with mmap(2) and marked MADV_DONTDUMP, of
 * which a dump touches what it needs, O(mappings + runs). Where mmap() fails there is a reserve of 16 MB in .bss.
 */
struct rdump_scratch {
	unsigned char *begin; /* page-aligned; [begin, end) is never part of a dump */
	unsigned char *end;
	unsigned char *low;  /* handed out upwards from begin ... */
	unsigned char *high; /* ... and downwards from end */
	bool mapped;         /* by mmap(), not the reserve */
};

/* Waits for another thread's dump to end, then takes the scratch. Cannot fail. */
RDUMP_HIDDEN void rdump_scratch_take(struct rdump_scratch *scratch);

/* Gives the memory back to the kernel and lets the next dump begin. */
RDUMP_HIDDEN void rdump_scratch_give(struct rdump_scratch *scratch);

/*
 * munmap(2) for what a dump has mapped, by system call: musl's munmap() waits for threads that end, of which a copy of
 * the process has none.
 */
RDUMP_HIDDEN void rdump_scratch_unmap(void *memory, size_t size);

/* Has the calling thread taken it? For a signal handler: to wait for it there would be to wait for ever. */
RDUMP_HIDDEN bool rdump_scratch_is_taken_here(void);

/* Returns `size` bytes, 8-byte aligned, at the low end; NULL where the scratch is used up. */
RDUMP_HIDDEN void *rdump_scratch_low(struct rdump_scratch *scratch, size_t size);

/* Returns `size` bytes, not aligned, at the high end; NULL where the scratch is used up. */
RDUMP_HIDDEN void *rdump_scratch_high(struct rdump_scratch *scratch, size_t size);

#endif
