/*
 * What a dump is going to hold: the runs of pages, kept until they are written, and the regions that they make up.
 */
#ifndef RDUMP_PLAN_H
#define RDUMP_PLAN_H

#include "rdump_copy.h"
#include "rdump_pages.h"

struct rdump_plan {
	struct rdump_scratch *scratch;
	uint32_t regions;
	uint64_t size;    /* bytes of the regions, their headers included */
	uint64_t largest; /* bytes of the largest region ... */
	uint64_t before;  /* ... and where they begin, counted from the first region's header */
	/* private: all runs, one after the other in the scratch; NULL where it has no room for them */
	struct rdump_kept_run *run;
	uint32_t runs;
	uint64_t region; /* bytes of the latest region ... */
	uint64_t begun;  /* ... and where they begin */
};

/*
 * Finds the runs and keeps them, so that what is written is what was planned: the kernel would give another answer
 * after the dump's own page cache has pushed pages to swap. Only where the scratch is full they are asked for again
 * while they are written (pages->asked_twice), and then there may be other regions than planned.
 */
RDUMP_HIDDEN void rdump_plan_runs(struct rdump_plan *plan, struct rdump_pages *pages, struct rdump_maps *maps);

/* Returns how many bytes take no blocks, of regions that begin `at` bytes from the beginning of the file. */
RDUMP_HIDDEN uint64_t rdump_plan_holes(const struct rdump_plan *plan, uint64_t at);

/* Has the file system find blocks for all other bytes of the file, rdump_file_allocate(). */
RDUMP_HIDDEN int rdump_plan_allocate(
	const struct rdump_plan *plan, uint64_t at, const struct rdump_file *file, struct rdump_error *error);

/* Writes the regions, and returns their number in `*regions`. Errors: those of write(2), told in copy->error. */
RDUMP_HIDDEN int rdump_plan_write(
	const struct rdump_plan *plan, struct rdump_pages *pages, struct rdump_copy *copy, uint32_t *regions);

#endif
