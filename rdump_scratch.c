/* Memory to work in while a dump is made. See rdump_scratch.h. */
#include "rdump_scratch.h"

#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/*
 * Holds the list and the runs of 65,530 mappings with lines of some 130 bytes. So many are all that vm.max_map_count
 * permits by default, and a process that has them gets no mapping for the scratch.
 */
#define RESERVE_SIZE ((size_t) 16 << 20)

/* Address space only: what is not touched costs nothing. The first is enough for a million mappings. */
static const size_t mapped_sizes[] = {(size_t) 256 << 20, (size_t) 32 << 20};

/* For when the machine, or RLIMIT_AS, gives no mapping. Part of .bss: no page of it exists until it is used. */
static unsigned char reserve[RESERVE_SIZE];

/* The process in which a dump is being made, 0 = none. */
static pid_t dumping;
/* The thread that makes it, as pthread_self() has it: the same in a copy of the process that writes the dump. */
static pthread_t dumper;

static void take_turn(void)
{
	static const struct timespec pause = {0, 1000000};
	pid_t self = (pid_t) syscall(SYS_getpid); /* before 2.25 glibc's getpid() is wrong in a raw clone(2) */

	for (;;) {
		pid_t holder = 0;
		if (__atomic_compare_exchange_n(&dumping, &holder, self, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
			return;
		}
		/*
		 * Another process's number is what a fork() in mid-dump left here: the thread that dumped is not in this child.
		 */
		if (holder != self
			&& __atomic_compare_exchange_n(&dumping, &holder, self, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
			return;
		}
		nanosleep(&pause, NULL);
	}
}

void rdump_scratch_unmap(void *memory, size_t size)
{
	(void) syscall(SYS_munmap, memory, size);
}

/*
 * Maps it without access first: in a process that called mlockall(MCL_FUTURE) every page of a new mapping that may be
 * written exists at once, and munlock(2) prevents that. The advice is a wish: nothing depends on it.
 */
static void *map_scratch(size_t size)
{
	void *memory = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED) {
		return NULL;
	}
	(void) munlock(memory, size);
	if (mprotect(memory, size, PROT_READ | PROT_WRITE) < 0) {
		rdump_scratch_unmap(memory, size);
		return NULL;
	}
	(void) madvise(memory, size, MADV_DONTDUMP);
	(void) madvise(memory, size, MADV_DONTFORK);   /* a child has no use for it */
	(void) madvise(memory, size, MADV_NOHUGEPAGE); /* with huge pages a small dump would cost 2 MB at a time */
	return memory;
}

/* Whole pages only, so that to leave the scratch out of the dump leaves out nothing else. */
static void use_reserve(struct rdump_scratch *scratch)
{
	uintptr_t page_size = (uintptr_t) sysconf(_SC_PAGESIZE);

	scratch->begin = (unsigned char *) (((uintptr_t) reserve + page_size - 1) & ~(page_size - 1));
	scratch->end = (unsigned char *) (((uintptr_t) reserve + RESERVE_SIZE) & ~(page_size - 1));
}

void rdump_scratch_take(struct rdump_scratch *scratch)
{
	take_turn();
	__atomic_store_n(&dumper, pthread_self(), __ATOMIC_RELEASE);
	scratch->mapped = false;
	for (size_t i = 0; i < sizeof(mapped_sizes) / sizeof(*mapped_sizes) && !scratch->mapped; i++) {
		scratch->begin = map_scratch(mapped_sizes[i]);
		scratch->end = scratch->begin + mapped_sizes[i];
		scratch->mapped = scratch->begin != NULL;
	}
	if (!scratch->mapped) {
		use_reserve(scratch);
	}
	scratch->low = scratch->begin;
	scratch->high = scratch->end;
}

void rdump_scratch_give(struct rdump_scratch *scratch)
{
	size_t size = (size_t) (scratch->end - scratch->begin);

	if (scratch->mapped) {
		rdump_scratch_unmap(scratch->begin, size);
	} else {
		(void) madvise(scratch->begin, size, MADV_DONTNEED);
	}
	__atomic_store_n(&dumper, (pthread_t) 0, __ATOMIC_RELEASE);
	__atomic_store_n(&dumping, 0, __ATOMIC_RELEASE);
}

bool rdump_scratch_is_taken_here(void)
{
	return pthread_equal(__atomic_load_n(&dumper, __ATOMIC_ACQUIRE), pthread_self());
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
