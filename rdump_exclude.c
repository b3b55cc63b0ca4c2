/* Which private memory a dump leaves out. See rdump_exclude.h. */
#include "rdump_exclude.h"

#include "rdump_error.h"
#include "rdump_scratch.h"
#include "rdump_undisturbed.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define MOST_MARKED 4096

/* In .bss: costs nothing where nothing is marked. */
static struct rdump_range marked[MOST_MARKED];
static uint32_t marked_count; /* 0 = not marked */

/* ---- at start-up ------------------------------------------------------------------------------------------------- */

static int mark_all(const struct rdump_maps *maps, struct rdump_error *error)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < maps->count; i++) {
		const struct rdump_mapping *mapping = &maps->mapping[i];

		if (mapping->class != RDUMP_CLASS_PRESENT || mapping->begin == (uint64_t) (uintptr_t) maps->scratch->begin) {
			continue;
		}
		if (count == MOST_MARKED) {
			return rdump_fail(error, "keep the list of", "/proc/self/maps", ENOSPC);
		}
		marked[count].begin = mapping->begin;
		marked[count++].end = mapping->end;
	}
	marked_count = count;
	return 0;
}

int rdump_exclude_mark(struct rdump_error *error)
{
	struct rdump_undisturbed before;
	struct rdump_scratch scratch;
	struct rdump_maps maps;
	int status;

	if (marked_count > 0) {
		return 0;
	}
	/* A dump that a signal asks for meanwhile would wait for this thread's scratch, for ever. */
	rdump_undisturbed_begin(&before);
	rdump_scratch_take(&scratch);
	status = rdump_maps_open(&maps, &scratch, false, false, error);
	if (status == 0) {
		status = mark_all(&maps, error);
	}
	rdump_scratch_give(&scratch);
	rdump_undisturbed_end(&before, 0);
	return status;
}

bool rdump_exclude_is_marked(void)
{
	return marked_count > 0;
}

/* ---- the list ---------------------------------------------------------------------------------------------------- */

void rdump_exclude_open(struct rdump_exclude *exclude, struct rdump_scratch *scratch)
{
	memset(exclude, 0, sizeof(*exclude));
	exclude->scratch = scratch;
	for (uint32_t i = 0; i < marked_count; i++) {
		rdump_exclude_keep(exclude, marked[i].begin, marked[i].end);
	}
}

void rdump_exclude_keep(struct rdump_exclude *exclude, uint64_t begin, uint64_t end)
{
	uint64_t page_size = (uint64_t) sysconf(_SC_PAGESIZE);
	struct rdump_range *range = rdump_scratch_low(exclude->scratch, sizeof(*range));

	if (!range) {
		exclude->full = true;
		return;
	}
	range->begin = begin & ~(page_size - 1);
	range->end = (end + page_size - 1) & ~(page_size - 1);
	if (!exclude->range) {
		exclude->range = range;
	}
	exclude->count++;
}

/* A shell sort, because qsort(3) may allocate. */
static void sort(struct rdump_range *range, uint32_t count)
{
	for (uint32_t gap = count / 2; gap > 0; gap = gap == 2 ? 1 : gap * 5 / 11) {
		for (uint32_t i = gap; i < count; i++) {
			struct rdump_range moved = range[i];
			uint32_t at = i;

			for (; at >= gap && range[at - gap].begin > moved.begin; at -= gap) {
				range[at] = range[at - gap];
			}
			range[at] = moved;
		}
	}
}

bool rdump_exclude_close(struct rdump_exclude *exclude)
{
	struct rdump_range *range = exclude->range;
	uint32_t count = 0;

	sort(range, exclude->count);
	for (uint32_t i = 0; i < exclude->count; i++) {
		if (count > 0 && range[i].begin <= range[count - 1].end) {
			if (range[i].end > range[count - 1].end) {
				range[count - 1].end = range[i].end;
			}
		} else {
			range[count++] = range[i];
		}
	}
	exclude->count = count;
	return !exclude->full && count > 0;
}

const struct rdump_range *rdump_exclude_find(const struct rdump_exclude *exclude, uint64_t address, uint32_t *from)
{
	while (*from < exclude->count && exclude->range[*from].end <= address) {
		++*from;
	}
	return *from < exclude->count ? &exclude->range[*from] : NULL;
}

/* ---- mappings ---------------------------------------------------------------------------------------------------- */

bool rdump_exclude_applies(const struct rdump_mapping *mapping, const struct rdump_mapping *before)
{
	const char *permissions = mapping->line + mapping->permissions.at;
	bool is_stack = mapping->name.length == strlen("[stack]")
		&& !memcmp(mapping->line + mapping->name.at, "[stack]", mapping->name.length);

	if (mapping->class != RDUMP_CLASS_PRESENT || mapping->inode != 0 || permissions[1] != 'w' || permissions[2] == 'x'
		|| is_stack) {
		return false;
	}
	return !before || before->end != mapping->begin
		|| (before->inode == 0 && before->line[before->permissions.at] == 'r');
}
