/* A file that does not fill the page cache. See rdump_behind.h. */
#include "rdump_behind.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

ssize_t rdump_behind_writev(const struct rdump_behind *behind, int fd, const struct iovec *vector, int count)
{
	uint64_t length = 0;
	int some = 0;

	if (!behind->on) {
		return writev(fd, vector, count);
	}
	while (some < count && length + vector[some].iov_len <= RDUMP_BEHIND_MOST) {
		length += vector[some++].iov_len;
	}
	return some > 0 ? writev(fd, vector, some) : write(fd, vector->iov_base, RDUMP_BEHIND_MOST);
}

/* Does fdatasync(2) say that it cannot be used here, and nothing of the bytes? */
static bool is_impossible(int err)
{
	return err == EINVAL || err == EROFS || err == ENOSYS || err == EPERM;
}

int rdump_behind_wrote(struct rdump_behind *behind, int fd, uint64_t size, bool end)
{
	int status;

	if (!behind->on || (size - behind->dropped < RDUMP_BEHIND_MOST && !end)) {
		return 0;
	}
	/* sync_file_range(2) has no effect on overlayfs, which most containers write to. */
	do {
		status = fdatasync(fd);
	} while (status < 0 && errno == EINTR);
	if (status < 0 && !is_impossible(errno)) {
		return errno;
	}
	(void) posix_fadvise(fd, (off_t) behind->dropped, (off_t) (size - behind->dropped), POSIX_FADV_DONTNEED);
	/* A page that is written in part is dropped with the next ones. Pages have 64 KB at most. */
	behind->dropped = size & ~(uint64_t) 0xffff;
	return 0;
}
