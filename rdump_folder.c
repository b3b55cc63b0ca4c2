/* The folder that dumps are written to. See rdump_folder.h. */
#include "rdump_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

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
	return folder->fd < 0 ? errno : 0;
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

	snprintf(link, sizeof(link), "/proc/self/fd/%d", folder->fd);
	length = readlink(link, folder->work.path, sizeof(folder->work.path));
	if (length <= 0 || length >= (ssize_t) sizeof(folder->work.path)) {
		return NULL;
	}
	folder->work.path[length] = '\0';
	return folder->work.path;
}

int rdump_folder_lock(const struct rdump_folder *folder, int patience)
{
	static const struct timespec pause = {0, 1000000};

	if (!folder->listable) {
		return EACCES;
	}
	while (flock(folder->fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EINTR && (errno != EWOULDBLOCK || patience-- == 0)) {
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

static bool ends_with(const char *name, const char *end)
{
	size_t length = strlen(name), size = strlen(end);

	return length >= size && !strcmp(name + length - size, end);
}

static bool is_temporary_name(const char *name)
{
	size_t prefix = strlen(RDUMP_TEMPORARY_PREFIX);

	return strlen(name) == RDUMP_TEMPORARY_SIZE - 1 && !strncmp(name, RDUMP_TEMPORARY_PREFIX, prefix)
		&& strspn(name + prefix, "0123456789abcdef") == RDUMP_TEMPORARY_RANDOM && ends_with(name, RDUMP_TEMPORARY_SUFFIX);
}

/*
 * Removes the temporary file `name` if nobody is writing it: a writer keeps it locked from its creation on. Returns whether
 * it is gone. The lock is released last: a writer that has just created the file, and did not get its lock, takes another
 * name.
 */
static bool remove_leftover(const struct rdump_folder *folder, const char *name)
{
	bool gone = false;
	struct stat status;
	int fd = openat(folder->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0) {
		return errno == ENOENT;
	}
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && flock(fd, LOCK_EX | LOCK_NB) == 0) {
		gone = unlinkat(folder->fd, name, 0) == 0;
	}
	(void) close(fd);
	return gone;
}

/* What a walk over the folder is looking for. */
struct survey {
	struct rdump_folder *folder;
	const char *target;
	const char *temporary;
	uint64_t others;
};

/* Removes one entry of the folder if it is a left-over, else adds its size if it is a dump, complete or being written. */
static void visit(struct survey *survey, const char *name)
{
	bool temporary = is_temporary_name(name);
	struct stat status;

	if ((!temporary && !ends_with(name, RDUMP_SUFFIX)) || !strcmp(name, survey->target)
		|| !strcmp(name, survey->temporary) || (temporary && remove_leftover(survey->folder, name))) {
		return;
	}
	if (fstatat(survey->folder->fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode)) {
		survey->others += (uint64_t) status.st_size;
	}
}

/* As getdents64(2) fills it: opendir(3) would allocate. */
struct entry {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

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
			const struct entry *entry = (const struct entry *) ((const char *) entries + at);
			visit(survey, entry->name);
			at += entry->length;
		}
	}
}

int rdump_folder_survey(
	struct rdump_folder *folder, const char *target, const char *temporary, uint64_t *others)
{
	struct survey survey = {folder, target, temporary, 0};
	int err = folder->listable ? read_folder(&survey) : EACCES;

	*others = survey.others;
	return err;
}
