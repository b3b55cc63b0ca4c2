/* Memory to work in while a dump is made. See rdump_scratch.h. */
#include "rdump_scratch.h"

#include <stdint.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define RESERVE_SIZE ((size_t) 1024 * 1024)

/* Address space only: what is not touched costs nothing. The first is enough for a million mappings. */
static const size_t mapped_sizes[] = {(size_t) 256 << 20, (size_t) 32 << 20, (size_t) 4 << 20};

/* For when the machine, or RLIMIT_AS, gives no more. Part of .bss: no page of it exists until it is used. */
static unsigned char reserve[RESERVE_SIZE];

/* The process in which a dump is being made, 0 = none. */
static pid_t dumping;

static void take_turn(void)
{
	static const struct timespec pause = {0, 1000000};
	pid_t self = getpid();

	for (;;) {
		pid_t holder = 0;
		if (__atomic_compare_exchange_n(&dumping, &holder, self, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
			return;
		}
		/* Another process's number is what a fork() in mid-dump left here: the thread that dumped is not in this child. */
		if (holder != self
			&& __atomic_compare_exchange_n(&dumping, &holder, self, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
			return;
		}
		nanosleep(&pause, NULL);
	}
}

void rdump_scratch_take(struct rdump_scratch *scratch)
{
	size_t page_size = (size_t) sysconf(_SC_PAGESIZE);

	take_turn();
	scratch->mapped = false;
	for (size_t i = 0; i < sizeof(mapped_sizes) / sizeof(*mapped_sizes) && !scratch->mapped; i++) {
		void *memory = mmap(NULL, mapped_sizes[i], PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (memory != MAP_FAILED) {
			scratch->begin = memory;
			scratch->end = scratch->begin + mapped_sizes[i];
			scratch->mapped = true;
			/* Huge pages would have a small dump cost 2 MB at a time. Both are wishes: nothing depends on them. */
			(void) madvise(memory, mapped_sizes[i], MADV_DONTDUMP);
			(void) madvise(memory, mapped_sizes[i], MADV_NOHUGEPAGE);
		}
	}
	if (!scratch->mapped) {
		/* Whole pages only, so that leaving the scratch out of the dump leaves out nothing else. */
		uintptr_t first = ((uintptr_t) reserve + page_size - 1) & ~((uintptr_t) page_size - 1);
		scratch->begin = (unsigned char *) first;
		scratch->end = (unsigned char *) (((uintptr_t) reserve + RESERVE_SIZE) & ~((uintptr_t) page_size - 1));
	}
	scratch->low = scratch->begin;
	scratch->high = scratch->end;
}

void rdump_scratch_give(struct rdump_scratch *scratch)
{
	size_t size = (size_t) (scratch->end - scratch->begin);

	if (scratch->mapped) {
		(void) munmap(scratch->begin, size);
	} else {
		(void) madvise(scratch->begin, size, MADV_DONTNEED);
	}
	__atomic_store_n(&dumping, 0, __ATOMIC_RELEASE);
}

void *rdump_scratch_low(struct rdump_scratch *scratch, size_t size)
{
	unsigned char *memory = scratch->low;

	if (size > (size_t) (scratch->high - memory) || ((size + 7) & ~(size_t) 7) > (size_t) (scratch->high - memory)) {
		return NULL;
	}
	scratch->low += (size + 7) & ~(size_t) 7;
	return memory;
}

void *rdump_scratch_high(struct rdump_scratch *scratch, size_t size)
{
	if (size > (size_t) (scratch->high - scratch->low)) {
		return NULL;
	}
	scratch->high -= size;
	return scratch->high;
}
