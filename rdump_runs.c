/* Runs of pages on their way to a handler. See rdump_runs.h. */
#include "rdump_runs.h"

static int tell(struct rdump_runs *runs, uint64_t begin, uint64_t end)
{
	struct rdump_run run = {begin, end, runs->run.zeros, runs->run.joined && runs->told == begin};

	runs->told = end;
	return begin < end ? runs->handler(runs->context, &run) : 0;
}

static int close_run(struct rdump_runs *runs)
{
	const struct rdump_scratch *scratch = runs->scratch;
	uint64_t begin = runs->run.begin, end = runs->run.end;
	uint64_t hole = (uint64_t) (uintptr_t) scratch->begin, hole_end = (uint64_t) (uintptr_t) scratch->end;
	int status = 0;

	if (begin < hole_end && end > hole) {
		if (begin < hole) {
			status = tell(runs, begin, hole);
		}
		begin = hole_end;
	}
	return status == 0 && begin < end ? tell(runs, begin, end) : status;
}

static int open_run(struct rdump_runs *runs, uint64_t begin, uint64_t end, bool zeros)
{
	bool touches = begin == runs->run.end && runs->mapping->full_only == runs->run_full_only;
	int status;

	if (touches && zeros == runs->run.zeros) {
		runs->run.end = end;
		return 0;
	}
	status = close_run(runs);
	runs->run.begin = begin;
	runs->run.end = end;
	runs->run.zeros = zeros;
	runs->run.joined = touches;
	runs->run_full_only = runs->mapping->full_only;
	return status;
}

/* Adds a run, and before it the hole that is bridged. */
static int bridge_run(struct rdump_runs *runs, uint64_t begin, uint64_t end, bool zeros)
{
	uint64_t hole = runs->run.end;
	int status = 0;

	if (hole >= runs->bridged_from && begin > hole && begin - hole <= RDUMP_LONGEST_HOLE
		&& runs->mapping->full_only == runs->run_full_only) {
		status = open_run(runs, hole, begin, true);
	}
	return status == 0 ? open_run(runs, begin, end, zeros) : status;
}

/* Adds the first pages of the chunks that begin before `end` and are in no run. */
static int add_probes(struct rdump_runs *runs, uint64_t end)
{
	int status = 0;

	while (runs->probe < end && runs->probes > 0 && status == 0) {
		if (runs->probe >= runs->run.end) {
			status = bridge_run(runs, runs->probe, runs->probe + runs->page_size, true);
		}
		runs->probe += RDUMP_CHUNK;
		runs->probes--;
	}
	return status;
}

static int add_pages(struct rdump_runs *runs, uint64_t begin, uint64_t end)
{
	int status = add_probes(runs, begin);

	return status == 0 ? bridge_run(runs, begin, end, false) : status;
}

/* Leaves out pages that exist: no zeros may stand for them. The first pages of chunks are in the dump all the same. */
static int leave_out(struct rdump_runs *runs, uint64_t begin, uint64_t end)
{
	int status = add_probes(runs, begin);

	for (; runs->probe < end && runs->probes > 0 && status == 0; runs->probe += RDUMP_CHUNK, runs->probes--) {
		runs->bridged_from = runs->probe;
		status = bridge_run(runs, runs->probe, runs->probe + runs->page_size, false);
	}
	runs->bridged_from = end;
	return status;
}

int rdump_runs_add(struct rdump_runs *runs, uint64_t begin, uint64_t end)
{
	int status = 0;

	while (runs->excluded && begin < end && status == 0) {
		const struct rdump_range *kept = rdump_exclude_find(runs->exclude, begin, &runs->kept);
		uint64_t until = kept && kept->begin < end ? kept->begin : end;

		if (begin < until) {
			status = leave_out(runs, begin, until);
			begin = until;
		} else {
			until = kept->end < end ? kept->end : end;
			status = add_pages(runs, begin, until);
			begin = until;
		}
	}
	return begin < end ? add_pages(runs, begin, end) : status;
}

/* Private, anonymous, writable: what was never touched there reads as zeros. */
static bool may_be_bridged(const struct rdump_runs *runs, const struct rdump_mapping *mapping)
{
	return !runs->in_pieces && mapping->class == RDUMP_CLASS_PRESENT
		&& mapping->line[mapping->permissions.at + 1] == 'w';
}

void rdump_runs_begin(struct rdump_runs *runs, const struct rdump_mapping *mapping)
{
	const struct rdump_mapping *before = runs->mapping;
	bool bridged = may_be_bridged(runs, mapping);
	bool has_stack = bridged && runs->vm_stack >= mapping->begin && runs->vm_stack < mapping->end;

	runs->excluded = runs->exclude && rdump_exclude_applies(mapping, before);
	runs->mapping = mapping;
	if (!bridged) {
		runs->bridged_from = mapping->end;
	} else if (!before || before->end != mapping->begin || !may_be_bridged(runs, before)) {
		runs->bridged_from = mapping->begin;
	}
	runs->probe = (mapping->begin + RDUMP_CHUNK - 1) & ~(RDUMP_CHUNK - 1);
	runs->probes = has_stack ? RDUMP_MOST_PROBES : 0;
}

int rdump_runs_end(struct rdump_runs *runs)
{
	return add_probes(runs, runs->mapping->end);
}

int rdump_runs_close(struct rdump_runs *runs)
{
	return close_run(runs);
}
