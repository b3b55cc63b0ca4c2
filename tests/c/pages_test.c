/* Which pages exist: each source of the answer, on memory with known pages. */
#include "check.h"
#include "shim.h"
#include "../../rdump_pages.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <unistd.h>

enum source {
	SCAN,
	ENTRIES,
	MINCORE,
	NOTHING,
	SOURCES
};

static struct rdump_pages finder;

static int open_pages(struct rdump_maps *maps, struct rdump_scratch *scratch, bool full, struct rdump_error *error)
{
	int status = rdump_maps_open(maps, scratch, full, false, error);

	rdump_pages_open(&finder, maps);
	return status;
}

static const char *const source_name[] = {"PAGEMAP_SCAN", "pagemap", "mincore", "nothing"};

static size_t page;
static struct rdump_scratch scratch;
static struct rdump_maps maps;
static struct rdump_error error;

/* The pages of an arena that were in runs, one byte each, and the number of runs. */
static struct {
	uint64_t begin, end, previous;
	unsigned char *there;
	size_t pages, runs, regions, zeros;
} got;

static bool in_full; /* where regions may touch */

static int collect(void *context, const struct rdump_run *run)
{
	uint64_t begin = run->begin, end = run->end;

	(void) context;
	expect(begin < end && begin % page == 0 && end % page == 0, "a run that is not of whole pages");
	expect(run->joined ? begin == got.previous
					   : got.regions == 0 || begin > got.previous || (in_full && begin == got.previous),
		"runs that touch, overlap or are out of order: %llx behind %llx", (unsigned long long) begin,
		(unsigned long long) got.previous);
	got.previous = end;
	got.regions += !run->joined;
	if (run->zeros) {
		got.zeros += (end - begin) / page;
		return 0;
	}
	got.runs++;
	expect(begin >= got.begin && end <= got.end, "a run outside of the arena");
	for (uint64_t at = begin; at < end; at += page) {
		got.there[(at - got.begin) / page] = 1;
		got.pages++;
	}
	return 0;
}

static uint64_t vm_stack; /* in the arena, or 0 */

/* Asks for the runs of the arena. Returns whether that source exists here. */
static bool ask(enum source source, void *arena, size_t size, bool full)
{
	memset(&got.previous, 0, sizeof(got) - offsetof(__typeof__(got), previous));
	got.begin = (uintptr_t) arena;
	got.end = got.begin + size;
	got.there = calloc(size / page + 1, 1);
	rdump_scratch_take(&scratch);
	expect(open_pages(&maps, &scratch, full, &error) == 0, "cannot %s: %s", error.step, strerror(error.err));
	struct rdump_mapping *first = maps.mapping, before = *first; /* is after the arena */
	while (maps.count > 0 && maps.mapping->begin < got.begin) {
		maps.mapping++;
		maps.count--;
	}
	while (maps.count > 0 && maps.mapping[maps.count - 1].end > got.end) {
		maps.count--;
	}
	expect(maps.count > 0, "the arena is not in the list");
	if (source >= ENTRIES) {
		finder.can_scan = false;
	}
	if (old_entries) {
		finder.since_linux_4_5 = false;
	}
	finder.vm_stack = vm_stack;
	if (source >= MINCORE) {
		rdump_pages_close(&finder);
	}
	shim_arm();
	if (source == NOTHING) {
		shim.only = "mincore";
		shim.fail_from = 1;
		shim.err = ENOSYS;
	}
	expect(rdump_pages_runs(&finder, collect, NULL) == 0, "runs");
	shim_disarm();
	expect(!memcmp(&before, first, sizeof(before)), "%s: it wrote over the list of mappings", source_name[source]);
	bool answered = (source != SCAN || finder.can_scan) && (source != ENTRIES || finder.pagemap >= 0);
	rdump_pages_close(&finder);
	rdump_scratch_give(&scratch);
	return answered;
}

static unsigned char *reserve(size_t size, int flags)
{
	/* With unreadable pages on both sides: no other mapping joins its runs. */
	unsigned char *memory = mmap(NULL, size + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	expect(memory != MAP_FAILED, "mmap of %zu: %s", size, strerror(errno));
	memory = mmap(memory + page, size, PROT_READ | PROT_WRITE, flags | MAP_FIXED, -1, 0);
	expect(memory != MAP_FAILED, "mmap of %zu: %s", size, strerror(errno));
	(void) madvise(memory, size, MADV_NOHUGEPAGE);
	return memory;
}

/* Touches some pages, as wanted[] says: 1 written, 2 only read. */
static void touch(unsigned char *arena, const unsigned char *wanted, size_t pages)
{
	for (size_t i = 0; i < pages; i++) {
		if (wanted[i] == 1) {
			arena[i * page] = (unsigned char) i;
		} else if (wanted[i] == 2) {
			(void) *(volatile unsigned char *) (arena + i * page);
		}
	}
}

static void check_pages(enum source source, const unsigned char *wanted, size_t pages)
{
	for (size_t i = 0; i < pages; i++) {
		expect(got.there[i] == (wanted[i] != 0), "%s: page %zu of %zu is%s there", source_name[source], i, pages,
			got.there[i] ? "" : " not");
	}
	free(got.there);
}

/* Each source on the same pages: scattered, in runs, at both ends, written and only read. */
static void same_from_each_source(void)
{
	size_t pages = 3000;
	unsigned char *wanted = calloc(pages, 1),
				  *arena = reserve(pages * page, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);
	unsigned answered = 0;
	uint32_t random = 12345;

	for (size_t i = 0; i < pages; i++) {
		random = random * 1103515245 + 12345;
		if (i / 500 == 2 || i == 0 || i == pages - 1) {
			wanted[i] = 1;
		} else if (i / 500 == 3 || random >> 30 & 2) {
			wanted[i] = 0;
		} else {
			wanted[i] = random >> 20 & 1 ? 1 : 2;
		}
	}
	touch(arena, wanted, pages);
	for (int source = SCAN; source < NOTHING; source++) {
		if (ask((enum source) source, arena, pages * page, false)) {
			check_pages((enum source) source, wanted, pages);
			answered++;
		}
	}
	ask(NOTHING, arena, pages * page, false);
	expect(got.runs == 1 && got.pages == pages, "without a source: %zu pages in %zu runs", got.pages, got.runs);
	if (answered < 3) {
		skip("the sources that are to be had here agree, but there are only %u of 3", answered);
	}
}

/* More runs than one answer can hold: each source is asked again for the rest. */
static void more_than_one_answer(void)
{
	size_t pages = 40000; /* 20000 runs; an answer of PAGEMAP_SCAN takes 5461, of pagemap 16384 pages */
	unsigned char *wanted = calloc(pages, 1),
				  *arena = reserve(pages * page, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);

	for (size_t i = 0; i < pages; i += 2) {
		wanted[i] = 1;
	}
	touch(arena, wanted, pages);
	for (int source = SCAN; source < NOTHING; source++) {
		if (ask((enum source) source, arena, pages * page, false)) {
			expect(got.runs == pages / 2, "%s: %zu runs", source_name[source], got.runs);
			check_pages((enum source) source, wanted, pages);
		}
	}
	if (page != 4096) {
		return;
	}
	/* mincore() is asked for 131072 pages at a time */
	pages = 140000;
	wanted = calloc(pages, 1);
	arena = reserve(pages * page, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);
	wanted[0] = wanted[16384] = wanted[131071] = wanted[131072] = wanted[pages - 1] = 1;
	touch(arena, wanted, pages);
	for (int source = SCAN; source < NOTHING; source++) {
		if (ask((enum source) source, arena, pages * page, false)) {
			check_pages((enum source) source, wanted, pages);
		}
	}
}

/* A source that fails half way: the next one continues there, and no page is missing. */
static void source_that_stops(void)
{
	static const char *const call[] = {"ioctl", "pread", "mincore"};
	size_t pages = 140000;
	unsigned char *wanted = calloc(pages, 1),
				  *arena = reserve(pages * page, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);

	for (size_t i = 0; i < pages; i += i < 30000 ? 2 : 13000) {
		wanted[i] = 1;
	}
	touch(arena, wanted, pages);
	for (size_t which = 0; which < 3; which++) {
		for (int nth = 1; nth <= 3; nth++) {
			got.runs = got.pages = got.regions = got.zeros = 0;
			got.begin = (uintptr_t) arena;
			got.end = got.begin + pages * page;
			got.there = calloc(pages, 1);
			shim_show_only(arena, arena + pages * page);
			rdump_scratch_take(&scratch);
			expect(open_pages(&maps, &scratch, false, &error) == 0 && maps.count == 1, "cannot %s: %s", error.step,
				strerror(error.err));
			finder.can_scan = which == 0 && finder.can_scan;
			if (which == 2) {
				rdump_pages_close(&finder);
			}
			shim_arm();
			shim.only = call[which];
			shim.fail_at = nth;
			shim.err = which == 2 ? ENOMEM : EPERM;
			expect(rdump_pages_runs(&finder, collect, NULL) == 0, "runs");
			shim_disarm();
			for (size_t i = 0; i < pages; i++) {
				expect(got.there[i] || !wanted[i], "%s fails at call %d: page %zu is missing", call[which], nth, i);
			}
			expect(which == 2 || !shim.failed || got.pages < 20000, "%s fails at call %d: %zu pages", call[which], nth,
				got.pages);
			free(got.there);
			rdump_pages_close(&finder);
			rdump_scratch_give(&scratch);
			shim_restore();
		}
	}
	/* An interrupted call is repeated. */
	bool scan_works = ask(SCAN, arena, pages * page, false);
	for (size_t which = 0; which < 2; which++) {
		shim_show_only(arena, arena + pages * page);
		rdump_scratch_take(&scratch);
		expect(open_pages(&maps, &scratch, false, &error) == 0, "cannot %s", error.step);
		bool scan = finder.can_scan = which == 0 && finder.can_scan && scan_works, entries = finder.pagemap >= 0;
		got.runs = got.pages = got.regions = got.zeros = 0;
		got.there = calloc(pages, 1);
		shim_arm();
		shim.only = call[which];
		shim.fail_at = 1;
		shim.err = EINTR;
		expect(rdump_pages_runs(&finder, collect, NULL) == 0, "runs");
		shim_disarm();
		expect(!shim.failed || finder.can_scan == scan || !scan, "an interrupted PAGEMAP_SCAN was given up");
		expect(!shim.failed || (finder.pagemap >= 0) == entries, "an interrupted pread was given up");
		check_pages(which == 0 ? SCAN : ENTRIES, wanted, pages);
		rdump_pages_close(&finder);
		rdump_scratch_give(&scratch);
		shim_restore();
	}
}

/* The size of a huge page: 2 MB with pages of 4 KB, 512 MB with pages of 64 KB. */
static size_t huge_page(void)
{
	FILE *file = fopen("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "r");
	size_t size = 0;

	if (!file || fscanf(file, "%zu", &size) != 1) {
		size = page;
	}
	if (file) {
		fclose(file);
	}
	return size;
}

/* Reserved address space needs neither pages nor system calls. */
static void a_terabyte(void)
{
	size_t size = (size_t) 1 << 40;
	unsigned char *arena = check_emulated()
		? MAP_FAILED
		: mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (check_emulated()) {
		skip("an emulator keeps a table of the pages");
	}
	if (arena == MAP_FAILED) {
		skip("no address space of 1 TB: %s", strerror(errno));
	}
	for (int source = SCAN; source <= NOTHING; source++) {
		/* smaps says that it is untouched, and no source is asked. */
		got.runs = got.pages = got.regions = got.zeros = 0;
		got.begin = (uintptr_t) arena;
		got.end = got.begin + size;
		shim_show_only(arena, arena + size);
		rdump_scratch_take(&scratch);
		expect(open_pages(&maps, &scratch, false, &error) == 0, "cannot %s: %s", error.step, strerror(error.err));
		if (maps.count != 1) {
			skip("the list does not show it as it is");
		}
		finder.can_scan = finder.can_scan && source == SCAN;
		if (source >= MINCORE) {
			rdump_pages_close(&finder);
		}
		shim_arm();
		expect(rdump_pages_runs(&finder, collect, NULL) == 0, "runs");
		expect(shim.calls == 0, "%d questions about memory that was never touched", shim.calls);
		shim_disarm();
		expect(got.pages == 0, "%zu pages of it", got.pages);
		rdump_pages_close(&finder);
		rdump_scratch_give(&scratch);
		shim_restore();
	}
	/* Touched at both ends: one system call. */
	arena[0] = arena[size - 1] = 1;
	shim_show_only(arena, arena + size);
	rdump_scratch_take(&scratch);
	expect(open_pages(&maps, &scratch, false, &error) == 0, "cannot %s: %s", error.step, strerror(error.err));
	if (finder.can_scan) {
		got.runs = got.pages = got.regions = got.zeros = 0;
		got.there = calloc(size / page, 1); /* untouched but for two bytes */
		shim_arm();
		expect(rdump_pages_runs(&finder, collect, NULL) == 0, "runs");
		shim_disarm();
		/* With huge pages, more than two bytes are touched. */
		expect(!finder.can_scan || (got.runs == 2 && got.pages <= 2 * huge_page() / page), "%zu runs, %zu pages",
			got.runs, got.pages);
		expect(!finder.can_scan || shim.calls <= 8, "%d questions", shim.calls);
	}
	rdump_pages_close(&finder);
	rdump_scratch_give(&scratch);
	shim_restore();
}

static void touch_some(void *context)
{
	unsigned char *arena = context;

	for (size_t i = 0; i < 100; i += 3) {
		arena[i * page] = 7;
	}
}

/* The page table of a process has only the pages that it has touched: mincore() must be asked. */
static void shared_memory_of_others(void)
{
	/* So large that private memory of this size would not be asked about. */
	size_t pages = ((size_t) 256 << 20) / page + 100;
	unsigned char *arena = reserve(pages * page, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE),
				  *wanted = calloc(pages, 1);

	for (size_t i = 0; i < 100; i += 3) {
		wanted[i] = 1;
	}
	end_child(start_child(touch_some, arena));
	for (int source = SCAN; source < NOTHING; source++) {
		ask((enum source) source, arena, pages * page, false);
		check_pages((enum source) source, wanted, pages);
	}
	ask(NOTHING, arena, pages * page, false);
	expect(got.pages == pages, "without mincore(): %zu pages", got.pages);
}

/* After a fork the child has what the parent had. */
static unsigned char *inherited;
static unsigned char inherited_pages[200];

static void ask_in_child(void *context)
{
	(void) context;
	for (int source = SCAN; source < NOTHING; source++) {
		if (ask((enum source) source, inherited, 200 * page, false)) {
			check_pages((enum source) source, inherited_pages, 200);
		}
	}
}

static void in_a_forked_child(void)
{
	inherited = reserve(200 * page, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);
	for (size_t i = 0; i < 200; i += 5) {
		inherited_pages[i] = 1;
	}
	touch(inherited, inherited_pages, 200);
	end_child(start_child(ask_in_child, NULL));
}

/* RELRO: a read-only mapping of a file, some pages of which differ from the file. */
static void changed_pages(void)
{
	unsigned char wanted[20] = {0}, *arena, *bytes = calloc(20, page);
	int fd;

	put_file("library", bytes, 20 * page);
	fd = open("library", O_RDONLY | O_CLOEXEC);
	arena = reserve(20 * page, MAP_PRIVATE | MAP_ANONYMOUS);
	expect(mmap(arena, 20 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd, 0) == arena, "mmap: %s",
		strerror(errno));
	for (size_t i = 0; i < 20; i++) {
		(void) *(volatile unsigned char *) (arena + i * page); /* all exist, those of the file too */
	}
	wanted[3] = wanted[4] = wanted[19] = 1;
	touch(arena, wanted, 20);
	expect(mprotect(arena, 20 * page, PROT_READ) == 0, "mprotect: %s", strerror(errno));
	for (int source = SCAN; source <= ENTRIES; source++) {
		if (ask((enum source) source, arena, 20 * page, false)) {
			check_pages((enum source) source, wanted, 20);
		}
	}
	/* Without a page table they cannot be told apart: all of them. */
	ask(MINCORE, arena, 20 * page, false);
	expect(got.pages == 20, "without a page table: %zu pages", got.pages);
	ask(SCAN, arena, 20 * page, true);
	expect(got.pages == 20, "full: %zu pages", got.pages);

	/* No changed page: nothing to write, and with smaps nothing to ask. */
	expect(mmap(arena, 20 * page, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) == arena, "mmap: %s", strerror(errno));
	for (size_t i = 0; i < 20; i++) {
		(void) *(volatile unsigned char *) (arena + i * page);
	}
	for (int source = SCAN; source <= ENTRIES; source++) {
		if (ask((enum source) source, arena, 20 * page, false)) {
			expect(got.pages == 0, "%s: %zu unchanged pages", source_name[source], got.pages);
		}
	}
}

/* Adjacent memory is one run, whatever its permissions: a reader takes the bytes of a read from one region. */
static void neighbours_are_one_run(void)
{
	unsigned char *arena = reserve(9 * page, MAP_PRIVATE | MAP_ANONYMOUS);

	memset(arena, 1, 9 * page);
	expect(mprotect(arena + 3 * page, 3 * page, PROT_READ) == 0, "mprotect: %s", strerror(errno));
	for (int source = SCAN; source <= NOTHING; source++) {
		ask((enum source) source, arena, 9 * page, false);
		expect(got.runs == 1 && got.pages == 9, "%s: %zu pages in %zu runs", source_name[source], got.pages, got.runs);
	}
	expect(mprotect(arena + 3 * page, page, PROT_NONE) == 0, "mprotect: %s", strerror(errno));
	ask(SCAN, arena, 9 * page, false);
	expect(
		got.runs == 2 && got.pages == 8, "with a page that cannot be read: %zu pages in %zu runs", got.pages, got.runs);
	expect(madvise(arena + 7 * page, page, MADV_DONTDUMP) == 0, "madvise: %s", strerror(errno));
	ask(SCAN, arena, 9 * page, false);
	if (got.pages == 8) {
		skip("the kernel's list does not tell MADV_DONTDUMP");
	}
	expect(got.runs == 3 && got.pages == 7, "with a page not to be dumped: %zu pages in %zu runs", got.pages, got.runs);
}

/* ---- holes ------------------------------------------------------------------------------------------------------- */

static void expect_found(const char *what, size_t regions, size_t pages, size_t zeros)
{
	expect(got.regions == regions && got.pages == pages && got.zeros == zeros,
		"%s: %zu regions, %zu pages, %zu pages of zeros, not %zu, %zu, %zu", what, got.regions, got.pages, got.zeros,
		regions, pages, zeros);
}

/* Holes of up to 1 MB in private anonymous writable memory are bridged, longer ones and others are not. */
static void holes_are_bridged(void)
{
	size_t longest = RDUMP_LONGEST_HOLE / page, pages = 2 * longest + 20;
	unsigned char *arena = reserve(pages * page, MAP_PRIVATE | MAP_ANONYMOUS);

	arena[5 * page] = arena[7 * page] = arena[8 * page] = 1;
	arena[(9 + longest) * page] = 1;      /* behind a hole of 1 MB */
	arena[(11 + 2 * longest) * page] = 1; /* behind one that is a page longer */
	for (int source = SCAN; source < NOTHING; source++) {
		if (ask((enum source) source, arena, pages * page, false)) {
			expect_found(source_name[source], 2, 5, 1 + longest);
		}
	}
	expect(mprotect(arena, pages * page, PROT_READ) == 0, "mprotect: %s", strerror(errno));
	ask(SCAN, arena, pages * page, false);
	expect_found("read-only", 4, 5, 0);
	arena = reserve(pages * page, MAP_SHARED | MAP_ANONYMOUS);
	arena[5 * page] = arena[7 * page] = 1;
	ask(SCAN, arena, pages * page, false);
	expect_found("shared", 2, 2, 0);
}

/* Between two mappings as well, where both are such memory. The arena holds mappings of three pages. */
static void holes_between_mappings(void)
{
	unsigned char *arena = reserve(9 * page, MAP_PRIVATE | MAP_ANONYMOUS);

	arena[0] = arena[page] = arena[8 * page] = 1;
	expect(mprotect(arena + 3 * page, 3 * page, PROT_READ | PROT_WRITE | PROT_EXEC) == 0, "mprotect: %s",
		strerror(errno));
	ask(SCAN, arena, 9 * page, false);
	expect_found("all writable", 1, 3, 6);
	expect(mprotect(arena + 3 * page, 3 * page, PROT_READ) == 0, "mprotect: %s", strerror(errno));
	ask(SCAN, arena, 9 * page, false);
	expect_found("with a read-only one", 2, 3, 0);
	expect(mprotect(arena + 3 * page, 3 * page, PROT_NONE) == 0, "mprotect: %s", strerror(errno));
	ask(SCAN, arena, 9 * page, false);
	expect_found("with one that cannot be read", 2, 3, 0);
	arena[2 * page] = arena[6 * page] = 1;
	expect(mprotect(arena + 3 * page, 3 * page, PROT_READ) == 0, "mprotect: %s", strerror(errno));
	ask(SCAN, arena, 9 * page, false);
	expect_found("with an untouched read-only one", 2, 5, 1);
}

/* The first page at each 2 MB of the mapping that holds the VM stack is there, if only as zeros. */
static void chunks_can_be_probed(void)
{
	size_t chunk = RDUMP_CHUNK / page, pages = 5 * chunk + 3;
	unsigned char *reserved = reserve((pages + chunk) * page, MAP_PRIVATE | MAP_ANONYMOUS);
	/* Begins a page before a boundary, and ends two pages behind one. */
	unsigned char *arena = (unsigned char *) (((uintptr_t) reserved + RDUMP_CHUNK) & ~(RDUMP_CHUNK - 1)) - page;

	unsigned char *end = reserved + (pages + chunk) * page;

	if (arena + pages * page < end) {
		expect(munmap(arena + pages * page, (size_t) (end - arena) - pages * page) == 0, "munmap: %s", strerror(errno));
	}
	if (arena > reserved) {
		expect(munmap(reserved, (size_t) (arena - reserved)) == 0, "munmap: %s", strerror(errno));
	}
	arena[(1 + chunk) * page] = 1;                 /* the first page of the second chunk */
	arena[(1 + 2 * chunk + chunk / 4) * page] = 1; /* a quarter of a chunk behind the third boundary */
	for (int source = SCAN; source < NOTHING; source++) {
		vm_stack = 0;
		if (!ask((enum source) source, arena, pages * page, false)) {
			continue;
		}
		expect_found("without a VM stack", 2, 2, 0);
		vm_stack = (uintptr_t) arena + 3 * page;
		ask((enum source) source, arena, pages * page, false);
		/* Boundaries 0 to 5: 1 is touched, 2 is bridged to what follows. */
		expect_found(source_name[source], 6, 2, 5 + chunk / 4 - 1);
	}
	vm_stack = 0;
}

/* A full dump holds read-only files, in regions of their own: a reader loads a region whole. */
static void full_only(void)
{
	unsigned char *bytes = calloc(6, page), *arena = reserve(9 * page, MAP_PRIVATE | MAP_ANONYMOUS);
	int fd;

	put_file("library", bytes, 6 * page);
	fd = open("library", O_RDONLY | O_CLOEXEC);
	expect(mmap(arena + 3 * page, 3 * page, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) != MAP_FAILED, "mmap");
	memset(arena, 1, 3 * page);
	memset(arena + 6 * page, 1, 3 * page);
	ask(SCAN, arena, 9 * page, false);
	expect_found("lean", 2, 6, 0);
	in_full = true;
	ask(SCAN, arena, 9 * page, true);
	expect_found("full", 3, 9, 0);
	/* Two of them together are one region. */
	expect(mmap(arena + 6 * page, 3 * page, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, fd, 0) != MAP_FAILED,
		"mmap");
	ask(SCAN, arena, 9 * page, true);
	expect_found("full, with two files", 2, 9, 0);
	/* RELRO: a lean dump has some of its pages. */
	expect(mmap(arena + 3 * page, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd, 0) != MAP_FAILED,
		"mmap");
	arena[3 * page] = 1;
	expect(mprotect(arena + 3 * page, 3 * page, PROT_READ) == 0, "mprotect");
	ask(SCAN, arena, 9 * page, false);
	expect_found("lean, with RELRO", 1, 4, 0);
	ask(SCAN, arena, 9 * page, true);
	expect_found("full, with RELRO", 2, 9, 0);
}

static int stop_at_third(void *context, const struct rdump_run *run)
{
	(void) run;
	return ++*(int *) context == 3 ? 42 : 0;
}

static void handler_stops(void)
{
	unsigned char *arena = reserve(40 * page, MAP_PRIVATE | MAP_ANONYMOUS);

	for (size_t i = 0; i < 40; i += 2) {
		arena[i * page] = 1;
	}
	for (int source = SCAN; source < NOTHING; source++) {
		int calls = 0;
		shim_show_only(arena, arena + 40 * page);
		rdump_scratch_take(&scratch);
		expect(open_pages(&maps, &scratch, false, &error) == 0, "cannot %s: %s", error.step, strerror(error.err));
		finder.can_scan = finder.can_scan && source == SCAN;
		if (source == MINCORE) {
			rdump_pages_close(&finder);
		}
		expect(rdump_pages_runs(&finder, stop_at_third, &calls) == 42 && calls == 3, "%s: %d runs", source_name[source],
			calls);
		rdump_pages_close(&finder);
		rdump_scratch_give(&scratch);
		shim_restore();
	}
}

/* The scratch is removed from the run that contains it: at its beginning, in its middle, at its end. */
static void scratch_is_cut_out(void)
{
	unsigned char *arena = reserve(30 * page, MAP_PRIVATE | MAP_ANONYMOUS);
	static const struct {
		size_t begin, end, runs;
	} row[] = {{0, 30, 0}, {0, 10, 1}, {20, 30, 1}, {10, 20, 2}, {29, 30, 1}};

	memset(arena, 1, 30 * page);
	shim_show_only(arena, arena + 30 * page);
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		struct rdump_scratch own;
		rdump_scratch_take(&scratch);
		expect(open_pages(&maps, &scratch, false, &error) == 0, "cannot %s: %s", error.step, strerror(error.err));
		own.begin = arena + row[i].begin * page;
		own.end = arena + row[i].end * page;
		maps.scratch = &own;
		got.runs = got.pages = got.regions = got.zeros = 0;
		got.previous = 0;
		got.begin = (uintptr_t) arena;
		got.end = got.begin + 30 * page;
		got.there = calloc(30, 1);
		expect(rdump_pages_runs(&finder, collect, NULL) == 0, "runs");
		expect(got.runs == row[i].runs, "row %zu: %zu runs", i, got.runs);
		for (size_t at = 0; at < 30; at++) {
			expect(got.there[at] == (at < row[i].begin || at >= row[i].end), "row %zu: page %zu", i, at);
		}
		rdump_pages_close(&finder);
		rdump_scratch_give(&scratch);
	}
	shim_restore();
}

/* An unlinked file: on a disk its pages may not be in the cache, on a tmpfs mincore() sees them. */
static void unlinked_files(void)
{
	struct statfs file_system;
	unsigned char *arena;
	char path[] = "/dev/shm/rdump-c-XXXXXX";
	int fd = open("unlinked", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	expect(
		fd >= 0 && unlink("unlinked") == 0 && ftruncate(fd, (off_t) (50 * page)) == 0 && fstatfs(fd, &file_system) == 0,
		"%s", strerror(errno));
	/* Large enough to exceed the read-ahead. */
	expect(ftruncate(fd, (off_t) (5000 * page)) == 0, "ftruncate: %s", strerror(errno));
	arena = reserve(5000 * page, MAP_PRIVATE | MAP_ANONYMOUS);
	expect(mmap(arena, 5000 * page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == arena, "mmap: %s",
		strerror(errno));
	arena[5 * page] = 1;
	if (file_system.f_type != 0x01021994) {
		ask(SCAN, arena, 5000 * page, false);
		expect(got.pages == 5000, "unlinked, on a disk: %zu pages", got.pages);
	}
	arena = reserve(50 * page, MAP_PRIVATE | MAP_ANONYMOUS);
	fd = mkstemp(path);
	if (fd < 0 || fstatfs(fd, &file_system) < 0 || file_system.f_type != 0x01021994) {
		skip("/dev/shm is no tmpfs");
	}
	expect(unlink(path) == 0 && ftruncate(fd, (off_t) (50 * page)) == 0, "%s", strerror(errno));
	expect(mmap(arena, 50 * page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == arena, "mmap: %s",
		strerror(errno));
	arena[5 * page] = arena[6 * page] = 1;
	ask(SCAN, arena, 50 * page, false);
	expect(got.pages == 2 && got.there[5] && got.there[6], "unlinked, on a tmpfs: %zu pages", got.pages);
}

#ifndef MADV_GUARD_INSTALL
# define MADV_GUARD_INSTALL 102 /* Linux 6.13 */
#endif

/* The page table shows guard pages as swapped out, but they are no memory. Since 6.15 the kernel marks them. */
static void guard_pages(void)
{
	static const unsigned char wanted[] = "x..xx...x";
	unsigned char *arena = reserve(9 * page, MAP_PRIVATE | MAP_ANONYMOUS);
	struct utsname system;
	int major = 0, minor = 0;

	if (madvise(arena + page, 2 * page, MADV_GUARD_INSTALL) < 0) {
		skip("this kernel has no guard pages: %s", strerror(errno));
	}
	expect(uname(&system) == 0 && sscanf(system.release, "%d.%d", &major, &minor) == 2, "uname");
	if (major < 6 || (major == 6 && minor < 15)) {
		skip("Linux %d.%d does not tell them from swapped pages", major, minor);
	}
	expect(madvise(arena + 5 * page, 3 * page, MADV_GUARD_INSTALL) == 0, "madvise: %s", strerror(errno));
	for (size_t i = 0; i < 9; i++) {
		if (wanted[i] == 'x') {
			arena[i * page] = 1;
		}
	}
	for (enum source source = SCAN; source <= MINCORE; source++) {
		if (ask(source, arena, 9 * page, false)) {
			for (size_t i = 0; i < 9; i++) {
				expect(!got.there[i] == (wanted[i] != 'x'), "%s: page %zu", source_name[source], i);
			}
		}
	}
}

/* mincore() does not see swapped pages: if there may be some, it is not asked. */
static void mincore_and_swap(void)
{
	static const struct {
		int type;
		bool accounted;
		uint64_t swap;
		bool swap_in_use, believed;
		const char *kernel;
		bool asked_twice, has_swap;
	} row[] = {
		{MAP_PRIVATE, true, 0, true, true, "6.1.0", false, true},
		{MAP_PRIVATE, true, 4096, false, false, "6.1.0", false, true},
		{MAP_PRIVATE, false, 0, false, true, "6.1.0", false, true},
		{MAP_PRIVATE, false, 0, true, false, "6.1.0", false, true},
		/* Before Linux 4.5 "Swap:" is always 0 for shared memory. */
		{MAP_SHARED, true, 0, true, true, "4.5.0", false, true},
		{MAP_SHARED, true, 0, true, false, "4.4.302-debian", false, true},
		{MAP_SHARED, true, 0, true, false, "3.10.0", false, true},
		{MAP_SHARED, true, 0, false, true, "4.4.302", false, true},
		{MAP_PRIVATE, true, 0, true, true, "4.4.302", false, true},
		{MAP_SHARED, true, 0, true, true, "10.0", false, true},
		/* With swap, a second answer may differ from the first. */
		{MAP_SHARED, true, 0, false, false, "6.1.0", true, true},
		{MAP_SHARED, true, 0, false, true, "6.1.0", true, false},
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		unsigned char *arena = reserve(50 * page, row[i].type | MAP_ANONYMOUS);

		memset(arena + 10 * page, 1, page);
		shim_restore();
		shim_show_only(arena, arena + 50 * page);
		got.runs = got.pages = got.regions = got.zeros = 0;
		got.begin = (uintptr_t) arena;
		got.end = got.begin + 50 * page;
		got.there = calloc(50, 1);
		rdump_scratch_take(&scratch);
		shim_arm();
		shim.kernel = row[i].kernel;
		expect(open_pages(&maps, &scratch, false, &error) == 0 && maps.count == 1, "cannot %s: %s", error.step,
			strerror(error.err));
		shim_disarm();
		rdump_pages_close(&finder);
		finder.swap_in_use = row[i].swap_in_use;
		finder.has_swap = row[i].has_swap;
		finder.asked_twice = row[i].asked_twice;
		maps.mapping->accounted = row[i].accounted;
		maps.mapping->swap = row[i].swap;
		expect(rdump_pages_runs(&finder, collect, NULL) == 0, "runs");
		expect(got.pages == (row[i].believed ? 1 : 50), "row %zu: %zu pages", i, got.pages);
		rdump_scratch_give(&scratch);
	}
	shim_restore();
}

/* ---- swap -------------------------------------------------------------------------------------------------------- */

#define SWAP_SIZE ((size_t) 32 << 20)

static void turn_swap_on(void)
{
	unsigned char *area = calloc(1, SWAP_SIZE);
	uint32_t header[3] = {1, (uint32_t) (SWAP_SIZE / page - 1), 0};

	memcpy(area + 1024, header, sizeof(header));
	memcpy(area + page - 10, "SWAPSPACE2", 10);
	put_file("swap", area, SWAP_SIZE);
	expect(chmod("swap", 0600) == 0, "chmod: %s", strerror(errno));
	free(area);
	if (swapon("swap", 0) < 0) {
		skip("no swap can be had: %s", strerror(errno));
	}
}

static bool is_swapped(unsigned char *at, size_t pages)
{
	uint64_t entry;
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	size_t swapped = 0;

	for (size_t i = 0; i < pages; i++) {
		if (pread(fd, &entry, sizeof(entry), (off_t) (((uintptr_t) at / page + i) * 8)) == 8) {
			swapped += entry >> 62 & 1;
		}
	}
	close(fd);
	return swapped > 0;
}

static void check_swapped(unsigned char *private, unsigned char *shared)
{
	for (int source = SCAN; source < NOTHING; source++) {
		if (ask((enum source) source, private, 100 * page, false)) {
			for (size_t i = 0; i < 50; i++) {
				expect(got.there[i], "%s: page %zu of private memory is missing", source_name[source], i);
			}
			expect(source == MINCORE || got.pages == 50, "%s: %zu pages of private memory", source_name[source],
				got.pages);
		}
		ask((enum source) source, shared, 100 * page, false);
		for (size_t i = 0; i < 50; i++) {
			expect(got.there[i], "%s: page %zu of shared memory is missing", source_name[source], i);
		}
	}
}

static void swapped(void *context)
{
	unsigned char *private = reserve(100 * page, MAP_PRIVATE | MAP_ANONYMOUS),
				  *shared = reserve(100 * page, MAP_SHARED | MAP_ANONYMOUS);

	(void) context;
	memset(private, 5, 50 * page);
	memset(shared, 6, 50 * page);
	if (madvise(private, 100 * page, 21 /* MADV_PAGEOUT */) < 0 || !is_swapped(private, 50)) {
		skip("the kernel does not swap out when asked");
	}
	(void) madvise(shared, 100 * page, 21);
	check_swapped(private, shared);
	/* The system calls must not have brought the pages back. */
	expect(is_swapped(private, 50), "asking brought the pages back");
	/* Without smaps nothing says what is swapped out. As swap is in use, mincore() is not asked. */
	shim_replace("/proc/self/smaps", NULL, ENOENT);
	check_swapped(private, shared);
}

static void swapped_out(void)
{
	if (geteuid() != 0) {
		skip("only root turns swap on");
	}
	if (check_instrumented()) {
		skip("once is enough: it is done without instruments");
	}
	turn_swap_on();
	pid_t child = start_child(swapped, NULL);
	int status = 0;
	/* Swap off again, in any case. That reads everything back. */
	while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
	}
	(void) swapoff("swap");
	expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "see above");
}

/* Before Linux 4.2 an entry of pagemap may have the page's size in the bits that are for guards now. */
static void old_pagemap(void)
{
	unsigned char *arena = reserve(9 * page, MAP_PRIVATE | MAP_ANONYMOUS);

	arena[3 * page] = arena[4 * page] = 1;
	old_entries = true;
	expect(ask(ENTRIES, arena, 9 * page, false), "pagemap does not answer");
	old_entries = false;
	expect(got.pages == 2 && got.there[3] && got.there[4], "%zu pages", got.pages);
}

int main(void)
{
	page = (size_t) sysconf(_SC_PAGESIZE);
	check("each source finds the same private pages", same_from_each_source);
	check("more pages than one answer holds", more_than_one_answer);
	check("a source that fails, or is interrupted", source_that_stops);
	check("1 TB of reserved address space: no page, no system call", a_terabyte);
	check("holes of up to 1 MB are bridged, in private anonymous writable memory", holes_are_bridged);
	check("holes between mappings", holes_between_mappings);
	check("each chunk in the mapping of the VM stack can be probed", chunks_can_be_probed);
	check("what only a full dump holds is apart", full_only);
	check("shared pages that only another process touched", shared_memory_of_others);
	check("the pages of a forked child", in_a_forked_child);
	check("read-only pages of a file: those that have changed", changed_pages);
	check("adjacent pages are one run", neighbours_are_one_run);
	check("a handler stops the runs", handler_stops);
	check("the scratch is removed from a run", scratch_is_cut_out);
	check("unlinked files on a disk and on a tmpfs", unlinked_files);
	check("mincore() and swap", mincore_and_swap);
	check("pagemap before Linux 4.2", old_pagemap);
	check("guard pages are not memory", guard_pages);
	check("pages that are swapped out", swapped_out);
	return 0;
}
