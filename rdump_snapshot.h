/*
 * Dumps that are written from a copy-on-write copy of the process: one moment of all its threads, whatever they do
 * meanwhile. The copy is a child process by clone(2) that runs nothing but the dump. Nobody else learns of it: it has
 * no exit signal, so no SIGCHLD comes and no wait(2) without __WCLONE sees it; it has all signals blocked, and no
 * descriptor but those of the dump; no handler of pthread_atfork(3) or atexit(3) runs. The file is created, and its
 * room reserved, before the copy is made.
 *
 * Memory that is marked MADV_DONTFORK or MADV_WIPEONFORK is not in the copy, and shared memory is as it is while it is
 * written. If the process cannot be copied (clone(2): EAGAIN, ENOMEM, EPERM by a filter), the dump is written directly,
 * and `not_copied` in the result says why.
 */
#ifndef RDUMP_SNAPSHOT_H
#define RDUMP_SNAPSHOT_H

#include "rdump_writer.h"

#include <limits.h>

/* The step of a dump whose copy of the process was ended from outside: the error is the signal, rdump_error_text().
 */
#define RDUMP_COPY_ENDED "have a copy of the process write"

#define RDUMP_CAUSE_SIZE 256

/* What the one who starts a dump wants to know at its end. */
struct rdump_snapshot_note {
	const char *cause; /* of this a copy is kept, of RDUMP_CAUSE_SIZE bytes */
	const char *place; /* where it happened; the same, of PATH_MAX bytes */
	bool quiet;        /* only failures are of interest */
};

/* A dump that was started. Lives in memory that is shared with the copy. */
struct rdump_snapshot;

/* Writes a dump to `file` as rdump_write() does, by way of a copy, and waits for it. */
RDUMP_HIDDEN void rdump_snapshot_write(
	const struct rdump_request *request, struct rdump_file *file, struct rdump_result *result);

/*
 * The same without waiting: the outcome is RDUMP_STARTED as soon as the copy is made; any other one is final. `file` is
 * closed in any case. The note is kept for rdump_snapshot_next().
 */
RDUMP_HIDDEN void rdump_snapshot_start(const struct rdump_request *request, struct rdump_file *file,
	const struct rdump_snapshot_note *note, struct rdump_result *result);

/*
 * Returns a dump of this process that has ended, or NULL where there is none (any more).
 * wait  waits for those that are being written
 * One that is returned must be released. A copy that was killed has been cleaned up: its temporary file is gone.
 */
RDUMP_HIDDEN struct rdump_snapshot *rdump_snapshot_next(bool wait);
RDUMP_HIDDEN const struct rdump_snapshot_note *rdump_snapshot_note(const struct rdump_snapshot *snapshot);
RDUMP_HIDDEN const struct rdump_result *rdump_snapshot_result(const struct rdump_snapshot *snapshot);
RDUMP_HIDDEN const char *rdump_snapshot_path(const struct rdump_snapshot *snapshot);
RDUMP_HIDDEN void rdump_snapshot_release(struct rdump_snapshot *snapshot);

#endif
