/* The folder that dumps are written to. See rdump_folder.h. */
#include "rdump_folder.h"

#include "rdump_format.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* How long another dump may decide, in milliseconds, before it counts as stuck. */
#define LOCK_PATIENCE 10000

/* ---- opening ----------------------------------------------------------------------------------------------------- */

/* FNV-1a, a hash that spreads its input over all 64 bits. Begins with HASH_BEGIN. */
#define HASH_BEGIN 0xcbf29ce484222325U

static uint64_t hash(uint64_t value, const void *bytes, size_t length)
{
	const unsigned char *at = bytes;

	while (length-- > 0) {
		value = (value ^ *at++) * 0x100000001b3U;
	}
	return value;
}

/* Writes 16 hex digits. */
static void put_digits(char *to, uint64_t value)
{
	for (int shift = 60; shift >= 0; shift -= 4) {
		*to++ = "0123456789abcdef"[(value >> shift) & 15];
	}
}

/* Reads one of the kernel's UUIDs and hashes it. Returns false where there is none. */
static bool hash_uuid(const char *path, uint64_t *value)
{
	char uuid[36];
	ssize_t got;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		return false;
	}
	do {
		got = read(fd, uuid, sizeof(uuid));
	} while (got < 0 && errno == EINTR);
	(void) close(fd);
	if (got != (ssize_t) sizeof(uuid)) {
		return false;
	}
	*value = hash(HASH_BEGIN, uuid, sizeof(uuid));
	return true;
}

static void find_origin(struct rdump_folder *folder)
{
	uint64_t value;
	struct stat status;

	memset(folder->origin, 0, sizeof(folder->origin));
	if (fstat(folder->fd, &status) == 0 && hash_uuid("/proc/sys/kernel/random/boot_id", &value)) {
		put_digits(folder->origin, hash(value, &status.st_dev, sizeof(status.st_dev)));
	}
}

int rdump_folder_open(struct rdump_folder *folder, const char *path, size_t length)
{
	char *name = folder->work.path;

	if (length >= sizeof(folder->work.path)) {
		return ENAMETOOLONG;
	}
	memcpy(name, path, length);
	strcpy(name + length, length ? "" : ".");

	folder->fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	folder->listable = folder->fd >= 0;
	if (folder->fd < 0 && errno == EACCES) {
		/* A drop box: files may be put in, but not listed. */
		folder->fd = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	if (folder->fd < 0) {
		return errno;
	}
	find_origin(folder);
	return 0;
}

void rdump_folder_close(struct rdump_folder *folder)
{
	if (folder->fd >= 0) {
		(void) close(folder->fd);
		folder->fd = -1;
	}
}

const char *rdump_folder_path(struct rdump_folder *folder)
{
	char link[sizeof("/proc/self/fd/") + 3 * sizeof(int)];
	ssize_t length;

	(void) rdump_format(link, sizeof(link), "/proc/self/fd/%d", folder->fd);
	length = readlink(link, folder->work.path, sizeof(folder->work.path));
	if (length <= 0 || length >= (ssize_t) sizeof(folder->work.path)) {
		return NULL;
	}
	folder->work.path[length] = '\0';
	return folder->work.path;
}

/* ---- the lock ---------------------------------------------------------------------------------------------------- */

static int64_t milliseconds(void)
{
	struct timespec now = {0, 0};

	(void) clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int rdump_folder_lock(const struct rdump_folder *folder)
{
	static const struct timespec pause = {0, 1000000};
	int64_t end = milliseconds() + LOCK_PATIENCE;

	if (!folder->listable) {
		return EACCES;
	}
	while (flock(folder->fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EINTR && (errno != EWOULDBLOCK || milliseconds() >= end)) {
			return errno;
		}
		nanosleep(&pause, NULL);
	}
	return 0;
}

void rdump_folder_unlock(const struct rdump_folder *folder)
{
	if (folder->listable) {
		(void) flock(folder->fd, LOCK_UN);
	}
}

/* ---- temporary names --------------------------------------------------------------------------------------------- */

static uint64_t random_bits(void)
{
	uint64_t value;
	struct {
		struct timespec clock[2];
		int64_t thread;
	} seed;

	if (syscall(SYS_getrandom, &value, sizeof(value), 1U /* GRND_NONBLOCK */) == (long) sizeof(value)
		|| hash_uuid("/proc/sys/kernel/random/uuid", &value)) {
		return value;
	}
	/* Not random, but with O_EXCL a foreseen name only makes the dump fail. No address: others may see the name. */
	memset(&seed, 0, sizeof(seed));
	(void) clock_gettime(CLOCK_REALTIME, &seed.clock[0]);
	(void) clock_gettime(CLOCK_MONOTONIC, &seed.clock[1]);
	seed.thread = syscall(SYS_gettid);
	return hash(HASH_BEGIN, &seed, sizeof(seed));
}

void rdump_folder_choose_name(const struct rdump_folder *folder, char name[RDUMP_TEMPORARY_SIZE])
{
	char *digits = name + strlen(RDUMP_TEMPORARY_PREFIX);

	strcpy(name, RDUMP_TEMPORARY_PREFIX);
	if (*folder->origin) {
		memcpy(digits, folder->origin, RDUMP_TEMPORARY_DIGITS / 2);
	} else {
		put_digits(digits, random_bits());
	}
	put_digits(digits + RDUMP_TEMPORARY_DIGITS / 2, random_bits());
	strcpy(digits + RDUMP_TEMPORARY_DIGITS, RDUMP_TEMPORARY_SUFFIX);
}

static bool ends_with(const char *name, const char *end)
{
	size_t length = strlen(name), size = strlen(end);

	return length >= size && !strcmp(name + length - size, end);
}

static bool is_temporary_name(const char *name)
{
	size_t prefix = strlen(RDUMP_TEMPORARY_PREFIX);

	return strlen(name) == RDUMP_TEMPORARY_SIZE - 1 && !strncmp(name, RDUMP_TEMPORARY_PREFIX, prefix)
		&& strspn(name + prefix, "0123456789abcdef") == RDUMP_TEMPORARY_DIGITS
		&& ends_with(name, RDUMP_TEMPORARY_SUFFIX);
}

static bool has_origin(const struct rdump_folder *folder, const char *name)
{
	size_t length = strlen(folder->origin);

	return length > 0 && !strncmp(name + strlen(RDUMP_TEMPORARY_PREFIX), folder->origin, length);
}

/* ---- what is in the folder --------------------------------------------------------------------------------------- */

/* What a walk over the folder is looking for. */
struct survey {
	struct rdump_folder *folder;
	const char *target;
	const char *temporary;
	time_t now; /* by the file system's clock; 0 = unknown */
	struct rdump_survey found;
};

/*
 * Returns the time by the file system's clock when `temporary` was made; 0 where it is not there. That is the earlier
 * of its two times: some file systems take one of them from the client.
 */
static time_t find_now(const struct rdump_folder *folder, const char *temporary)
{
	struct stat status;

	if (fstatat(folder->fd, temporary, &status, AT_SYMLINK_NOFOLLOW) < 0) {
		return 0;
	}
	return status.st_mtime < status.st_ctime ? status.st_mtime : status.st_ctime;
}

static bool is_old(const struct survey *survey, int fd)
{
	struct stat status;
	time_t limit = survey->now - RDUMP_LEFTOVER_AGE;

	return fstat(fd, &status) == 0 && status.st_mtime < limit && status.st_ctime < limit;
}

/*
 * Removes the temporary file `name` if nobody is writing it. Returns whether it is gone. It is opened for writing
 * because NFS gives an exclusive lock to no other descriptor, flock(2). The lock is released last: a writer that has
 * just created the file, and did not get its lock, takes another name.
 */
static bool remove_leftover(const struct survey *survey, const char *name)
{
	bool gone = false;
	int fd = openat(survey->folder->fd, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0) {
		return errno == ENOENT;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && (has_origin(survey->folder, name) || is_old(survey, fd))) {
		gone = unlinkat(survey->folder->fd, name, 0) == 0;
	}
	(void) close(fd);
	return gone;
}

/* Sparse files may be as long as they like: the sum must not wrap. */
static void add(uint64_t *sum, uint64_t size)
{
	*sum = size > UINT64_MAX - *sum ? UINT64_MAX : *sum + size;
}

/* Removes an entry of the folder if it is a left-over, else adds its size if it is a dump, whole or being written. */
static void visit(struct survey *survey, const char *name)
{
	bool temporary = is_temporary_name(name);
	struct stat status;
	uint64_t size, blocks;

	if (!(temporary || ends_with(name, RDUMP_SUFFIX) || ends_with(name, RDUMP_COMPRESSED))
		|| !strcmp(name, survey->target)
		|| !strcmp(name, survey->temporary)
		|| fstatat(survey->folder->fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(status.st_mode)
		|| (temporary && remove_leftover(survey, name))) {
		return;
	}
	size = (uint64_t) status.st_size;
	blocks = (uint64_t) status.st_blocks * 512; /* the unit of st_blocks, stat(3type) */
	add(&survey->found.sizes, size);
	if (temporary && size > blocks) {
		add(&survey->found.pending, size - blocks);
	}
}

static int read_folder(struct survey *survey)
{
	uint64_t *entries = survey->folder->work.entries;

	if (lseek(survey->folder->fd, 0, SEEK_SET) < 0) {
		return errno;
	}
	for (;;) {
		long got = syscall(SYS_getdents64, survey->folder->fd, entries, sizeof(survey->folder->work.entries));
		if (got <= 0) {
			return got < 0 ? errno : 0;
		}
		for (long at = 0; at < got;) {
			const struct rdump_folder_entry *entry = (const struct rdump_folder_entry *) ((const char *) entries + at);
			visit(survey, entry->name);
			at += entry->length;
		}
	}
}

int rdump_folder_survey(
	struct rdump_folder *folder, const char *target, const char *temporary, struct rdump_survey *survey)
{
	struct survey walk = {folder, target, temporary, find_now(folder, temporary), {0, 0}};
	int err = folder->listable ? read_folder(&walk) : EACCES;

	*survey = walk.found;
	return err;
}
