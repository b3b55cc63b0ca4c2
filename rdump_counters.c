/* How many dumps an hour, over all processes of a server. See rdump_counters.h. */
#include "rdump_counters.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <time.h>

#define HOUR ((uint64_t) 3600 * 1000)

struct rdump_counters *rdump_counters_map(struct rdump_error *error)
{
	void *memory = mmap(NULL, sizeof(struct rdump_counters), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) {
		(void) rdump_fail(error, "map", "the counters that all workers share", errno);
		return NULL;
	}
	(void) madvise(memory, sizeof(struct rdump_counters), MADV_DONTDUMP);
	return memory;
}

void rdump_counters_unmap(struct rdump_counters *counters)
{
	if (counters) {
		(void) munmap(counters, sizeof(*counters));
	}
}

uint64_t rdump_counters_now(void)
{
	struct timespec time = {0, 0};

	clock_gettime(CLOCK_BOOTTIME, &time);
	return (uint64_t) time.tv_sec * 1000 + (uint64_t) time.tv_nsec / 1000000;
}

/* Puts `value` in the place of `expected`. Returns false where somebody else was quicker. */
static bool replace(uint64_t *at, uint64_t expected, uint64_t value)
{
	return __atomic_compare_exchange_n(at, &expected, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* Another processor's clock may be a little ahead. */
static uint64_t elapsed(uint64_t now, uint64_t since)
{
	return now > since ? now - since : 0;
}

static uint64_t *claim_place(struct rdump_counters *counters, uint64_t max, uint64_t now)
{
	for (uint64_t i = 0; i < max && i < RDUMP_COUNTERS_PLACES; i++) {
		uint64_t taken = __atomic_load_n(&counters->place[i], __ATOMIC_SEQ_CST);

		if ((!taken || elapsed(now, taken) >= HOUR) && replace(&counters->place[i], taken, now)) {
			return &counters->place[i];
		}
	}
	return NULL;
}

/* Makes `now` the latest claim. Returns false where the one before is too recent. */
static bool claim_time(struct rdump_counters *counters, uint64_t interval, uint64_t now, uint64_t *before)
{
	do {
		*before = __atomic_load_n(&counters->latest, __ATOMIC_SEQ_CST);
		if (*before && elapsed(now, *before) / 1000 < interval) {
			return false;
		}
	} while (!replace(&counters->latest, *before, now));
	return true;
}

enum rdump_claim_outcome rdump_counters_claim(
	struct rdump_counters *counters, uint64_t max, uint64_t interval, uint64_t now, struct rdump_claim *claim)
{
	claim->at = 0;
	claim->place = NULL;
	if (max && !(claim->place = claim_place(counters, max, now))) {
		return RDUMP_CLAIM_MAX;
	}
	if (!claim_time(counters, interval, now, &claim->before)) {
		if (claim->place) {
			(void) replace(claim->place, now, 0);
			claim->place = NULL;
		}
		return RDUMP_CLAIM_INTERVAL;
	}
	claim->at = now;
	return RDUMP_CLAIMED;
}

void rdump_counters_give_back(struct rdump_counters *counters, struct rdump_claim *claim)
{
	/* Where it is not this claim's time any more, the hour is over and somebody else has claimed it. */
	if (claim->place) {
		(void) replace(claim->place, claim->at, 0);
	}
	if (claim->at) {
		(void) replace(&counters->latest, claim->at, claim->before);
	}
	claim->place = NULL;
	claim->at = 0;
}
