/* A dump near a limit of memory does not fill the page cache. */
#include "check.h"
#include "reader.h"
#include "shim.h"
#include "../../rdump_behind.h"
#include "../../rdump_compress.h"
#include "../../rdump_writer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define SIZE ((size_t) 40 << 20)

static size_t page;
static unsigned char *arena;
static size_t most_cached;

/* Bytes of the file that are in the page cache. */
static size_t cached(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	unsigned char *present = malloc(2 * SIZE / page);
	struct stat status;
	size_t count = 0;
	void *memory;

	expect(fd >= 0 && present && fstat(fd, &status) == 0 && (size_t) status.st_size < 2 * SIZE, "%s", path);
	if (status.st_size > 0) {
		memory = mmap(NULL, (size_t) status.st_size, PROT_READ, MAP_SHARED, fd, 0);
		expect(memory != MAP_FAILED && mincore(memory, (size_t) status.st_size, present) == 0, "mincore: %s",
			strerror(errno));
		for (size_t i = 0; i * page < (size_t) status.st_size; i++) {
			count += present[i] & 1;
		}
		munmap(memory, (size_t) status.st_size);
	}
	close(fd);
	free(present);
	return count * page;
}

/* The temporary file, before each write. */
static void look(const char *call)
{
	DIR *folder;
	struct dirent *entry;
	size_t now;

	if (strcmp(call, "writev") && strcmp(call, "write")) {
		return;
	}
	shim.before = NULL;
	folder = opendir(".");
	while ((entry = readdir(folder)) != NULL) {
		if (strstr(entry->d_name, ".part")) {
			now = cached(entry->d_name);
			most_cached = now > most_cached ? now : most_cached;
		}
	}
	closedir(folder);
	shim.before = look;
}

static void plant(void)
{
	unsigned noise = 1;

	page = (size_t) sysconf(_SC_PAGESIZE);
	arena = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	expect(arena != MAP_FAILED, "mmap: %s", strerror(errno));
	for (size_t i = 0; i < SIZE; i += sizeof(noise)) {
		noise = noise * 1103515245 + 12345;
		memcpy(arena + i, &noise, sizeof(noise));
	}
	shim_show_only(arena, arena + SIZE);
}

static void dump(const char *path, bool near_limit, bool safe_read)
{
	struct rdump_request request
		= {.process = {"v82", 1, 2, 3, 4, 5}, .safe_read = safe_read, .near_limit = near_limit};
	struct rdump_file file;
	struct rdump_result result;

	memset(&result, 0, sizeof(result));
	expect(rdump_file_open(&file, path, &result.error) == 0, "cannot open the folder of %s", path);
	most_cached = 0;
	shim_arm();
	shim.before = look;
	rdump_write(&request, &file, &result);
	shim_disarm();
	expect(result.outcome == RDUMP_WRITTEN, "cannot %s %s: %s", result.error.step, result.error.path,
		strerror(result.error.err));
}

/* Skips where the page cache is the file, or has no say. */
static void need_disk(void)
{
	static const long kinds[] = {0xef53, 0x58465342, 0x9123683e};
	struct statfs status;

	expect(statfs(".", &status) == 0, "statfs: %s", strerror(errno));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if ((long) status.f_type == kinds[i]) {
			return;
		}
	}
	skip("the folder is not on ext4, xfs or btrfs");
}

static void cache(void)
{
	static const char *const path[] = {"a.rdump", "b.rdump", "c.rdump.zst"};
	struct reader reader;

	need_disk();
	plant();
	for (int i = 0; i < (rdump_compress_library() ? 3 : 2); i++) {
		dump(path[i], true, i == 1);
		/* What is being written as it looks, and pages beside it that the file system reads ahead or has not dropped.
		 */
		expect(most_cached <= 3 * RDUMP_BEHIND_MOST, "%s: %zu bytes in the page cache", path[i], most_cached);
		expect(cached(path[i]) <= RDUMP_BEHIND_MOST, "%s: %zu bytes left in the page cache", path[i], cached(path[i]));
		if (i < 2) {
			reader_open(&reader, path[i]);
			expect(!memcmp(reader_at(&reader, arena, SIZE), arena, SIZE), "%s: other bytes", path[i]);
			reader_close(&reader);
		}
	}
}

static void vectors(void)
{
	static char bytes[8];
	struct iovec vector[4] = {{bytes, 8}, {NULL, 0}, {bytes, 8}, {NULL, 0}};
	struct rdump_behind behind = {false, 0}, on = {true, 0};
	int fd = open("f", O_RDWR | O_CREAT, 0600);

	plant();
	vector[1].iov_base = vector[3].iov_base = arena;
	vector[1].iov_len = RDUMP_BEHIND_MOST - 16;
	vector[3].iov_len = SIZE;
	expect(rdump_behind_writev(&behind, fd, vector, 4) == (ssize_t) (RDUMP_BEHIND_MOST + SIZE), "as usual");
	expect(rdump_behind_writev(&on, fd, vector, 4) == (ssize_t) RDUMP_BEHIND_MOST, "three of four");
	expect(rdump_behind_writev(&on, fd, vector, 2) == (ssize_t) RDUMP_BEHIND_MOST - 8, "two of two");
	expect(rdump_behind_writev(&on, fd, vector + 3, 1) == (ssize_t) RDUMP_BEHIND_MOST, "a part of a long one");
	close(fd);
}

static void errors(void)
{
	static const struct {
		int err, told;
	} row[] = {{EIO, EIO}, {ENOSPC, ENOSPC}, {EDQUOT, EDQUOT}, {EINVAL, 0}, {EROFS, 0}, {EPERM, 0}, {EINTR, 0}};
	struct rdump_behind behind;
	int fd = open("f", O_RDWR | O_CREAT, 0600), told;

	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		behind.on = true;
		behind.dropped = 0;
		shim_arm();
		shim.only = "fdatasync";
		shim.fail_at = 1;
		shim.err = row[i].err;
		expect(rdump_behind_wrote(&behind, fd, RDUMP_BEHIND_MOST - 1, false) == 0 && shim.calls == 0, "too early");
		told = rdump_behind_wrote(&behind, fd, RDUMP_BEHIND_MOST, false);
		expect(told == row[i].told && shim.calls > 0, "%s: %s", strerror(row[i].err), strerror(told));
		shim_disarm();
	}
	close(fd);
}

int main(void)
{
	check("pieces of a write", vectors);
	check("errors of fdatasync()", errors);
	check("near a limit of memory a dump does not fill the page cache", cache);
	return 0;
}
