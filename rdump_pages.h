/*
 * Which pages there are: turns the mappings into runs of pages. Reads no page, because reading a page that was never
 * touched creates it.
 */
#ifndef RDUMP_PAGES_H
#define RDUMP_PAGES_H

#include "rdump_maps.h"
#include "rdump_runs.h"

/* What it takes to find the pages. */
struct rdump_pages {
	const struct rdump_maps *maps;
	uint64_t page_size;
	int pagemap;                         /* /proc/self/pagemap, or -1 */
	bool can_scan;                       /* PAGEMAP_SCAN has not been refused yet */
	bool scan_tells_guards;              /* and takes the category of guard pages */
	bool has_swap;                       /* this machine */
	bool swap_in_use;                    /* on this machine, by anyone */
	bool since_linux_4_5;                /* smaps counts swapped shared memory, and pagemap has its present form */
	bool mincore_asked;                  /* and believed */
	bool asked_twice;                    /* set it where rdump_pages_runs() is called again while they are written */
	const struct rdump_exclude *exclude; /* what is left out, or NULL: set it before rdump_pages_runs() */
	uint64_t vm_stack;                   /* an address in PHP's VM stack; set it before rdump_pages_runs(), 0 = none */
};

/* Does the kernel have PAGEMAP_SCAN, which does not visit reserved address space? */
RDUMP_HIDDEN bool rdump_pages_can_scan(void);

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
