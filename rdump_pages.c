/* Runs of pages. See rdump_pages.h. */
#include "rdump_pages.h"

#include "rdump_text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

/*
 * ioctl PAGEMAP_SCAN, Linux 6.7: Documentation/admin-guide/mm/pagemap.rst. Declared here, because the system's headers
 * may be older than the kernel.
 */
struct scan_argument {
	uint64_t size;
	uint64_t flags;
	uint64_t start;
	uint64_t end;
	uint64_t walk_end;
	uint64_t vector;
	uint64_t vector_length;
	uint64_t max_pages;
	uint64_t category_inverted;
	uint64_t category_mask;
	uint64_t category_anyof_mask;
	uint64_t return_mask;
};

struct scan_region {
	uint64_t start;
	uint64_t end;
	uint64_t categories;
};

#ifdef __GLIBC__
# define SCAN_REQUEST _IOWR('f', 16, struct scan_argument)
#else
# define SCAN_REQUEST (int) _IOWR('f', 16, struct scan_argument) /* as musl declares ioctl() */
#endif
#define SCAN_IS_FILE ((uint64_t) 1 << 2)
#define SCAN_IS_PRESENT ((uint64_t) 1 << 3)
#define SCAN_IS_SWAPPED ((uint64_t) 1 << 4)
#define SCAN_IS_GUARD ((uint64_t) 1 << 8) /* MADV_GUARD_INSTALL; told since Linux 6.15 */

/* An entry of /proc/self/pagemap: the same document. */
#define ENTRY_GUARD ((uint64_t) 1 << 58) /* told since Linux 6.15 */
#define ENTRY_FILE ((uint64_t) 1 << 61)
#define ENTRY_THERE ((uint64_t) 3 << 62) /* swapped, present */

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static bool is_since_linux_4_5(void)
{
	struct utsname system;
	struct rdump_text release = {system.release, 0, 0};
	uint64_t major, minor;

	if (uname(&system) < 0) {
		return false;
	}
	release.length = strlen(system.release);
	return rdump_text_decimal(&release, &major) && rdump_text_char(&release, '.')
		&& rdump_text_decimal(&release, &minor) && (major > 4 || (major == 4 && minor >= 5));
}

/* Returns whether anyone uses swap on this machine, and in `*has_swap` whether it has any. Where it is unknown: yes. */
static bool swap_is_used(bool *has_swap)
{
	struct sysinfo system;
	bool known = sysinfo(&system) == 0;

	*has_swap = !known || system.totalswap != 0;
	return !known || system.freeswap != system.totalswap;
}

static int open_pagemap(void)
{
	int fd = open("/proc/thread-self/pagemap", O_RDONLY | O_CLOEXEC);

	/* Before Linux 3.17 there is only the main thread's, which is of no use once that has ended. */
	return fd < 0 ? open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC) : fd;
}

bool rdump_pages_can_scan(void)
{
	struct scan_argument nothing = {0};
	int fd = open_pagemap();
	bool can;

	nothing.size = sizeof(nothing);
	can = fd >= 0 && ioctl(fd, SCAN_REQUEST, &nothing) == 0;
	if (fd >= 0) {
		(void) close(fd);
	}
	return can;
}

void rdump_pages_open(struct rdump_pages *pages, const struct rdump_maps *maps)
{
	pages->maps = maps;
	pages->page_size = (uint64_t) sysconf(_SC_PAGESIZE);
	pages->pagemap = open_pagemap();
	pages->can_scan = pages->pagemap >= 0;
	pages->scan_tells_guards = true;
	pages->swap_in_use = swap_is_used(&pages->has_swap);
	pages->since_linux_4_5 = is_since_linux_4_5();
	pages->mincore_asked = false;
	pages->asked_twice = false;
	pages->vm_stack = 0;
	pages->exclude = NULL;
}

static void close_pagemap(struct rdump_pages *pages)
{
	if (pages->pagemap >= 0) {
		(void) close(pages->pagemap);
		pages->pagemap = -1;
	}
	pages->can_scan = false;
}

void rdump_pages_close(struct rdump_pages *pages)
{
	close_pagemap(pages);
}

/* ---- runs -------------------------------------------------------------------------------------------------------- */

/* Where runs go. */
struct sink {
	struct rdump_pages *pages;
	struct rdump_runs runs;
};

static int add_run(struct sink *sink, uint64_t begin, uint64_t end)
{
	return rdump_runs_add(&sink->runs, begin, end);
}

/* ---- sources ----------------------------------------------------------------------------------------------------- */

/*
 * Each source walks over [*at, end) and adds the pages that are there. It returns what add_run() did, or SOURCE_REFUSED
 * where the kernel does not answer, with *at where the next source goes on.
 */
#define SOURCE_REFUSED INT_MIN

/*
 * Which pages PAGEMAP_SCAN reports: those that are present or swapped, but no guards, and where `changed` none of a
 * file. An inverted category that is in the mask as well is one that a page must not have.
 */
static void choose_categories(struct scan_argument *argument, bool changed, bool guards)
{
	uint64_t excluded = (changed ? SCAN_IS_FILE : 0) | (guards ? SCAN_IS_GUARD : 0);

	argument->category_anyof_mask = SCAN_IS_PRESENT | SCAN_IS_SWAPPED;
	argument->category_inverted = excluded;
	argument->category_mask = excluded;
}

/* Asks once. Returns the number of regions, or -1. */
static int scan_once(struct rdump_pages *pages, struct scan_argument *argument, bool changed)
{
	for (;;) {
		int count;

		choose_categories(argument, changed, pages->scan_tells_guards);
		count = ioctl(pages->pagemap, SCAN_REQUEST, argument);
		if (count >= 0 || (errno != EINTR && (errno != EINVAL || !pages->scan_tells_guards))) {
			return count;
		}
		pages->scan_tells_guards = errno == EINTR && pages->scan_tells_guards;
	}
}

static int scan_pages(struct sink *sink, uint64_t *at, uint64_t end, bool changed)
{
	struct rdump_pages *pages = sink->pages;
	struct scan_region *region = (struct scan_region *) pages->maps->work;
	struct scan_argument argument = {0};

	argument.size = sizeof(argument);
	argument.end = end;
	argument.vector = (uint64_t) (uintptr_t) region;
	argument.vector_length = RDUMP_MAPS_WORK / sizeof(*region);
	while (*at < end) {
		int count;

		argument.start = *at;
		count = scan_once(pages, &argument, changed);
		/* Linux may say less than it did (6.18: 40,000 pages, every second one there): the rest would come twice. */
		if (count > 0 && argument.walk_end < region[count - 1].end) {
			argument.walk_end = region[count - 1].end;
		}
		if (count < 0 || argument.walk_end <= *at) {
			pages->can_scan = false;
			return SOURCE_REFUSED;
		}
		for (int i = 0; i < count; i++) {
			int status = add_run(sink, region[i].start, region[i].end);
			if (status != 0) {
				return status;
			}
		}
		*at = argument.walk_end;
	}
	return 0;
}

/* Before Linux 4.2 the bit of guard pages may be a part of the page's size. */
static bool is_there(const struct rdump_pages *pages, uint64_t entry, bool changed)
{
	return (entry & ENTRY_THERE) && !(pages->since_linux_4_5 && (entry & ENTRY_GUARD))
		&& !(changed && (entry & ENTRY_FILE));
}

static int read_entries(struct sink *sink, uint64_t *at, uint64_t end, bool changed)
{
	struct rdump_pages *pages = sink->pages;
	uint64_t *entry = (uint64_t *) pages->maps->work;

	while (*at < end) {
		uint64_t left = (end - *at) / pages->page_size;
		size_t wanted = left < RDUMP_MAPS_WORK / sizeof(*entry) ? (size_t) left * sizeof(*entry) : RDUMP_MAPS_WORK;
		ssize_t got = pread(pages->pagemap, entry, wanted, (off_t) (*at / pages->page_size * sizeof(*entry)));

		if (got < 0 && errno == EINTR) {
			continue;
		}
		if (got < (ssize_t) sizeof(*entry)) {
			close_pagemap(pages);
			return SOURCE_REFUSED;
		}
		for (size_t i = 0; i < (size_t) got / sizeof(*entry); i++, *at += pages->page_size) {
			int status = is_there(pages, entry[i], changed) ? add_run(sink, *at, *at + pages->page_size) : 0;
			if (status != 0) {
				return status;
			}
		}
	}
	return 0;
}

static int ask_mincore(struct sink *sink, uint64_t *at, uint64_t end)
{
	struct rdump_pages *pages = sink->pages;
	unsigned char *resident = pages->maps->work;

	while (*at < end) {
		uint64_t count = (end - *at) / pages->page_size;
		count = count < RDUMP_MAPS_WORK ? count : RDUMP_MAPS_WORK;

		if (mincore((void *) (uintptr_t) *at, (size_t) (count * pages->page_size), resident) < 0) {
			return SOURCE_REFUSED;
		}
		pages->mincore_asked = true;
		for (uint64_t i = 0; i < count; i++, *at += pages->page_size) {
			int status = (resident[i] & 1) ? add_run(sink, *at, *at + pages->page_size) : 0;
			if (status != 0) {
				return status;
			}
		}
	}
	return 0;
}

/* ---- which source ------------------------------------------------------------------------------------------------ */

/*
 * mincore() does not know what was swapped out; smaps tells. Before Linux 4.5 it says "Swap: 0 kB" for all shared
 * memory: Documentation/filesystems/proc.rst. Where mincore() is asked a second time while the dump is written, the
 * dump's own page cache may have pushed pages to swap meanwhile.
 */
static bool mincore_is_enough(const struct rdump_pages *pages, const struct rdump_mapping *mapping)
{
	bool counted = mapping->accounted
		&& (pages->since_linux_4_5 || mapping->line[mapping->permissions.at + 3] == 'p');

	if (pages->asked_twice && pages->has_swap) {
		return false;
	}
	return counted ? mapping->swap == 0 : !pages->swap_in_use;
}

/* There is nothing to find: spares the slower sources a walk over reserved address space. */
static bool is_untouched(const struct rdump_mapping *mapping)
{
	if (!mapping->accounted || mapping->hugetlb || mapping->swap != 0) {
		return false;
	}
	if (mapping->class == RDUMP_CLASS_CHANGED) {
		return mapping->anonymous == 0;
	}
	/* The kernel's page of zeros, which a read maps, is in no count: so only where it costs much to look for it. */
	return mapping->class == RDUMP_CLASS_PRESENT && mapping->rss == 0
		&& mapping->end - mapping->begin >= (uint64_t) 1 << 28;
}

static int add_mapping_runs(struct sink *sink, const struct rdump_mapping *mapping)
{
	const struct rdump_pages *pages = sink->pages;
	bool changed = mapping->class == RDUMP_CLASS_CHANGED;
	bool page_table = changed || mapping->class == RDUMP_CLASS_PRESENT;
	uint64_t at = mapping->begin;
	int status = SOURCE_REFUSED;

	if (mapping->class == RDUMP_CLASS_NONE || is_untouched(mapping)) {
		return 0;
	}
	if (page_table && pages->can_scan) {
		status = scan_pages(sink, &at, mapping->end, changed);
	}
	if (status == SOURCE_REFUSED && page_table && pages->pagemap >= 0) {
		status = read_entries(sink, &at, mapping->end, changed);
	}
	if (status == SOURCE_REFUSED && !changed && mapping->class != RDUMP_CLASS_WHOLE
		&& mincore_is_enough(pages, mapping)) {
		status = ask_mincore(sink, &at, mapping->end);
	}
	return status == SOURCE_REFUSED ? add_run(sink, at, mapping->end) : status;
}

int rdump_pages_runs(struct rdump_pages *pages, rdump_run_handler handler, void *context)
{
	struct sink sink;
	int status = 0;

	memset(&sink, 0, sizeof(sink));
	sink.pages = pages;
	sink.runs.handler = handler;
	sink.runs.context = context;
	sink.runs.scratch = pages->maps->scratch;
	sink.runs.page_size = pages->page_size;
	sink.runs.exclude = pages->exclude;
	sink.runs.vm_stack = pages->vm_stack;
	sink.runs.in_pieces = pages->asked_twice;
	for (uint32_t i = 0; i < pages->maps->count && status == 0; i++) {
		rdump_runs_begin(&sink.runs, &pages->maps->mapping[i]);
		status = add_mapping_runs(&sink, &pages->maps->mapping[i]);
		if (status == 0) {
			status = rdump_runs_end(&sink.runs);
		}
	}
	return status == 0 ? rdump_runs_close(&sink.runs) : status;
}

/* ---- what was swapped out meanwhile ------------------------------------------------------------------------------ */

/* Adds up what `later`, in address order as well, says is swapped out of `mapping`. `*at` is where to look first. */
static uint64_t swap_of(const struct rdump_maps *later, const struct rdump_mapping *mapping, uint32_t *at)
{
	uint64_t swap = 0;

	while (*at < later->count && later->mapping[*at].end <= mapping->begin) {
		(*at)++;
	}
	for (uint32_t i = *at; i < later->count && later->mapping[i].begin < mapping->end; i++) {
		swap += later->mapping[i].swap;
	}
	return swap;
}

bool rdump_pages_check_swap(struct rdump_pages *pages, struct rdump_maps *maps)
{
	struct rdump_scratch *scratch = maps->scratch, before = *scratch;
	struct rdump_maps later;
	struct rdump_error ignored;
	uint32_t at = 0;
	bool more = false, has_swap;

	if (!pages->mincore_asked || !pages->has_swap || maps->quick) {
		return false;
	}
	if (!pages->swap_in_use && swap_is_used(&has_swap)) {
		pages->swap_in_use = true;
		more = true;
	}
	if (rdump_maps_open(&later, scratch, false, false, &ignored) < 0) {
		pages->asked_twice = more = true; /* nobody tells: then mincore() is not believed */
		later.count = 0;
	}
	for (uint32_t i = 0; i < maps->count && later.count > 0; i++) {
		uint64_t swap = swap_of(&later, &maps->mapping[i], &at);
		more = more || (swap > 0 && maps->mapping[i].swap == 0);
		maps->mapping[i].swap = swap > maps->mapping[i].swap ? swap : maps->mapping[i].swap;
	}
	*scratch = before;
	return more;
}
