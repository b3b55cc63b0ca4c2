/*
 * Runs of pages on their way to a handler: joined where they touch, with zeros for short holes between them, without
 * what is left out and without the scratch.
 */
#ifndef RDUMP_RUNS_H
#define RDUMP_RUNS_H

#include "rdump_exclude.h"
#include "rdump_maps.h"
#include "rdump_scratch.h"

/*
 * The longest hole that is bridged with zeros, in bytes: reli reads tables as long as they were allocated. The
 * benchmarks build without.
 */
#ifndef RDUMP_LONGEST_HOLE
# define RDUMP_LONGEST_HOLE ((uint64_t) 1 << 20)
#endif

/*
 * The size and the alignment of a chunk of PHP's allocator (ZEND_MM_CHUNK_SIZE, Zend/zend_alloc_sizes.h). reli looks
 * for chunks at all such boundaries of the mapping that holds the VM stack, as far as they are no more than the second.
 */
#define RDUMP_CHUNK ((uint64_t) 2 << 20)
#define RDUMP_MOST_PROBES 16384

/* Pages that lie together, [begin, end). */
struct rdump_run {
	uint64_t begin;
	uint64_t end;
	bool zeros;  /* pages that do not exist: zeros stand for them */
	bool joined; /* begins where the run before it ends, and is part of the same region */
};

/* Is told each run. Returns 0 to go on, anything else to stop. */
typedef int (*rdump_run_handler)(void *context, const struct rdump_run *run);

/* Set the first seven, and the rest to zeros. */
struct rdump_runs {
	rdump_run_handler handler;
	void *context;
	const struct rdump_scratch *scratch; /* never part of a dump */
	uint64_t page_size;
	const struct rdump_exclude *exclude; /* memory that is left out, or NULL */
	uint64_t vm_stack;                   /* an address in PHP's VM stack; 0 = none */
	bool in_pieces;                      /* no zeros: each run is a region */
	/* private */
	struct rdump_run run; /* still open; empty at first */
	bool run_full_only;   /* its mapping's */
	uint64_t told;        /* where the last one ended that the handler was told */
	const struct rdump_mapping *mapping;
	uint64_t bridged_from; /* holes may be bridged from here to the end of the mapping */
	uint64_t probe;        /* the next boundary of chunks in the mapping of the VM stack, and how many may follow */
	uint32_t probes;
	bool excluded; /* memory of the mapping may be left out ... */
	uint32_t kept; /* ... but for ranges from this one on */
};

/* Begins a mapping; they come in address order. */
RDUMP_HIDDEN void rdump_runs_begin(struct rdump_runs *runs, const struct rdump_mapping *mapping);

/* Adds pages of it that exist, in address order. Returns 0, or what the handler did to stop. */
RDUMP_HIDDEN int rdump_runs_add(struct rdump_runs *runs, uint64_t begin, uint64_t end);

/* Ends the mapping. Returns as rdump_runs_add(). */
RDUMP_HIDDEN int rdump_runs_end(struct rdump_runs *runs);

/* Ends the last run. Returns as rdump_runs_add(). */
RDUMP_HIDDEN int rdump_runs_close(struct rdump_runs *runs);

#endif
