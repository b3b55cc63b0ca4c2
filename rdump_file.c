/* The life of a dump's file: temporary, reserved, committed or gone. See rdump_file.h. */
#include "rdump_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

/* How long another dump may decide, in ms, before it counts as stuck. Without a budget the lock only helps others to count. */
#define LOCK_PATIENCE 10000
#define LOCK_PATIENCE_UNBUDGETED 100

/* ---- opening ----------------------------------------------------------------------------------------------------- */

/* What stands at the target may be replaced if it is a regular file. Returns 0 or an errno. */
static int look_at_target(const struct rdump_file *file)
{
	struct stat status;

	if (fstatat(file->folder.fd, file->name, &status, AT_SYMLINK_NOFOLLOW) < 0) {
		return errno == ENOENT ? 0 : errno;
	}
	switch (status.st_mode & S_IFMT) {
		case S_IFREG:
			return 0;
		case S_IFDIR:
			return EISDIR;
		case S_IFLNK:
			return ELOOP;
		default:
			return ENXIO;
	}
}

/* Splits `path` and opens its folder. A slash at the end names a directory, and so do "." and "..". */
static int open_folder(struct rdump_file *file)
{
	const char *slash = strrchr(file->path, '/');
	const char *name = slash ? slash + 1 : file->path;

	if (!*file->path) {
		return ENOENT;
	}
	if (strlen(file->path) >= PATH_MAX || strlen(name) > NAME_MAX) {
		return ENAMETOOLONG;
	}
	if (!*name || !strcmp(name, ".") || !strcmp(name, "..")) {
		return EISDIR;
	}
	strcpy(file->name, name);
	return rdump_folder_open(&file->folder, file->path, (size_t) (name - file->path));
}

int rdump_file_open(struct rdump_file *file, const char *path, struct rdump_error *error)
{
	int err;

	memset(file, 0, sizeof(*file));
	file->path = path;
	file->folder.fd = -1;
	file->fd = -1;
	err = open_folder(file);
	if (err) {
		return rdump_fail(error, "open the folder of", path, err);
	}
	err = look_at_target(file);
	if (err) {
		rdump_file_close(file);
		return rdump_fail(error, "replace", path, err);
	}
	return 0;
}

void rdump_file_close(struct rdump_file *file)
{
	int saved = errno;

	if (file->fd >= 0) {
		(void) unlinkat(file->folder.fd, file->temporary, 0);
		(void) close(file->fd);
		file->fd = -1;
	}
	rdump_folder_close(&file->folder);
	errno = saved;
}

/* ---- the budget -------------------------------------------------------------------------------------------------- */

static int lock_folder(const struct rdump_file *file)
{
	return rdump_folder_lock(&file->folder, file->budget ? LOCK_PATIENCE : LOCK_PATIENCE_UNBUDGETED);
}

/* Is there room for a dump of `size` bytes in the budget? To be asked with the folder locked. Returns 1 (no), 0 or -1. */
static int check_budget(struct rdump_file *file, uint64_t size, struct rdump_error *error)
{
	int err = rdump_folder_survey(&file->folder, file->name, file->temporary, &file->others);

	if (!file->budget) {
		return 0; /* nothing to decide; what could not be cleared away does no harm */
	}
	if (err) {
		return rdump_fail(error, "list the folder of", file->path, err);
	}
	return size > file->budget || file->others > file->budget - size;
}

/* ---- the temporary file ------------------------------------------------------------------------------------------ */

/* A name that nobody can foresee, so that nothing can be put in its way. */
static void choose_name(char name[RDUMP_TEMPORARY_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char random[RDUMP_TEMPORARY_RANDOM / 2];
	char *at = name + strlen(RDUMP_TEMPORARY_PREFIX);

	if (syscall(SYS_getrandom, random, sizeof(random), 1U /* GRND_NONBLOCK */) != (long) sizeof(random)) {
		/* Not random, but O_EXCL sees to it that a foreseen name only makes the dump fail. */
		struct timespec now = {0, 0};
		uintptr_t stack = (uintptr_t) &now;
		clock_gettime(CLOCK_MONOTONIC, &now);
		memset(random, getpid() & 255, sizeof(random));
		memcpy(random, &now.tv_nsec, sizeof(uint32_t));
		memcpy(random + 4, &stack, sizeof(stack));
	}
	strcpy(name, RDUMP_TEMPORARY_PREFIX);
	for (size_t i = 0; i < sizeof(random); i++) {
		*at++ = digits[random[i] >> 4];
		*at++ = digits[random[i] & 15];
	}
	strcpy(at, RDUMP_TEMPORARY_SUFFIX);
}

/* Creates and locks it. Returns 0 or an errno. */
static int create_temporary(struct rdump_file *file)
{
	struct stat status;

	for (int tries = 0; tries < 100; tries++) {
		choose_name(file->temporary);
		file->fd = openat(file->folder.fd, file->temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (file->fd < 0 && errno == EEXIST) {
			continue;
		}
		if (file->fd < 0) {
			return errno;
		}
		/* A file system without flock() cannot tell a left-over; the dump is as good. But another dump may have taken this
		 * one for a left-over before it was locked. */
		if ((flock(file->fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
			|| (fstat(file->fd, &status) == 0 && status.st_nlink == 0)) {
			(void) unlinkat(file->folder.fd, file->temporary, 0); /* who holds the lock need not be one who removes it */
			(void) close(file->fd);
			file->fd = -1;
			continue;
		}
		return 0;
	}
	return EEXIST;
}

/* Full disks hurt others: rather not begin what cannot end. Returns 0 or ENOSPC. */
static int look_for_room(const struct rdump_file *file, uint64_t size)
{
	struct statvfs status;
	uint64_t blocks;

	if (fstatvfs(file->fd, &status) < 0 || status.f_blocks == 0 || status.f_frsize == 0) {
		return 0; /* the file system does not say */
	}
	blocks = geteuid() == 0 ? status.f_bfree : status.f_bavail;
	return blocks < size / status.f_frsize ? ENOSPC : 0;
}

/* Makes the temporary file `size` bytes long, so that it counts before it is written. */
static int reserve(struct rdump_file *file, uint64_t size, struct rdump_error *error)
{
	int status;

	do {
		status = ftruncate(file->fd, (off_t) size);
	} while (status < 0 && errno == EINTR);
	if (status < 0) {
		return rdump_fail(error, "reserve room for", file->path, errno);
	}
	file->reserved = size;
	return 0;
}

int rdump_file_create(struct rdump_file *file, uint64_t size, uint64_t budget, struct rdump_error *error)
{
	int err, status;

	file->budget = budget;
	err = lock_folder(file);
	if (err && budget) {
		return rdump_fail(error, "lock the folder of", file->path, err);
	}
	status = check_budget(file, size, error);
	if (status == 0) {
		err = create_temporary(file);
		/* Read and write for the owner even where the umask or a default ACL says otherwise. */
		if (err || (fchmod(file->fd, 0600) < 0 && (err = errno))) {
			status = rdump_fail(error, "create a temporary file beside", file->path, err);
		} else if ((err = look_for_room(file, size))) {
			status = rdump_fail(error, "find room for", file->path, err);
		} else {
			status = reserve(file, size, error);
		}
	}
	rdump_folder_unlock(&file->folder);
	return status;
}

int rdump_file_allocate(const struct rdump_file *file, struct rdump_error *error)
{
	struct statfs status;

	/* The blocks of a tmpfs are pages: it would go over them twice. */
	if (fstatfs(file->fd, &status) < 0 || status.f_type == RDUMP_TMPFS_MAGIC || fallocate(file->fd, 0, 0, (off_t) file->reserved) == 0
		|| (errno != ENOSPC && errno != EDQUOT && errno != EFBIG)) {
		return 0;
	}
	return rdump_fail(error, "find room for", file->path, errno);
}

int rdump_file_grow(struct rdump_file *file, uint64_t size, struct rdump_error *error)
{
	int err = lock_folder(file), status;

	if (err) {
		return rdump_fail(error, "lock the folder of", file->path, err);
	}
	status = check_budget(file, size, error);
	if (status == 0) {
		status = reserve(file, size, error);
	} else if (status > 0) {
		status = rdump_fail(error, "keep within the budget with", file->path, EDQUOT);
	}
	rdump_folder_unlock(&file->folder);
	return status;
}

/* Some file systems (NFS) tell only when a descriptor is closed that the bytes did not reach the disk. Returns 0 or an errno. */
static int flush_to_file_system(const struct rdump_file *file)
{
	int copy = fcntl(file->fd, F_DUPFD_CLOEXEC, 0);

	/* EINTR: closed all the same, and no word of a failure, close(2) */
	return copy >= 0 && close(copy) < 0 && errno != EINTR ? errno : 0;
}

int rdump_file_commit(struct rdump_file *file, uint64_t size, struct rdump_error *error)
{
	int err, status = 0;

	if (size != file->reserved && reserve(file, size, error) < 0) {
		return -1;
	}
	err = flush_to_file_system(file);
	if (err) {
		return rdump_fail(error, "write", file->path, err);
	}
	/* In one step for those who count: else the file could be in neither of the two places where they look. */
	err = lock_folder(file);
	if (err && file->budget && err != EWOULDBLOCK) {
		return rdump_fail(error, "lock the folder of", file->path, err);
	}
	err = look_at_target(file);
	if (err || (renameat(file->folder.fd, file->temporary, file->folder.fd, file->name) < 0 && (err = errno))) {
		status = rdump_fail(error, "replace", file->path, err);
	} else {
		(void) close(file->fd);
		file->fd = -1;
	}
	rdump_folder_unlock(&file->folder);
	return status;
}

/* ---- the marker -------------------------------------------------------------------------------------------------- */

static int marker_name(const struct rdump_file *file, char name[NAME_MAX + 1])
{
	if (strlen(file->name) + strlen(RDUMP_MARKER_SUFFIX) > NAME_MAX) {
		return ENAMETOOLONG;
	}
	strcpy(name, file->name);
	strcat(name, RDUMP_MARKER_SUFFIX);
	return 0;
}

int rdump_file_unmark(struct rdump_file *file, struct rdump_error *error)
{
	char name[NAME_MAX + 1];
	int err = marker_name(file, name);

	if (!err && unlinkat(file->folder.fd, name, 0) < 0 && errno != ENOENT) {
		err = errno;
	}
	return err ? rdump_fail(error, "remove the old marker of", file->path, err) : 0;
}

int rdump_file_mark(struct rdump_file *file, struct rdump_error *error)
{
	char name[NAME_MAX + 1];
	int err = marker_name(file, name);

	if (!err) {
		int fd = openat(file->folder.fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0 || fchmod(fd, 0600) < 0) {
			err = errno;
		}
		if (fd >= 0) {
			(void) close(fd);
			if (err) {
				(void) unlinkat(file->folder.fd, name, 0);
			}
		}
	}
	return err ? rdump_fail(error, "create the marker of", file->path, err) : 0;
}
