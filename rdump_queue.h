/*
 * Lines that wait until they can be written to the log. There is one queue in a process. It uses no lock and no heap,
 * so that a signal handler may put a line in, at any moment and in any thread.
 */
#ifndef RDUMP_QUEUE_H
#define RDUMP_QUEUE_H

#include "rdump_platform.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RDUMP_QUEUE_LINE (2 * PATH_MAX + 512) /* bytes, with the NUL; what is longer is cut */
#define RDUMP_QUEUE_LENGTH 32                 /* lines that can wait */

/* Puts a line in. Where there is no place for it, it is counted. */
RDUMP_HIDDEN void rdump_queue_put(const char *line);

/* Is there anything to take? */
RDUMP_HIDDEN bool rdump_queue_has_lines(void);

/*
 * Takes the oldest line, and at the end a line that says how many there was no place for. Returns false where nothing
 * waits. Lines of another process, from before a fork(2), are not taken: that one writes them.
 */
RDUMP_HIDDEN bool rdump_queue_take(char line[RDUMP_QUEUE_LINE]);

#endif
