/* The life of a copy of the process. See rdump_child.h. */
#include "rdump_child.h"

#include "rdump_undisturbed.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_close_range
# define SYS_close_range 436 /* Linux 5.9, the same on all machines */
#endif

/* Where neither close_range(2) nor /proc tells: more descriptors than a process has by default. */
#define MOST_DESCRIPTORS 65536

/*
 * Handlers are the process's own, and may not work in a copy that has one thread. A copy that ends so leaves nothing on
 * the disk, so no core file either: a limit of 1 byte is too small for a file, and to the kernel means that there is no
 * program to be started by core_pattern (fs/coredump.c).
 */
static void end_by_faults(void)
{
	static const uint64_t default_action[8]; /* the kernel's struct, all of it 0 */
	struct rlimit no_core = {1, 1};

	(void) setrlimit(RLIMIT_CORE, &no_core);
	for (const int *own = rdump_undisturbed_own; *own; own++) {
		/* By sigaction(3) with SIGABRT musl, and glibc from 2.41, wait for another thread that is in posix_spawn(3). */
		(void) syscall(SYS_rt_sigaction, *own, default_action, NULL, sizeof(uint64_t));
	}
}

/* ---- descriptors ------------------------------------------------------------------------------------------------- */

/* Closes [first, last]. */
static bool close_range_of(unsigned first, unsigned last)
{
	return first > last || syscall(SYS_close_range, first, last, 0U) == 0;
}

/* Closes those that /proc/self/fd lists. */
static bool close_listed(int low, int high, uint64_t *entries, size_t size)
{
	int folder = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long got;

	if (folder < 0) {
		return false;
	}
	while ((got = syscall(SYS_getdents64, folder, entries, size)) > 0) {
		for (long at = 0; at < got;) {
			const struct rdump_folder_entry *entry = (const struct rdump_folder_entry *) ((const char *) entries + at);
			int fd = atoi(entry->name);

			if (*entry->name != '.' && fd != low && fd != high && fd != folder) {
				(void) close(fd);
			}
			at += entry->length;
		}
	}
	(void) close(folder);
	return got == 0;
}

static void close_each(int low, int high)
{
	struct rlimit limit = {MOST_DESCRIPTORS, MOST_DESCRIPTORS};

	(void) getrlimit(RLIMIT_NOFILE, &limit);
	for (int fd = 0; fd < MOST_DESCRIPTORS && (rlim_t) fd < limit.rlim_cur; fd++) {
		if (fd != low && fd != high) {
			(void) close(fd);
		}
	}
}

static void close_others(struct rdump_file *file)
{
	int low = file->fd < file->folder.fd ? file->fd : file->folder.fd;
	int high = file->fd < file->folder.fd ? file->folder.fd : file->fd;

	if ((low == 0 || close_range_of(0, (unsigned) low - 1)) && close_range_of((unsigned) low + 1, (unsigned) high - 1)
		&& close_range_of((unsigned) high + 1, UINT_MAX)) {
		return;
	}
	if (!close_listed(low, high, file->folder.work.entries, sizeof(file->folder.work.entries))) {
		close_each(low, high);
	}
}

/*
 * A lock on the folder is the open folder's, flock(2), and the process has that open as well: it would outlive a copy
 * that is killed.
 */
static void open_own_folder(struct rdump_folder *folder)
{
	int own = folder->fd >= 0 && folder->listable ? openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (own >= 0) {
		(void) close(folder->fd);
		folder->fd = own;
	}
}

/* ---- what others see --------------------------------------------------------------------------------------------- */

/* Each is a wish: where it cannot be had the dump is as good. */
static void introduce(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd >= 0) {
		(void) !pwrite(fd, "1000", 4, 0);
		(void) close(fd);
	}
	(void) prctl(PR_SET_NAME, "rdump", 0UL, 0UL, 0UL);
}

void rdump_child_begin(struct rdump_file *file)
{
	end_by_faults();
	close_others(file);
	open_own_folder(&file->folder);
	introduce();
}

void rdump_child_end(void)
{
	for (;;) {
		(void) syscall(SYS_exit_group, 0);
	}
}
