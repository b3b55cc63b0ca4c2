/*
 * The automatic dump before the kernel's OOM killer comes (rdump.watch_dump): once the resident memory of the process
 * reaches rdump.watch_rss. A thread of the process watches (rdump_watcher.h) and asks for the dump by the signal
 * (rdump_signal.h), so that the thread of PHP stands still while it is made.
 *
 * The thread starts with the first request of a process where this is configured, and in a child after pcntl_fork().
 */
#ifndef RDUMP_WATCH_H
#define RDUMP_WATCH_H

#include "php_rdump.h"

/* The trigger's life: MINIT, before rdump_signal_startup(); RINIT, after rdump_signal_activate(); MSHUTDOWN, first. */
RDUMP_HIDDEN void rdump_watch_startup(void);
RDUMP_HIDDEN void rdump_watch_activate(void);
RDUMP_HIDDEN void rdump_watch_shutdown(void);

/* For phpinfo(): where the mark is. Returns a literal, or `text`, of `size` bytes. */
RDUMP_HIDDEN const char *rdump_watch_state(char *text, size_t size);

#endif
