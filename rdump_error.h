/*
 * Why something failed: a step, what it was done to, and the system's reason. An error travels up to the trigger, which
 * makes a warning or a log line of it.
 */
#ifndef RDUMP_ERROR_H
#define RDUMP_ERROR_H

#include "rdump_platform.h"

/* "cannot <step> <path>: <rdump_error_text(err)>" */
struct rdump_error {
	const char *step; /* a verb phrase, for example "write"; a string literal; NULL where nothing went wrong */
	const char *path; /* what it was done to; lives as long as the caller's path, or is a literal */
	int err;          /* errno; negative: the number of a signal */
};

/* Fills in `error`. Returns -1, so that a function that fails can end with it. */
static inline int rdump_fail(struct rdump_error *error, const char *step, const char *path, int err)
{
	error->step = step;
	error->path = path;
	error->err = err;
	return -1;
}

/*
 * What strerror(3) says of `err`, in English; strsignal(3), where it is negative. glibc's strerror() looks for a
 * translation, and allocates memory for that; a signal handler may call this.
 */
RDUMP_HIDDEN const char *rdump_error_text(int err);

#endif
