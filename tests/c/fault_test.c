/* Every system call of a dump fails once, with each of its errors. Checks the result and what is left. */
#include "check.h"
#include "reader.h"
#include "shim.h"
#include "../../rdump_compress.h"
#include "../../rdump_snapshot.h"
#include "../../rdump_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static size_t page, pages;
static char left_over[80]; /* in the folder f */
static unsigned char *arena;
static bool near_limit;
static const char *dump_path = "f/x.rdump", *marker_path = "f/x.rdump.done";

/*
 * Memory that is the only one in the list: every third page exists, and the last mapping is shared. Half of each page
 * cannot be compressed.
 */
/* How it is written. */
static void (*write_dump)(
	const struct rdump_request *request, struct rdump_file *file, struct rdump_result *result)
	= rdump_write;

static void plant(void)
{
	uint32_t noise = 1;

	arena = mmap(NULL, (pages + 2) * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	expect(arena != MAP_FAILED, "mmap: %s", strerror(errno));
	arena += page;
	expect(
		mmap(arena, pages / 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == arena
			&& mmap(arena + pages / 2 * page, pages / 2 * page, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0)
				== arena + pages / 2 * page,
		"mmap: %s", strerror(errno));
	(void) madvise(arena, pages * page, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < pages; i += 3) {
		memset(arena + i * page, (int) i % 251 + 1, page);
		for (size_t j = 0; j < page / 2; j++) {
			noise = noise * 1103515245 + 12345;
			arena[i * page + j] = (unsigned char) (noise >> 16);
		}
	}
	shim_show_only(arena, arena + pages * page);
}

/* Makes the folder, and the name of a file that a process of this boot left in it. */
static void make_folder(void)
{
	struct rdump_folder folder;

	expect(mkdir("f", 0755) == 0 && rdump_folder_open(&folder, "f", 1) == 0 && *folder.origin, "the folder: %s",
		strerror(errno));
	rdump_folder_close(&folder);
	snprintf(left_over, sizeof(left_over), "f/.rdump-%s0123456789abcdef.part", folder.origin);
}

static void check_whole(const char *what)
{
	struct reader reader;

	reader_open(&reader, dump_path);
	for (size_t i = 0; i < pages; i += 3) {
		const unsigned char *bytes = reader_at(&reader, arena + i * page, page);
		expect(bytes && !memcmp(bytes, arena + i * page, page), "%s: page %zu is not whole", what, i);
	}
	reader_close(&reader);
}

struct tally {
	int faults, whole, refused;
};

/* What a call that fails must lead to: a complete dump, or a refused one. For calls not in this list both are right. */
static const struct {
	const char *call;
	bool whole;
	bool budget_too; /* with a budget as well */
} expected[] = {
	{"ioctl", true, true},
	{"mincore", true, true},
	{"getrandom", true, true},
	{"memfd_create", true, true},
	{"sysinfo", true, true},
	{"mmap", true, true},
	{"madvise", true, true},
	{"unflock", true, true},
	{"fstatvfs", true, true},
	{"fcntl", true, true},
	{"flock", true, false},
	{"getdents64", true, false},
	{"lseek", true, false},
	{"stat", true, true},
	{"statfs", true, true},
	{"fchmod", true, true},
	{"clock_gettime", true, true},
	{"write", false, true},
	{"writev", false, true},
	{"posix_fadvise", true, true},
	{"pwrite", false, true},
	{"ftruncate", false, true},
	{"renameat", false, true},
};

static bool is_one_of(const char *call, const char *const *list)
{
	for (; *list; list++) {
		if (!strcmp(call, *list)) {
			return true;
		}
	}
	return false;
}

static void check_outcome(
	const struct rdump_request *request, const struct rdump_result *result, int err, int nth, struct tally *tally)
{
	/* a folder that the process could not unlock stays locked for its copy */
	bool locked_out = write_dump != rdump_write && !strcmp(shim.failed, "unflock");
	static const char *const resumed[]
		= {"read", "pread", "write", "writev", "pwrite", "ftruncate", "ioctl", "flock", "process_vm_readv", NULL};
	static const char *const in_pieces[] = {"read", "pread", "write", "writev", NULL};
	bool whole = result->outcome == RDUMP_WRITTEN;
	char what[128];

	snprintf(what, sizeof(what), "call %d, %s, fails with %s", nth, shim.failed,
		err == SHIM_SHORT ? "one byte" : strerror(err));
	expect(result->outcome != RDUMP_SKIPPED, "%s: skipped", what);
	if (whole && err == EIO && (!strcmp(shim.failed, "pread") || !strcmp(shim.failed, "process_vm_readv"))) {
		/* the error for memory that does not exist any more: its page is written as zeros */
		struct reader reader;
		reader_open(&reader, dump_path);
		reader_close(&reader);
		tally->whole++;
	} else if (whole) {
		check_whole(what);
		tally->whole++;
	} else {
		expect(file_is(dump_path, "earlier", 7), "%s: the earlier file is lost", what);
		expect(result->error.step && *result->error.step && result->error.path && result->error.err,
			"%s: no reason is given", what);
		/* a read that returns nothing although there is more is the only error without an errno */
		expect(result->error.err == err || err == SHIM_SHORT || (locked_out && result->error.err == EAGAIN),
			"%s: the reason given is \"%s: %s\"", what, result->error.step, strerror(result->error.err));
		tally->refused++;
	}
	if (locked_out || (write_dump != rdump_write && !strcmp(shim.failed, "pwrite"))) {
		return; /* the latter is of the copy's oom_score_adj, which it can do without */
	}
	if ((err == EINTR && is_one_of(shim.failed, resumed)) || (err == SHIM_SHORT && is_one_of(shim.failed, in_pieces))) {
		expect(whole, "%s: no dump: cannot %s: %s", what, result->error.step, strerror(result->error.err));
	} else if (err != EINTR) {
		for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
			if (!strcmp(expected[i].call, shim.failed)
				&& (expected[i].budget_too || !(request->budget || request->min_free.bytes))
				&& !(request->min_free.bytes && !strcmp(shim.failed, "fstatvfs"))) {
				/* the calls for the marker come after the dump is complete */
				expect(whole == expected[i].whole || (whole && result->error.step), "%s: %s", what,
					whole ? "a dump all the same" : "no dump");
			}
		}
	}
	if (whole && !result->error.step) {
		expect((access(marker_path, F_OK) == 0) == request->marker, "%s: marker", what);
	}
	if (!whole && request->marker) {
		struct stat status;
		/* A marker is that of an earlier dump, or there is none. There is no new one. */
		expect(stat(marker_path, &status) < 0 || status.st_size == 5, "%s: a marker without a dump", what);
	}
	expect(!strstr(list_folder("f"), ".part") || !strcmp(shim.failed, "unlinkat")
			|| strstr(list_folder("f"), left_over + 2),
		"%s: left behind:\n%s", what, list_folder("f"));
	expect(!strstr(list_folder("f"), RDUMP_TEMPORARY_PREFIX) || strstr(list_folder("f"), left_over + 2),
		"%s: left behind:\n%s", what, list_folder("f"));
}

/* Returns whether there was an nth call to fail. */
static bool fail_once(const struct rdump_request *request, int nth, int err, const char *only, struct tally *tally)
{
	struct rdump_file file;
	struct rdump_result result;
	int descriptors, descriptors_behind, mappings, mappings_behind;

	(void) unlink(marker_path);
	(void) unlink(left_over);
	put_file(dump_path, "earlier", 7);
	if (request->marker) {
		put_file(marker_path, "stale", 5);
	}
	put_file(left_over, "left over", 9);
	descriptors = count_descriptors();
	mappings = count_mappings();
	memset(&result, 0, sizeof(result));
	shim_arm();
	shim.fail_at = nth;
	shim.err = err;
	shim.only = only;
	shim.file_system = 0xef53; /* that of a disk, wherever this runs */
	if (rdump_file_open(&file, dump_path, &result.error) < 0) {
		result.outcome = RDUMP_FAILED;
	} else {
		write_dump(request, &file, &result);
	}
	shim_disarm();
	/* In this order: opendir() allocates memory, which musl may keep. */
	mappings_behind = count_mappings();
	descriptors_behind = count_descriptors();
	expect(check_instrumented() || mappings_behind == mappings, "call %d, %s: %d mappings before, %d behind", nth,
		shim.failed, mappings, mappings_behind);
	expect(descriptors_behind == descriptors, "call %d, %s: %d descriptors before, %d behind", nth, shim.failed,
		descriptors, descriptors_behind);
	if (!shim.failed) {
		expect(result.outcome == RDUMP_WRITTEN && !result.error.step, "without a fault: cannot %s: %s",
			result.error.step, strerror(result.error.err));
		check_whole("without a fault");
		expect(!strstr(list_folder("f"), ".part"), "left behind:\n%s", list_folder("f"));
		return false;
	}
	tally->faults++;
	check_outcome(request, &result, err, nth, tally);
	return true;
}

/* What must stay free in the next case. */
static uint64_t min_free;

/* How many numbers of errors the next case tries; 0 = all. */
static size_t errors;

static void each_call(bool safe_read, bool marker, uint64_t budget, const char *closed, const char *also_closed)
{
	static const int err[] = {EINTR, EIO, ENOSPC, EDQUOT, EMFILE, ENOMEM, EACCES, EPERM, EROFS, EFBIG, ENOSYS};
	static const char *const in_pieces[] = {"read", "pread", "write", "writev", "pwrite"};
	struct rdump_request request = {.process = {"v82", 1, 2, 3, 4, 5, 0, 0},
		.safe_read = safe_read,
		.marker = marker,
		.budget = budget,
		.near_limit = near_limit};
	struct tally tally = {0, 0, 0};

	request.min_free.bytes = min_free;
	plant();
	make_folder();
	if (closed) {
		shim_replace(closed, NULL, EACCES);
	}
	if (also_closed) {
		shim_replace(also_closed, NULL, EACCES);
	}
	if (!errors) {
		/* Slow with sanitizers and on other machines. The number of the error makes no difference to them. */
		bool slow = check_instrumented() || check_emulated() || check_in_guest();
		errors = slow ? 2 : sizeof(err) / sizeof(*err);
	}
	for (size_t i = 0; i < errors; i++) {
		for (int nth = 1; fail_once(&request, nth, err[i], NULL, &tally); nth++) {
		}
	}
	for (size_t i = 0; i < sizeof(in_pieces) / sizeof(*in_pieces); i++) {
		for (int nth = 1; fail_once(&request, nth, SHIM_SHORT, in_pieces[i], &tally); nth++) {
		}
	}
	expect(tally.faults > 50 && tally.whole > 25 && tally.refused > 5, "%d faults, %d dumps whole, %d refused",
		tally.faults, tally.whole, tally.refused);
	note("%d faults: %d dumps whole, %d refused, no file lost", tally.faults, tally.whole, tally.refused);
}

static void plain(void)
{
	each_call(false, false, 0, NULL, NULL);
}

static void with_marker_and_budget(void)
{
	each_call(false, true, (uint64_t) 1 << 30, NULL, NULL);
}

static void with_min_free(void)
{
	min_free = 1;
	each_call(false, false, 0, NULL, NULL);
}

static void safely(void)
{
	each_call(true, false, 0, NULL, NULL);
}

static void compressed_dump(bool marker, uint64_t budget, const char *closed)
{
	if (!rdump_compress_library()) {
		skip("built without libzstd");
	}
	dump_path = "f/x.rdump.zst";
	marker_path = "f/x.rdump.zst.done";
	each_call(false, marker, budget, closed, NULL);
}

static void compressed(void)
{
	compressed_dump(false, 0, NULL);
}

static void compressed_with_marker_and_budget(void)
{
	compressed_dump(true, (uint64_t) 1 << 30, NULL);
}

static void compressed_by_a_pipe(void)
{
	refuse_readv = true;
	compressed_dump(false, 0, "/proc/self/mem");
}

static void as_a_worker(void)
{
	each_call(true, true, (uint64_t) 1 << 30, "/proc/self/mem", "/proc/self/pagemap");
}

/* The calls of the process and of its copy. */
static void by_a_copy(void)
{
	if (check_emulated()) {
		skip("the emulator makes no such copy");
	}
	write_dump = rdump_snapshot_write;
	if (check_instrumented()) {
		skip("a copy of a process with sanitizers takes too long");
	}
	errors = 1; /* a copy for each call: slow */
	shim_share();
	each_call(false, true, (uint64_t) 1 << 30, NULL, NULL);
}

static void near_a_limit(void)
{
	near_limit = true;
	each_call(false, true, 0, NULL, NULL);
}

static void without_page_table(void)
{
	each_call(false, false, 0, "/proc/self/pagemap", NULL);
}

/* ---- a disk that fills up, for good ------------------------------------------------------------------------------ */

static void stays_full(void)
{
	static const char *const call[] = {"write", "writev", "ftruncate", "renameat", "openat", "flock"};
	struct rdump_request request
		= {.process = {"v82", 1, 2, 3, 4, 5, 0, 0}, .marker = true, .budget = (uint64_t) 1 << 30};
	struct rdump_file file;
	struct rdump_result result;

	plant();
	for (size_t i = 0; i < sizeof(call) / sizeof(*call); i++) {
		for (int from = 1; from <= 2; from++) {
			put_file("x.rdump", "earlier", 7);
			memset(&result, 0, sizeof(result));
			shim_arm();
			shim.only = call[i];
			shim.fail_from = from;
			shim.err = ENOSPC;
			expect(rdump_file_open(&file, "x.rdump", &result.error) == 0, "cannot %s", result.error.step);
			rdump_write(&request, &file, &result);
			shim_disarm();
			if (result.outcome == RDUMP_FAILED) {
				expect(result.error.err == ENOSPC && result.error.step && file_is("x.rdump", "earlier", 7),
					"%s from call %d on: %s", call[i], from, strerror(result.error.err));
			} else {
				expect(from == 2 && result.outcome == RDUMP_WRITTEN, "%s from call %d on: a dump all the same", call[i],
					from);
			}
			expect(!strstr(list_folder("."), ".part"), "%s from call %d on: left behind:\n%s", call[i], from,
				list_folder("."));
			(void) unlink("x.rdump.done");
		}
	}
}

static void marker_fails(void)
{
	struct rdump_request request = {.process = {"v82", 1, 2, 3, 4, 5, 0, 0}, .marker = true};
	struct rdump_file file;
	struct rdump_result result;

	plant();
	shim_arm();
	shim.only = "openat";
	shim.fail_at = 2; /* the temporary file, then the marker */
	shim.err = EACCES;
	expect(rdump_file_open(&file, "x.rdump", &result.error) == 0, "open");
	rdump_write(&request, &file, &result);
	shim_disarm();
	expect(shim.failed && result.outcome == RDUMP_WRITTEN && result.error.step && strstr(result.error.step, "marker")
			&& result.error.err == EACCES,
		"outcome %d, cannot %s: %s", (int) result.outcome, result.error.step, strerror(result.error.err));
	expect(access("x.rdump", F_OK) == 0 && access("x.rdump.done", F_OK) < 0, "the folder holds\n%s", list_folder("."));
}

/* ---- the budget, when a dump turns out larger than planned ------------------------------------------------------- */

#define GROWING_PAGES ((size_t) 20000) /* every fourth of them */

static unsigned char *growing;

static void grow(const char *call)
{
	if (growing && !strcmp(call, "ftruncate")) { /* the size is reserved, no byte is written */
		for (size_t i = 0; i < GROWING_PAGES; i += 2) {
			growing[i * page] = 1;
		}
		growing = NULL;
	}
}

static void larger_than_planned(void)
{
	struct rdump_request request = {.process = {"v82", 1, 2, 3, 4, 5, 0, 0}};
	struct rdump_file file;
	struct rdump_result result;
	uint64_t planned = 0;
	unsigned char *memory
		= mmap(NULL, (GROWING_PAGES + 2) * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	expect(memory != MAP_FAILED && mprotect(memory += page, GROWING_PAGES * page, PROT_READ | PROT_WRITE) == 0, "%s",
		strerror(errno));
	(void) madvise(memory, GROWING_PAGES * page, MADV_NOHUGEPAGE);
	for (int way = -1; way < 4; way++) {
		bool room = way % 2;

		expect(madvise(memory, GROWING_PAGES * page, MADV_DONTNEED) == 0, "madvise");
		for (size_t i = 0; i < GROWING_PAGES; i += 4) {
			memory[i * page] = 1;
		}
		shim_show_only(memory, memory + GROWING_PAGES * page);
		put_file("x.rdump", "earlier", 7);
		request.safe_read = way / 2;
		request.budget = room ? planned + GROWING_PAGES * page : planned + page;
		if (way < 0) {
			request.budget = 0;
		} else {
			growing = memory;
		}
		shim_arm();
		shim.before = grow;
		shim.most_runs = 1000;
		expect(rdump_file_open(&file, "x.rdump", &result.error) == 0, "open");
		rdump_write(&request, &file, &result);
		shim_disarm();
		expect(growing == NULL, "nothing grew");
		if (way < 0) {
			expect(result.outcome == RDUMP_WRITTEN, "cannot %s", result.error.step);
			planned = result.size;
		} else if (room) {
			struct stat status;
			struct reader reader;
			expect(result.outcome == RDUMP_WRITTEN && stat("x.rdump", &status) == 0, "cannot %s: %s", result.error.step,
				strerror(result.error.err));
			expect((uint64_t) status.st_size > planned + GROWING_PAGES / 4 * page
					&& (uint64_t) status.st_size == result.size,
				"%lld bytes", (long long) status.st_size);
			reader_open(&reader, "x.rdump");
			reader_close(&reader);
		} else {
			expect(result.outcome == RDUMP_FAILED && result.error.err == EDQUOT && file_is("x.rdump", "earlier", 7),
				"outcome %d: %s", (int) result.outcome, strerror(result.error.err));
		}
		expect(!strstr(list_folder("."), ".part"), "left behind:\n%s", list_folder("."));
	}
	shim_restore();
}

static void skipped(void)
{
	struct rdump_request request = {.process = {"v82", 1, 2, 3, 4, 5, 0, 0}, .marker = true};
	struct rdump_file file;
	struct rdump_result result;

	plant();
	put_file("other.rdump", "12345678", 8);
	put_file("x.rdump", "earlier", 7);
	put_file("x.rdump.done", "", 0);
	request.budget = 1000;
	expect(rdump_file_open(&file, "x.rdump", &result.error) == 0, "open");
	rdump_write(&request, &file, &result);
	expect(result.outcome == RDUMP_SKIPPED && !result.error.step && result.others == 8
			&& result.size > pages / 3 * page,
		"outcome %d, others %llu, size %llu", (int) result.outcome, (unsigned long long) result.others,
		(unsigned long long) result.size);
	expect(file_is("x.rdump", "earlier", 7) && access("x.rdump.done", F_OK) == 0 && !strstr(list_folder("."), ".part"),
		"the folder holds\n%s", list_folder("."));
}

int main(void)
{
	page = (size_t) sysconf(_SC_PAGESIZE);
	pages = (size_t) 300 * 4096 / page / 6 * 6; /* 1.2 MB; both halves begin with a page that exists */
	check("each call fails once", plain);
	check("each call fails once, with a marker and a budget", with_marker_and_budget);
	check("each call fails once, safe_read", safely);
	check("each call fails once, in a worker that was root before", as_a_worker);
	check("each call fails once, by a copy of the process", by_a_copy);
	check("a dump near a limit of memory", near_a_limit);
	check("each call fails once, without a page table", without_page_table);
	check("each call fails once, compressed", compressed);
	check("each call fails once, where something must stay free", with_min_free);
	check("each call fails once, compressed, with a marker and a budget", compressed_with_marker_and_budget);
	check("each call fails once, compressed, memory read by a pipe", compressed_by_a_pipe);
	check("a call that fails from its nth time on", stays_full);
	check("a marker that cannot be created", marker_fails);
	check("a dump that becomes larger than planned", larger_than_planned);
	check("a skipped dump changes nothing", skipped);
	return 0;
}
