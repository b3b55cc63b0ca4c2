/*
 * The life of a copy of the process, rdump_snapshot.h: what it does before and after it writes the dump. Runs in the
 * copy only, which clone(2) has made with all signals blocked but those of its own faults.
 */
#ifndef RDUMP_CHILD_H
#define RDUMP_CHILD_H

#include "rdump_file.h"

/*
 * Cuts the copy off: its faults end it by their default action; all descriptors are closed but those of `file`, so that
 * no client, database or pipe waits for it; its name is "rdump"; where memory is short, it is the first to be killed.
 */
RDUMP_HIDDEN void rdump_child_begin(struct rdump_file *file);

/* Ends the copy at once: no handler of atexit(3), no destructor, no output. */
RDUMP_HIDDEN void rdump_child_end(void) __attribute__((noreturn));

#endif
