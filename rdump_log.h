/* Lines in PHP's error log, wherever that is: a file, the system's log, or the web server's. */
#ifndef RDUMP_LOG_H
#define RDUMP_LOG_H

#include "php_rdump.h"

/* Called first at MINIT: stderr is written to only where it is open then. */
RDUMP_HIDDEN void rdump_log_startup(void);

/* Writes a line as PHP writes its own; an empty one is not written. PHP allocates memory for that. */
RDUMP_HIDDEN void rdump_log(const char *line);

/*
 * The same where PHP can allocate no more memory: PHP would stop there, without the line. The time before a line in a
 * file is UTC, because PHP looks its own time zone up in memory that it allocates. Without a file, php-fpm and php-cgi
 * get it by stderr, where PHP's "Hard memory limit of ..." goes.
 */
RDUMP_HIDDEN void rdump_log_without_heap(const char *line);

/*
 * The same in the handler of a crash, where nothing of the C library may be used that has a lock, and the web server's
 * log is out of reach: to stderr, and to error_log if that is a file, or a FIFO that has a reader. `path` is memory to
 * work in.
 */
RDUMP_HIDDEN void rdump_log_at_crash(const char *line, char path[PATH_MAX]);

#endif
