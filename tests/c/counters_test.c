/* The number of dumps in an hour, over all processes of a server. */
#include "check.h"
#include "shim.h"
#include "../../rdump_counters.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECOND ((uint64_t) 1000)
#define HOUR (3600 * SECOND)

static struct rdump_counters *counters;
static struct rdump_claim claim[8];
static const uint64_t start = 5 * HOUR; /* any time of the clock */

static void map(void)
{
	struct rdump_error error;

	counters = rdump_counters_map(&error);
	expect(counters != NULL, "cannot %s %s: %s", error.step, error.path, strerror(error.err));
}

static void most(void)
{
	map();
	expect(rdump_counters_claim(counters, 2, 0, start, &claim[0]) == RDUMP_CLAIMED, "the first");
	expect(rdump_counters_claim(counters, 2, 0, start + HOUR / 2, &claim[1]) == RDUMP_CLAIMED, "the second");
	expect(rdump_counters_claim(counters, 2, 0, start + HOUR - 1, &claim[2]) == RDUMP_CLAIM_MAX,
		"a third within the hour");
	rdump_counters_give_back(counters, &claim[2]); /* of nothing */
	expect(rdump_counters_claim(counters, 2, 0, start + HOUR, &claim[2]) == RDUMP_CLAIMED,
		"when the first is an hour old");
	expect(rdump_counters_claim(counters, 2, 0, start + HOUR, &claim[3]) == RDUMP_CLAIM_MAX, "when the second is not");
	/* The first one has lost its place. */
	rdump_counters_give_back(counters, &claim[0]);
	expect(
		rdump_counters_claim(counters, 2, 0, start + HOUR, &claim[3]) == RDUMP_CLAIM_MAX, "a place given back twice");
	rdump_counters_give_back(counters, &claim[2]);
	expect(rdump_counters_claim(counters, 2, 0, start + HOUR, &claim[3]) == RDUMP_CLAIMED, "a place given back");
	expect(rdump_counters_claim(counters, 3, 0, start + HOUR, &claim[4]) == RDUMP_CLAIMED, "another limit");
}

static void any_number(void)
{
	map();
	for (int i = 0; i < 3 * RDUMP_COUNTERS_PLACES; i++) {
		expect(rdump_counters_claim(counters, 0, 0, start, &claim[0]) == RDUMP_CLAIMED, "number %d", i);
	}
	map();
	for (int i = 0; i < RDUMP_COUNTERS_PLACES; i++) {
		expect(rdump_counters_claim(counters, UINT64_MAX, 0, start, &claim[0]) == RDUMP_CLAIMED, "number %d", i);
	}
	expect(rdump_counters_claim(counters, UINT64_MAX, 0, start, &claim[0]) == RDUMP_CLAIM_MAX,
		"more than there are places");
}

static void interval(void)
{
	map();
	expect(rdump_counters_claim(counters, 0, 60, start, &claim[0]) == RDUMP_CLAIMED, "the first");
	expect(
		rdump_counters_claim(counters, 0, 60, start + 60 * SECOND - 1, &claim[1]) == RDUMP_CLAIM_INTERVAL, "too soon");
	expect(claim[1].before == start && !claim[1].at, "when the latest one was");
	expect(rdump_counters_claim(counters, 1, 60, start - SECOND, &claim[1]) == RDUMP_CLAIM_INTERVAL,
		"a clock that is behind");
	expect(rdump_counters_claim(counters, 1, 60, start + 60 * SECOND, &claim[1]) == RDUMP_CLAIMED,
		"after a minute: what is refused keeps no place");
	rdump_counters_give_back(counters, &claim[1]);
	expect(rdump_counters_claim(counters, 1, 120, start + 60 * SECOND, &claim[1]) == RDUMP_CLAIM_INTERVAL
			&& claim[1].before == start,
		"given back, the latest is the one before");
	expect(rdump_counters_claim(counters, 1, 61, start + 61 * SECOND, &claim[1]) == RDUMP_CLAIMED,
		"and its interval is over");
}

static void be_killed(void *unused)
{
	(void) unused;
	(void) rdump_counters_claim(counters, 1, 0, rdump_counters_now(), &claim[0]);
	kill(getpid(), SIGKILL);
}

/* A process that is killed keeps its claim, and no other process waits for it. */
static void killed(void)
{
	uint64_t now = rdump_counters_now();
	int status;

	map();
	expect(waitpid(start_child(be_killed, NULL), &status, 0) > 0 && WIFSIGNALED(status), "the child lives");
	expect(rdump_counters_claim(counters, 1, 0, now, &claim[0]) == RDUMP_CLAIM_MAX, "its place");
	expect(
		rdump_counters_claim(counters, 1, 0, rdump_counters_now() + HOUR, &claim[0]) == RDUMP_CLAIMED, "an hour later");
}

#define ROUNDS 10000
#define PROCESSES 2

static struct {
	int arrived;
	int won[ROUNDS];
} *shared;

/* All of them claim the only place of each round at the same time: the rounds are an hour apart. */
static void claim_each_round(void *argument)
{
	const uint64_t *interval = argument;

	for (int round = 0; round < ROUNDS; round++) {
		__atomic_add_fetch(&shared->arrived, 1, __ATOMIC_SEQ_CST);
		for (int waited = 0; __atomic_load_n(&shared->arrived, __ATOMIC_SEQ_CST) < (round + 1) * PROCESSES; waited++) {
			if (waited > 10000) {
				sched_yield(); /* the other process waits for this processor */
			}
		}
		if (rdump_counters_claim(counters, *interval ? 0 : 1, *interval, start + (uint64_t) round * HOUR, &claim[0])
			== RDUMP_CLAIMED) {
			__atomic_add_fetch(&shared->won[round], 1, __ATOMIC_SEQ_CST);
		}
	}
}

static void at_the_same_time(void)
{
	static uint64_t intervals[] = {0, 60};
	pid_t child[PROCESSES];

	for (int i = 0; i < 2; i++) {
		map();
		shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		expect(shared != MAP_FAILED, "mmap: %s", strerror(errno));
		for (int k = 0; k < PROCESSES; k++) {
			child[k] = start_child(claim_each_round, &intervals[i]);
		}
		for (int k = 0; k < PROCESSES; k++) {
			end_child(child[k]);
		}
		for (int round = 0; round < ROUNDS; round++) {
			expect(shared->won[round] == 1, "%d claims in round %d, with an interval of %d", shared->won[round], round,
				(int) intervals[i]);
		}
	}
}

/* A dump does not contain them: the kernel's flag for that. */
static void not_in_a_dump(void)
{
	char line[8192];
	bool within = false, found = false;
	FILE *smaps = fopen("/proc/self/smaps", "r");

	map();
	expect(smaps != NULL, "smaps: %s", strerror(errno));
	while (fgets(line, sizeof(line), smaps)) {
		unsigned long begin, end;

		if (sscanf(line, "%lx-%lx ", &begin, &end) == 2) {
			within = (uintptr_t) counters >= begin && (uintptr_t) counters < end;
		}
		found = found || (within && !strncmp(line, "VmFlags:", 8) && strstr(line, " dd"));
	}
	fclose(smaps);
	if (check_emulated()) {
		skip("an emulator has no VmFlags");
	}
	expect(found, "no VmFlags dd");
}

static void no_memory(void)
{
	struct rdump_error error = {NULL, NULL, 0};

	shim_arm();
	shim.only = "mmap";
	shim.fail_at = 1;
	shim.err = ENOMEM;
	expect(!rdump_counters_map(&error) && error.err == ENOMEM, "an error of mmap()");
}

static void unmapped(void)
{
	int before = count_mappings();

	map();
	rdump_counters_unmap(counters);
	rdump_counters_unmap(NULL);
	expect(count_mappings() == before, "%d mappings, %d before", count_mappings(), before);
}

int main(void)
{
	check("so many dumps within an hour", most);
	check("any number of dumps, and more than there are places", any_number);
	check("an interval between dumps", interval);
	check("a process that is killed keeps its place", killed);
	check("processes claim a place at the same time", at_the_same_time);
	check("counters are not part of a dump", not_in_a_dump);
	check("counters without memory", no_memory);
	check("counters are unmapped", unmapped);
	return 0;
}
