/* The marker beside a complete dump. See rdump_marker.h. */
#include "rdump_marker.h"

#include "rdump_error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int marker_name(const struct rdump_file *file, char name[NAME_MAX + 1])
{
	if (strlen(file->name) + strlen(RDUMP_MARKER_SUFFIX) > NAME_MAX) {
		return ENAMETOOLONG;
	}
	strcpy(name, file->name);
	strcat(name, RDUMP_MARKER_SUFFIX);
	return 0;
}

int rdump_marker_remove(struct rdump_file *file, struct rdump_error *error)
{
	char name[NAME_MAX + 1];
	int err = marker_name(file, name);

	if (!err && unlinkat(file->folder.fd, name, 0) < 0 && errno != ENOENT) {
		err = errno;
	}
	return err ? rdump_fail(error, "remove the old marker of", file->path, err) : 0;
}

/* Is `name` an empty file that only this user may read? Does not change errno. */
static bool is_marker(const struct rdump_file *file, const char *name)
{
	int saved = errno;
	struct stat status;
	bool found = fstatat(file->folder.fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0;

	errno = saved;
	return found && S_ISREG(status.st_mode) && (status.st_mode & 0677) == 0600 && status.st_size == 0
		&& status.st_uid == geteuid();
}

int rdump_marker_create(struct rdump_file *file, struct rdump_error *error)
{
	char name[NAME_MAX + 1];
	int fd, err = marker_name(file, name);

	if (err) {
		return rdump_fail(error, "create the marker of", file->path, err);
	}
	fd = openat(file->folder.fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EEXIST && is_marker(file, name)) {
		return 0; /* of another dump to the same target, which was complete a moment ago */
	}
	if (fd < 0) {
		return rdump_fail(error, "create the marker of", file->path, errno);
	}
	err = rdump_file_make_private(fd);
	(void) close(fd);
	if (err) {
		(void) unlinkat(file->folder.fd, name, 0);
		return rdump_fail(error, "give mode 0600 to the marker of", file->path, err);
	}
	return 0;
}
