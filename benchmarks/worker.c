/*
 * A process without PHP, with memory of a given shape. It dumps itself, or writes the same bytes with write(2). It
 * takes commands on stdin, one per line, and answers each with a line of name=value pairs. worker.php takes the same
 * commands.
 *
 *   fill BYTES           maps that much and fills it, no page and no word of it zero
 *   punch                gives every second page of it back to the kernel
 *   map COUNT            adds COUNT mappings: a touched page each, and as many without any access between them
 *   dump PATH lean|full fast|safe
 *   write PATH BYTES     write(2) of as many bytes, from the filled memory
 *   call plain|exchanged COUNT   calls vsnprintf() through this program's slot, as it is or as PHP's is on PHPs that
 *                        report exhausted memory late
 *   cat PATH lean|full   write(2) of the runs that a dump holds, found beforehand
 */
#define _GNU_SOURCE
#include "../rdump_maps.h"
#include "../rdump_pages.h"
#include "../rdump_scratch.h"
#include "../rdump_slots.h"
#include "../rdump_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static uint64_t *memory;
static size_t memory_size;

static void die(const char *what)
{
	printf("error=%s: %s\n", what, strerror(errno));
	exit(1);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double) time.tv_sec + (double) time.tv_nsec / 1e9;
}

/* Processor time: without the time of other programs. */
static double cpu(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double) time.tv_sec + (double) time.tv_nsec / 1e9;
}

/* A line of /proc/self/status, in KiB. Without the heap, because this process is the one that is measured. */
static long status_of(const char *name)
{
	char text[8192], *line;
	int fd = open("/proc/self/status", O_RDONLY);
	ssize_t length = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[length > 0 ? length : 0] = '\0';
	line = strstr(text, name);
	return line ? atol(line + strlen(name) + 1) : -1;
}

static void forget_peak(void)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY);

	if (fd < 0 || write(fd, "5", 1) != 1) {
		die("clear_refs");
	}
	close(fd);
}

static void fill(size_t size)
{
	uint64_t state = 88172645463325252ULL;

	memory_size = size;
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED) {
		die("mmap");
	}
	for (size_t i = 0; i < size / sizeof(*memory); i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		memory[i] = state | 1;
	}
	printf("filled=%zu\n", size);
}

static void punch(void)
{
	size_t page = (size_t) sysconf(_SC_PAGESIZE);

	for (size_t at = 0; at + page <= memory_size; at += 2 * page) {
		if (madvise((char *) memory + at, page, MADV_DONTNEED) < 0) {
			die("madvise");
		}
	}
	printf("punched=%zu\n", memory_size / 2);
}

static void map(size_t count)
{
	size_t page = (size_t) sysconf(_SC_PAGESIZE);
	char *at = mmap(NULL, 2 * count * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED) {
		die("mmap");
	}
	for (size_t i = 0; i < count; i += 2) {
		if (mprotect(at + i * page, page, PROT_READ | PROT_WRITE) < 0) {
			die("mprotect");
		}
		memset(at + i * page, 1, page);
	}
	printf("mapped=%zu\n", count);
}

static void dump(const char *path, bool full, bool safe)
{
	struct rdump_request request = {.process = {.tag = "v82"}, .full = full, .safe_read = safe};
	struct rdump_result result;
	struct rdump_file file;
	struct rdump_error error;
	long rss, tables;
	double begin, end, used;

	forget_peak();
	rss = status_of("VmRSS:");
	tables = status_of("VmPTE:");
	used = cpu();
	begin = now();
	if (rdump_file_open(&file, path, &error) < 0) {
		errno = error.err;
		die(error.step);
	}
	rdump_write(&request, &file, &result);
	end = now();
	used = cpu() - used;
	if (result.outcome != RDUMP_WRITTEN) {
		errno = result.error.err;
		die(result.error.step);
	}
	printf("seconds=%.6f cpu=%.6f bytes=%llu rss=%ld peak=%ld tables=%ld\n", end - begin, used,
		(unsigned long long) result.size, status_of("VmRSS:") - rss, status_of("VmHWM:") - rss,
		status_of("VmPTE:") - tables);
}

static int create(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

	if (fd < 0) {
		die(path);
	}
	return fd;
}

static void write_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t written = write(fd, bytes, length);
		if (written <= 0) {
			die("write");
		}
		bytes += written;
		length -= (size_t) written;
	}
}

/* The shortest way: create, write, close. A size above that of the filled memory begins at its start again. */
static void plain_write(const char *path, size_t size)
{
	double used = cpu(), begin = now();
	int fd = create(path);

	for (size_t left = size; left > 0;) {
		size_t part = left < memory_size ? left : memory_size;
		write_all(fd, (const char *) memory, part);
		left -= part;
	}
	close(fd);
	printf("seconds=%.6f cpu=%.6f bytes=%zu\n", now() - begin, cpu() - used, size);
}

struct runs {
	size_t count;
	size_t room;
	struct {
		uint64_t begin;
		uint64_t end;
	} *run;
};

static int keep_run(void *context, const struct rdump_run *run)
{
	struct runs *runs = context;

	if (run->zeros) {
		return 0;
	}
	if (runs->count == runs->room) {
		return -1;
	}
	runs->run[runs->count].begin = run->begin;
	runs->run[runs->count++].end = run->end;
	return 0;
}

static void cat(const char *path, bool full)
{
	static struct runs runs;
	struct rdump_scratch scratch;
	struct rdump_maps maps;
	struct rdump_pages pages;
	struct rdump_error error;
	size_t size = 0;
	double begin, used;
	int fd;

	if (!runs.run) {
		runs.room = 1 << 20;
		runs.run = malloc(runs.room * sizeof(*runs.run));
	}
	runs.count = 0;
	rdump_scratch_take(&scratch);
	if (rdump_maps_open(&maps, &scratch, full, false, &error) < 0) {
		die("mappings");
	}
	memset(&pages, 0, sizeof(pages));
	rdump_pages_open(&pages, &maps);
	if (rdump_pages_runs(&pages, keep_run, &runs) < 0) {
		die("runs");
	}
	rdump_pages_close(&pages);
	rdump_scratch_give(&scratch);

	used = cpu();
	begin = now();
	fd = create(path);
	for (size_t i = 0; i < runs.count; i++) {
		write_all(fd, (const char *) (uintptr_t) runs.run[i].begin, runs.run[i].end - runs.run[i].begin);
		size += runs.run[i].end - runs.run[i].begin;
	}
	close(fd);
	printf("seconds=%.6f cpu=%.6f bytes=%zu\n", now() - begin, cpu() - used, size);
}

typedef int (*formatter)(char *text, size_t size, const char *format, va_list arguments);

static struct rdump_slot slot = {"vsnprintf", NULL, NULL, 0, {{NULL, 0, false}}};

/* As rdump_oom_early.c does it. */
static int compare_first(char *text, size_t size, const char *format, va_list arguments)
{
	static const char begin[] = "Allowed memory size of ";

	if (*format == *begin && !strncmp(format, begin, sizeof(begin) - 1)) {
		memory_size++;
	}
	return ((formatter) slot.theirs)(text, size, format, arguments);
}

static void format(const char *pattern, ...)
{
	char text[64];
	va_list arguments;

	va_start(arguments, pattern);
	if (vsnprintf(text, sizeof(text), pattern, arguments) < 0) {
		die("vsnprintf");
	}
	va_end(arguments);
}

static void call(bool exchanged, size_t count)
{
	struct rdump_error error;
	double begin, used;

	slot.ours = (rdump_function) compare_first;
	if (exchanged && (rdump_slots_find((const void *) (uintptr_t) call, &slot, 1, &error) < 0 || !slot.count)) {
		die("find the slot of vsnprintf");
	}
	if (exchanged && rdump_slots_exchange(&slot, 1, &error) < 0) {
		die("exchange the slot of vsnprintf");
	}
	begin = now();
	used = cpu();
	for (size_t i = 0; i < count; i++) {
		format("Another message of %d bytes", (int) i);
	}
	printf("seconds=%.6f cpu=%.6f\n", now() - begin, cpu() - used);
	if (exchanged && rdump_slots_restore(&slot, 1, &error) < 0) {
		die("the slot of vsnprintf");
	}
}

int main(void)
{
	char line[8192], command[16], path[4096], which[16], how[16];

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin)) {
		int words = sscanf(line, "%15s %4095s %15s %15s", command, path, which, how);
		if (words == 2 && !strcmp(command, "fill")) {
			fill(strtoull(path, NULL, 10));
		} else if (words == 1 && !strcmp(command, "punch")) {
			punch();
		} else if (words == 2 && !strcmp(command, "map")) {
			map(strtoull(path, NULL, 10));
		} else if (words == 4 && !strcmp(command, "dump")) {
			dump(path, !strcmp(which, "full"), !strcmp(how, "safe"));
		} else if (words == 3 && !strcmp(command, "write")) {
			plain_write(path, strtoull(which, NULL, 10));
		} else if (words == 3 && !strcmp(command, "call")) {
			call(!strcmp(path, "exchanged"), strtoull(which, NULL, 10));
		} else if (words == 3 && !strcmp(command, "cat")) {
			cat(path, !strcmp(which, "full"));
		} else {
			printf("error=not understood: %s", line);
		}
	}
	return 0;
}
