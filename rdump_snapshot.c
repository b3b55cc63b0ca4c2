/* Dumps from a copy of the process. See rdump_snapshot.h. */
#include "rdump_snapshot.h"

#include "rdump_child.h"
#include "rdump_error.h"
#include "rdump_file.h"
#include "rdump_undisturbed.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct rdump_snapshot {
	/* Set by the process that is copied. */
	pid_t owner;
	pid_t pid;
	struct rdump_request request;
	struct rdump_file file; /* its folder stays open, to clean up */
	dev_t device;           /* of the temporary file, which tells whether it was renamed */
	ino_t inode;
	bool ended; /* the copy has ended, and `result` is final */
	struct rdump_snapshot_note note;
	char cause[RDUMP_CAUSE_SIZE];
	char place[PATH_MAX];
	char path[PATH_MAX];
	/* Set by the copy. */
	bool done;
	struct rdump_result result;
};

static pid_t own_pid(void)
{
	return (pid_t) syscall(SYS_getpid); /* glibc before 2.25 remembers the number of the process that was copied */
}

/* ---- memory that both see ---------------------------------------------------------------------------------------- */

/* Returns zeros; NULL with errno where there is no memory. */
static struct rdump_snapshot *map_snapshot(void)
{
	struct rdump_snapshot *snapshot
		= mmap(NULL, sizeof(*snapshot), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (snapshot == MAP_FAILED) {
		return NULL;
	}
	(void) madvise(snapshot, sizeof(*snapshot), MADV_DONTDUMP);
	return snapshot;
}

static void unmap_snapshot(struct rdump_snapshot *snapshot)
{
	(void) munmap(snapshot, sizeof(*snapshot));
}

/* ---- the copy ---------------------------------------------------------------------------------------------------- */

static void write_in_copy(struct rdump_snapshot *snapshot, struct rdump_file *file)
{
	struct rdump_result result;

	rdump_child_begin(file);
	rdump_write(&snapshot->request, file, &result);
	snapshot->result = result;
	__atomic_store_n(&snapshot->done, true, __ATOMIC_RELEASE);
	rdump_child_end();
}

/*
 * Makes the copy. `file` is then the copy's: what is left of it here is the open folder in `snapshot`. Returns 0, or an
 * errno; then all is as before.
 */
static int copy_process(struct rdump_snapshot *snapshot, struct rdump_file *file)
{
	struct stat status;
	long pid;

	if (fstat(file->fd, &status) == 0) {
		snapshot->device = status.st_dev;
		snapshot->inode = status.st_ino;
	}
	snapshot->owner = own_pid();
	snapshot->file = *file;
	pid = syscall(SYS_clone, 0UL, NULL, NULL, NULL, 0UL);
	if (pid < 0) {
		return errno;
	}
	if (pid == 0) {
		write_in_copy(snapshot, file);
	}
	snapshot->pid = (pid_t) pid;
	/* The lock on the temporary file is the open file's, flock(2): it ends with the copy. */
	(void) close(file->fd);
	snapshot->file.fd = file->fd = -1;
	rdump_file_discard(file); /* only forgets it: the temporary file is the copy's */
	file->folder.fd = -1;
	return 0;
}

/* From a request to a copy that writes. Returns NULL where `result` is final. */
static struct rdump_snapshot *start(struct rdump_snapshot *snapshot, const struct rdump_request *request,
	struct rdump_file *file, struct rdump_result *result)
{
	struct rdump_request own = *request;
	int err = snapshot ? 0 : errno;

	if (rdump_write_prepare(&own, file, result) == 0) {
		if (snapshot) {
			snapshot->request = own;
			err = copy_process(snapshot, file);
		}
		if (err == 0) {
			return snapshot;
		}
		rdump_write(request, file, result);
		result->not_copied = err;
	}
	if (snapshot) {
		unmap_snapshot(snapshot);
	}
	return NULL;
}

/* ---- its end ----------------------------------------------------------------------------------------------------- */

/* Does the target's name stand for the file that was temporary? */
static bool is_renamed(const struct rdump_snapshot *snapshot, uint64_t *size)
{
	struct stat status;

	if (fstatat(snapshot->file.folder.fd, snapshot->file.name, &status, AT_SYMLINK_NOFOLLOW) < 0) {
		return false;
	}
	*size = (uint64_t) status.st_size;
	return status.st_dev == snapshot->device && status.st_ino == snapshot->inode;
}

/* What the copy could not do any more: `status` is that of wait(2). */
static void clean_up(struct rdump_snapshot *snapshot, int status)
{
	static const struct rdump_result blank;
	struct rdump_result *result = &snapshot->result;
	struct rdump_file *file = &snapshot->file;
	/* Where it is removed its inode is free, and may be that of another file under the target's name. */
	bool removed = unlinkat(file->folder.fd, file->temporary, 0) == 0;

	*result = blank;
	result->outcome = RDUMP_FAILED;
	if (!removed && is_renamed(snapshot, &result->size)) {
		result->outcome = RDUMP_WRITTEN;
	} else {
		(void) rdump_fail(
			&result->error, RDUMP_COPY_ENDED, file->path, WIFSIGNALED(status) ? -WTERMSIG(status) : ECHILD);
	}
	rdump_write_finish(&snapshot->request, file, result);
}

/* Looks whether the copy has ended, or waits for that. Sets `ended` and the result. */
static void look_after(struct rdump_snapshot *snapshot, bool wait)
{
	int status = 0;
	long pid;

	if (snapshot->ended) {
		return;
	}
	do {
		pid = syscall(SYS_wait4, snapshot->pid, &status, __WCLONE | (wait ? 0 : WNOHANG), NULL);
	} while (pid < 0 && errno == EINTR);
	if (pid == 0) {
		return;
	}
	if (!__atomic_load_n(&snapshot->done, __ATOMIC_ACQUIRE)) {
		clean_up(snapshot, pid < 0 ? 0 : status);
	}
	rdump_file_close(&snapshot->file);
	snapshot->ended = true;
}

void rdump_snapshot_write(
	const struct rdump_request *request, struct rdump_file *file, struct rdump_result *result)
{
	struct rdump_undisturbed before;
	struct rdump_snapshot *snapshot;

	rdump_undisturbed_begin(&before);
	snapshot = start(map_snapshot(), request, file, result);
	if (snapshot) {
		look_after(snapshot, true);
		*result = snapshot->result;
		unmap_snapshot(snapshot);
	}
	rdump_undisturbed_end(&before, request->unwanted);
}

/* ---- in the background ------------------------------------------------------------------------------------------- */

/*
 * The dumps that are being written, or have ended and nobody has asked yet. A place is NULL, BUSY while a thread or a
 * signal handler is at work with it, or a dump.
 */
#define PLACES 16
#define BUSY ((struct rdump_snapshot *) (uintptr_t) 1)

static struct rdump_snapshot *place[PLACES];

/* Makes the place busy. Returns the dump there, or NULL where there is none. */
static struct rdump_snapshot *take(size_t at)
{
	struct rdump_snapshot *snapshot = __atomic_load_n(&place[at], __ATOMIC_RELAXED);

	if (!snapshot || snapshot == BUSY
		|| !__atomic_compare_exchange_n(&place[at], &snapshot, BUSY, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
		return NULL;
	}
	return snapshot;
}

static void put_back(size_t at, struct rdump_snapshot *snapshot)
{
	__atomic_store_n(&place[at], snapshot, __ATOMIC_RELEASE);
}

/* A child of the process that started it must not touch its descriptor: it may be another file there. */
static bool is_of_another_process(const struct rdump_snapshot *snapshot)
{
	return snapshot->owner != own_pid();
}

/*
 * Reaps copies that have ended. Returns one of them, and makes its place free; with `keep` all of them stay.
 */
static struct rdump_snapshot *look_after_all(bool wait, bool keep)
{
	for (size_t at = 0; at < PLACES; at++) {
		struct rdump_snapshot *snapshot = take(at);

		if (!snapshot) {
			continue;
		}
		if (is_of_another_process(snapshot)) {
			unmap_snapshot(snapshot);
			put_back(at, NULL);
			continue;
		}
		look_after(snapshot, wait);
		if (snapshot->ended && !keep) {
			put_back(at, NULL);
			return snapshot;
		}
		put_back(at, snapshot);
	}
	return NULL;
}

/* Finds a free place and makes it busy. Returns PLACES where there is none. */
static size_t find_place(void)
{
	(void) look_after_all(false, true);
	for (size_t at = 0; at < PLACES; at++) {
		struct rdump_snapshot *none = NULL;

		if (__atomic_compare_exchange_n(&place[at], &none, BUSY, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
			return at;
		}
	}
	errno = EAGAIN;
	return PLACES;
}

/* Keeps what must outlive the caller. */
static struct rdump_snapshot *map_lasting(struct rdump_file *file, const struct rdump_snapshot_note *note)
{
	struct rdump_snapshot *snapshot = map_snapshot();

	if (snapshot) {
		snapshot->note = *note;
		strncpy(snapshot->cause, note->cause, sizeof(snapshot->cause) - 1);
		strncpy(snapshot->place, note->place, sizeof(snapshot->place) - 1);
		snapshot->note.cause = snapshot->cause;
		snapshot->note.place = snapshot->place;
		strcpy(snapshot->path, file->path);
		file->path = snapshot->path;
	}
	return snapshot;
}

void rdump_snapshot_start(const struct rdump_request *request, struct rdump_file *file,
	const struct rdump_snapshot_note *note, struct rdump_result *result)
{
	const char *path = file->path;
	struct rdump_undisturbed before;
	struct rdump_snapshot *snapshot;
	size_t at;

	rdump_undisturbed_begin(&before);
	at = find_place();
	snapshot = start(at < PLACES ? map_lasting(file, note) : NULL, request, file, result);
	if (snapshot) {
		result->outcome = RDUMP_STARTED;
	} else if (result->error.path == file->path) {
		result->error.path = path;
	}
	file->path = path;
	if (at < PLACES) {
		put_back(at, snapshot);
	}
	rdump_undisturbed_end(&before, request->unwanted);
}

struct rdump_snapshot *rdump_snapshot_next(bool wait)
{
	return look_after_all(wait, false);
}

const struct rdump_snapshot_note *rdump_snapshot_note(const struct rdump_snapshot *snapshot)
{
	return &snapshot->note;
}

const struct rdump_result *rdump_snapshot_result(const struct rdump_snapshot *snapshot)
{
	return &snapshot->result;
}

const char *rdump_snapshot_path(const struct rdump_snapshot *snapshot)
{
	return snapshot->path;
}

void rdump_snapshot_release(struct rdump_snapshot *snapshot)
{
	unmap_snapshot(snapshot);
}
