/*
 * The RDUMP format, version 3, and the lead through a dump: from the list of mappings to the renamed file.
 */
#ifndef RDUMP_WRITER_H
#define RDUMP_WRITER_H

#include "rdump_error.h"
#include "rdump_exclude.h"
#include "rdump_file.h"

#define RDUMP_FORMAT_VERSION 3

/* What the file says of the process besides its memory. Addresses are those of the dumping thread. */
struct rdump_process {
	const char *tag; /* "v82" */
	uint64_t executor_globals;
	uint64_t compiler_globals;
	/* Addresses that the reader finds by name, "module globals" in the format; 0 = left out. */
	uint64_t basic_globals;   /* php_basic_globals: its way to the shutdown functions */
	uint64_t module_registry; /* the engine's HashTable of that name: its way to the globals of all extensions */
	uint64_t tsrm_ls_cache;   /* ZTS: the dumping thread's tsrm_get_ls_cache(): its way to globals by their id */
	/* Where another process writes the dump, what rdump_write_prepare() has found; 0 = it is this process. */
	uint64_t pid;
	int64_t rss;
};

struct rdump_request {
	struct rdump_process process;
	/* Adds what is kept where the rest is left out of a lean dump; returns false where it is not known. Or NULL. */
	bool (*list_kept)(struct rdump_exclude *exclude);
	uint64_t vm_stack;            /* an address in PHP's VM stack, see rdump_pages.h; 0 = none */
	bool full;                    /* every readable mapping */
	bool safe_read;               /* see rdump_copy_open() */
	bool marker;                  /* "<path>.done" once it is complete */
	uint64_t budget;              /* see rdump_file_create(); 0 = any */
	struct rdump_amount min_free; /* see there; none = 0 bytes */
	int unwanted;                 /* a signal that is dropped if it comes meanwhile: it asks for a dump; or 0 */
	bool near_limit;              /* little memory is left: the page cache must not fill up, see rdump_behind.h ... */
	uint64_t left;                /* ... so many bytes: a file that is itself in memory (tmpfs) must not be larger */
};

enum rdump_outcome {
	RDUMP_WRITTEN, /* complete; the marker may be missing, see `error` */
	RDUMP_SKIPPED, /* no room in the budget or beside min_free; nothing was touched */
	RDUMP_FAILED,  /* see `error`; the target is as it was, and there is no marker */
	RDUMP_STARTED  /* a copy of the process writes it: see rdump_snapshot_start() */
};

struct rdump_result {
	enum rdump_outcome outcome;
	struct rdump_error error; /* .step is NULL where nothing went wrong */
	int not_copied;           /* errno of the copy of the process that could not be made, so it was written directly */
	bool not_excluded;        /* it has everything: `list_kept` could not tell what to keep */
	uint64_t size;            /* of the file, or what was to be reserved for it (RDUMP_SKIPPED) */
	uint64_t others;          /* RDUMP_SKIPPED: what the other dumps in the folder take */
	uint64_t kept_free;       /* RDUMP_SKIPPED, not 0: for these bytes that must stay free ... */
	uint64_t available;       /* ... of these */
};

/*
 * Writes a dump to `file`, which rdump_file_open() has opened and rdump_write_prepare() may have created; closes it in
 * any case. Nothing interrupts it, see rdump_undisturbed.h.
 */
RDUMP_HIDDEN void rdump_write(
	const struct rdump_request *request, struct rdump_file *file, struct rdump_result *result);

/*
 * The first half, for a dump that another process with the same memory writes: finds out how large it is, creates the
 * file with room for it, and fills in what the header says of this process. Returns 0: then rdump_write() may follow,
 * in one process. Or -1: then `result` says why, and `file` is closed.
 */
RDUMP_HIDDEN int rdump_write_prepare(
	struct rdump_request *request, struct rdump_file *file, struct rdump_result *result);

/* The end, where that process could not reach it itself: the marker, by the outcome in `result`; closes `file`. */
RDUMP_HIDDEN void rdump_write_finish(
	const struct rdump_request *request, struct rdump_file *file, struct rdump_result *result);

#endif
