/* Complete dumps of this process, read by the strict reader. */
#include "check.h"
#include "reader.h"
#include "shim.h"
#include "../../rdump_writer.h"
#include "../../rdump_compress.h"
#include "../../rdump_copy.h"
#include "../../rdump_maps.h"
#include "../../rdump_snapshot.h"
#include "../../rdump_pages.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

static size_t page;

static struct rdump_request request_for(bool full, bool safe_read)
{
	struct rdump_request request
		= {.process = {"v82", 0x1111111111, 0x2222222222, 0x3333333333, 0x4444444444, 0x5555555555, 0, 0}};

	request.full = full;
	request.safe_read = safe_read;
	return request;
}

static struct rdump_result write_to(const char *path, const struct rdump_request *request)
{
	struct rdump_file file;
	struct rdump_result result;

	memset(&result, 0, sizeof(result));
	if (rdump_file_open(&file, path, &result.error) < 0) {
		result.outcome = RDUMP_FAILED;
		return result;
	}
	rdump_write(request, &file, &result);
	return result;
}

static void dump_to(const char *path, bool full, bool safe_read)
{
	struct rdump_request request = request_for(full, safe_read);
	struct rdump_result result = write_to(path, &request);

	expect(result.outcome == RDUMP_WRITTEN && !result.error.step, "cannot %s %s: %s", result.error.step,
		result.error.path, strerror(result.error.err));
}

static void dump_and_read(struct reader *reader, bool full, bool safe_read)
{
	dump_to("dump.rdump", full, safe_read);
	reader_open(reader, "dump.rdump");
}

static unsigned char *map(size_t pages, int flags, int fd)
{
	/* With unreadable pages on both sides, so that no other mapping joins its region. */
	unsigned char *memory
		= mmap(NULL, (pages + 2) * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	expect(memory != MAP_FAILED, "mmap: %s", strerror(errno));
	memory = mmap(memory + page, pages * page, PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd, 0);
	expect(memory != MAP_FAILED, "mmap: %s", strerror(errno));
	(void) madvise(memory, pages * page, MADV_NOHUGEPAGE);
	return memory;
}

static unsigned char *map_file(const char *path, size_t pages, int protection, int flags)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	unsigned char *memory = mmap(NULL, pages * page, protection, flags, fd, 0);

	expect(fd >= 0 && memory != MAP_FAILED, "%s: %s", path, strerror(errno));
	close(fd);
	return memory;
}

static void make_file(const char *path, size_t pages, int letter)
{
	unsigned char *bytes = malloc(pages * page);

	memset(bytes, letter, pages * page);
	put_file(path, bytes, pages * page);
	free(bytes);
}

static bool is_filled(const void *at, int letter, size_t length)
{
	const unsigned char *bytes = at;

	for (size_t i = 0; i < length; i++) {
		if (bytes[i] != letter) {
			return false;
		}
	}
	return true;
}

/* Is all of it in the dump, filled with a letter? */
static void expect_held(
	const struct reader *reader, const char *what, const unsigned char *memory, size_t pages, int letter)
{
	const void *bytes = reader_at(reader, memory, pages * page);

	expect(bytes != NULL, "%s is not in the dump, or not in one piece", what);
	expect(is_filled(bytes, letter, pages * page), "%s has other bytes in the dump", what);
}

static void expect_absent(const struct reader *reader, const char *what, const unsigned char *memory, size_t pages)
{
	expect(reader_held(reader, memory, pages * page) == 0, "%s is in the dump", what);
}

/* ---- the format -------------------------------------------------------------------------------------------------- */

static void header(void)
{
	struct reader reader;
	char statm[64] = "";
	unsigned long long size, resident;
	int fd;

	dump_and_read(&reader, false, false);
	fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	expect(fd >= 0 && read(fd, statm, sizeof(statm) - 1) > 0 && sscanf(statm, "%llu %llu", &size, &resident) == 2,
		"statm");
	expect(!strcmp(reader.tag, "v82") && reader.pid == (uint64_t) getpid(), "tag %s, pid %llu", reader.tag,
		(unsigned long long) reader.pid);
	expect(reader.executor_globals == 0x1111111111 && reader.compiler_globals == 0x2222222222
			&& reader.basic_globals == 0x3333333333 && reader.module_registry == 0x4444444444
			&& reader.tsrm_ls_cache == 0x5555555555,
		"globals");
	expect(reader.rss > 0 && (uint64_t) reader.rss <= resident * page && (uint64_t) reader.rss > resident * page / 2,
		"RSS %lld of %llu", (long long) reader.rss, resident * page);
	reader_close(&reader);

	shim_replace("/proc/self/statm", NULL, EACCES);
	dump_and_read(&reader, false, false);
	expect(reader.rss > 0, "with smaps an RSS of %lld", (long long) reader.rss);
	reader_close(&reader);
	shim_replace("/proc/self/smaps", NULL, ENOENT);
	dump_and_read(&reader, false, false);
	expect(reader.rss == -1, "an RSS that cannot be read is %lld", (long long) reader.rss);
}

/* The table has every line of /proc/self/maps, except those of the dump's scratch. */
static void table(void)
{
	static char list[1 << 20];
	struct reader reader;
	uint32_t i = 0;
	size_t length = 0;
	ssize_t got;
	int fd;

	if (check_emulated()) {
		skip("an emulator writes this list by itself");
	}
	make_file("a file", 2, 'a');
	map_file("a file", 1, PROT_READ, MAP_PRIVATE);
	map_file("a file", 2, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_SHARED);
	unlink("a file");
	dump_to("dump.rdump", false, false);
	/* No call of the C library in between: it could map memory. */
	fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	while ((got = read(fd, list + length, sizeof(list) - 1 - length)) > 0) {
		length += (size_t) got;
	}
	reader_open(&reader, "dump.rdump");
	for (char *line = strtok(list, "\n"); line; line = strtok(NULL, "\n")) {
		char begin[20], end[20], permissions[8], offset[20], device[40];
		unsigned long long inode;
		int name = 0;
		const struct reader_mapping *mapping;

		expect(
			sscanf(line, "%19[^-]-%19s %7s %19s %39s %llu %n", begin, end, permissions, offset, device, &inode, &name)
				== 6,
			"%s", line);
		/* The scratch existed during the dump and is unmapped now. */
		while (i < reader.mappings && strcmp(reader.mapping[i].begin, begin)
			&& reader.mapping[i].last - reader.mapping[i].first == (uint64_t) 256 << 20) {
			i++;
		}
		expect(i < reader.mappings, "%s is not in the table", line);
		mapping = &reader.mapping[i++];
		expect(!strcmp(mapping->begin, begin) && !strcmp(mapping->end, end) && !strcmp(mapping->offset, offset)
				&& !strcmp(mapping->device, device) && mapping->inode == inode && !strcmp(mapping->name, line + name)
				&& mapping->readable == (permissions[0] == 'r') && mapping->writable == (permissions[1] == 'w')
				&& mapping->executable == (permissions[2] == 'x') && mapping->private == (permissions[3] == 'p'),
			"the table has %s-%s %s for %s", mapping->begin, mapping->end, mapping->name, line);
	}
	while (i < reader.mappings && reader.mapping[i].last - reader.mapping[i].first == (uint64_t) 256 << 20) {
		i++;
	}
	expect(i == reader.mappings, "%u mappings in the table that are not there", reader.mappings - i);
}

/* ---- what is in it ----------------------------------------------------------------------------------------------- */

struct planted {
	unsigned char *touched, *sparse, *kept_out, *forbidden, *shared, *memfd, *sysv, *unlinked, *unlinked_private,
		*deleted, *relro, *disk, *code, *read_only;
	size_t sparse_pages;
};

static void fill_page(void *at)
{
	memset(at, 's', page);
}

static void plant(struct planted *p)
{
	int fd, id;

	p->touched = map(10, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	memset(p->touched, 't', 10 * page);
	p->sparse_pages = ((size_t) 1 << 30) / page;
	p->sparse = map(p->sparse_pages, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	memset(p->sparse + 1000 * page, 'p', 2 * page);
	memset(p->sparse + (p->sparse_pages - 1) * page, 'p', page);
	p->kept_out = map(4, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	memset(p->kept_out, 'k', 4 * page);
	expect(madvise(p->kept_out, 4 * page, MADV_DONTDUMP) == 0, "MADV_DONTDUMP: %s", strerror(errno));
	p->forbidden = map(4, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	memset(p->forbidden, 'f', 4 * page);
	expect(mprotect(p->forbidden, 4 * page, PROT_NONE) == 0, "mprotect: %s", strerror(errno));
	p->shared = map(20, MAP_SHARED | MAP_ANONYMOUS, -1);
	end_child(start_child(fill_page, p->shared + 7 * page)); /* this process does not touch it */
	fd = (int) syscall(SYS_memfd_create, "planted", 0);
	expect(fd >= 0 && ftruncate(fd, (off_t) (20 * page)) == 0, "memfd: %s", strerror(errno));
	p->memfd = map(20, MAP_SHARED, fd);
	memset(p->memfd + 3 * page, 'm', page);
	id = shmget(IPC_PRIVATE, 20 * page, IPC_CREAT | 0600);
	expect(id >= 0, "shmget: %s", strerror(errno));
	p->sysv = shmat(id, NULL, 0);
	(void) shmctl(id, IPC_RMID, NULL);
	expect(p->sysv != (void *) -1, "shmat: %s", strerror(errno));
	memset(p->sysv + 5 * page, 'v', page);
	make_file("unlinked", 6, 'u');
	p->unlinked = map_file("unlinked", 6, PROT_READ | PROT_WRITE, MAP_SHARED);
	p->unlinked_private = map_file("unlinked", 6, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	unlink("unlinked");
	make_file("deleted", 6, 'd');
	p->deleted = map_file("deleted", 6, PROT_READ, MAP_PRIVATE);
	unlink("deleted");
	make_file("library", 6, 'l');
	p->relro = map_file("library", 6, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	memset(p->relro + 2 * page, 'r', page);
	expect(mprotect(p->relro, 6 * page, PROT_READ) == 0, "mprotect: %s", strerror(errno));
	p->code = map_file("library", 6, PROT_READ | PROT_EXEC, MAP_PRIVATE);
	make_file("on disk", 6, 'D');
	p->disk = map_file("on disk", 6, PROT_READ | PROT_WRITE, MAP_SHARED);
	p->read_only = map(3, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	memset(p->read_only, 'o', 3 * page);
	expect(mprotect(p->read_only, 3 * page, PROT_READ) == 0, "mprotect: %s", strerror(errno));
}

static bool without_page_table;

static void check_planted(const struct planted *p, bool full, bool safe_read)
{
	struct reader reader;

	dump_and_read(&reader, full, safe_read);
	expect_held(&reader, "anonymous memory", p->touched, 10, 't');
	expect_held(&reader, "read-only anonymous memory", p->read_only, 3, 'o');
	expect_held(&reader, "a page of a sparse gigabyte", p->sparse + 1000 * page, 2, 'p');
	expect_held(&reader, "the last page of a sparse gigabyte", p->sparse + (p->sparse_pages - 1) * page, 1, 'p');
	expect(reader_held(&reader, p->sparse, p->sparse_pages * page) == 3 * page, "%zu pages of a sparse gigabyte",
		reader_held(&reader, p->sparse, p->sparse_pages * page) / page);
	if (!check_emulated()) { /* an emulator does not pass MADV_DONTDUMP on */
		expect_absent(&reader, "memory not to be dumped", p->kept_out, 4);
	}
	expect_absent(&reader, "PROT_NONE", p->forbidden, 4);
	expect_held(&reader, "shared memory that a child touched", p->shared + 7 * page, 1, 's');
	expect(reader_held(&reader, p->shared, 20 * page) == page, "untouched shared memory");
	expect_held(&reader, "a memfd", p->memfd + 3 * page, 1, 'm');
	expect(reader_held(&reader, p->memfd, 20 * page) == page, "untouched pages of a memfd");
	expect_held(&reader, "System V memory", p->sysv + 5 * page, 1, 'v');
	expect(reader_held(&reader, p->sysv, 20 * page) == page, "untouched System V memory");
	expect_held(&reader, "an unlinked file, shared", p->unlinked, 6, 'u');
	expect_held(&reader, "an unlinked file, private", p->unlinked_private, 6, 'u');
	expect_held(&reader, "a deleted library", p->deleted, 6, 'd');
	expect_held(&reader, "a changed page of a library", p->relro + 2 * page, 1, 'r');
	if (full) {
		expect_held(&reader, "a library", p->code, 6, 'l');
		expect_held(&reader, "a shared file", p->disk, 6, 'D');
		expect(reader_held(&reader, p->relro, 6 * page) == 6 * page, "a library's tables");
	} else {
		expect_absent(&reader, "a library", p->code, 6);
		expect_absent(&reader, "a shared file", p->disk, 6);
		/* If nothing says which of its pages have changed: all of them. */
		expect(reader_held(&reader, p->relro, 6 * page) == (without_page_table ? 6 : 1) * page,
			"unchanged pages of a library");
	}
	reader_close(&reader);
}

static void each_kind_lean(void)
{
	struct planted planted;

	plant(&planted);
	check_planted(&planted, false, false);
}

static void each_kind_full(void)
{
	struct planted planted;

	if (check_instrumented()) {
		skip("a full dump of the instruments is none of ours");
	}
	plant(&planted);
	check_planted(&planted, true, false);
	check_planted(&planted, true, true);
}

/* By /proc/self/mem; by process_vm_readv() if that cannot be opened; by the address if neither works. */
static void each_kind_safely(void)
{
	struct planted planted;
	struct reader reader;

	plant(&planted);
	check_planted(&planted, false, true);
	shim_replace("/proc/self/mem", NULL, EACCES);
	check_planted(&planted, false, true);
	shim_fail("process_vm_readv", EPERM);
	dump_and_read(&reader, false, true);
	shim_disarm();
	expect(shim.failed != NULL, "process_vm_readv() was not asked");
	expect_held(&reader, "anonymous memory", planted.touched, 10, 't');
}

/* Like the workers of php-fpm: not dumpable, so /proc/self/mem and pagemap cannot be opened. Without the shim. */
static void not_dumpable(void *context)
{
	int fd;

	expect(prctl(PR_SET_DUMPABLE, 0) == 0 && setresgid(65534, 65534, 65534) == 0 && setresuid(65534, 65534, 65534) == 0,
		"%s", strerror(errno));
	fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		skip("pagemap opens for a process that is not dumpable");
	}
	without_page_table = true;
	check_planted(context, false, false);
	check_planted(context, false, true);
}

static void as_a_worker(void)
{
	struct planted planted;

	if (geteuid() != 0) {
		skip("only root can give up root");
	}
	if (check_emulated()) {
		skip("the emulator is not the process that gave up root");
	}
	if (check_instrumented()) {
		skip("without a page table the instruments' own memory is walked page by page");
	}
	expect(chmod(".", 0777) == 0, "chmod: %s", strerror(errno));
	plant(&planted);
	/* Of another owner: mincore() does not say whether its pages are in memory. */
	end_child(start_child(not_dumpable, &planted));
}

/*
 * Memory may disappear between two calls. What cannot be read is written as zeros, the rest is exact, and the region
 * keeps its size.
 */
#define GOING_PAGES ((size_t) 700)

static unsigned char *going;
static const char *go_before;
static int go_at;

/* Which pages disappear: one, one that becomes unreadable, many. */
static bool is_unmapped(size_t at)
{
	return at == 2 || (at >= 100 && at < 600);
}

static bool is_forbidden(size_t at)
{
	return at == 5;
}

static void go(const char *call)
{
	if (going && !strcmp(call, go_before) && --go_at == 0) {
		for (size_t i = 0; i < GOING_PAGES; i++) {
			unsigned char *at = going + i * page;
			expect(!is_unmapped(i) || munmap(at, page) == 0, "munmap: %s", strerror(errno));
			expect(!is_forbidden(i) || mprotect(at, page, PROT_NONE) == 0, "mprotect: %s", strerror(errno));
		}
		going = NULL;
	}
}

/* How a page is read, and how the kernel refuses. */
struct way {
	const char *before; /* pages disappear before this call ... */
	int nth;            /* ... when it is made for the nth time */
	bool safe_read, readv, mem;
};

static void go_away(const struct way *way, size_t piece)
{
	struct reader reader;
	unsigned char *memory = map(GOING_PAGES, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	int calls;

	for (size_t i = 0; i < GOING_PAGES; i++) {
		memset(memory + i * page, 'a' + (int) (i % 26), page);
	}
	shim_restore();
	if (!way->mem) {
		shim_replace("/proc/self/mem", NULL, EACCES);
	}
	shim_show_only(memory, memory + GOING_PAGES * page);
	shim_arm();
	refuse_readv = !way->readv;
	shim.piece = piece;
	shim.before = go;
	go_before = way->before;
	go_at = way->nth;
	going = memory;
	dump_and_read(&reader, false, way->safe_read);
	calls = shim.calls;
	shim_disarm();
	expect(going == NULL, "%s was not called", way->before);
	for (size_t i = 0; i < GOING_PAGES; i++) {
		/* /proc/self/mem reads PROT_NONE pages, unless the kernel is configured not to. */
		const unsigned char *held = reader_at(&reader, memory + i * page, page);
		bool zeros = held && is_filled(held, 0, page), kept = held && is_filled(held, 'a' + (int) (i % 26), page);
		const char *state = !held ? "missing" : zeros ? "zeros"
			: kept                                    ? "kept"
													  : "rubbish";
		bool right = kept;
		if (is_unmapped(i)) {
			right = zeros;
		} else if (is_forbidden(i)) {
			right = zeros || (way->mem && kept);
		}
		expect(right, "page %zu is %s%s, piece %zu", i, state, way->safe_read ? ", safe_read" : "", piece);
	}
	/* A run of 500 pages costs fewer than two calls per page. */
	expect(piece || check_emulated() || calls < 1000, "%d calls, %s", calls, way->before);
	reader_close(&reader);
	shim_restore();
	refuse_readv = false;
	munmap(memory, GOING_PAGES * page);
}

static void memory_that_goes(void)
{
	static const struct way way[] = {
		{"writev", 1, false, true, true},
		{"writev", 1, false, true, false},
		{"writev", 1, false, false, true},
		{"writev", 1, false, false, false},
		/* the first call finds out whether the call works */
		{"process_vm_readv", 2, true, true, true},
		{"process_vm_readv", 2, true, true, false},
		{"openat", 1, true, false, true}, /* the temporary file: the plan is made */
	};
	static const size_t piece[] = {0, 4096, 65536, 1 << 21};

	for (size_t i = 0; i < sizeof(way) / sizeof(*way); i++) {
		if (check_emulated() && !strcmp(way[i].before, "process_vm_readv")) {
			continue; /* the emulator does not have it */
		}
		for (size_t j = 0; j < sizeof(piece) / sizeof(*piece); j++) {
			go_away(&way[i], piece[j]);
		}
	}
}

/* process_vm_readv() before Linux 3.15: with one bad page the call reads nothing. */
static void batches_that_fail(void)
{
	static const struct way way = {"openat", 1, true, true, false};

	refuse_batches = true;
	go_away(&way, 0);
	refuse_batches = false;
}

/* A process of one thread, without changes: a private mapping of a truncated file. The bytes around it are exact. */
static void good_beside_bad(void)
{
	static const size_t piece[] = {0, 4096, 1 << 21};
	struct reader reader;
	unsigned char *memory[8];

	for (size_t i = 0; i < 8; i++) {
		char name[16];

		snprintf(name, sizeof(name), "truncated %zu", i);
		make_file(name, 20, 'A' + (int) i);
		memory[i] = map_file(name, 20, PROT_READ | PROT_WRITE, MAP_PRIVATE);
		expect(truncate(name, (off_t) ((1 + i) * page)) == 0, "truncate: %s", strerror(errno));
	}
	for (size_t j = 0; j < 2 * sizeof(piece) / sizeof(*piece); j++) {
		shim_arm();
		shim.piece = piece[j / 2];
		dump_and_read(&reader, false, j % 2);
		shim_disarm();
		for (size_t i = 0; i < 8; i++) {
			expect_held(&reader, "what is left of a file", memory[i], 1 + i, 'A' + (int) i);
			expect_held(&reader, "what is gone of a file", memory[i] + (1 + i) * page, 19 - i, 0);
		}
		reader_close(&reader);
	}
}

/* Pages of a mapped file past its end: zeros, no SIGBUS. */
static void truncated_file(void)
{
	struct reader reader;
	unsigned char *memory;

	for (int safe_read = 0; safe_read < 2; safe_read++) {
		make_file("truncated", 8, 'T');
		memory = map_file("truncated", 8, PROT_READ | PROT_WRITE, MAP_PRIVATE);
		expect(truncate("truncated", (off_t) (3 * page + 100)) == 0, "truncate: %s", strerror(errno));
		dump_and_read(&reader, false, safe_read);
		expect_held(&reader, "what is left of the file", memory, 3, 'T');
		const unsigned char *last = reader_at(&reader, memory + 3 * page, page);
		expect(last && is_filled(last, 'T', 100) && is_filled(last + 100, 0, page - 100), "the file's last page");
		expect_held(&reader, "what lies past its end", memory + 4 * page, 4, 0);
		reader_close(&reader);
	}
}

static void one_region(void)
{
	unsigned char *memory = map(9, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	struct reader reader;

	memset(memory, 'a', 9 * page);
	expect(mprotect(memory + 3 * page, 3 * page, PROT_READ) == 0, "mprotect: %s", strerror(errno));
	for (int safe_read = 0; safe_read < 2; safe_read++) {
		dump_and_read(&reader, false, safe_read);
		expect(reader_mapping_at(&reader, memory + 3 * page) && reader_mapping_at(&reader, memory + 6 * page),
			"the mappings were joined");
		expect_held(&reader, "three neighbours", memory, 9, 'a');
		reader_close(&reader);
	}
}

/*
 * So many pages, every other one touched, are many times what one writev() takes, and more runs than one answer of
 * PAGEMAP_SCAN has. With pages of 64 KB they are 400 MB, and 40,000 would be 1.3 GB.
 */
static size_t many_pages(void)
{
	return page == 4096 ? 40000 : 12000;
}

static void many_regions(void)
{
	size_t pages = many_pages();
	unsigned char *memory = map(pages, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	struct reader reader;

	for (size_t i = 0; i < pages; i += 2) {
		memset(memory + i * page, (int) (i / 2 % 251) + 1, 16);
	}
	expect(mprotect(memory, pages * page, PROT_READ) == 0, "mprotect"); /* only holes of writable memory are bridged */
	shim_show_only(memory, memory + pages * page);
	for (int safe_read = 0; safe_read < 2; safe_read++) {
		dump_and_read(&reader, false, safe_read);
		expect(reader.regions == pages / 2, "%u regions", reader.regions);
		for (uint32_t i = 0; i < reader.regions; i++) {
			expect(reader.region[i].address == (uintptr_t) memory + 2 * i * page && reader.region[i].size == page
					&& is_filled(reader.region[i].bytes, (int) (i % 251) + 1, 16),
				"region %u", i);
		}
		reader_close(&reader);
	}
	shim_restore();
}

/* ---- holes ------------------------------------------------------------------------------------------------------- */

static size_t blocks_of(const char *path)
{
	struct stat status;

	expect(stat(path, &status) == 0, "stat: %s", strerror(errno));
	return (size_t) status.st_blocks * 512;
}

static size_t resident_pages(unsigned char *memory, size_t pages)
{
	uint64_t entry;
	size_t count = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	for (size_t i = 0; i < pages; i++) {
		if (pread(fd, &entry, sizeof(entry), (off_t) (((uintptr_t) memory / page + i) * 8)) == 8) {
			count += entry >> 63;
		}
	}
	close(fd);
	return count;
}

/* The pages of a hole that is bridged whatever the size of a page is. */
static size_t some_pages(void)
{
	size_t most = RDUMP_LONGEST_HOLE / page;

	return most < 100 ? most : 100;
}

/*
 * Holes are zeros in one region, take no blocks in the file, and are not touched. In the second region nothing lies on
 * blocks of the file.
 */
static void holes(void)
{
	size_t pages = 2 * 4000, few = 201, apart = some_pages() > 50 ? 50 : 10; /* divides 100 and 200 */
	unsigned char *memory = map(pages, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	unsigned char *second = map(few, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	struct reader reader;

	for (size_t i = 0; i < pages; i += 2) {
		memset(memory + i * page, (int) (i / 2 % 251) + 1, page);
	}
	for (size_t i = 0; i < few; i += i < 100 ? 2 : apart) {
		memset(second + i * page, 's', page);
	}
	for (int safe_read = 0; safe_read < 2; safe_read++) {
		dump_and_read(&reader, false, safe_read);
		const unsigned char *bytes = reader_at(&reader, memory, (pages - 1) * page);
		expect(bytes != NULL, "they are not in one region");
		for (size_t i = 0; i < pages - 1; i++) {
			expect(is_filled(bytes + i * page, i % 2 ? 0 : (int) (i / 2 % 251) + 1, page), "page %zu", i);
		}
		bytes = reader_at(&reader, second, few * page);
		expect(bytes != NULL, "the second: not in one region");
		for (size_t i = 0; i < few; i++) {
			expect(is_filled(bytes + i * page, i % (i < 100 ? 2 : apart) ? 0 : 's', page), "second: page %zu", i);
		}
		reader_close(&reader);
		expect(blocks_of("dump.rdump") < pages / 2 * page + ((size_t) 16 << 20), "%zu bytes of blocks for %zu",
			blocks_of("dump.rdump"), pages / 2 * page);
		expect(resident_pages(memory, pages) <= pages / 2, "holes were touched");
	}
}

/* A file in too many pieces is slow: such holes are not bridged. Chunks can be probed all the same. */
static void too_many_holes(void)
{
	size_t pages = 2 * 5000, chunk = RDUMP_CHUNK / page;
	unsigned char *memory = map(pages, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	unsigned char *boundary = (unsigned char *) (((uintptr_t) memory + RDUMP_CHUNK) & ~(RDUMP_CHUNK - 1));
	size_t odd = (size_t) (boundary - memory) / page % 2, probes = 0;
	struct rdump_request request = request_for(false, false);
	struct rdump_result result;
	struct reader reader;

	for (size_t i = 0; i < pages; i++) {
		if (i % 2 != odd) {
			memory[i * page] = 1;
		}
	}
	shim_show_only(memory, memory + pages * page);
	for (int safe_read = 0; safe_read < 2; safe_read++) {
		request.safe_read = safe_read;
		request.vm_stack = (uintptr_t) memory;
		result = write_to("dump.rdump", &request);
		expect(result.outcome == RDUMP_WRITTEN, "cannot %s: %s", result.error.step, strerror(result.error.err));
		reader_open(&reader, "dump.rdump");
		expect(reader_held(&reader, memory, pages * page) <= (pages / 2 + pages * page / RDUMP_CHUNK + 1) * page,
			"holes were bridged");
		for (unsigned char *at = boundary; at < memory + pages * page; at += chunk * page) {
			expect_held(&reader, "a chunk", at, 1, 0);
			probes++;
		}
		reader_close(&reader);
	}
	expect(probes > 2, "%zu chunks", probes);
	shim_restore();
}

/* Few holes: the blocks of the rest are found before the first byte is written. */
static void few_holes(void)
{
	unsigned char *memory = map(2000, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	size_t hole = some_pages(), second = 500 + hole, third = second + 500 + RDUMP_LONGEST_HOLE / 2 / page;
	struct reader reader;

	memset(memory, 'a', 500 * page);
	memset(memory + second * page, 'b', 500 * page);
	memset(memory + third * page, 'c', page);
	shim_show_only(memory, memory + 2000 * page);
	for (int safe_read = 0; safe_read < 2; safe_read++) {
		dump_and_read(&reader, false, safe_read);
		expect(reader.regions == 1, "%u regions", reader.regions);
		expect_held(&reader, "before the hole", memory, 500, 'a');
		expect_held(&reader, "the hole", memory + 500 * page, hole, 0);
		expect_held(&reader, "behind the hole", memory + second * page, 500, 'b');
		expect_held(&reader, "at the end", memory + third * page, 1, 'c');
		reader_close(&reader);
		expect(blocks_of("dump.rdump") <= 1001 * page + 65536, "%zu bytes of blocks", blocks_of("dump.rdump"));
	}
	shim_restore();
}

/* The file ends with a hole: the first page of a chunk that was never touched. */
static void hole_at_the_end(void)
{
	size_t chunk = RDUMP_CHUNK / page;
	unsigned char *reserved = map(4 * chunk, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	unsigned char *memory = (unsigned char *) (((uintptr_t) reserved + RDUMP_CHUNK) & ~(RDUMP_CHUNK - 1));
	struct rdump_request request = request_for(false, false);
	struct rdump_result result;
	struct reader reader;

	memset(memory, 'x', page);
	request.vm_stack = (uintptr_t) memory;
	shim_show_only(reserved, reserved + 4 * chunk * page);
	result = write_to("dump.rdump", &request);
	expect(result.outcome == RDUMP_WRITTEN, "cannot %s: %s", result.error.step, strerror(result.error.err));
	reader_open(&reader, "dump.rdump");
	expect_held(&reader, "the chunk", memory, 1, 'x');
	expect_held(&reader, "the next chunk", memory + RDUMP_CHUNK, 1, 0);
	reader_close(&reader);
	shim_restore();
}

/* Holes need no room: what must stay free, and the room of the file system, are asked for the rest. */
static void holes_need_no_room(void)
{
	struct rdump_request request = request_for(false, false);
	struct rdump_result result;
	size_t pages = ((size_t) 24 << 20) / page;
	unsigned char *memory = map(pages, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0
		|| mkdir("mounted", 0755) < 0 || mount("rdump", "mounted", "tmpfs", 0, "size=16m") < 0) {
		skip("nothing can be mounted: %s", strerror(errno));
	}
	for (size_t i = 0; i < pages; i += 3) {
		memory[i * page] = 1;
	}
	shim_show_only(memory, memory + pages * page);
	request.min_free.bytes = (uint64_t) 7 << 20;
	result = write_to("mounted/a.rdump", &request);
	expect(result.outcome == RDUMP_WRITTEN, "cannot %s: %s", result.error.step, strerror(result.error.err));
	expect(result.size > (uint64_t) 20 << 20, "it is %llu bytes long", (unsigned long long) result.size);
	expect(unlink("mounted/a.rdump") == 0, "unlink");
	request.min_free.bytes = (uint64_t) 9 << 20;
	result = write_to("mounted/a.rdump", &request);
	expect(result.outcome == RDUMP_SKIPPED, "8 MB of 16 do not leave 9");
	shim_restore();
}

/* lseek() does not work, or fails: zeros are written. */
static void holes_without_lseek(void)
{
	unsigned char *memory = map(300, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	size_t hole = some_pages();
	struct reader reader;

	memset(memory, 'a', page);
	memset(memory + (1 + hole) * page, 'b', page);
	for (int safe_read = 0; safe_read < 2; safe_read++) {
		shim_arm();
		shim.only = "lseek";
		shim.fail_from = 1;
		shim.err = ESPIPE;
		dump_and_read(&reader, false, safe_read);
		shim_disarm();
		expect(shim.failed != NULL, "lseek() was not called");
		expect_held(&reader, "before the hole", memory, 1, 'a');
		expect_held(&reader, "the hole", memory + page, hole, 0);
		expect_held(&reader, "behind the hole", memory + (1 + hole) * page, 1, 'b');
		reader_close(&reader);
	}
}

/* If a filter refuses memfd_create(), a mapping says on which device the kernel keeps shared memory. */
static void no_memfd(void)
{
	struct reader reader;
	unsigned char *shared = map(100, MAP_SHARED | MAP_ANONYMOUS, -1);

	memset(shared + 10 * page, 's', 2 * page);
	shim_fail("memfd_create", EPERM);
	dump_and_read(&reader, false, false);
	shim_disarm();
	expect(shim.failed != NULL, "memfd_create() was not called");
	expect_held(&reader, "what was touched", shared + 10 * page, 2, 's');
	expect(reader_held(&reader, shared, 100 * page) == 2 * page, "%zu bytes of shared memory",
		reader_held(&reader, shared, 100 * page));
	reader_close(&reader);
}

static const char *swapped_list; /* smaps as it is after pages were swapped out */

static void swap_out(const char *call)
{
	if (!strcmp(call, "mincore")) {
		shim_replace("/proc/self/smaps", swapped_list, 0);
	}
}

/*
 * Pages that are swapped out between the list of mappings and mincore(): the list said "Swap: 0 kB", and mincore() does
 * not know them. The list is read again, and the mapping is whole.
 */
static void swapped_out_meanwhile(void)
{
	unsigned char *memory = map(50, MAP_SHARED | MAP_ANONYMOUS, -1);
	struct reader reader;
	char first[512], later[512];

	memory[10 * page] = 1;
	memory[20 * page] = 1;
	for (int swapped = 0; swapped < 2; swapped++) {
		const char *format
			= "%lx-%lx rw-s 00000000 00:01 77 /dev/zero (deleted)\nRss: 8 kB\nAnonymous: 0 kB\nSwap: %d kB\n";

		snprintf(first, sizeof(first), format, (uintptr_t) memory, (uintptr_t) memory + 50 * page, 0);
		snprintf(later, sizeof(later), format, (uintptr_t) memory, (uintptr_t) memory + 50 * page, swapped ? 4 : 0);
		put_file("first", first, strlen(first));
		put_file("later", later, strlen(later));
		swapped_list = "later";
		shim_replace("/proc/self/smaps", "first", 0);
		shim_arm();
		shim.before = swap_out;
		shim.swap = true;
		dump_and_read(&reader, false, false);
		shim_disarm();
		shim_restore();
		expect(reader_held(&reader, memory, 50 * page) == (swapped ? 50 : 2) * page, "%s swapped out: %zu pages",
			swapped ? "something" : "nothing", reader_held(&reader, memory, 50 * page) / page);
		reader_close(&reader);
	}
}

static void *dump_for_ever(void *unused)
{
	(void) unused;
	for (;;) {
		dump_to("cancelled.rdump", false, false);
		pthread_testcancel();
	}
	return NULL;
}

/* A thread that is cancelled ends its dump first: else no other dump could ever begin. */
static void cancelled_thread(void)
{
	pthread_t thread;

	if (check_instrumented()) {
		skip("a sanitizer's thread cannot be cancelled anywhere");
	}
	for (int round = 0; round < 20; round++) {
		struct timespec a_moment = {0, round * 300000};

		expect(pthread_create(&thread, NULL, dump_for_ever, NULL) == 0, "pthread_create");
		nanosleep(&a_moment, NULL);
		pthread_cancel(thread);
		expect(pthread_join(thread, NULL) == 0, "pthread_join");
		dump_to("dump.rdump", false, false);
		expect(!strstr(list_folder("."), ".part"), "a temporary file is left\n%s", list_folder("."));
	}
}

static int asked;

static void count_questions(const char *call)
{
	static bool behind_the_plan;

	behind_the_plan = behind_the_plan || !strcmp(call, "openat"); /* the temporary file */
	asked += behind_the_plan && (!strcmp(call, "ioctl") || !strcmp(call, "pread") || !strcmp(call, "mincore"));
}

/*
 * The pages are asked for once, however many runs there are. While the dump is written, its page cache may push pages
 * to swap, and mincore() would report these as absent.
 */
static void asked_once(void)
{
	size_t pages = many_pages();
	unsigned char *memory = map(pages, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	unsigned char *shared = map(pages, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	struct reader reader;

	for (size_t i = 0; i < pages; i += 2) {
		memory[i * page] = 1;
		shared[i * page] = 1;
	}
	expect(mprotect(memory, pages * page, PROT_READ) == 0, "mprotect");
	shim_arm();
	shim.before = count_questions;
	dump_and_read(&reader, false, false);
	shim_disarm();
	/* An emulator may refuse a write of many vectors: then it is /proc/self/mem that is asked. */
	expect((asked == 0 || check_emulated()) && reader.regions >= pages, "asked %d times behind the plan, %u regions",
		asked, reader.regions);
	reader_close(&reader);
}

#define GROWING_PAGES ((size_t) 8000)

static unsigned char *changing;
static bool grows;

static void change(const char *call)
{
	if (changing && !strcmp(call, "openat")) { /* the temporary file: behind the plan */
		for (size_t i = 0; i < GROWING_PAGES; i += 2) {
			if (grows) {
				changing[i * page] = 1;
			} else if (i % 8) {
				(void) madvise(changing + i * page, page, MADV_DONTNEED);
			}
		}
		changing = NULL;
	}
}

/*
 * The scratch has no space for all runs, so they are asked for again during the writing. There may be more or fewer
 * then.
 */
static void regions_that_change(void)
{
	struct reader reader;
	unsigned char *memory = map(GROWING_PAGES, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);

	for (int way = 0; way < 4; way++) {
		grows = way % 2;
		for (size_t i = 0; i < GROWING_PAGES; i += grows ? 4 : 2) {
			memory[i * page] = 1;
		}
		shim_show_only(memory, memory + GROWING_PAGES * page);
		changing = memory;
		shim_arm();
		shim.before = change;
		shim.most_runs = 1000;
		dump_and_read(&reader, false, way / 2);
		shim_disarm();
		expect(changing == NULL && reader.regions == GROWING_PAGES / (grows ? 2 : 8), "%u regions", reader.regions);
		reader_close(&reader);
		expect(madvise(memory, GROWING_PAGES * page, MADV_DONTNEED) == 0, "madvise");
	}
	shim_restore();
}

/* A path of more than 65,535 bytes: the name is shortened, the dump is complete. */
static void long_name(void)
{
	struct reader reader;
	unsigned char *memory;
	char folder[201];
	bool found = false;

	memset(folder, 'd', 200);
	folder[200] = '\0';
	for (int depth = 0; depth < 400; depth++) {
		expect(mkdir(folder, 0700) == 0 && chdir(folder) == 0, "mkdir at depth %d: %s", depth, strerror(errno));
	}
	make_file("deep", 2, 'D');
	memory = map_file("deep", 2, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	memset(memory, 'E', page);
	for (int deleted = 0; deleted < 2; deleted++) {
		dump_and_read(&reader, false, false);
		for (uint32_t i = 0; i < reader.mappings; i++) {
			const char *name = reader.mapping[i].name;
			size_t length = strlen(name);
			if (reader.mapping[i].first == (uintptr_t) memory) {
				found = length > 60000 && length < 65536 && strstr(name, folder) != NULL
					&& (!strcmp(name + length - 10, " (deleted)") == (deleted == 1));
			}
		}
		expect(found, "the file's mapping is not in the table, or has another name%s", deleted ? ", deleted" : "");
		expect_held(&reader, "the file's first page", memory, 1, 'E');
		reader_close(&reader);
		unlink("deep");
	}
	for (int depth = 0; depth < 400; depth++) {
		expect(unlink("dump.rdump") == 0 || errno == ENOENT, "unlink: %s", strerror(errno));
		expect(chdir("..") == 0 && rmdir(folder) == 0, "rmdir at depth %d: %s", depth, strerror(errno));
	}
}

static unsigned char *of_the_thread;

static bool is_listed(void)
{
	char byte;
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	bool listed = fd >= 0 && read(fd, &byte, 1) == 1;

	if (fd >= 0) {
		close(fd);
	}
	return listed;
}

/* /proc/self is that of the main thread, and empty after its end. */
static void *outlive_main(void *unused)
{
	static const struct timespec pause = {0, 1000000};
	struct rdump_request request = request_for(false, false);
	struct rdump_file file;
	struct rdump_result result;
	struct reader reader;

	(void) unused;
	while (is_listed()) {
		nanosleep(&pause, NULL);
	}
	for (int safe_read = 0; safe_read < 2; safe_read++) {
		dump_and_read(&reader, false, safe_read);
		expect_held(&reader, "memory of the process", of_the_thread, 3, 'o');
		reader_close(&reader);
	}
	/* The first half of a dump from a copy. */
	expect(rdump_file_open(&file, "dump.rdump", &result.error) == 0
			&& rdump_write_prepare(&request, &file, &result) == 0,
		"cannot %s: %s", result.error.step, strerror(result.error.err));
	expect(request.process.rss > 0, "resident: %lld", (long long) request.process.rss);
	rdump_file_close(&file);
	_exit(0);
}

/* What other threads add between the reservation and the first byte. */
static void min_free_of_what_grows(void)
{
	struct rdump_request request = request_for(false, false);
	size_t added = (size_t) 64 << 20;
	struct rdump_file file;
	struct rdump_result result;

	if (check_instrumented() || unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0
		|| mkdir("mounted", 0755) < 0 || mount("rdump", "mounted", "tmpfs", 0, "size=400m") < 0) {
		skip("nothing can be mounted: %s", strerror(errno));
	}
	for (int i = 0; i < 2; i++) {
		memset(&result, 0, sizeof(result));
		request.min_free.bytes = i == 0 ? (uint64_t) 340 << 20 : 1;
		expect(rdump_file_open(&file, "mounted/x.rdump", &result.error) == 0
				&& rdump_write_prepare(&request, &file, &result) == 0,
			"cannot %s: %s", result.error.step, strerror(result.error.err));
		memset(map(added / page, MAP_PRIVATE | MAP_ANONYMOUS, -1), 'a', added);
		rdump_write(&request, &file, &result);
		expect(result.outcome == (i == 0 ? RDUMP_FAILED : RDUMP_WRITTEN), "%d: outcome %d: cannot %s", i,
			(int) result.outcome, result.error.step);
		expect(i == 1 || (result.error.err == ENOSPC && strstr(result.error.step, "min_free")), "cannot %s",
			result.error.step);
		expect(i == 1 || !*list_folder("mounted"), "left behind: %s", list_folder("mounted"));
	}
}

static void main_thread_ends(void *unused)
{
	pthread_t thread;

	(void) unused;
	of_the_thread = map(3, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	memset(of_the_thread, 'o', 3 * page);
	expect(pthread_create(&thread, NULL, outlive_main, NULL) == 0, "pthread_create");
	pthread_exit(NULL);
}

static void ended_main_thread(void)
{
	if (check_emulated() || check_instrumented()) {
		skip("an emulator and the instruments need the main thread");
	}
	end_child(start_child(main_thread_ends, NULL));
}

/* As many mappings as a process can have: the scratch gets none. */
static void no_mapping_left(void)
{
	struct reader reader;
	char text[32] = "";
	int fd = open("/proc/sys/vm/max_map_count", O_RDONLY | O_CLOEXEC);
	/* Of larger pages fewer are touched, but so many that the holes between them are not bridged. */
	size_t most, made = 0, touched = 0, step = page > 8192 ? page / 8192 : 1;
	unsigned char *memory;
	static const char *const path[] = {"dump.rdump", "dump.rdump.zst"};
	int paths = rdump_compress_library() ? 2 : 1;

	expect(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0, "max_map_count: %s", strerror(errno));
	close(fd);
	most = strtoul(text, NULL, 10);
	if (check_emulated() || check_instrumented() || most > 70000) {
		skip("vm.max_map_count is %zu here, or the mappings are not this program's alone", most);
	}
	memory = mmap(NULL, 2 * most * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	expect(memory != MAP_FAILED, "mmap: %s", strerror(errno));
	(void) madvise(memory, 2 * most * page, MADV_NOHUGEPAGE);
	while (made < 2 * most
		&& mprotect(memory + made * page, page, PROT_READ | PROT_WRITE | (made % 2 ? PROT_EXEC : 0)) == 0) {
		if (made % step == 0) {
			memory[made * page] = 'm';
			touched++;
		}
		made++;
	}
	while (mmap(NULL, page, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0) != MAP_FAILED) {
	}
	expect(made < 2 * most && errno == ENOMEM, "%zu mappings, and room for more: %s", made, strerror(errno));
	for (int i = 0; i < paths; i++) {
		dump_to(path[i], false, false);
	}
	munmap(memory + page, (2 * most - 1) * page); /* the reader needs memory */
	for (int i = 0; i < paths; i++) {
		reader_open(&reader, path[i]);
		size_t held = reader_held(&reader, memory, made * page) / page;
		/* The first page of each chunk may be there as well, for probes. */
		expect(reader.mappings > most - 10 && held >= touched && held <= touched + made * page / RDUMP_CHUNK + 1,
			"%s: %u mappings, %zu of %zu pages", path[i], reader.mappings, held, touched);
		reader_close(&reader);
	}
}

/* ---- the dump's own memory --------------------------------------------------------------------------------------- */

/*
 * The scratch holds the text of the mappings. The name of a mapping that is nowhere else in this process must be in the
 * table, and in no region.
 */
static void witness(char name[17], unsigned seed)
{
	for (int i = 0; i < 16; i++) {
		seed = seed * 1103515245 + 12345;
		name[i] = (char) ('a' + (seed >> 16) % 26);
	}
	name[16] = '\0';
}

static void map_witness(unsigned seed)
{
	char name[17];
	int fd;

	witness(name, seed);
	fd = (int) syscall(SYS_memfd_create, name, 0);
	expect(fd >= 0 && ftruncate(fd, (off_t) page) == 0, "memfd: %s", strerror(errno));
	(void) map(1, MAP_SHARED, fd);
	close(fd);
	memset(name, 0, sizeof(name));
	__asm__ volatile("" : : "r"(name) : "memory"); /* the memset() is intended */
}

static void look_for_witness(void *context)
{
	unsigned seed = *(unsigned *) context;
	struct reader reader;
	char name[17];
	size_t in_table = 0;

	reader_open(&reader, "dump.rdump");
	witness(name, seed);
	for (uint32_t i = 0; i < reader.mappings; i++) {
		in_table += strstr(reader.mapping[i].name, name) != NULL;
	}
	expect(in_table == 1, "the witness is %zu times in the table", in_table);
	expect(reader_search(&reader, name, 16) == 0, "the dump's own memory is in the dump");
}

/* In a child: the search itself has the name in memory. */
static void check_witness(unsigned seed)
{
	end_child(start_child(look_for_witness, &seed));
}

static void own_memory(void)
{
	if (check_instrumented()) {
		skip("the instruments keep copies of what is passed to the kernel");
	}
	if (check_emulated()) {
		skip("an emulator keeps a list of the mappings too");
	}
	map_witness(1234);
	for (int safe_read = 0; safe_read < 2; safe_read++) {
		dump_to("dump.rdump", false, safe_read);
		check_witness(1234);
		/* With a list that does not show MADV_DONTDUMP. */
		shim_replace("/proc/self/smaps", NULL, ENOENT);
		dump_to("dump.rdump", false, safe_read);
		check_witness(1234);
		shim_restore();
	}
}

/* With RLIMIT_AS at the size of the process, the reserve in .bss is used. */
static void own_memory_at_the_limit(void)
{
	struct rlimit limit = {0, 0}, before;
	struct reader reader;
	unsigned char *memory;

	if (check_instrumented() || check_emulated()) {
		skip("the instruments need address space of their own");
	}
	map_witness(4321);
	memory = map(10, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	memset(memory, 'x', 10 * page);
	getrlimit(RLIMIT_AS, &before);
	limit.rlim_max = before.rlim_max;
	expect(setrlimit(RLIMIT_AS, &limit) == 0, "setrlimit: %s", strerror(errno));
	expect(mmap(NULL, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED, "there is address space");
	for (int safe_read = 0; safe_read < 2; safe_read++) {
		dump_to("dump.rdump", false, safe_read);
		expect(setrlimit(RLIMIT_AS, &before) == 0, "setrlimit: %s", strerror(errno));
		check_witness(4321);
		expect(setrlimit(RLIMIT_AS, &limit) == 0, "setrlimit: %s", strerror(errno));
	}
	expect(setrlimit(RLIMIT_AS, &before) == 0, "setrlimit: %s", strerror(errno));
	reader_open(&reader, "dump.rdump");
	expect_held(&reader, "anonymous memory", memory, 10, 'x');
}

static size_t scratch_of_a_dump(bool safe_read)
{
	struct rdump_request request = request_for(false, safe_read);
	struct rdump_result result;

	shim_arm();
	result = write_to("dump.rdump", &request);
	shim_disarm();
	expect(result.outcome == RDUMP_WRITTEN, "cannot %s: %s", result.error.step, strerror(result.error.err));
	return shim.scratch_used;
}

/* The scratch memory of a dump depends on the number of mappings only. */
static void scratch_does_not_grow(void)
{
	size_t small, large, pages = ((size_t) 150 << 20) / page;

	if (check_instrumented()) {
		skip("once is enough: it is done without instruments");
	}
	for (int safe_read = 0; safe_read < 2; safe_read++) {
		unsigned char *memory = map(pages, MAP_PRIVATE | MAP_ANONYMOUS, -1);
		memset(memory, 1, (size_t) 5 << 20);
		(void) scratch_of_a_dump(safe_read);
		small = scratch_of_a_dump(safe_read);
		memset(memory, 1, pages * page);
		large = scratch_of_a_dump(safe_read);
		expect(small > 0 && large <= small + 2 * page, "%zu bytes of scratch for 5 MB, %zu for 150 MB", small, large);
		expect(large < (size_t) 1 << 20, "%zu bytes of scratch", large);
		munmap(memory, pages * page);
	}
}

/* A dump must not make the process grow: it does not read untouched pages. */
static void process_does_not_grow(void)
{
	size_t pages = ((size_t) 512 << 20) / page;
	unsigned char *private = map(pages, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1),
				  *shared = map(pages, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	/* In kB. A sanitizer keeps the stack frames of calls that have returned: it grows with each dump. */
	long limit = check_instrumented() ? 64 << 10 : 1 << 10;
	struct rusage before, after;
	struct stat status;

	if (check_emulated()) {
		skip("an emulator grows as it translates");
	}
	private[0] = shared[0] = 1;
	dump_to("dump.rdump", false, false);
	getrusage(RUSAGE_SELF, &before);
	dump_to("dump.rdump", false, false);
	dump_to("dump.rdump", false, true);
	getrusage(RUSAGE_SELF, &after);
	expect(after.ru_maxrss - before.ru_maxrss <= limit, "it grew by %ld kB", after.ru_maxrss - before.ru_maxrss);
	expect(stat("dump.rdump", &status) == 0 && (check_instrumented() || status.st_size < 40 << 20), "%lld bytes",
		(long long) status.st_size);
}

static void terabyte(void)
{
	struct stat without, with;
	unsigned char *memory;

	if (check_emulated()) {
		skip("an emulator keeps a table of the pages");
	}
	dump_to("dump.rdump", false, false);
	expect(stat("dump.rdump", &without) == 0, "stat");
	memory = mmap(NULL, (size_t) 1 << 40, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED) {
		skip("no address space of 1 TB: %s", strerror(errno));
	}
	dump_to("dump.rdump", false, false);
	expect(stat("dump.rdump", &with) == 0 && with.st_size - without.st_size < 2 << 20, "%lld bytes more",
		(long long) (with.st_size - without.st_size));
}

/* ---- limits and signals ------------------------------------------------------------------------------------------ */

static void file_size_limit(void)
{
	struct rlimit limit = {65536, 65536};
	struct rdump_request request = request_for(false, false);
	struct rdump_result result;
	sigset_t pending;

	memset(map(100, MAP_PRIVATE | MAP_ANONYMOUS, -1), 1, 100 * page); /* more than the limit */
	put_file("dump.rdump", "before", 6);
	limit.rlim_max = RLIM_INFINITY;
	expect(setrlimit(RLIMIT_FSIZE, &limit) == 0, "setrlimit: %s", strerror(errno));
	for (int safe_read = 0; safe_read < 2; safe_read++) {
		request.safe_read = safe_read;
		result = write_to("dump.rdump", &request);
		expect(result.outcome == RDUMP_FAILED && result.error.err == EFBIG, "outcome %d: %s", (int) result.outcome,
			strerror(result.error.err));
		expect(sigpending(&pending) == 0 && !sigismember(&pending, SIGXFSZ), "SIGXFSZ is pending");
		expect(file_is("dump.rdump", "before", 6), "the earlier file is not as it was");
		expect(!strchr(strchr(list_folder("."), '\n') + 1, '\n'), "something was left:\n%s", list_folder("."));
	}
}

static volatile sig_atomic_t alarms;

static void on_alarm(int number)
{
	(void) number;
	alarms++;
}

static bool alarm_in_mid_dump;

static void raise_alarm(const char *call)
{
	if (!strcmp(call, "write") || !strcmp(call, "writev")) {
		kill(getpid(), SIGALRM);
		kill(getpid(), SIGTERM);
		alarm_in_mid_dump = alarm_in_mid_dump || alarms > 0;
	}
}

/* Signals stay pending until the end of the dump, and arrive then. */
static void signals(void)
{
	struct sigaction action;
	sigset_t before, after;
	struct reader reader;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_alarm; /* without SA_RESTART: calls would fail with EINTR */
	expect(sigaction(SIGALRM, &action, NULL) == 0 && sigaction(SIGTERM, &action, NULL) == 0, "sigaction");
	sigprocmask(SIG_SETMASK, NULL, &before);
	shim_arm();
	shim.before = raise_alarm;
	dump_and_read(&reader, false, false);
	shim_disarm();
	expect(!alarm_in_mid_dump, "a signal came in mid-dump");
	expect(alarms == 2, "%d signals came afterwards", (int) alarms);
	sigprocmask(SIG_SETMASK, NULL, &after);
	for (int number = 1; number < 32; number++) {
		expect(sigismember(&before, number) == sigismember(&after, number), "signal %d is blocked", number);
	}
}

/* A SIGXFSZ that was pending before the dump belongs to the caller. */
static void pending_signal(void)
{
	sigset_t set, pending;

	sigemptyset(&set);
	sigaddset(&set, SIGXFSZ);
	sigprocmask(SIG_BLOCK, &set, NULL);
	kill(getpid(), SIGXFSZ);
	dump_to("dump.rdump", false, false);
	expect(sigpending(&pending) == 0 && sigismember(&pending, SIGXFSZ), "the caller's SIGXFSZ is gone");
}

/* ---- threads and children ---------------------------------------------------------------------------------------- */

static void *dump_often(void *path)
{
	for (int i = 0; i < 20; i++) {
		dump_to(path, false, i % 2);
	}
	return NULL;
}

static void two_threads(void)
{
	static char same[] = "same.rdump", other[] = "other.rdump";
	pthread_t thread[4];
	struct reader reader;

	for (int i = 0; i < 4; i++) {
		expect(pthread_create(&thread[i], NULL, dump_often, i < 3 ? same : other) == 0, "pthread_create");
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(thread[i], NULL);
	}
	reader_open(&reader, same);
	reader_open(&reader, other);
	expect(strstr(list_folder("."), "other.rdump") == list_folder(".") && strstr(list_folder("."), "\nsame.rdump")
			&& !strstr(list_folder("."), ".part"),
		"the folder holds\n%s", list_folder("."));
}

static int stop_moving;

static void *move_memory(void *unused)
{
	(void) unused;
	while (!__atomic_load_n(&stop_moving, __ATOMIC_ACQUIRE)) {
		unsigned char *memory = mmap(NULL, 64 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		for (size_t i = 0; i < 64; i += 2) {
			memory[i * page] = 1;
		}
		mprotect(memory + 8 * page, 8 * page, PROT_NONE);
		/* Each page once: another thread may have mapped memory in the hole. */
		munmap(memory + 32 * page, 8 * page);
		munmap(memory, 32 * page);
		munmap(memory + 40 * page, 24 * page);
	}
	return NULL;
}

/* Mappings are created and removed all the time: each dump is valid, and holds the memory that does not change. */
static void memory_that_moves(void)
{
	unsigned char *still = map(10, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	pthread_t thread[2];
	struct reader reader;

	memset(still, 's', 10 * page);
	for (int i = 0; i < 2; i++) {
		expect(pthread_create(&thread[i], NULL, move_memory, NULL) == 0, "pthread_create");
	}
	for (int i = 0; i < 60; i++) {
		dump_and_read(&reader, false, i % 2);
		expect_held(&reader, "what stands still", still, 10, 's');
		reader_close(&reader);
	}
	__atomic_store_n(&stop_moving, 1, __ATOMIC_RELEASE);
	for (int i = 0; i < 2; i++) {
		pthread_join(thread[i], NULL);
	}
}

static int in_mid_dump, forked;

static void hold(const char *call)
{
	if (!strcmp(call, "writev") && !__atomic_load_n(&in_mid_dump, __ATOMIC_ACQUIRE)) {
		__atomic_store_n(&in_mid_dump, 1, __ATOMIC_RELEASE);
		await(&forked);
	}
}

static void *dump_held(void *unused)
{
	(void) unused;
	shim_arm();
	shim.before = hold;
	dump_to("parent.rdump", false, false);
	shim_disarm();
	return NULL;
}

static void dump_in_child(void *unused)
{
	struct reader reader;

	(void) unused;
	dump_to("child.rdump", false, false);
	reader_open(&reader, "child.rdump");
	expect(reader.pid == (uint64_t) getpid(), "the child's pid");
}

/* fork() while another thread dumps: the child does not have that thread, and must not wait for it. */
static void fork_in_mid_dump(void)
{
	pthread_t thread;
	struct reader reader;

	expect(pthread_create(&thread, NULL, dump_held, NULL) == 0, "pthread_create");
	await(&in_mid_dump);
	end_child(start_child(dump_in_child, NULL));
	__atomic_store_n(&forked, 1, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	reader_open(&reader, "parent.rdump");
	expect(reader.pid == (uint64_t) getpid(), "the parent's pid");
}

/* ---- the stack --------------------------------------------------------------------------------------------------- */

#define STACK_SIZE 262144
#define STACK_BOUND 4096 /* bytes: a fiber may have 16 KB, and PHP itself uses most of them at an error */

/* On the heap, as in the extension. The path is on the stack: its folder is opened, and read for the budget. */
struct painted {
	struct rdump_file file;
	struct rdump_request request;
	struct rdump_result result;
	void (*write)(const struct rdump_request *request, struct rdump_file *file, struct rdump_result *result);
	const char *path;
	unsigned char *stack;
	size_t used;
};

static unsigned char *lowest_touched(unsigned char *stack)
{
	while (*stack == 0xa5) {
		stack++;
	}
	return stack;
}

static void *dump_on_painted_stack(void *context)
{
	struct painted *painted = context;
	unsigned char *here = __builtin_frame_address(0);

	/* the stack that was needed up to here is not the dump's */
	memset(painted->stack, 0xa5, (size_t) (here - 512 - painted->stack));
	if (rdump_file_open(&painted->file, painted->path, &painted->result.error) == 0) {
		painted->write(&painted->request, &painted->file, &painted->result);
	}
	painted->used = (size_t) (here - lowest_touched(painted->stack));
	return NULL;
}

static void small_stack(void)
{
	static struct painted painted;
	pthread_attr_t attributes;
	pthread_t thread;
	struct reader reader;
	size_t most = 0;

	if (check_instrumented()) {
		skip("the instruments need a stack of their own");
	}
	if (check_emulated()) {
		skip("the emulator's signal frames lie on this stack");
	}
	painted.stack = map(STACK_SIZE / page, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	pthread_attr_init(&attributes);
	expect(pthread_attr_setstack(&attributes, painted.stack, STACK_SIZE) == 0, "pthread_attr_setstack");
	for (int variant = 0; variant < 32; variant++) {
		painted.write = variant & 16 ? rdump_snapshot_write : rdump_write;
		painted.path = variant & 8 && rdump_compress_library() ? "./dump.rdump.zst" : "./dump.rdump";
		painted.request = request_for(variant & 1, variant & 2);
		painted.request.marker = true;
		painted.request.budget = variant & 4 ? (uint64_t) 1 << 50 : 0;
		expect(pthread_create(&thread, &attributes, dump_on_painted_stack, &painted) == 0, "pthread_create");
		pthread_join(thread, NULL);
		expect(painted.result.outcome == RDUMP_WRITTEN && !painted.result.error.step, "cannot %s: %s",
			painted.result.error.step, strerror(painted.result.error.err));
		expect(painted.used < STACK_BOUND, "a dump took %zu bytes of stack", painted.used);
		most = painted.used > most ? painted.used : most;
	}
	reader_open(&reader, painted.path);
	note("%zu", most);
}

/* ---- what is left behind ----------------------------------------------------------------------------------------- */

static void nothing_leaks(void)
{
	int descriptors, mappings;

	dump_to("dump.rdump", false, true);
	descriptors = count_descriptors();
	mappings = count_mappings();
	for (int i = 0; i < 10; i++) {
		dump_to("dump.rdump", false, i % 2);
	}
	expect(count_descriptors() == descriptors, "%d descriptors, then %d", descriptors, count_descriptors());
	expect(check_instrumented() || count_mappings() == mappings, "%d mappings, then %d", mappings, count_mappings());
	expect(!strncmp(list_folder("."), "dump.rdump ", 11) && !strstr(list_folder("."), ".part"), "the folder holds\n%s",
		list_folder("."));
}

/* The reader in PHP, which is independent of this one, accepts it too. */
static void reader_in_php(void)
{
	const char *php = getenv("CHECK_PHP"), *source = getenv("CHECK_SOURCE");
	char command[8192];

	if (!php || !*php || !source) {
		skip("no PHP");
	}
	dump_to("dump.rdump", false, false);
	snprintf(command, sizeof(command), "'%s' -n '%s/../../scripts/inspect' --check dump.rdump >reader.log 2>&1", php,
		source);
	expect(system(command) == 0, "it says no: %s", command);
}

int main(void)
{
	page = (size_t) sysconf(_SC_PAGESIZE);
	check("header", header);
	check("table: every mapping, as the kernel lists it", table);
	check("each kind of memory, lean", each_kind_lean);
	check("each kind of memory, full", each_kind_full);
	check("each kind of memory, safe_read with each system call", each_kind_safely);
	check("each kind of memory, in a worker that was root before", as_a_worker);
	check("memory that disappears during the dump is written as zeros", memory_that_goes);
	check("process_vm_readv() fails for one page of several", batches_that_fail);
	check("readable pages next to unreadable ones", good_beside_bad);
	check("a mapped file that was truncated: zeros after its end", truncated_file);
	check("adjacent mappings are one region", one_region);
	check("thousands of regions", many_regions);
	check("holes are zeros, take no blocks and are not touched", holes);
	check("few holes", few_holes);
	check("too many holes", too_many_holes);
	check("a hole at the end of the file", hole_at_the_end);
	check("holes need no room", holes_need_no_room);
	check("holes where lseek() fails", holes_without_lseek);
	check("the number of regions is corrected", regions_that_change);
	check("shared memory without memfd_create()", no_memfd);
	check("pages that are swapped out meanwhile", swapped_out_meanwhile);
	check("a thread that is cancelled in mid-dump", cancelled_thread);
	check("the kernel is asked for the pages once", asked_once);
	check("a path of more than 65,535 bytes", long_name);
	check("a main thread that has ended", ended_main_thread);
	check("vm.max_map_count is reached", no_mapping_left);
	check("the dump's own memory is not in it", own_memory);
	check("the dump's own memory is not in it, at RLIMIT_AS", own_memory_at_the_limit);
	check("scratch does not grow with memory", scratch_does_not_grow);
	check("the process does not grow", process_does_not_grow);
	check("1 TB of reserved address space", terabyte);
	check("RLIMIT_FSIZE: an error, not the end", file_size_limit);
	check("signals stay pending during the dump", signals);
	check("a SIGXFSZ of the caller stays pending", pending_signal);
	check("four threads dump at the same time", two_threads);
	check("memory that changes during the dump", memory_that_moves);
	check("min_free holds for what is added behind the reservation", min_free_of_what_grows);
	check("fork() while another thread dumps", fork_in_mid_dump);
	check("a dump takes less than 4 KB of stack", small_stack);
	check("nothing leaks", nothing_leaks);
	check("the reader in PHP accepts the same file", reader_in_php);
	return 0;
}
