/* What a dump says of PHP, what its settings ask for, and how it is written by them. */
#ifndef RDUMP_REQUEST_H
#define RDUMP_REQUEST_H

#include "php_rdump.h"
#include "rdump_writer.h"

#include <signal.h>

#define RDUMP_STRINGIFY(token) #token
#define RDUMP_EXPAND_AND_STRINGIFY(token) RDUMP_STRINGIFY(token)

/* The PHP version as the file's reader wants it: "v82". */
#define RDUMP_TAG "v" RDUMP_EXPAND_AND_STRINGIFY(PHP_MAJOR_VERSION) RDUMP_EXPAND_AND_STRINGIFY(PHP_MINOR_VERSION)

/*
 * Makes this thread's globals known to the extension. Returns false for a thread that has none: with threads (ZTS), one
 * that is not PHP's.
 */
RDUMP_HIDDEN bool rdump_request_is_php_thread(void);

/* Is PHP a server whose process starts others, the workers, or may do so? By the name of the SAPI. */
RDUMP_HIDDEN bool rdump_request_starts_workers(void);

/*
 * Does this request serve somebody? Before PHP 8.2, opcache preloads by one in the process that starts the workers: it
 * has no context of the server.
 */
RDUMP_HIDDEN bool rdump_request_is_served(void);

/*
 * Makes `signal` one that asks for nothing while a dump is under way, as long as `handler` handles it; 0 = none. A
 * script may have taken the signal for itself.
 */
RDUMP_HIDDEN void rdump_request_drop(int signal, void (*handler)(int signal, siginfo_t *info, void *context));

/* Fills in what every dump of this thread has in common. */
RDUMP_HIDDEN void rdump_request_init(struct rdump_request *request, bool full);

/* Writes the dump and waits for it: from a copy of the process where rdump.snapshot asks for that, or directly. */
RDUMP_HIDDEN void rdump_request_write(
	const struct rdump_request *request, struct rdump_file *file, struct rdump_result *result);

#endif
