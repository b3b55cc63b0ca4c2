/*
 * Which pages there are: turns the mappings into runs of pages. Reads no page, because reading a page that was never
 * touched creates it.
 */
#ifndef RDUMP_PAGES_H
#define RDUMP_PAGES_H

#include "rdump_maps.h"

/* What it takes to find the pages. */
struct rdump_pages {
	const struct rdump_maps *maps;
	uint64_t page_size;
	int pagemap;            /* /proc/self/pagemap, or -1 */
	bool can_scan;          /* PAGEMAP_SCAN has not been refused yet */
	bool scan_tells_guards; /* and takes the category of guard pages */
	bool has_swap;          /* this machine */
	bool swap_in_use;       /* on this machine, by anyone */
	bool since_linux_4_5;   /* smaps counts swapped shared memory, and pagemap has its present form */
	bool mincore_asked;     /* and believed */
	bool asked_twice;       /* set it where rdump_pages_runs() is to be called again while the runs are written */
	uint64_t vm_stack;      /* an address in PHP's VM stack; set it before rdump_pages_runs(), 0 = none */
};

/* The longest hole that is bridged with zeros, in bytes: reli reads tables as long as they were allocated. */
#define RDUMP_LONGEST_HOLE ((uint64_t) 1 << 20)

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

/* Opens /proc/self/pagemap, where it may be opened. Cannot fail; rdump_pages_close() must follow. */
RDUMP_HIDDEN void rdump_pages_open(struct rdump_pages *pages, const struct rdump_maps *maps);
RDUMP_HIDDEN void rdump_pages_close(struct rdump_pages *pages);

/*
 * Hands the runs of pages that a dump holds to `handler`, in address order. Pages that lie together come together,
 * across mappings too, but what only a full dump holds is not joined to what a lean one holds: a reader loads a region
 * whole. Holes of up to RDUMP_LONGEST_HOLE between runs in private, anonymous, writable memory are runs of zeros, and
 * so are the first pages of chunks in the mapping of the VM stack; neither with `asked_twice`. Cannot fail: where the
 * kernel does not say which pages there are, a mapping is one run. Returns what the handler returned last.
 */
RDUMP_HIDDEN int rdump_pages_runs(struct rdump_pages *pages, rdump_run_handler handler, void *context);

/*
 * Where mincore(2) was believed, on a machine that has swap: reads the list of mappings again, and updates their counts
 * of swapped bytes in `maps`. What was swapped out between the list and mincore() is in no run. Returns whether there
 * is such memory: then the runs have to be asked for again.
 */
RDUMP_HIDDEN bool rdump_pages_check_swap(struct rdump_pages *pages, struct rdump_maps *maps);

#endif
