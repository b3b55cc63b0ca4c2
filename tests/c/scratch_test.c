/* The memory that a dump works in: rdump_scratch. */
#include "check.h"
#include "shim.h"
#include "../../rdump_scratch.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static struct rdump_scratch scratch;

static void pieces(void)
{
	unsigned char memory[4096] __attribute__((aligned(4096)));
	struct rdump_scratch small = {memory, memory + sizeof(memory), memory, memory + sizeof(memory), false};
	unsigned char *first, *second, *third;

	first = rdump_scratch_low(&small, 1);
	second = rdump_scratch_low(&small, 13);
	third = rdump_scratch_low(&small, 8);
	expect(first == memory && second == memory + 8 && third == memory + 24, "pieces from below: %td, %td, %td",
		first - memory, second - memory, third - memory);
	first = rdump_scratch_high(&small, 1);
	second = rdump_scratch_high(&small, 13);
	expect(first == memory + 4095 && second == memory + 4082, "pieces from above: %td, %td", first - memory,
		second - memory);
	/* 32 bytes are used at the low end, 14 at the high end: 4050 are left */
	expect(!rdump_scratch_low(&small, 4051) && !rdump_scratch_high(&small, 4051), "more than there is");
	expect(!rdump_scratch_low(&small, 4049), "as much as there is, but not when rounded up");
	expect(!rdump_scratch_low(&small, SIZE_MAX) && !rdump_scratch_low(&small, SIZE_MAX - 6)
			&& !rdump_scratch_high(&small, SIZE_MAX),
		"sizes that wrap round");
	expect(rdump_scratch_low(&small, 4048) && !rdump_scratch_low(&small, 1), "the last of it from below");
	expect(rdump_scratch_high(&small, 2) && !rdump_scratch_high(&small, 1), "the last of it from above");
	expect(rdump_scratch_high(&small, 0) && rdump_scratch_low(&small, 0), "nothing is always to be had");
}

static void use(size_t size)
{
	unsigned char *low = rdump_scratch_low(&scratch, size), *high = rdump_scratch_high(&scratch, size);

	expect(low && high && low >= scratch.begin && high + size <= scratch.end && low + size <= high,
		"pieces outside of the scratch");
	memset(low, 1, size);
	memset(high, 2, size);
}

/* Pages of address space: a new mapping may join an existing one. */
static long address_space(void)
{
	FILE *statm = fopen("/proc/self/statm", "r");
	long pages = 0;

	expect(statm && fscanf(statm, "%ld", &pages) == 1, "statm: %s", strerror(errno));
	fclose(statm);
	return pages;
}

static void mapped(void)
{
	long before;

	rdump_scratch_take(&scratch);
	rdump_scratch_give(&scratch);
	before = address_space();
	for (int i = 0; i < 10; i++) {
		rdump_scratch_take(&scratch);
		expect(scratch.mapped && scratch.end - scratch.begin >= 4 << 20, "%td bytes", scratch.end - scratch.begin);
		use(1 << 20);
		rdump_scratch_give(&scratch);
	}
	expect(check_emulated() || address_space() < before + (8 << 20) / sysconf(_SC_PAGESIZE),
		"it grew from %ld to %ld pages", before, address_space());
}

static int mmap_fails;

static void let_mmap_fail(const char *call)
{
	if (!strcmp(call, "mmap")) {
		shim.fail_from = mmap_fails-- > 0 ? 1 : 0;
	}
}

/* Less and less address space: smaller scratches, then the reserve. It is empty each time. */
static void smaller_and_smaller(void)
{
	ptrdiff_t size[3], page = sysconf(_SC_PAGESIZE);

	for (int round = 0; round < 2; round++) {
		for (int allowed = 0; allowed < 3; allowed++) {
			mmap_fails = 2 - allowed;
			shim_arm();
			shim.before = let_mmap_fail;
			shim.only = "mmap";
			shim.err = ENOMEM;
			rdump_scratch_take(&scratch);
			shim_disarm();
			size[allowed] = scratch.end - scratch.begin;
			expect(scratch.low == scratch.begin && scratch.high == scratch.end
					&& (uintptr_t) scratch.begin % (size_t) page == 0 && size[allowed] % page == 0,
				"the scratch is not whole pages");
			expect(scratch.mapped == (allowed > 0), "mapped after %d failures", 2 - allowed);
			use(400000);
			rdump_scratch_give(&scratch);
		}
		expect(size[2] > size[1] && size[1] > size[0] && size[0] >= (16 << 20) - 2 * page && size[0] <= 16 << 20,
			"sizes %td, %td, %td", size[2], size[1], size[0]);
	}
}

/* The pages of the reserve are returned too. */
static void reserve_is_given_back(void)
{
	unsigned char resident[4096];
	size_t page = (size_t) sysconf(_SC_PAGESIZE), there = 0, pages;

	shim_fail("mmap", ENOMEM);
	rdump_scratch_take(&scratch);
	shim_disarm();
	pages = (size_t) (scratch.end - scratch.begin) / page;
	use((size_t) (scratch.end - scratch.begin) / 2 - 8);
	rdump_scratch_give(&scratch);
	expect(pages <= sizeof(resident) && mincore(scratch.begin, pages * page, resident) == 0, "mincore: %s",
		strerror(errno));
	for (size_t i = 0; i < pages; i++) {
		there += resident[i] & 1;
	}
	expect(there == 0, "%zu of %zu pages of the reserve are still there", there, pages);
}

/* A field of smaps, in kB, of the mapping that contains `address`. -1 if there is no such mapping. */
static long smaps_field(const void *address, const char *field)
{
	FILE *list = fopen("/proc/self/smaps", "r");
	char line[4096], format[32];
	unsigned long begin, end;
	long value = -1;
	bool within = false;

	snprintf(format, sizeof(format), "%s: %%ld kB", field);
	while (fgets(line, sizeof(line), list)) {
		if (sscanf(line, "%lx-%lx ", &begin, &end) == 2) {
			within = begin <= (uintptr_t) address && (uintptr_t) address < end;
		} else if (within && sscanf(line, format, &value) == 1) {
			break;
		}
	}
	fclose(list);
	return value;
}

/* In a process whose new memory is locked, and so exists at once. */
static void future_locked(void)
{
	if (check_emulated() || check_instrumented()) {
		skip("an emulator and the instruments have memory of their own");
	}
	if (mlockall(MCL_FUTURE) < 0) {
		skip("no memory can be locked: %s", strerror(errno));
	}
	rdump_scratch_take(&scratch);
	expect(scratch.mapped && scratch.end - scratch.begin > 64 << 20, "the scratch is %td bytes",
		scratch.end - scratch.begin);
	expect(smaps_field(scratch.begin, "Rss") == 0, "%ld kB of the scratch exist", smaps_field(scratch.begin, "Rss"));
	use(1 << 20);
	expect(smaps_field(scratch.begin, "Rss") < 4096, "%ld kB of the scratch exist", smaps_field(scratch.begin, "Rss"));
	rdump_scratch_give(&scratch);
}

static void has_no_scratch(void *unused)
{
	(void) unused;
	expect(smaps_field(scratch.begin, "Rss") == -1, "the child has %ld kB of it", smaps_field(scratch.begin, "Rss"));
}

/* A child that is forked during a dump does not have the scratch. */
static void not_in_children(void)
{
	if (check_emulated()) {
		skip("an emulator keeps MADV_DONTFORK to itself");
	}
	rdump_scratch_take(&scratch);
	use(1 << 20);
	end_child(start_child(has_no_scratch, NULL));
	rdump_scratch_give(&scratch);
}

static int holding, waiting, taken;

static void *take_second(void *unused)
{
	struct rdump_scratch second;

	(void) unused;
	await(&holding);
	__atomic_store_n(&waiting, 1, __ATOMIC_RELEASE);
	rdump_scratch_take(&second);
	__atomic_store_n(&taken, 1, __ATOMIC_RELEASE);
	rdump_scratch_give(&second);
	return NULL;
}

static void one_at_a_time(void)
{
	static const struct timespec while_it_tries = {0, 20000000};
	pthread_t thread;

	rdump_scratch_take(&scratch);
	expect(pthread_create(&thread, NULL, take_second, NULL) == 0, "pthread_create");
	__atomic_store_n(&holding, 1, __ATOMIC_RELEASE);
	await(&waiting);
	nanosleep(&while_it_tries, NULL); /* if it could take the lock, it would have it by now */
	expect(!__atomic_load_n(&taken, __ATOMIC_ACQUIRE), "two have it at once");
	rdump_scratch_give(&scratch);
	await(&taken);
	pthread_join(thread, NULL);
}

static void take_in_child(void *unused)
{
	(void) unused;
	rdump_scratch_take(&scratch);
	use(1000);
	rdump_scratch_give(&scratch);
}

/*
 * A child that is forked during a dump: its dump does not wait for a thread that it does not have. The same for its
 * child.
 */
static void in_children(void)
{
	struct rdump_scratch own;

	rdump_scratch_take(&own);
	end_child(start_child(take_in_child, NULL));
	rdump_scratch_give(&own);
	end_child(start_child(take_in_child, NULL));
}

int main(void)
{
	check("pieces of scratch", pieces);
	check("the scratch is taken and returned", mapped);
	check("less and less address space", smaller_and_smaller);
	check("the reserve is returned", reserve_is_given_back);
	check("the scratch with locked memory (mlockall)", future_locked);
	check("a child does not have the scratch", not_in_children);
	check("one dump at a time", one_at_a_time);
	check("a child that is forked during a dump", in_children);
	return 0;
}
