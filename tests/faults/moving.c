/*
 * Memory that changes during a dump, without PHP:   moving FOLDER FILE_FOLDER DUMPS CHANGES
 *
 * Threads map, unmap, protect and truncate all the time. The main thread dumps, with and without safe_read, lean and
 * full, until it has made DUMPS dumps of each kind and the threads have made CHANGES changes. Each file is read
 * strictly, and compared with memory that does not change. Some of this is beside pages that cannot be read: those of
 * truncated files, and guard pages of stacks. With these, one dump of each kind is made before the threads begin.
 * FOLDER is for the dumps, FILE_FOLDER for the mapped files.
 */
#define _GNU_SOURCE
#include "rdump_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE 4096
#define STEADY_PAGES 512
#define TRUNCATED_PAGES 64
#define PAIRS 64
#define STACKS 4
#define STACK_PAGES 16
#define SLOTS 8
#define SLOT_PAGES 64

static const char *folder, *file_folder;
static volatile bool over;
static unsigned long changes;

/* Pages that do not change: bytes that must be in each dump, or pages that cannot be read. */
static struct {
	unsigned char *at;
	bool good;
} page[4096];
static size_t pages;

static void fail(const char *what)
{
	perror(what);
	exit(2);
}

static unsigned char *map(void *at, size_t count, int flags, int fd, size_t first)
{
	unsigned char *memory
		= mmap(at, count * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | flags, fd, (off_t) (first * PAGE));

	if (memory == MAP_FAILED) {
		fail("mmap");
	}
	return memory;
}

/* Stores pages, and fills each readable one with another byte. */
static void keep(unsigned char *at, size_t count, bool good)
{
	for (size_t i = 0; i < count; i++, at += PAGE) {
		page[pages].at = at;
		page[pages].good = good;
		if (good) {
			memset(at, 1 + (int) (pages % 255), PAGE);
		}
		pages++;
	}
}

/* Creates a file of `count` pages in FILE_FOLDER. Returns its descriptor. */
static int make_file(const char *name, size_t count)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", file_folder, name);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, (off_t) (count * PAGE)) < 0) {
		fail(path);
	}
	return fd;
}

static void truncate_to(int fd, size_t count)
{
	if (ftruncate(fd, (off_t) (count * PAGE)) < 0) {
		fail("ftruncate");
	}
	close(fd);
}

/* A private mapping of a file that was truncated, with other memory directly after it. */
static void plant_truncated_file(void)
{
	int fd = make_file("truncated", TRUNCATED_PAGES);
	unsigned char *memory = map(NULL, TRUNCATED_PAGES + 8, MAP_ANONYMOUS, -1, 0);

	map(memory, TRUNCATED_PAGES, MAP_FIXED, fd, 0);
	keep(memory, TRUNCATED_PAGES / 4, true);
	keep(memory + TRUNCATED_PAGES / 4 * PAGE, TRUNCATED_PAGES - TRUNCATED_PAGES / 4, false);
	keep(memory + TRUNCATED_PAGES * PAGE, 8, true);
	truncate_to(fd, TRUNCATED_PAGES / 4);
}

/* Alternately a page that exists and one that does not. */
static void plant_pairs(void)
{
	int fd = make_file("pairs", 2);
	unsigned char *memory = map(NULL, 2 * PAIRS, MAP_ANONYMOUS, -1, 0);

	for (size_t i = 0; i < 2 * PAIRS; i++) {
		map(memory + i * PAGE, 1, MAP_FIXED, fd, i % 2);
		keep(memory + i * PAGE, 1, i % 2 == 0);
	}
	truncate_to(fd, 1);
}

#ifndef MADV_GUARD_INSTALL
# define MADV_GUARD_INSTALL 102
#endif

/* Stacks as threads have them: the lowest page is a guard, within the mapping (Linux 6.13), else by protection. */
static void plant_stacks(void)
{
	for (int i = 0; i < STACKS; i++) {
		unsigned char *memory = map(NULL, STACK_PAGES, MAP_ANONYMOUS, -1, 0);
		if (madvise(memory, PAGE, MADV_GUARD_INSTALL) < 0 && mprotect(memory, PAGE, PROT_NONE) < 0) {
			fail("a guard page");
		}
		keep(memory, 1, false);
		keep(memory + PAGE, STACK_PAGES - 1, true);
	}
}

static void changed(void)
{
	__atomic_add_fetch(&changes, 1, __ATOMIC_RELAXED);
}

/* Address space of one thread: it replaces parts of it with MAP_FIXED. */
static unsigned char *own_space(void)
{
	unsigned char *space
		= mmap(NULL, (size_t) SLOTS * SLOT_PAGES * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (space == MAP_FAILED) {
		perror("mmap");
		exit(2);
	}
	return space;
}

static void *map_and_unmap(void *seed)
{
	unsigned state = (unsigned) (uintptr_t) seed;

	while (!over) {
		unsigned pages = 1 + (unsigned) rand_r(&state) % SLOT_PAGES;
		unsigned char *memory
			= mmap(NULL, (size_t) pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (memory == MAP_FAILED) {
			continue;
		}
		for (unsigned i = 0; i < pages; i += 1 + (unsigned) rand_r(&state) % 4) {
			memory[(size_t) i * PAGE] = 0xab;
		}
		munmap(memory, (size_t) pages * PAGE);
		changed();
	}
	return NULL;
}

static void *change_in_place(void *seed)
{
	unsigned state = (unsigned) (uintptr_t) seed;
	unsigned char *space = own_space();

	while (!over) {
		unsigned first = (unsigned) rand_r(&state) % (SLOTS * SLOT_PAGES - SLOT_PAGES);
		size_t size = (size_t) (1 + (unsigned) rand_r(&state) % SLOT_PAGES) * PAGE;
		unsigned char *at = space + (size_t) first * PAGE;

		switch (rand_r(&state) % 5) {
			case 0:
				/* Unmaps and maps in one step: in between another thread could map the same addresses. */
				mmap(at, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
				break;
			case 1:
				mprotect(at, size, PROT_NONE);
				break;
			case 2:
				if (mprotect(at, size, PROT_READ | PROT_WRITE) == 0) {
					memset(at, 0xcd, size);
				}
				break;
			case 3:
				mprotect(at, size, PROT_READ);
				break;
			default:
				madvise(at, size, MADV_DONTNEED);
		}
		changed();
	}
	return NULL;
}

/* Maps a file, private or shared, and truncates it: a read there gives SIGBUS. */
static void *truncate_files(void *seed)
{
	unsigned state = (unsigned) (uintptr_t) seed;
	char path[4096];
	unsigned char *memory = NULL;
	int fd = -1;

	snprintf(path, sizeof(path), "%s/mapped-%u", file_folder, state);
	while (!over) {
		size_t size = (size_t) SLOT_PAGES * PAGE;
		if (!memory || rand_r(&state) % 16 == 0) {
			if (memory) {
				munmap(memory, size);
				close(fd);
			}
			unlink(path);
			fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
			if (fd < 0 || ftruncate(fd, (off_t) size) < 0) {
				perror(path);
				exit(2);
			}
			memory = mmap(NULL, size, PROT_READ | PROT_WRITE, rand_r(&state) % 2 ? MAP_SHARED : MAP_PRIVATE, fd, 0);
			if (memory == MAP_FAILED) {
				memory = NULL;
				close(fd);
				continue;
			}
			memset(memory, 0xef, size);
			if (rand_r(&state) % 2) {
				unlink(path); /* a dump holds all pages of such a mapping */
			}
		}
		if (ftruncate(fd, (off_t) (rand_r(&state) % SLOT_PAGES) * PAGE) < 0 || ftruncate(fd, (off_t) size) < 0) {
			perror("ftruncate");
			exit(2);
		}
		changed();
	}
	return NULL;
}

/* ---- a strict look at a dump ------------------------------------------------------------------------------------- */

static const unsigned char *at, *end;

static const unsigned char *take(size_t size)
{
	const unsigned char *here = at;

	if ((size_t) (end - at) < size) {
		return NULL;
	}
	at += size;
	return here;
}

static bool take_value(void *value, size_t size)
{
	const unsigned char *bytes = take(size);

	if (bytes) {
		memcpy(value, bytes, size);
	}
	return bytes;
}

static bool take_u32(uint32_t *value)
{
	return take_value(value, sizeof(*value));
}

static bool take_u64(uint64_t *value)
{
	return take_value(value, sizeof(*value));
}

static const unsigned char *take_string(uint32_t *length)
{
	return take_u32(length) ? take(*length) : NULL;
}

static const char *look_at_mappings(uint32_t count)
{
	uint64_t previous = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint64_t bounds[2], inode;
		uint32_t length;
		for (int k = 0; k < 2; k++) {
			char digits[17] = "";
			const unsigned char *text = take_string(&length);
			if (!text || length > 16) {
				return "a mapping's bounds";
			}
			memcpy(digits, text, length);
			bounds[k] = strtoull(digits, NULL, 16);
		}
		if (bounds[0] >= bounds[1] || bounds[0] < previous) {
			return "the order of the mappings";
		}
		previous = bounds[1];
		if (!take_string(&length) || !take(4) || !take_string(&length) || !take_u64(&inode) || !take_string(&length)) {
			return "a mapping";
		}
	}
	return NULL;
}

static bool is_zero(const unsigned char *bytes)
{
	return *bytes == 0 && !memcmp(bytes, bytes + 1, PAGE - 1);
}

/* Compares the pages that do not change with the bytes of a region. Adds those that are in it to `*found`. */
static const char *compare(uint64_t begin, uint64_t size, const unsigned char *bytes, size_t *found)
{
	for (size_t i = 0; i < pages; i++) {
		uint64_t offset
			= (uint64_t) (uintptr_t) page[i].at - begin; /* larger than the region if the page is before it */
		if (offset >= size) {
			continue;
		}
		if (!page[i].good && !is_zero(bytes + offset)) {
			return "the bytes of memory that cannot be read";
		}
		if (page[i].good && memcmp(bytes + offset, page[i].at, PAGE) != 0) {
			if (is_zero(bytes + offset)) {
				return "memory that did not change: it is zeros";
			}
			return "the bytes of memory that did not change";
		}
		*found += page[i].good;
	}
	return NULL;
}

static const char *look_at_regions(uint32_t count)
{
	uint64_t previous = 0;
	size_t found = 0, wanted = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint64_t begin, size;
		const unsigned char *bytes;
		const char *wrong;
		if (!take_u64(&begin) || !take_u64(&size) || !(bytes = take(size))) {
			return "a region";
		}
		if (size == 0 || (begin | size) % PAGE || begin < previous) {
			return "the order of the regions";
		}
		previous = begin + size;
		wrong = compare(begin, size, bytes, &found);
		if (wrong) {
			return wrong;
		}
	}
	for (size_t i = 0; i < pages; i++) {
		wanted += page[i].good;
	}
	if (found != wanted) {
		return "memory that did not change: some of it is missing";
	}
	return at == end ? NULL : "the end: something follows";
}

static bool take_globals(uint32_t count)
{
	uint32_t length;
	uint64_t address;

	while (count > 0 && take_string(&length) && take_u64(&address)) {
		count--;
	}
	return count == 0;
}

/* Returns what is wrong with the dump, or NULL. */
static const char *look_at_dump(const char *path)
{
	struct stat status;
	const char *wrong;
	const unsigned char *bytes;
	uint32_t value, globals, mappings, regions;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &status) < 0 || status.st_size < 64) {
		return "the file: it is not there";
	}
	bytes = mmap(NULL, (size_t) status.st_size, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (bytes == MAP_FAILED) {
		return "the file: it cannot be mapped";
	}
	at = bytes;
	end = bytes + status.st_size;
	wrong = memcmp(take(8), "RDUMP\0\0", 8) || !take_u32(&value) || value != 3 || !take_string(&value) || !take(8 * 4)
			|| !take_u32(&globals) || !take_globals(globals) || !take_u32(&mappings) || !take_u32(&regions)
		? "the header"
		: NULL;
	wrong = wrong ? wrong : look_at_mappings(mappings);
	wrong = wrong ? wrong : look_at_regions(regions);
	munmap((void *) (uintptr_t) bytes, (size_t) status.st_size);
	return wrong;
}

/* ---- dumps ------------------------------------------------------------------------------------------------------- */

struct kind {
	const char *name;
	bool safe_read;
	bool full;
	bool compressed;
	uint64_t budget;
	unsigned dumps;
	unsigned wrong;
	char sentence[512];
};

/* Replaces PATH.zst by what zstd unpacks of it. */
static const char *unpack(const char *path)
{
	char command[4200];

	snprintf(command, sizeof(command), "zstd -dqf --rm '%s.zst'", path);
	return system(command) == 0 ? NULL : "the compression: zstd refuses it";
}

static void dump(struct kind *kind)
{
	struct rdump_request request;
	struct rdump_result result;
	struct rdump_file file;
	struct rdump_error error = {NULL, NULL, 0};
	char path[4096], target[4104];
	const char *wrong = NULL;

	snprintf(path, sizeof(path), "%s/moving.rdump", folder);
	snprintf(target, sizeof(target), "%s%s", path, kind->compressed ? ".zst" : "");
	memset(&request, 0, sizeof(request));
	request.process.tag = "v82";
	request.process.executor_globals = request.process.compiler_globals = request.process.basic_globals
		= (uint64_t) (uintptr_t) &changes;
	request.safe_read = kind->safe_read;
	request.full = kind->full;
	request.budget = kind->budget;
	kind->dumps++;
	if (rdump_file_open(&file, target, &error) == 0) {
		rdump_write(&request, &file, &result);
		error = result.error;
	}
	if (error.step) {
		snprintf(
			kind->sentence, sizeof(kind->sentence), "cannot %s %s: %s", error.step, error.path, strerror(error.err));
		kind->wrong++;
	} else if ((kind->compressed && (wrong = unpack(path))) || (wrong = look_at_dump(path))) {
		snprintf(kind->sentence, sizeof(kind->sentence), "the dump is not whole, see %s", wrong);
		kind->wrong++;
	}
	unlink(path);
}

static void *dump_in_thread(void *kind)
{
	dump(kind);
	return NULL;
}

/* A thread with 64 KB of stack, guard page included. */
static void dump_on_small_stack(struct kind *kind)
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	if (pthread_attr_setstacksize(&attributes, 64 * 1024) != 0
		|| pthread_create(&thread, &attributes, dump_in_thread, kind) != 0) {
		snprintf(kind->sentence, sizeof(kind->sentence), "no such thread");
		kind->wrong++;
	} else {
		pthread_join(thread, NULL);
	}
	pthread_attr_destroy(&attributes);
}

/* Prints a line for each kind, adds to the figures of the whole run, and resets the counters. */
static void report(struct kind *kind, size_t kinds, const char *title)
{
	const char *path = getenv("RDUMP_FIGURES");
	FILE *figures = path ? fopen(path, "a") : NULL;

	for (size_t i = 0; i < kinds; i++, kind++) {
		if (kind->wrong) {
			printf(
				"not ok - %s, %s: %u of %u dumps: %s\n", title, kind->name, kind->wrong, kind->dumps, kind->sentence);
		} else {
			printf("ok - %s, %s: %u of %u dumps whole\n", title, kind->name, kind->dumps, kind->dumps);
		}
		if (figures) {
			fprintf(figures, "%lu %u 0 %u 0\n", i == 0 ? changes : 0, kind->dumps - kind->wrong, kind->wrong);
		}
		kind->dumps = kind->wrong = 0;
	}
	if (figures) {
		fclose(figures);
	}
}

int main(int count, char **argument)
{
	struct kind kinds[] = {
		{"written from the address", false, false, false, 0, 0, 0, ""},
		{"read safely", true, false, false, 0, 0, 0, ""},
		{"written from the address, full", false, true, false, 0, 0, 0, ""},
		{"read safely, full", true, true, false, 0, 0, 0, ""},
		{"written from the address, within a budget", false, false, false, (uint64_t) 1 << 40, 0, 0, ""},
#ifdef RDUMP_WITH_ZSTD
		{"compressed", false, false, true, 0, 0, 0, ""},
		{"compressed, full, within a budget", false, true, true, (uint64_t) 1 << 40, 0, 0, ""},
#endif
		{"on a stack of 64 KB", false, false, false, (uint64_t) 1 << 40, 0, 0, ""},
	};
	const size_t small_stack = sizeof(kinds) / sizeof(*kinds) - 1;
	static void *(*const work[])(void *)
		= {map_and_unmap, change_in_place, truncate_files, change_in_place, truncate_files};
	pthread_t thread[sizeof(work) / sizeof(*work)];
	unsigned dumps;
	unsigned long wanted;

	if (count != 5) {
		fputs("usage: moving FOLDER FILE_FOLDER DUMPS CHANGES\n", stderr);
		return 2;
	}
	folder = argument[1];
	file_folder = argument[2];
	dumps = (unsigned) atoi(argument[3]);
	wanted = strtoul(argument[4], NULL, 10);
	keep(map(NULL, STEADY_PAGES, MAP_ANONYMOUS, -1, 0), STEADY_PAGES, true);
	plant_truncated_file();
	plant_pairs();
	plant_stacks();
	for (size_t i = 0; i < small_stack; i++) {
		dump(&kinds[i]);
	}
	dump_on_small_stack(&kinds[small_stack]);
	report(kinds, sizeof(kinds) / sizeof(*kinds), "good pages beside bad ones are kept");
	for (size_t i = 0; i < sizeof(work) / sizeof(*work); i++) {
		pthread_create(&thread[i], NULL, work[i], (void *) (uintptr_t) (i + 1));
	}
	while (kinds[0].dumps < dumps || __atomic_load_n(&changes, __ATOMIC_RELAXED) < wanted) {
		for (size_t i = 0; i < small_stack; i++) {
			dump(&kinds[i]);
		}
		dump_on_small_stack(&kinds[small_stack]);
	}
	over = true;
	for (size_t i = 0; i < sizeof(work) / sizeof(*work); i++) {
		pthread_join(thread[i], NULL);
	}
	report(kinds, sizeof(kinds) / sizeof(*kinds), "memory that changes");
	printf("# %lu changes while the last dumps were made\n", changes);
	return 0;
}
