/*
 * Lines for PHP's error log from where it cannot be written: a signal handler, a process that dumps in the background.
 * They are written at the next safe point: PHP's next check for interrupts while it executes a script (from 7.1 on),
 * the beginning or the end of a request, the end of the process.
 */
#ifndef RDUMP_PENDING_H
#define RDUMP_PENDING_H

#include "php_rdump.h"

/* MINIT and MSHUTDOWN. The latter writes what waits. */
RDUMP_HIDDEN void rdump_pending_startup(void);
RDUMP_HIDDEN void rdump_pending_shutdown(void);

/*
 * Keeps a copy of the line, unless it is empty, until the next safe point of any thread of PHP. Async-signal-safe, in
 * any thread. Where no more lines can wait, a line at the end says how many are lost.
 */
RDUMP_HIDDEN void rdump_pending_put(const char *line);

/*
 * Has this thread of PHP write the lines as soon as it executes code of a script, not only at the end of the request.
 * Async-signal-safe.
 */
RDUMP_HIDDEN void rdump_pending_hurry(void);

/*
 * The process ends, and PHP may not be able to allocate any more: writes what waits without PHP's heap. Of the last
 * request, or behind it.
 */
RDUMP_HIDDEN void rdump_pending_write_at_end(void);

/* A safe point: writes what waits. RINIT, post-deactivate, and wherever PHP's log may be written. */
RDUMP_HIDDEN void rdump_pending_write(void);

#endif
