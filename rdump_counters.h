/*
 * How many dumps an hour, over all processes of a server.
 *
 * Where a worker ends with its dump, a count that the worker keeps bounds nothing: the next worker begins at 0. So
 * these counters are in memory that the server process maps before it starts its workers, mmap(2) with MAP_SHARED.
 * There is no lock, and each change is one atomic store: a worker may be killed at any moment.
 *
 * Who is about to dump claims a place. A place is given back where it turns out that the worker goes on. A worker that
 * is killed keeps its place, until an hour is over.
 */
#ifndef RDUMP_COUNTERS_H
#define RDUMP_COUNTERS_H

#include "rdump_platform.h"

#include "rdump_error.h"

#include <stdint.h>

/* More dumps an hour than these are not permitted, whatever the limit: about two a second. */
#define RDUMP_COUNTERS_PLACES 8191

/* Times are milliseconds of CLOCK_BOOTTIME, which no process can set; 0 = never. */
struct rdump_counters {
	uint64_t latest;                       /* when a place was last claimed, and not given back */
	uint64_t place[RDUMP_COUNTERS_PLACES]; /* when each was claimed; 0 = free, older than an hour = free again */
};

struct rdump_claim {
	uint64_t *place; /* NULL where nothing is claimed, or nothing has to be counted */
	uint64_t at;     /* the time of the claim; 0 where nothing is claimed */
	uint64_t before; /* the latest one before it */
};

enum rdump_claim_outcome {
	RDUMP_CLAIMED,
	RDUMP_CLAIM_MAX,     /* the hour's places are taken */
	RDUMP_CLAIM_INTERVAL /* the latest one is too recent */
};

/* Maps counters for one trigger, all 0. A dump does not contain them. Returns NULL, and an error of mmap(2). */
RDUMP_HIDDEN struct rdump_counters *rdump_counters_map(struct rdump_error *error);

/* Unmaps them in this process; NULL is permitted. Other processes keep theirs. */
RDUMP_HIDDEN void rdump_counters_unmap(struct rdump_counters *counters);

/* Milliseconds of CLOCK_BOOTTIME: it goes on while the machine sleeps, and does not jump when its clock is set. */
RDUMP_HIDDEN uint64_t rdump_counters_now(void);

/*
 * Claims a place.
 * max       dumps within an hour; 0 = any number
 * interval  seconds between two claims; 0 = none
 * now       rdump_counters_now()
 * claim     is filled in; a claim of nothing where the outcome is another than RDUMP_CLAIMED
 */
RDUMP_HIDDEN enum rdump_claim_outcome rdump_counters_claim(
	struct rdump_counters *counters, uint64_t max, uint64_t interval, uint64_t now, struct rdump_claim *claim);

/* Gives the place back, as if it had not been claimed. A claim of nothing is permitted. */
RDUMP_HIDDEN void rdump_counters_give_back(struct rdump_counters *counters, struct rdump_claim *claim);

#endif
