/* See shim.h. */
#include "shim.h"
#include "../../rdump_scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

/* On pages of its own, so that shim_share() can map others there. */
static union {
	struct shim shim;
	char pages[65536];
} shared __attribute__((aligned(65536)));
extern struct shim shim __attribute__((alias("shared")));
bool refuse_batches, refuse_readv, refuse_timers;
bool old_entries;
int refuse_clone;
bool no_close_range;

static pthread_t armed_by;

static struct {
	const char *path;
	const char *other;
	int err;
} replacement[4];

void shim_arm(void)
{
	memset(&shim, 0, sizeof(shim));
	armed_by = pthread_self();
	shim.armed = true;
}

void shim_share(void)
{
	expect(mmap(&shared, sizeof(shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0)
			== (void *) &shared,
		"mmap: %s", strerror(errno));
}

void shim_fail(const char *name, int err)
{
	shim_arm();
	shim.only = name;
	shim.fail_from = 1;
	shim.err = err;
}

void shim_disarm(void)
{
	shim.armed = false;
}

void shim_replace(const char *path, const char *other, int err)
{
	for (size_t i = 0; i < sizeof(replacement) / sizeof(*replacement); i++) {
		if (!replacement[i].path || !strcmp(replacement[i].path, path)) {
			replacement[i].path = path;
			replacement[i].other = other;
			replacement[i].err = err;
			return;
		}
	}
	expect(false, "too many replacements");
}

void shim_restore(void)
{
	memset(replacement, 0, sizeof(replacement));
}

void shim_show_only(const void *begin, const void *end)
{
	static char shown[64];
	FILE *all = fopen("/proc/self/smaps", "r"), *some;
	char line[8192];
	bool within = false;

	snprintf(shown, sizeof(shown), "/tmp/rdump-c-smaps-%d", (int) getpid());
	some = fopen(shown, "w");
	expect(all && some, "%s: %s", shown, strerror(errno));
	while (fgets(line, sizeof(line), all)) {
		unsigned long first, last;
		if (sscanf(line, "%lx-%lx ", &first, &last) == 2) {
			within = first >= (uintptr_t) begin && last <= (uintptr_t) end;
		}
		if (within) {
			fputs(line, some);
		}
	}
	fclose(all);
	fclose(some);
	/* By its descriptor, so that no file is left. */
	int fd = open(shown, O_RDONLY | O_CLOEXEC);
	expect(fd >= 0, "%s: %s", shown, strerror(errno));
	unlink(shown);
	snprintf(shown, sizeof(shown), "/proc/self/fd/%d", fd);
	shim_replace("/proc/self/smaps", shown, 0);
}

/* Must this call fail? Sets errno. */
static bool fails(const char *call)
{
	if (!shim.armed || !pthread_equal(armed_by, pthread_self())) {
		return false;
	}
	if (shim.before) {
		shim.before(call);
	}
	if (shim.only && strcmp(shim.only, call)) {
		return false;
	}
	shim.calls++;
	if (shim.calls == shim.fail_at || (shim.fail_from && shim.calls >= shim.fail_from)) {
		shim.failed = call;
		errno = shim.err;
		return true;
	}
	return false;
}

/* The length of a read or write. 0 if it must fail. */
static size_t shortened(const char *call, size_t length)
{
	if (!fails(call)) {
		return length;
	}
	return shim.err == SHIM_SHORT ? (length > 0 ? 1 : 0) : 0;
}

static bool failed_now(size_t length, size_t wanted)
{
	return length == 0 && wanted > 0;
}

#define WRAP(type, name, parameters) \
	type __real_##name parameters; \
	type __wrap_##name parameters; \
	type __wrap_##name parameters

/* Is `path` /proc/thread-self/NAME, and `replaced` /proc/self/NAME? */
static bool is_thread_s_own(const char *replaced, const char *path)
{
	static const char process[] = "/proc/self/", thread[] = "/proc/thread-self/";

	return !strncmp(replaced, process, strlen(process)) && !strncmp(path, thread, strlen(thread))
		&& !strcmp(replaced + strlen(process), path + strlen(thread));
}

WRAP(int, open, (const char *path, int flags, ...))
{
	mode_t mode = 0;
	va_list arguments;

	va_start(arguments, flags);
	if (flags & O_CREAT) {
		mode = va_arg(arguments, mode_t);
	}
	va_end(arguments);
	if (fails("open")) {
		return -1;
	}
	for (size_t i = 0; i < sizeof(replacement) / sizeof(*replacement) && replacement[i].path; i++) {
		if (!strcmp(replacement[i].path, path) || is_thread_s_own(replacement[i].path, path)) {
			if (replacement[i].err) {
				errno = replacement[i].err;
				return -1;
			}
			return __real_open(replacement[i].other, flags, mode);
		}
	}
	return __real_open(path, flags, mode);
}

WRAP(int, openat, (int folder, const char *path, int flags, ...))
{
	mode_t mode = 0;
	va_list arguments;

	va_start(arguments, flags);
	if (flags & O_CREAT) {
		mode = va_arg(arguments, mode_t);
	}
	va_end(arguments);
	return fails("openat") ? -1 : __real_openat(folder, path, flags, mode);
}

WRAP(ssize_t, read, (int fd, void *buffer, size_t length))
{
	size_t some = shortened("read", length);
	return failed_now(some, length) ? -1 : __real_read(fd, buffer, some);
}

WRAP(ssize_t, pread, (int fd, void *buffer, size_t length, off_t at))
{
	size_t some = shortened("pread", length);
	ssize_t got = failed_now(some, length) ? -1 : __real_pread(fd, buffer, some, at);

	for (ssize_t i = 0; old_entries && i < got / 8; i++) {
		((uint64_t *) buffer)[i] |= (uint64_t) 12 << 55; /* pages of 4 KB */
	}
	return got;
}

long __real_syscall(long number, ...);
off_t __real_lseek(int fd, off_t at, int from);
ssize_t __real_process_vm_readv(pid_t pid, const struct iovec *local, unsigned long locals, const struct iovec *remote,
	unsigned long remotes, unsigned long flags);

/* A write to a pipe says EFAULT where the byte cannot be read. (An emulator may have no process_vm_readv().) */
static bool is_readable(const unsigned char *at)
{
	static int ends[2] = {-1, -1};
	unsigned char byte;

	if (ends[0] < 0 && pipe2(ends, O_CLOEXEC) < 0) {
		return false;
	}
	return __real_syscall(SYS_write, ends[1], at, (size_t) 1) == 1 && __real_read(ends[0], &byte, 1) == 1;
}

/* How many bytes of a write a kernel takes that refuses a whole piece. */
static size_t whole_pieces(int fd, const struct iovec *vector, int count)
{
	off_t at = __real_lseek(fd, 0, SEEK_CUR);
	size_t page = (size_t) sysconf(_SC_PAGESIZE), done = 0;

	for (int i = 0; i < count; i++) {
		const unsigned char *begin = vector[i].iov_base, *end = begin + vector[i].iov_len;
		while (begin < end) {
			size_t step = page - (uintptr_t) begin % page;
			if (!is_readable(begin)) {
				size_t into = ((size_t) at + done) % shim.piece;
				return done > into ? done - into : 0;
			}
			step = step < (size_t) (end - begin) ? step : (size_t) (end - begin);
			begin += step;
			done += step;
		}
	}
	return done;
}

/* By syscall(): the write() of a sanitizer would read the bytes first. */
static ssize_t write_pieces(int fd, const struct iovec *vector, int count)
{
	struct iovec some[1024];
	size_t left;

	if (!shim.armed || !shim.piece) {
		return (ssize_t) __real_syscall(SYS_writev, fd, vector, count);
	}
	left = whole_pieces(fd, vector, count);
	if (left == 0) {
		errno = EFAULT;
		return -1;
	}
	for (int i = 0; i < count; i++) {
		some[i] = vector[i];
		some[i].iov_len = left < vector[i].iov_len ? left : vector[i].iov_len;
		left -= some[i].iov_len;
	}
	return (ssize_t) __real_syscall(SYS_writev, fd, some, count);
}

WRAP(ssize_t, write, (int fd, const void *buffer, size_t length))
{
	size_t some = shortened("write", length);
	struct iovec vector = {(void *) (uintptr_t) buffer, some};

	return failed_now(some, length) ? -1 : write_pieces(fd, &vector, 1);
}

WRAP(ssize_t, writev, (int fd, const struct iovec *vector, int count))
{
	if (fails("writev")) {
		return shim.err == SHIM_SHORT ? (ssize_t) __real_syscall(SYS_write, fd, vector->iov_base, (size_t) 1) : -1;
	}
	return write_pieces(fd, vector, count);
}

WRAP(ssize_t, pwrite, (int fd, const void *buffer, size_t length, off_t at))
{
	size_t some = shortened("pwrite", length);
	return failed_now(some, length) ? -1 : __real_pwrite(fd, buffer, some, at);
}

WRAP(ssize_t, process_vm_readv,
	(pid_t pid, const struct iovec *local, unsigned long locals, const struct iovec *remote, unsigned long remotes,
		unsigned long flags))
{
	ssize_t got = -1;

	if (refuse_readv) {
		errno = EPERM;
		return -1;
	}
	if (!fails("process_vm_readv")) {
		got = __real_process_vm_readv(pid, local, locals, remote, remotes, flags);
	}
	if (refuse_batches && got > 0 && (size_t) got < remote->iov_len) {
		errno = EFAULT;
		return -1;
	}
	return got;
}

WRAP(int, ftruncate, (int fd, off_t size))
{
	return fails("ftruncate") ? -1 : __real_ftruncate(fd, size);
}

WRAP(int, renameat, (int folder, const char *name, int to, const char *new_name))
{
	return fails("renameat") ? -1 : __real_renameat(folder, name, to, new_name);
}

WRAP(int, unlinkat, (int folder, const char *name, int flags))
{
	return fails("unlinkat") ? -1 : __real_unlinkat(folder, name, flags);
}

int __real_fstat(int fd, struct stat *status);
int __real_fcntl(int fd, int command, ...);

WRAP(int, flock, (int fd, int operation))
{
	struct stat status;

	if (shim.armed && shim.nfs_locks && operation & LOCK_EX && __real_fstat(fd, &status) == 0 && S_ISREG(status.st_mode)
		&& (__real_fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY) {
		errno = EBADF;
		return -1;
	}
	return fails(operation == LOCK_UN ? "unflock" : "flock") ? -1 : __real_flock(fd, operation);
}

WRAP(int, fchmod, (int fd, mode_t mode))
{
	return fails("fchmod") ? -1 : __real_fchmod(fd, mode);
}

WRAP(int, close, (int fd))
{
	/* A close that fails closes the descriptor too, as close(2) says. */
	int status = __real_close(fd);
	return fails("close") ? -1 : status;
}

WRAP(int, pipe2, (int fd[2], int flags))
{
	return fails("pipe2") ? -1 : __real_pipe2(fd, flags);
}

WRAP(off_t, lseek, (int fd, off_t at, int from))
{
	return fails("lseek") ? -1 : __real_lseek(fd, at, from);
}

/* What the file system is to say of a file. */
static int told(int result, struct stat *status)
{
	if (result == 0 && shim.armed) {
		time_t age = status->st_ino == shim.old_inode ? shim.age : 0;
		status->st_mtime -= shim.behind + age;
		status->st_ctime -= shim.behind + age;
		status->st_nlink = shim.no_links ? 0 : status->st_nlink;
		status->st_mode = shim.mode && S_ISREG(status->st_mode) ? S_IFREG | shim.mode : status->st_mode;
	}
	return result;
}

WRAP(int, fstatat, (int folder, const char *path, struct stat *status, int flags))
{
	return fails("fstatat") ? -1 : told(__real_fstatat(folder, path, status, flags), status);
}

WRAP(int, fstat, (int fd, struct stat *status))
{
	return fails("fstat") ? -1 : told(__real_fstat(fd, status), status);
}

WRAP(int, stat, (const char *path, struct stat *status))
{
	return fails("stat") ? -1 : __real_stat(path, status);
}

WRAP(int, statfs, (const char *path, struct statfs *status))
{
	return fails("statfs") ? -1 : __real_statfs(path, status);
}

WRAP(int, fstatfs, (int fd, struct statfs *status))
{
	int result = fails("fstatfs") ? -1 : __real_fstatfs(fd, status);

	if (shim.armed && shim.file_system) {
		status->f_type = (__typeof__(status->f_type)) shim.file_system;
	}
	return result;
}

WRAP(int, fallocate, (int fd, int mode, off_t from, off_t length))
{
	return fails("fallocate") ? -1 : __real_fallocate(fd, mode, from, length);
}

WRAP(int, fstatvfs, (int fd, struct statvfs *status))
{
	return fails("fstatvfs") ? -1 : __real_fstatvfs(fd, status);
}

WRAP(int, fdatasync, (int fd))
{
	return fails("fdatasync") ? -1 : __real_fdatasync(fd);
}

WRAP(int, posix_fadvise, (int fd, off_t from, off_t length, int advice))
{
	return fails("posix_fadvise") ? errno : __real_posix_fadvise(fd, from, length, advice);
}

WRAP(int, fsync, (int fd))
{
	if (shim.armed && shim.fsync_err) {
		errno = shim.fsync_err;
		return -1;
	}
	return fails("fsync") ? -1 : __real_fsync(fd);
}

WRAP(int, sysinfo, (struct sysinfo * system))
{
	int status = fails("sysinfo") ? -1 : __real_sysinfo(system);

	if (status == 0 && shim.armed && shim.swap) {
		system->totalswap = system->freeswap = 1 << 20;
	}
	return status;
}

WRAP(int, uname, (struct utsname * system))
{
	int status = fails("uname") ? -1 : __real_uname(system);

	if (status == 0 && shim.armed && shim.kernel) {
		strcpy(system->release, shim.kernel);
	}
	return status;
}

WRAP(int, mincore, (void *begin, size_t length, unsigned char *resident))
{
	return fails("mincore") ? -1 : __real_mincore(begin, length, resident);
}

WRAP(int, madvise, (void *begin, size_t length, int advice))
{
	return fails("madvise") ? -1 : __real_madvise(begin, length, advice);
}

WRAP(void *, mmap, (void *begin, size_t length, int protection, int flags, int fd, off_t at))
{
	return fails("mmap") ? MAP_FAILED : __real_mmap(begin, length, protection, flags, fd, at);
}

WRAP(int, munmap, (void *begin, size_t length))
{
	static unsigned char resident[65536]; /* no malloc(): that could map memory */
	size_t page = (size_t) sysconf(_SC_PAGESIZE);

	if (shim.armed && length >= (size_t) 4 << 20 && length / page <= sizeof(resident)) {
		shim.scratch_used = 0;
		if (__real_mincore(begin, length, resident) == 0) {
			for (size_t i = 0; i < length / page; i++) {
				shim.scratch_used += (resident[i] & 1) ? page : 0;
			}
		}
	}
	return __real_munmap(begin, length);
}

WRAP(int, mprotect, (void *begin, size_t length, int protection))
{
	return fails("mprotect") ? -1 : __real_mprotect(begin, length, protection);
}

WRAP(pid_t, getpid, (void) )
{
	shim.processes_asked++;
	return __real_getpid();
}

WRAP(int, nanosleep, (const struct timespec *pause, struct timespec *left))
{
	if (shim.armed && shim.no_sleep && pthread_equal(armed_by, pthread_self())) {
		shim.sleeps++;
		shim.slept += shim.nap ? (int64_t) shim.nap * 1000000 : pause->tv_sec * (int64_t) 1000000000 + pause->tv_nsec;
		return 0;
	}
	return __real_nanosleep(pause, left);
}

WRAP(int, clock_gettime, (clockid_t clock, struct timespec *now))
{
	int result = __real_clock_gettime(clock, now);

	if (result == 0 && shim.armed && clock == CLOCK_MONOTONIC) {
		int64_t nanoseconds;

		if (shim.no_sleep) {
			shim.stopped = shim.stopped.tv_sec ? shim.stopped : *now;
			*now = shim.stopped;
		}
		nanoseconds = now->tv_nsec + shim.slept;
		now->tv_sec += (time_t) (nanoseconds / 1000000000);
		now->tv_nsec = (long) (nanoseconds % 1000000000);
	}
	return result;
}

/* What the writer stores for a run. */
#define RUN_SIZE 16

WRAP(void *, rdump_scratch_low, (struct rdump_scratch * scratch, size_t size))
{
	if (shim.armed && shim.most_runs && size == RUN_SIZE && ++shim.runs > shim.most_runs) {
		return NULL;
	}
	return __real_rdump_scratch_low(scratch, size);
}

/* musl declares it with int, glibc with unsigned long: only one of the two is compiled here. */
#ifdef __GLIBC__
WRAP(int, ioctl, (int fd, unsigned long request, ...))
#else
WRAP(int, ioctl, (int fd, int request, ...))
#endif
{
	va_list arguments;
	void *argument;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	return fails("ioctl") ? -1 : __real_ioctl(fd, request, argument);
}

WRAP(int, fcntl, (int fd, int command, ...))
{
	va_list arguments;
	long argument;

	va_start(arguments, command);
	argument = va_arg(arguments, long);
	va_end(arguments);
	return fails("fcntl") ? -1 : __real_fcntl(fd, command, argument);
}

long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...)
{
	if (number == SYS_gettid || number == SYS_getpid) {
		return __real_syscall(number); /* cannot fail */
	}
	if ((number == SYS_clone && refuse_clone) || (number == 436 /* close_range */ && no_close_range)) {
		errno = number == SYS_clone ? refuse_clone : ENOSYS;
		return -1;
	}
	if (number == SYS_timer_create && refuse_timers) {
		errno = EPERM;
		return -1;
	}
	const char *name = "syscall";
	if (number == SYS_getdents64) {
		name = "getdents64";
	} else if (number == SYS_getrandom) {
		name = "getrandom";
	} else if (number == SYS_memfd_create) {
		name = "memfd_create";
	}
	long argument[4];
	va_list arguments;

	va_start(arguments, number);
	for (int i = 0; i < 4; i++) {
		argument[i] = va_arg(arguments, long);
	}
	va_end(arguments);
	if (number == SYS_wait4 || number == SYS_exit_group) {
		name = NULL; /* cannot fail either, for a child of its own */
	}
	if (number == SYS_munmap) {
		return __wrap_munmap((void *) argument[0], (size_t) argument[1]);
	}
	if (name && fails(name)) {
		return -1;
	}
	return __real_syscall(number, argument[0], argument[1], argument[2], argument[3]);
}
