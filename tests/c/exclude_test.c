/* Which private memory is left out: what was there at start-up, ranges that are kept, mappings that hold stacks. */
#include "check.h"
#include "shim.h"
#include "../../rdump_exclude.h"
#include "../../rdump_pages.h"
#include "../../rdump_undisturbed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t page;
static struct rdump_scratch scratch;
static struct rdump_exclude exclude;
static struct rdump_error error;

/* With unreadable pages on both sides, the lower one not adjacent: that would be a stack's guard page. */
static unsigned char *map_pages(size_t pages)
{
	unsigned char *memory
		= mmap(NULL, (pages + 3) * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	expect(memory != MAP_FAILED && munmap(memory + page, page) == 0, "mmap: %s", strerror(errno));
	memory += 2 * page;
	expect(mprotect(memory, pages * page, PROT_READ | PROT_WRITE) == 0, "mprotect: %s", strerror(errno));
	(void) munmap(memory - page, page);
	(void) madvise(memory, pages * page, MADV_NOHUGEPAGE);
	return memory;
}

/* ---- the list ---------------------------------------------------------------------------------------------------- */

static void list(void)
{
	uint32_t from = 0;

	rdump_scratch_take(&scratch);
	rdump_exclude_open(&exclude, &scratch);
	expect(!rdump_exclude_close(&exclude), "an empty list is complete");
	rdump_exclude_open(&exclude, &scratch);
	rdump_exclude_keep(&exclude, 50 * page + 1, 51 * page - 1); /* part of a page is a page */
	rdump_exclude_keep(&exclude, 10 * page, 20 * page);
	rdump_exclude_keep(&exclude, 18 * page, 25 * page);
	rdump_exclude_keep(&exclude, 25 * page, 26 * page);
	rdump_exclude_keep(&exclude, 12 * page, 13 * page);
	expect(rdump_exclude_close(&exclude) && exclude.count == 2, "%u ranges", exclude.count);
	expect(exclude.range[0].begin == 10 * page && exclude.range[0].end == 26 * page, "the first range");
	expect(exclude.range[1].begin == 50 * page && exclude.range[1].end == 51 * page, "the second range");
	expect(rdump_exclude_find(&exclude, 0, &from) == &exclude.range[0], "before all");
	expect(rdump_exclude_find(&exclude, 26 * page - 1, &from) == &exclude.range[0], "in the first");
	expect(rdump_exclude_find(&exclude, 26 * page, &from) == &exclude.range[1], "behind the first");
	expect(rdump_exclude_find(&exclude, 51 * page, &from) == NULL, "behind all");
	rdump_scratch_give(&scratch);
}

/* Many, in any order. */
static void many(void)
{
	uint32_t random = 1;

	rdump_scratch_take(&scratch);
	rdump_exclude_open(&exclude, &scratch);
	for (int i = 0; i < 100000; i++) {
		random = random * 1103515245 + 12345;
		rdump_exclude_keep(&exclude, (uint64_t) random * page, (uint64_t) (random + 1) * page);
	}
	expect(rdump_exclude_close(&exclude) && exclude.count > 90000, "%u ranges", exclude.count);
	for (uint32_t i = 1; i < exclude.count; i++) {
		expect(exclude.range[i].begin > exclude.range[i - 1].end, "range %u", i);
	}
	rdump_scratch_give(&scratch);
}

static void no_room(void)
{
	rdump_scratch_take(&scratch);
	rdump_exclude_open(&exclude, &scratch);
	rdump_exclude_keep(&exclude, page, 2 * page);
	scratch.high = scratch.low;
	rdump_exclude_keep(&exclude, 3 * page, 4 * page);
	expect(!rdump_exclude_close(&exclude), "a list without its last range is complete");
	rdump_scratch_give(&scratch);
}

/* ---- mappings ---------------------------------------------------------------------------------------------------- */

static void mappings(void)
{
	static const struct {
		const char *before, *line;
		bool applies;
	} row[] = {
		{NULL, "7f0000010000-7f0000020000 rw-p 00000000 00:00 0", true},
		{"7f0000000000-7f000000f000 ---p 00000000 00:00 0", "7f0000010000-7f0000020000 rw-p 00000000 00:00 0", true},
		{NULL, "55550000-55560000 rw-p 00000000 00:00 0 [heap]", true},
		{"7f0000000000-7f0000010000 rw-p 00000000 00:00 0", "7f0000010000-7f0000020000 rw-p 00000000 00:00 0", true},
		/* stacks: of the main thread, above a guard page */
		{NULL, "7f0000010000-7f0000020000 rw-p 00000000 00:00 0 [stack]", false},
		{"7f0000000000-7f0000010000 ---p 00000000 00:00 0", "7f0000010000-7f0000020000 rw-p 00000000 00:00 0", false},
		/* .bss */
		{"7f0000000000-7f0000010000 rw-p 00000000 fd:01 9 /x.so", "7f0000010000-7f0000020000 rw-p 00000000 00:00 0",
			false},
		/* code, read-only memory, shared memory, files */
		{NULL, "7f0000010000-7f0000020000 rwxp 00000000 00:00 0", false},
		{NULL, "7f0000010000-7f0000020000 r--p 00000000 00:00 0", false},
		{NULL, "7f0000010000-7f0000020000 rw-s 00000000 00:01 7 /dev/zero (deleted)", false},
		{NULL, "7f0000010000-7f0000020000 rw-p 00000000 fd:01 9 /x.so", false},
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		struct rdump_mapping before, mapping;

		expect(rdump_maps_parse_line(&mapping, row[i].line, strlen(row[i].line)) == 0
				&& (!row[i].before || rdump_maps_parse_line(&before, row[i].before, strlen(row[i].before)) == 0),
			"row %zu", i);
		mapping.class = (uint8_t) rdump_maps_classify(&mapping, false, true);
		expect(rdump_exclude_applies(&mapping, row[i].before ? &before : NULL) == row[i].applies, "row %zu", i);
	}
}

/* ---- pages ------------------------------------------------------------------------------------------------------- */

static unsigned char *arena;
static size_t arena_pages;
static char found[4096];

/* 'x' = in a run, 'z' = zeros, '.' = not there. */
static int collect(void *context, const struct rdump_run *run)
{
	(void) context;
	for (uint64_t at = run->begin; at < run->end; at += page) {
		if (at >= (uintptr_t) arena && at < (uintptr_t) arena + arena_pages * page) {
			found[(at - (uintptr_t) arena) / page] = run->zeros ? 'z' : 'x';
		}
	}
	return 0;
}

/* Finds the runs where nothing is kept but what was marked, and [from, to) of the arena. */
static void look(size_t from, size_t to, uint64_t vm_stack)
{
	struct rdump_maps maps;
	struct rdump_pages pages;

	memset(found, '.', sizeof(found));
	found[arena_pages] = '\0';
	rdump_scratch_take(&scratch);
	expect(
		rdump_maps_open(&maps, &scratch, false, false, &error) == 0, "cannot %s: %s", error.step, strerror(error.err));
	rdump_exclude_open(&exclude, &scratch);
	rdump_exclude_keep(&exclude, (uintptr_t) arena + from * page, (uintptr_t) arena + to * page);
	expect(rdump_exclude_close(&exclude), "the list");
	rdump_pages_open(&pages, &maps);
	pages.exclude = &exclude;
	pages.vm_stack = vm_stack;
	expect(rdump_pages_runs(&pages, collect, NULL) == 0, "runs");
	rdump_pages_close(&pages);
	rdump_scratch_give(&scratch);
}

/* What was there at start-up is in a dump; of what came since, only what is kept. No zeros stand for the rest. */
static void what_is_left_out(void)
{
	unsigned char *before = map_pages(20);

	memset(before, 1, 20 * page);
	expect(!rdump_exclude_is_marked() && rdump_exclude_mark(&error) == 0 && rdump_exclude_is_marked(),
		"cannot %s: %s", error.step, strerror(error.err));
	arena = map_pages(20);
	arena_pages = 20;
	memset(arena, 1, 20 * page);
	expect(madvise(arena + 8 * page, page, MADV_DONTNEED) == 0, "madvise: %s", strerror(errno));
	look(5, 12, 0);
	expect(!strcmp(found, ".....xxxzxxx........"), "%s", found);
	look(0, 1, 0);
	expect(!strcmp(found, "x..................."), "%s", found);
	look(19, 20, 0);
	expect(!strcmp(found, "...................x"), "%s", found);
	/* A hole between two ranges is no reason to bridge what lies between them. */
	expect(madvise(arena + 2 * page, page, MADV_DONTNEED) == 0, "madvise: %s", strerror(errno));
	look(1, 2, 0);
	expect(!strcmp(found, ".x.................."), "%s", found);
	arena = before;
	look(0, 0, 0);
	expect(!strcmp(found, "xxxxxxxxxxxxxxxxxxxx"), "marked: %s", found);
	expect(rdump_exclude_mark(&error) == 0, "again");
}

static int unprotected, looked;

static void look_for_signals(const char *call)
{
	if (strcmp(call, "syscall")) {
		looked++;
		unprotected += !rdump_undisturbed_is_on();
	}
}

/* A handler that dumps would wait for the scratch that the thread itself has taken. */
static void no_signal_while_marking(void)
{
	shim_arm();
	shim.before = look_for_signals;
	expect(rdump_exclude_mark(&error) == 0, "cannot %s: %s", error.step, strerror(error.err));
	shim_disarm();
	expect(looked > 2 && !unprotected, "%d of %d calls with signals", unprotected, looked);
}

/* In the mapping of the VM stack, what lies at a boundary of chunks is in the dump as it is, not as zeros. */
static void probes(void)
{
	size_t chunk = RDUMP_CHUNK / page;
	unsigned char *memory;

	expect(rdump_exclude_mark(&error) == 0, "cannot %s: %s", error.step, strerror(error.err));
	memory = map_pages(3 * chunk);
	memset(memory, 1, 3 * chunk * page);
	arena = (unsigned char *) (((uintptr_t) memory + RDUMP_CHUNK - 1) & ~(RDUMP_CHUNK - 1));
	arena_pages = 2 * chunk < sizeof(found) - 1 ? 2 * chunk : sizeof(found) - 1;
	look(3, 5, (uintptr_t) arena);
	expect(
		found[0] == 'x' && found[1] == '.' && found[2] == '.' && found[3] == 'x' && found[4] == 'x' && found[5] == '.',
		"%.10s", found);
	expect(arena_pages <= chunk || (found[chunk - 1] == '.' && found[chunk] == 'x' && found[chunk + 1] == '.'), "%.3s",
		found + chunk - 1);
	expect(!memchr(found, 'z', arena_pages), "zeros for what exists");
}

int main(void)
{
	page = (size_t) sysconf(_SC_PAGESIZE);
	check("what to keep: sorted, joined, whole pages", list);
	check("what to keep: many ranges in any order", many);
	check("what to keep: no room", no_room);
	check("which mappings may be left out", mappings);
	check("which pages are left out", what_is_left_out);
	check("boundaries of chunks in the mapping of the VM stack", probes);
	check("no signal comes while start-up is looked at", no_signal_while_marking);
	return 0;
}
