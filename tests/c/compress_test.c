/* Compressed dumps: unpacked, they are the plain dump; and they keep every promise that a plain one keeps. */
#include "../../rdump_compress.h"
#include "../../rdump_writer.h"
#include "check.h"
#include "reader.h"
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef RDUMP_WITH_ZSTD
# define ZSTD_STATIC_LINKING_ONLY
# include <zstd.h>
#endif

static size_t page;
static unsigned char *arena;

static struct rdump_result write_with(const char *path, struct rdump_request request)
{
	struct rdump_file file;
	struct rdump_result result;

	memset(&result, 0, sizeof(result));
	if (rdump_file_open(&file, path, &result.error) < 0) {
		result.outcome = RDUMP_FAILED;
		return result;
	}
	rdump_write(&request, &file, &result);
	return result;
}

static struct rdump_result write_to(const char *path, bool safe_read, bool marker, uint64_t budget)
{
	struct rdump_request request = {.process = {"v82", 1, 2, 3, 4, 0, 0, 0}};

	request.safe_read = safe_read;
	request.marker = marker;
	request.budget = budget;
	return write_with(path, request);
}

static off_t dump_to(const char *path, bool safe_read)
{
	struct rdump_result result = write_to(path, safe_read, false, 0);
	struct stat status;

	expect(result.outcome == RDUMP_WRITTEN && !result.error.step, "%s: cannot %s: %s", path, result.error.step,
		strerror(result.error.err));
	expect(stat(path, &status) == 0 && (uint64_t) status.st_size == result.size, "%s: %lld bytes of %llu", path,
		(long long) status.st_size, (unsigned long long) result.size);
	return status.st_size;
}

static void need_library(void)
{
	if (!rdump_compress_library()) {
		skip("built without libzstd");
	}
}

/* So many bytes in pages, which are larger elsewhere. On a slow machine 10 MB are the most. */
static size_t pages_of(size_t kilobytes)
{
	size_t most = check_in_guest() ? 10240 : kilobytes;
	size_t pages = (kilobytes < most ? kilobytes : most) * 1024 / page;

	return pages > 0 ? pages : 1;
}

/* Memory that the list shows alone. */
static void reserve_arena(size_t pages)
{
	arena = mmap(NULL, (pages + 2) * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	expect(arena != MAP_FAILED, "mmap: %s", strerror(errno));
	arena += page;
	expect(mprotect(arena, pages * page, PROT_READ | PROT_WRITE) == 0, "mprotect: %s", strerror(errno));
	(void) madvise(arena, pages * page, MADV_NOHUGEPAGE);
}

static void fill(size_t pages, size_t every, bool noise)
{
	static uint64_t seed = 88172645463325252U;

	for (size_t i = 0; i < pages; i += every) {
		uint64_t *word = (uint64_t *) (arena + i * page);
		for (size_t j = 0; j < page / sizeof(*word); j++) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			word[j] = noise ? seed : (uint64_t) (uintptr_t) arena + (seed & 0xfff0);
		}
	}
	shim_show_only(arena, arena + pages * page);
}

/* ---- what it unpacks to ------------------------------------------------------------------------------------------ */

static void expect_same(const char *what, const char *plain, const char *compressed)
{
	struct reader one, other;

	reader_open(&one, plain);
	reader_open(&other, compressed);
	expect(one.size == other.size && !memcmp(one.file, other.file, one.size), "%s: %zu bytes and %zu unpacked differ",
		what, one.size, other.size);
	reader_close(&one);
	reader_close(&other);
}

static const struct shape {
	const char *what;
	size_t kilobytes, every;
	bool noise;
} shapes[] = {
	{"one page", 1, 1, false},
	{"100 KB", 100, 1, false},
	{"200 KB", 200, 1, false},
	{"every third page of 8 MB", 8192, 3, false},
	{"40 MB", 40960, 1, false},
	{"40 MB that cannot be made smaller", 40960, 1, true},
};

static void same_bytes(void)
{
	need_library();
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		size_t pages = pages_of(shapes[i].kilobytes);
		reserve_arena(pages);
		fill(pages, shapes[i].every, shapes[i].noise);
		for (int safe_read = 0; safe_read < 2; safe_read++) {
			off_t plain = dump_to("x.rdump", safe_read), compressed = dump_to("x.rdump.zst", safe_read);

			expect_same(shapes[i].what, "x.rdump", "x.rdump.zst");
			expect(shapes[i].noise ? compressed < plain + plain / 100 + 1000 : compressed < plain, "%s: %lld of %lld",
				shapes[i].what, (long long) compressed, (long long) plain);
		}
	}
}

/* A frame as zstd makes it of a file, which tells the content's size and has its checksum. */
static void frame(void)
{
#ifdef RDUMP_WITH_ZSTD
	static unsigned char bytes[18];
	ZSTD_frameHeader header;
	int fd;
	off_t plain;

	reserve_arena(100);
	fill(100, 1, false);
	plain = dump_to("x.rdump", false);
	dump_to("x.rdump.zst", false);
	fd = open("x.rdump.zst", O_RDONLY | O_CLOEXEC);
	expect(fd >= 0 && read(fd, bytes, sizeof(bytes)) == (ssize_t) sizeof(bytes), "read: %s", strerror(errno));
	close(fd);
	expect(ZSTD_getFrameHeader(&header, bytes, sizeof(bytes)) == 0 && header.frameType == ZSTD_frame, "no frame");
	expect(header.checksumFlag && header.dictID == 0 && header.frameContentSize == (unsigned long long) plain,
		"checksum %u, content of %llu", header.checksumFlag, header.frameContentSize);
#else
	need_library();
#endif
}

static void by_zstd(void)
{
	need_library();
	if (system("zstd --version >/dev/null 2>&1") != 0) {
		skip("no zstd here");
	}
	reserve_arena(400);
	fill(400, 2, false);
	dump_to("x.rdump", false);
	dump_to("y.rdump.zst", false);
	shim_arm();
	shim.most_runs = 100; /* two frames */
	dump_to("w.rdump", false);
	dump_to("z.rdump.zst", false);
	shim_disarm();
	expect(system("zstd -qd y.rdump.zst && cmp y.rdump x.rdump && zstd -qd z.rdump.zst && cmp z.rdump w.rdump") == 0,
		"zstd -d gives another file");
}

/* ---- how memory is read ------------------------------------------------------------------------------------------ */

/* A private mapping of a file that was truncated: SIGBUS to who touches it. Zeros in the dump, and whole neighbours. */
static void vanished_memory(void)
{
	static const char *const names[] = {"every way", "process_vm_readv()", "/proc/self/mem", "a pipe"};
	struct reader reader;
	int fd;

	need_library();
	reserve_arena(300);
	fill(300, 1, false);
	fd = open("truncated", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	expect(fd >= 0 && write(fd, arena, 100 * page) == (ssize_t) (100 * page), "write: %s", strerror(errno));
	expect(mmap(arena + 100 * page, 100 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd, 0)
			== arena + 100 * page,
		"mmap: %s", strerror(errno));
	expect(ftruncate(fd, (off_t) (40 * page + 7)) == 0, "ftruncate: %s", strerror(errno));
	shim_show_only(arena, arena + 300 * page);
	dump_to("plain.rdump", false);
	for (int way = 0; way < 8; way++) {
		const char *name = names[way % 4];

		shim_replace("/proc/self/mem", way & 1 ? NULL : "/proc/self/mem", way & 1 ? EACCES : 0);
		refuse_readv = way & 2;
		shim_arm();
		shim.piece = way & 4 ? 1 << 21 : 0;
		dump_to("x.rdump.zst", false);
		shim_disarm();
		expect_same(name, "plain.rdump", "x.rdump.zst");
	}
	reader_open(&reader, "x.rdump.zst");
	const unsigned char *bytes = reader_at(&reader, arena, 300 * page);
	expect(bytes && !memcmp(bytes, arena, 140 * page) && !memcmp(bytes + 200 * page, arena + 200 * page, 100 * page),
		"what is there is not whole");
	for (size_t i = 141 * page; i < 200 * page; i++) {
		expect(bytes[i] == 0, "byte %zu is past the end of the file, and not zero", i);
	}
}

static unsigned char *changing;
static size_t changing_pages;
static bool grows;

static void change(const char *call)
{
	if (changing && !strcmp(call, "openat")) { /* the temporary file, after the plan */
		for (size_t i = 0; i < changing_pages; i += 2) {
			if (grows) {
				changing[i * page] = 1;
			} else if (i % 8) {
				(void) madvise(changing + i * page, page, MADV_DONTNEED);
			}
		}
		changing = NULL;
	}
}

/* The scratch has no room for the runs: other regions are written than planned. The header must have their number. */
static void regions_that_change(void)
{
	struct reader reader;

	need_library();
	changing_pages = (size_t) 80000 * 1024 / page / 8 * 8; /* many runs */
	reserve_arena(changing_pages);
	for (int way = 0; way < 2; way++) {
		grows = way;
		for (size_t i = 0; i < changing_pages; i += grows ? 4 : 2) {
			arena[i * page] = 1;
		}
		shim_show_only(arena, arena + changing_pages * page);
		changing = arena;
		shim_arm();
		shim.before = change;
		shim.most_runs = changing_pages / 20;
		dump_to("x.rdump.zst", false);
		shim_disarm();
		reader_open(&reader, "x.rdump.zst");
		expect(changing == NULL && reader.regions == changing_pages / (grows ? 2 : 8), "%u regions", reader.regions);
		reader_close(&reader);
		expect(madvise(arena, changing_pages * page, MADV_DONTNEED) == 0, "madvise");
	}
}

/* ---- room -------------------------------------------------------------------------------------------------------- */

static void only_earlier_file(const char *what)
{
	expect(file_is("x.rdump.zst", "earlier", 7), "%s: the earlier file is lost", what);
	expect(!strchr(strchr(list_folder("."), '\n') + 1, '\n'), "%s: left behind:\n%s", what, list_folder("."));
}

/* The budget counts a quarter of the plain size, then what is really needed; at the end the file as it is. */
static void budget(void)
{
	struct rdump_result result;
	size_t pages = pages_of(40000);
	uint64_t plain = pages * page;

	need_library();
	reserve_arena(pages);
	fill(pages, 1, true);
	put_file("x.rdump.zst", "earlier", 7);
	result = write_to("x.rdump.zst", false, false, plain / 5);
	expect(result.outcome == RDUMP_SKIPPED && result.size > plain / 4 && result.size < plain / 3, "%d, %llu bytes",
		(int) result.outcome, (unsigned long long) result.size);
	only_earlier_file("less than a quarter");
	result = write_to("x.rdump.zst", false, false, plain / 2);
	expect(result.outcome == RDUMP_FAILED && result.error.err == EDQUOT, "outcome %d: %s", (int) result.outcome,
		strerror(result.error.err));
	only_earlier_file("a half of what it takes");
	result = write_to("x.rdump.zst", false, false, 2 * plain);
	expect(result.outcome == RDUMP_WRITTEN && result.size > plain, "cannot %s: %s", result.error.step,
		strerror(result.error.err));
	fill(pages, 1, false);
	result = write_to("x.rdump.zst", false, false, plain / 2);
	expect(result.outcome == RDUMP_WRITTEN && result.size < plain / 3, "a small one: cannot %s: %s", result.error.step,
		strerror(result.error.err));
}

static void others_in_the_folder(void)
{
	struct rdump_result result;

	reserve_arena(10);
	fill(10, 1, false);
	put_file("a.rdump.zst", "12345678", 8);
	put_file("b.rdump", "1234", 4);
	put_file("c.zst", "12", 2);
	result = write_to("x.rdump", false, false, 100);
	expect(result.outcome == RDUMP_SKIPPED && result.others == 12, "outcome %d, others %llu", (int) result.outcome,
		(unsigned long long) result.others);
}

/* The blocks that it does not need go back. */
static void blocks(void)
{
	size_t pages = pages_of(40000);
	struct stat status;

	need_library();
	reserve_arena(pages);
	fill(pages, 1, false);
	shim_arm();
	shim.file_system = 0xef53;
	dump_to("x.rdump.zst", false);
	shim_disarm();
	expect(stat("x.rdump.zst", &status) == 0 && (uint64_t) status.st_blocks * 512 < (uint64_t) status.st_size + 65536,
		"%lld bytes in %lld blocks", (long long) status.st_size, (long long) status.st_blocks);
}

static void file_size_limit(void)
{
	struct rlimit limit = {1 << 20, RLIM_INFINITY};
	struct rdump_result result;

	need_library();
	reserve_arena(pages_of(8000));
	fill(pages_of(8000), 1, true);
	put_file("x.rdump.zst", "earlier", 7);
	expect(setrlimit(RLIMIT_FSIZE, &limit) == 0, "setrlimit: %s", strerror(errno));
	result = write_to("x.rdump.zst", false, false, 0);
	expect(result.outcome == RDUMP_FAILED && result.error.err == EFBIG, "outcome %d: %s", (int) result.outcome,
		strerror(result.error.err));
	only_earlier_file("RLIMIT_FSIZE");
}

/* With no mapping for the scratch: libzstd's memory is in the reserve. */
static void small_scratch(void)
{
	need_library();
	reserve_arena(pages_of(4000));
	fill(pages_of(4000), 2, false);
	dump_to("x.rdump", false);
	shim_arm();
	shim.only = "mmap";
	shim.fail_from = 1;
	shim.err = ENOMEM;
	dump_to("x.rdump.zst", false);
	shim_disarm();
	expect(shim.failed != NULL, "mmap() was not called");
	expect_same("in the reserve", "x.rdump", "x.rdump.zst");
}

/* ---- without libzstd --------------------------------------------------------------------------------------------- */

static void refused(void)
{
	struct rdump_result result;

	if (rdump_compress_library()) {
		skip("built with libzstd %s", rdump_compress_library());
	}
	reserve_arena(10);
	fill(10, 1, false);
	put_file("x.rdump.zst", "earlier", 7);
	result = write_to("x.rdump.zst", false, true, 0);
	expect(result.outcome == RDUMP_FAILED && result.error.err == ENOTSUP && strstr(result.error.step, "without libzstd")
			&& !strcmp(result.error.path, "x.rdump.zst"),
		"outcome %d: cannot %s", (int) result.outcome, result.error.step);
	only_earlier_file("refused");
	dump_to("x.rdump", false);
}

/* A step of growth is more than that: a sixteenth of the plain size, from a quarter of it on. */
static void last_bytes_of_the_budget(void)
{
	size_t pages = pages_of(40960), noise = pages * 11 / 20;
	struct rdump_result result;

	need_library();
	reserve_arena(pages);
	fill(pages, 1, true);
	memset(arena + noise * page, 'a', (pages - noise) * page);
	result = write_to("x.rdump.zst", false, false, 0);
	expect(result.outcome == RDUMP_WRITTEN, "cannot %s", result.error.step);
	result = write_to("x.rdump.zst", false, false, result.size + page);
	expect(result.outcome == RDUMP_WRITTEN, "outcome %d: cannot %s", (int) result.outcome, result.error.step);
}

/* On a tmpfs, near a limit of memory: what grows while it is written may not take more than is left either. */
static void memory_of_a_limit(void)
{
	struct rdump_request request = {.process = {"v82", 1, 2, 3, 4, 0, 0, 0}};
	size_t pages = pages_of(40960);
	struct rdump_result result;

	need_library();
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0
		|| mkdir("mounted", 0755) < 0 || mount("rdump", "mounted", "tmpfs", 0, "size=200m") < 0) {
		skip("nothing can be mounted: %s", strerror(errno));
	}
	reserve_arena(pages);
	fill(pages, 1, true);
	request.near_limit = true;
	request.left = pages * page / 2;
	for (int compressed = 0; compressed < 2; compressed++) {
		result = write_with(compressed ? "mounted/x.rdump.zst" : "mounted/x.rdump", request);
		expect(result.outcome == RDUMP_FAILED && result.error.err == ENOMEM, "outcome %d: cannot %s: %s",
			(int) result.outcome, result.error.step, strerror(result.error.err));
		expect(!*list_folder("mounted"), "left behind: %s", list_folder("mounted"));
	}
	request.left = 2 * pages * page;
	result = write_with("mounted/x.rdump.zst", request);
	expect(result.outcome == RDUMP_WRITTEN, "cannot %s", result.error.step);
}

static void names(void)
{
	expect(rdump_compress_is_wanted("a.zst") && rdump_compress_is_wanted("/t/%p.rdump.zst")
			&& rdump_compress_is_wanted(".zst"),
		"these are compressed");
	expect(!rdump_compress_is_wanted("zst") && !rdump_compress_is_wanted("a.rdump") && !rdump_compress_is_wanted("")
			&& !rdump_compress_is_wanted("a.zst/b") && !rdump_compress_is_wanted("a.ZST"),
		"these are not");
}

int main(void)
{
	page = (size_t) sysconf(_SC_PAGESIZE);
	check("which paths are of compressed dumps", names);
	check("unpacked, it is the plain dump byte for byte", same_bytes);
	check("the frame has a checksum and the content's size", frame);
	check("zstd -d gives the plain dump", by_zstd);
	check("memory that vanished is zeros, in each way of reading", vanished_memory);
	check("the number of regions is corrected", regions_that_change);
	check("the budget", budget);
	check("the budget counts compressed dumps", others_in_the_folder);
	check("the last bytes of the budget", last_bytes_of_the_budget);
	check("a tmpfs, near a limit of memory", memory_of_a_limit);
	check("blocks that are not needed go back", blocks);
	check("RLIMIT_FSIZE is an error, not the end", file_size_limit);
	check("no mapping for the scratch", small_scratch);
	check("without libzstd it is refused with a sentence", refused);
	return 0;
}
