/*
 * rdump: writes a snapshot of this process's own memory to a file in the RDUMP format. What PHP and the rooms of the
 * extension that know PHP share: the module's entry and its globals. Each other file has a header of its own;
 * INTERNALS.md shows how they depend on each other.
 */
#ifndef PHP_RDUMP_H
#define PHP_RDUMP_H

#include "rdump_counters.h"
#include "rdump_file.h"
#include "rdump_parse.h"
#include "rdump_queue.h"
#include "rdump_stack.h"
#include "rdump_threads.h"

#include "php.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* PHP's macros and callback types declare the parameters of hooks, of which most hooks need few. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

#define PHP_RDUMP_VERSION "3.0.0"

extern zend_module_entry rdump_module_entry;
#define phpext_rdump_ptr &rdump_module_entry

/* The automatic dumps of one trigger, over the life of a worker. */
struct rdump_counter {
	pid_t pid; /* the process that the next two speak of: a forked child is a worker of its own */
	uint64_t attempts;
	int64_t latest; /* seconds, CLOCK_BOOTTIME */
};

/*
 * What a dump needs of memory outside the writer. Not on the stack: that of a fiber may have a few KB,
 * fiber.stack_size.
 */
struct rdump_workspace {
	struct rdump_file file;
	char path[PATH_MAX];
	char text[PATH_MAX]; /* the expanded template, or the path of a log */
};

/* A line for the log about an automatic dump: its path, the script's, and what there is to say. */
#define RDUMP_LINE_SIZE RDUMP_QUEUE_LINE

/* What has become of exhausted memory between the two times that rdump learns of it: see rdump_oom.c. */
enum rdump_oom_event {
	RDUMP_OOM_NONE,
	RDUMP_OOM_DONE,     /* dumped, or skipped for good: `oom_line` says which */
	RDUMP_OOM_POSTPONED /* no dump yet: `oom_line` says why */
};

ZEND_BEGIN_MODULE_GLOBALS(rdump)
	/* php.ini: see docs/configuration.md */
	char *oom_dump;
	bool oom_dump_full;
	bool oom_dump_marker;
	bool oom_dump_early;
	bool safe_read;
	bool snapshot;
	bool background;
	uint64_t oom_dump_max;
	uint64_t oom_dump_min_interval;
	uint64_t oom_dump_max_total;
	struct rdump_amount oom_dump_min_free;
	bool exclude_heap;
	char *signal_dump;
	int signal; /* its number */
	char *crash_dump;
	char *watch_dump;
	struct rdump_amount watch_rss;
	/* rdump_set_oom_dump(): NULL = none, empty = off; lives until the request ends */
	zend_string *override;
	bool override_full;
	/* the automatic dump on exhausted memory */
	bool in_request;  /* from RINIT to post-deactivate ... */
	pthread_t thread; /* ... in this thread */
	bool dumping;     /* an error that arises meanwhile starts no second one */
	bool passing_on;  /* PHP 7: an error on its way to the hook that was there before */
	struct rdump_counter oom_counter;
	struct rdump_counter watch_counter;
	enum rdump_oom_event oom_event;
	struct rdump_claim oom_claim;
	char oom_line[RDUMP_LINE_SIZE];
	char ended_line[RDUMP_LINE_SIZE];   /* about a dump in the background, see rdump_auto_collect() */
	char pending_line[RDUMP_LINE_SIZE]; /* the one that is being written to the log, see rdump_pending.c */
	struct rdump_thread *listed;        /* this one's place in the list of those that run PHP, or NULL */
	int unblocked;                      /* the signal that this thread has unblocked for the dump by signal, or 0 */
	struct rdump_stack stack;           /* the alternate one of this thread, for handlers of signals */
	/* one for the functions and one for automatic dumps: such a dump may begin while a function is at work */
	struct rdump_workspace called;
	struct rdump_workspace automatic;
ZEND_END_MODULE_GLOBALS(rdump)

ZEND_EXTERN_MODULE_GLOBALS(rdump)
#define RDUMP_G(v) ZEND_MODULE_GLOBALS_ACCESSOR(rdump, v)

#if defined(ZTS) && defined(COMPILE_DL_RDUMP)
ZEND_TSRMLS_CACHE_EXTERN()
#endif

#endif
