/*
 * Which private memory a dump leaves out: what was mapped since start-up, but for ranges that are kept. It says what to
 * keep, never what to leave out, so that what nobody knows of was there before, or is in the dump.
 */
#ifndef RDUMP_EXCLUDE_H
#define RDUMP_EXCLUDE_H

#include "rdump_maps.h"

struct rdump_range {
	uint64_t begin;
	uint64_t end;
};

struct rdump_exclude {
	struct rdump_scratch *scratch;
	struct rdump_range *range; /* what is kept; in address order after rdump_exclude_close() */
	uint32_t count;
	bool full; /* the scratch had no room for one */
};

/*
 * Notes the private memory that this process has now: that is kept. A forked child has the same. The first call counts,
 * further ones do nothing.
 * Errors: those of rdump_maps_open(); ENOSPC where there are more than 4096 ranges.
 */
RDUMP_HIDDEN int rdump_exclude_mark(struct rdump_error *error);
RDUMP_HIDDEN bool rdump_exclude_is_marked(void);

/* Begins a list with what was marked. Until rdump_exclude_close() nobody else may take of the scratch. */
RDUMP_HIDDEN void rdump_exclude_open(struct rdump_exclude *exclude, struct rdump_scratch *scratch);

/* Keeps the pages of [begin, end). */
RDUMP_HIDDEN void rdump_exclude_keep(struct rdump_exclude *exclude, uint64_t begin, uint64_t end);

/* Ends the list. Returns whether it is complete. */
RDUMP_HIDDEN bool rdump_exclude_close(struct rdump_exclude *exclude);

/* The first range that ends behind `address`, or NULL. `*from` is where to begin, for addresses that rise. */
RDUMP_HIDDEN const struct rdump_range *rdump_exclude_find(
	const struct rdump_exclude *exclude, uint64_t address, uint32_t *from);

/*
 * May memory of a mapping be left out? It is private, anonymous, writable, not executable. Stacks are not: the main
 * thread's, and what lies above a guard page, as those of threads and fibers do. Nor is .bss, above a file.
 * before  the mapping before it in the list, or NULL
 */
RDUMP_HIDDEN bool rdump_exclude_applies(const struct rdump_mapping *mapping, const struct rdump_mapping *before);

#endif
