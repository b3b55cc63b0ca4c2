/*
 * No interruptions while a dump is made: neither PHP's timers nor a SIGTERM, and a file larger than RLIMIT_FSIZE is an
 * error, not the end. One such section may be within another.
 */
#ifndef RDUMP_UNDISTURBED_H
#define RDUMP_UNDISTURBED_H

#include "rdump_platform.h"

#include <signal.h>
#include <stdbool.h>

/* What is put back at the end. */
struct rdump_undisturbed {
	sigset_t signals;
	bool file_size_pending; /* a SIGXFSZ from before */
	int cancelable;
};

/*
 * The signals that a thread's own instructions raise: these are not blocked, because blocked ones would end the process
 * without a word. Ends with 0.
 */
RDUMP_HIDDEN extern const int rdump_undisturbed_own[];

/* Blocks all other signals, and pthread_cancel(3), which would leave the scratch taken for ever. */
RDUMP_HIDDEN void rdump_undisturbed_begin(struct rdump_undisturbed *before);

/*
 * Permits both again, without the SIGXFSZ of a write past RLIMIT_FSIZE: that was an error of the dump, EFBIG. And
 * without the signal `unwanted`, however often it came; 0 = none.
 */
RDUMP_HIDDEN void rdump_undisturbed_end(const struct rdump_undisturbed *before, int unwanted);

/* Is any thread of this process within such a section? Async-signal-safe. */
RDUMP_HIDDEN bool rdump_undisturbed_is_on(void);

#endif
