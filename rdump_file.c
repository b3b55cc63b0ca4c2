/* The life of a dump's file: temporary, reserved, committed or gone. See rdump_file.h. */
#include "rdump_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

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

/* The temporary file that is being written, and by whom. One at a time: see rdump_scratch_take(). */
static struct rdump_file *being_written;
static pthread_t writer;

static void begin_writing(struct rdump_file *file)
{
	__atomic_store_n(&writer, pthread_self(), __ATOMIC_RELEASE);
	__atomic_store_n(&being_written, file, __ATOMIC_RELEASE);
}

static void end_writing(struct rdump_file *file)
{
	(void) __atomic_compare_exchange_n(&being_written, &file, NULL, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

bool rdump_file_abandon(void)
{
	struct rdump_file *file = __atomic_load_n(&being_written, __ATOMIC_ACQUIRE);

	return file && pthread_equal(__atomic_load_n(&writer, __ATOMIC_ACQUIRE), pthread_self())
		&& unlinkat(file->folder.fd, file->temporary, 0) == 0;
}

void rdump_file_discard(struct rdump_file *file)
{
	end_writing(file);
	if (file->fd >= 0) {
		(void) unlinkat(file->folder.fd, file->temporary, 0);
		(void) close(file->fd);
		file->fd = -1;
	}
}

void rdump_file_close(struct rdump_file *file)
{
	int saved = errno;

	rdump_file_discard(file);
	rdump_folder_close(&file->folder);
	errno = saved;
}

/* ---- the budget -------------------------------------------------------------------------------------------------- */

static bool is_in_memory(const struct rdump_file *file)
{
	struct statfs status;

	return fstatfs(file->fd, &status) == 0
		&& (status.f_type == RDUMP_TMPFS_MAGIC || status.f_type == RDUMP_RAMFS_MAGIC);
}

/* May a file with `size` bytes in blocks have them? Returns 0 or -1. */
static int check_memory(const struct rdump_file *file, uint64_t size, struct rdump_error *error)
{
	if (file->memory && size > file->memory && is_in_memory(file)) {
		return rdump_fail(error, "find memory for (its file system is in memory)", file->path, ENOMEM);
	}
	return 0;
}

static bool has_min_free(const struct rdump_file *file)
{
	return file->min_free.bytes || file->min_free.share;
}

/* Is anything decided about the room? A dump does that while it has the folder locked. Otherwise there is no lock. */
static bool decides(const struct rdump_file *file)
{
	return file->budget || has_min_free(file);
}

bool rdump_file_is_bounded(const struct rdump_file *file)
{
	return decides(file) || file->memory;
}

static int lock_folder(const struct rdump_file *file)
{
	return decides(file) ? rdump_folder_lock(&file->folder) : 0;
}

static void unlock_folder(const struct rdump_file *file)
{
	if (decides(file)) {
		rdump_folder_unlock(&file->folder);
	}
}

/* Do `more` bytes for this file leave min_free on the file system? Returns 1 (no), 0 or -1. */
static int check_min_free(struct rdump_file *file, uint64_t more, struct rdump_error *error)
{
	struct statvfs status;
	uint64_t available, pending = file->others.pending, keep = file->min_free.bytes, share;

	if (fstatvfs(file->fd, &status) < 0) {
		return rdump_fail(error, "find out the free space for", file->path, errno);
	}
	if (status.f_blocks == 0 || status.f_frsize == 0) {
		return rdump_fail(error, "find out the free space for", file->path, ENOTSUP);
	}
	share = (uint64_t) ((double) status.f_blocks * (double) status.f_frsize / 1e4 * file->min_free.share);
	keep = share > keep ? share : keep;
	available = (uint64_t) status.f_bavail * status.f_frsize;
	available = pending < available ? available - pending : 0;
	more = (more + status.f_frsize - 1) / status.f_frsize * status.f_frsize;
	if (more <= available && available - more >= keep) {
		return 0;
	}
	file->available = available;
	file->kept_free = keep;
	return 1;
}

/*
 * Is there room for a dump of `size` bytes, `more` than it has now, in the budget and beside what must stay free? The
 * folder must be locked. Returns 1 (no), 0 or -1.
 */
static int check_room(struct rdump_file *file, uint64_t size, uint64_t more, struct rdump_error *error)
{
	int err = rdump_folder_survey(&file->folder, file->name, file->temporary, &file->others);

	if (!decides(file)) {
		return 0; /* a left-over that is still there does no harm */
	}
	if (err) {
		return rdump_fail(error, "list the folder of", file->path, err);
	}
	if (file->budget && (size > file->budget || file->others.sizes > file->budget - size)) {
		return 1;
	}
	return has_min_free(file) ? check_min_free(file, more, error) : 0;
}

/* ---- the temporary file ------------------------------------------------------------------------------------------ */

/*
 * Locks the new temporary file. Where that fails (no memory for a lock, a file system without flock()) the dump is as
 * good, but its name must not have the folder's origin: by that, others would take an unlocked file for a left-over at
 * once. Another dump may have done so before the file was locked: then it has no name any more. (Some file systems
 * count no links, so st_nlink does not tell.) Returns 0 or an errno.
 */
static int lock_temporary(const struct rdump_file *file)
{
	struct stat status;

	if (flock(file->fd, LOCK_EX | LOCK_NB) < 0 && (errno == EWOULDBLOCK || *file->folder.origin)) {
		return errno;
	}
	return fstatat(file->folder.fd, file->temporary, &status, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT ? ENOENT : 0;
}

/* Where standard streams are closed, the first descriptors are free, and anybody may write to them later. */
static int above_standard_streams(int fd)
{
	int moved = fd >= 0 && fd <= STDERR_FILENO ? fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1) : -1;

	if (moved < 0) {
		return fd;
	}
	(void) close(fd);
	return moved;
}

/* Creates and locks it. Returns 0 or an errno. */
static int create_temporary(struct rdump_file *file)
{
	int err = EEXIST;

	for (int tries = 0; err && tries < 100; tries++) {
		rdump_folder_choose_name(&file->folder, file->temporary);
		begin_writing(file);
		file->fd = openat(file->folder.fd, file->temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (file->fd < 0 && errno != EEXIST) {
			return errno;
		}
		file->fd = above_standard_streams(file->fd);
		err = file->fd < 0 ? EEXIST : lock_temporary(file);
		if (err) {
			rdump_file_discard(file); /* somebody has it locked, and need not be one who removes it */
		}
		if (err && err != EWOULDBLOCK && err != ENOENT && err != EEXIST) {
			*file->folder.origin = '\0';
		}
	}
	return err;
}

int rdump_file_make_private(int fd)
{
	struct stat status;
	int err = fchmod(fd, 0600) < 0 ? errno : ENOTSUP;

	if (fstat(fd, &status) < 0) {
		return errno;
	}
	return (status.st_mode & 0677) == 0600 ? 0 : err;
}

/* A full disk disturbs others: a dump that does not fit does not begin. Returns 0 or ENOSPC. */
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

/* From no file to one of the reserved size. Returns 1 where there is no room that it may take, 0 or -1. */
static int create_reserved(struct rdump_file *file, uint64_t size, struct rdump_error *error)
{
	int status, err = create_temporary(file);

	if (err == ENOSPC || err == EDQUOT) {
		/* What killed processes left may be what fills the disk. */
		(void) rdump_folder_survey(&file->folder, file->name, "", &file->others);
		err = create_temporary(file);
	}
	if (err) {
		return rdump_fail(error, "create a temporary file beside", file->path, err);
	}
	err = rdump_file_make_private(file->fd);
	if (err) {
		return rdump_fail(error, "give mode 0600 to", file->path, err);
	}
	status = check_room(file, size, size - file->holes, error);
	if (status != 0) {
		return status;
	}
	err = look_for_room(file, size - file->holes);
	if (err) {
		return rdump_fail(error, "find room for", file->path, err);
	}
	return check_memory(file, size - file->holes, error) < 0 ? -1 : reserve(file, size, error);
}

int rdump_file_create(struct rdump_file *file, uint64_t size, uint64_t budget, struct rdump_error *error)
{
	int status, err;

	file->budget = budget;
	file->kept_free = file->available = 0;
	err = lock_folder(file);
	if (err) {
		return rdump_fail(error, "lock the folder of", file->path, err);
	}
	status = create_reserved(file, size, error);
	if (status != 0) {
		rdump_file_discard(file);
	}
	unlock_folder(file);
	return status;
}

/* Some file systems have larger blocks: then less is saved. None that people dump to has smaller ones. */
#define BLOCK 4096

uint64_t rdump_file_saved(uint64_t at, uint64_t length)
{
	uint64_t begin = (at + BLOCK - 1) / BLOCK * BLOCK, end = (at + length) / BLOCK * BLOCK;

	return begin < end ? end - begin : 0;
}

int rdump_file_allocate(const struct rdump_file *file, uint64_t from, uint64_t length, struct rdump_error *error)
{
	struct statfs status;

	/* The blocks of a tmpfs are pages: it would go over them twice. btrfs does not compress such blocks. */
	if (fstatfs(file->fd, &status) < 0 || status.f_type == RDUMP_TMPFS_MAGIC || status.f_type == RDUMP_BTRFS_MAGIC) {
		return 1;
	}
	if (fallocate(file->fd, 0, (off_t) from, (off_t) length) < 0) {
		bool full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
		return full ? rdump_fail(error, "find room for", file->path, errno) : 1;
	}
	return 0;
}

/* What the file system has still to find blocks for, if the file becomes `size` bytes long. */
static uint64_t bytes_to_come(const struct rdump_file *file, uint64_t size)
{
	struct stat status;
	uint64_t blocks = fstat(file->fd, &status) < 0 ? 0 : (uint64_t) status.st_blocks * 512;

	return blocks < size ? size - blocks : 0;
}

int rdump_file_grow(struct rdump_file *file, uint64_t size, struct rdump_error *error)
{
	int err, status;

	file->kept_free = file->available = 0;
	if (check_memory(file, size - file->holes, error) < 0) {
		return -1;
	}
	err = lock_folder(file);
	if (err) {
		return rdump_fail(error, "lock the folder of", file->path, err);
	}
	status = decides(file) ? check_room(file, size, bytes_to_come(file, size), error) : 0;
	if (status > 0) {
		status = file->kept_free
			? rdump_fail(error, "leave the free space of rdump.oom_dump_min_free beside", file->path, ENOSPC)
			: rdump_fail(error, "keep within the budget with", file->path, EDQUOT);
	} else if (status == 0) {
		err = look_for_room(file, size - file->reserved);
		status = err ? rdump_fail(error, "find room for", file->path, err) : reserve(file, size, error);
	}
	unlock_folder(file);
	return status;
}

void rdump_file_shrink(struct rdump_file *file, uint64_t size)
{
	struct rdump_error ignored;

	if (size < file->reserved) {
		(void) reserve(file, size, &ignored);
	}
}

/*
 * Some file systems tell only at close(2) that the bytes did not reach the disk. NFS does not even then, where the
 * server has delegated the file. Returns 0 or an errno.
 */
static int flush_to_file_system(const struct rdump_file *file)
{
	struct statfs status;
	int copy = -1;

	if (fstatfs(file->fd, &status) < 0 || status.f_type != RDUMP_NFS_MAGIC) {
		copy = fcntl(file->fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	}
	if (copy < 0) {
		/* Or no descriptor is free. This tells as well, but takes until the bytes are on the disk. */
		return fsync(file->fd) < 0 ? errno : 0;
	}
	/* EINTR: it is closed, and nothing is said of a failure, close(2) */
	return close(copy) < 0 && errno != EINTR ? errno : 0;
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
	/* Locked, so that who counts finds the file under one of its two names. */
	err = lock_folder(file);
	if (err && err != EWOULDBLOCK) {
		return rdump_fail(error, "lock the folder of", file->path, err);
	}
	err = look_at_target(file);
	if (err || (renameat(file->folder.fd, file->temporary, file->folder.fd, file->name) < 0 && (err = errno))) {
		status = rdump_fail(error, "replace", file->path, err);
	} else {
		end_writing(file);
		(void) close(file->fd);
		file->fd = -1;
	}
	unlock_folder(file);
	return status;
}
