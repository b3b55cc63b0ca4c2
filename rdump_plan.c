/* What a dump is going to hold. See rdump_plan.h. */
#include "rdump_plan.h"

#include "rdump_file.h"
#include "rdump_scratch.h"

/* ---- runs that are kept ------------------------------------------------------------------------------------------ */

/* A run in 16 bytes: two flags are in the lowest bits of its beginning, where an address of a page has none. */
struct rdump_kept_run {
	uint64_t begin;
	uint64_t end;
};

#define ZEROS ((uint64_t) 1)
#define JOINED ((uint64_t) 2)

static struct rdump_run kept_run(const struct rdump_kept_run *kept)
{
	struct rdump_run run
		= {kept->begin & ~(ZEROS | JOINED), kept->end, (kept->begin & ZEROS) != 0, (kept->begin & JOINED) != 0};

	return run;
}

static struct rdump_kept_run pack(const struct rdump_run *run)
{
	struct rdump_kept_run kept
		= {run->begin | (run->zeros ? ZEROS : 0) | (run->joined ? JOINED : 0), run->end};

	return kept;
}

/*
 * More holes than this in a region are not bridged: the file would be in as many pieces on the disk. ext4 leaves the
 * gaps between them on the disk, too, and writes each by itself: 131,072 pieces of a page took it 40 s, not 1 s.
 */
#define MOST_HOLES 4096

static uint32_t count_holes(const struct rdump_plan *plan, uint32_t from, uint32_t *end)
{
	uint32_t holes = 0;

	for (*end = from; *end == from || (*end < plan->runs && (plan->run[*end].begin & JOINED)); ++*end) {
		holes += (plan->run[*end].begin & ZEROS) != 0;
	}
	return holes;
}

/* Leaves of the zeros the first page of a chunk, see rdump_pages_runs(). Returns whether there is one. */
static bool keep_probe(struct rdump_run *run, uint64_t page_size)
{
	uint64_t probe = (run->begin + RDUMP_CHUNK - 1) & ~(RDUMP_CHUNK - 1);

	run->begin = probe;
	run->end = probe < run->end ? probe + page_size : run->end;
	return probe < run->end;
}

/* Takes the zeros out of regions that have too many. */
static void limit_holes(struct rdump_plan *plan, uint64_t page_size)
{
	uint32_t kept = 0, end;

	for (uint32_t i = 0; i < plan->runs; i = end) {
		bool too_many = count_holes(plan, i, &end) > MOST_HOLES;

		for (uint32_t from = i; from < end; from++) {
			struct rdump_run run = kept_run(&plan->run[from]);

			if (too_many && run.zeros && !keep_probe(&run, page_size)) {
				continue;
			}
			run.joined = run.joined && kept > 0 && plan->run[kept - 1].end == run.begin;
			plan->run[kept++] = pack(&run);
		}
	}
	plan->runs = kept;
}

static int count_run(void *context, const struct rdump_run *run)
{
	struct rdump_plan *plan = context;

	if (!run->joined) {
		plan->regions++;
		plan->size += sizeof(struct rdump_region);
		plan->begun = plan->size;
		plan->region = 0;
	}
	plan->size += run->end - run->begin;
	plan->region += run->end - run->begin;
	if (plan->region > plan->largest) {
		plan->largest = plan->region;
		plan->before = plan->begun;
	}
	return 0;
}

static int keep_run(void *context, const struct rdump_run *run)
{
	struct rdump_plan *plan = context;
	struct rdump_kept_run *kept = rdump_scratch_low(plan->scratch, sizeof(*kept));

	if (!kept) {
		return -1;
	}
	*kept = pack(run);
	if (!plan->run) {
		plan->run = kept;
	}
	plan->runs++;
	return 0;
}

static bool keep_runs(struct rdump_plan *plan, struct rdump_pages *pages)
{
	static const struct rdump_plan empty;
	struct rdump_scratch *scratch = plan->scratch;

	*plan = empty;
	plan->scratch = scratch;
	if (rdump_pages_runs(pages, keep_run, plan) != 0) {
		return false;
	}
	limit_holes(plan, pages->page_size);
	for (uint32_t i = 0; i < plan->runs; i++) {
		struct rdump_run run = kept_run(&plan->run[i]);
		(void) count_run(plan, &run);
	}
	return true;
}

void rdump_plan_runs(struct rdump_plan *plan, struct rdump_pages *pages, struct rdump_maps *maps)
{
	static const struct rdump_plan empty;
	unsigned char *low = maps->scratch->low;
	bool kept;

	plan->scratch = maps->scratch;
	kept = keep_runs(plan, pages);
	if (kept && rdump_pages_check_swap(pages, maps)) {
		maps->scratch->low = low;
		kept = keep_runs(plan, pages);
	}
	if (!kept) {
		maps->scratch->low = low;
		*plan = empty;
		pages->asked_twice = true;
		(void) rdump_pages_runs(pages, count_run, plan);
	}
}

/* ---- blocks ------------------------------------------------------------------------------------------------------ */

/* Finds the next zeros from run `*i` on that save blocks. Returns those, with *at behind them, and *from before them.
 */
static uint64_t next_hole(const struct rdump_plan *plan, uint32_t *i, uint64_t *at, uint64_t *from)
{
	while (*i < plan->runs) {
		struct rdump_run run = kept_run(&plan->run[(*i)++]);

		*from = *at + (run.joined ? 0 : sizeof(struct rdump_region));
		*at = *from + (run.end - run.begin);
		if (run.zeros && rdump_file_saved(*from, run.end - run.begin) > 0) {
			return rdump_file_saved(*from, run.end - run.begin);
		}
	}
	*from = *at;
	return 0;
}

uint64_t rdump_plan_holes(const struct rdump_plan *plan, uint64_t at)
{
	uint64_t holes = 0, hole, from;
	uint32_t i = 0;

	while ((hole = next_hole(plan, &i, &at, &from)) > 0) {
		holes += hole;
	}
	return holes;
}

/* With more pieces than this, to ask for the blocks of each takes longer than it saves. */
#define MOST_PIECES 256

int rdump_plan_allocate(
	const struct rdump_plan *plan, uint64_t at, const struct rdump_file *file, struct rdump_error *error)
{
	uint64_t done = 0, hole, from, position = at;
	uint32_t i = 0, pieces = 0;
	int status = 0;

	while (next_hole(plan, &i, &position, &from) > 0) {
		pieces++;
	}
	if (pieces == 0 || file->holes == 0) {
		return rdump_file_allocate(file, 0, file->reserved, error) < 0 ? -1 : 0;
	}
	for (i = 0; pieces <= MOST_PIECES && status == 0; done = at) {
		hole = next_hole(plan, &i, &at, &from);
		status = from > done ? rdump_file_allocate(file, done, from - done, error) : 0;
		if (hole == 0) {
			break;
		}
	}
	return status < 0 ? -1 : 0;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

/* The end of the region that begins with run `i`. */
static uint64_t end_of_region(const struct rdump_plan *plan, uint32_t i)
{
	while (i + 1 < plan->runs && (plan->run[i + 1].begin & JOINED)) {
		i++;
	}
	return plan->run[i].end;
}

struct pass {
	struct rdump_copy *copy;
	uint32_t regions;
};

/* A run that is not kept is a region. */
static int write_region(void *context, const struct rdump_run *run)
{
	struct pass *pass = context;

	pass->regions++;
	return rdump_copy_region(pass->copy, run->begin, run->end - run->begin) < 0
		? -1
		: rdump_copy_memory(pass->copy, run->begin, run->end);
}

static int write_kept_run(const struct rdump_plan *plan, uint32_t i, struct rdump_copy *copy)
{
	struct rdump_run run = kept_run(&plan->run[i]);

	if (!run.joined && rdump_copy_region(copy, run.begin, end_of_region(plan, i) - run.begin) < 0) {
		return -1;
	}
	return run.zeros ? rdump_copy_zeros(copy, run.end - run.begin) : rdump_copy_memory(copy, run.begin, run.end);
}

int rdump_plan_write(
	const struct rdump_plan *plan, struct rdump_pages *pages, struct rdump_copy *copy, uint32_t *regions)
{
	struct pass pass = {copy, 0};
	int status = 0;

	if (pages->asked_twice) {
		status = rdump_pages_runs(pages, write_region, &pass);
		*regions = pass.regions;
		return status;
	}
	for (uint32_t i = 0; i < plan->runs && status == 0; i++) {
		status = write_kept_run(plan, i, copy);
	}
	*regions = plan->regions;
	return status;
}
