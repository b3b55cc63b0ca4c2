/*
 * rdump: writes a snapshot of this process's own memory to a file in the RDUMP format (version 3).
 *
 * The one header of the extension, in the order in which a dump goes through the files:
 *
 *   trigger               rdump.c         rdump_dump(), INI, phpinfo
 *                         rdump_oom.c     the automatic dump at memory_limit
 *   format and bytes      rdump_writer.c  header, mapping table, regions
 *   the file's life       rdump_file.c    temporary file, budget, commit, marker
 *   what there is         rdump_maps.c    mappings, the class of each, runs of pages
 *   memory to work in     rdump_scratch.c one scratch area per process
 *
 * Dependencies point downwards only. Everything but the two triggers is free of PHP and of heap: no malloc(), no
 * emalloc(), no stdio, so that a dump works where nothing can be allocated any more and leaves the heap as it was. Define
 * RDUMP_WITHOUT_PHP to use those files by themselves.
 *
 * Functions that can fail return 0 or -1 and fill a struct rdump_error.
 */
#ifndef PHP_RDUMP_H
#define PHP_RDUMP_H

#if !defined(__linux__)
# error "rdump needs Linux: it reads /proc/self/smaps and writes what the kernel says is there"
#elif !defined(__LP64__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
# error "rdump needs a 64-bit little-endian machine (x86-64 or arm64): the RDUMP format is made for these"
#elif !defined(__STDC_VERSION__) || __STDC_VERSION__ < 199901L
# error "rdump needs a compiler that speaks C99 or newer"
#endif

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PHP_RDUMP_VERSION "2.0.0"
#define RDUMP_FORMAT_VERSION 3

/* statfs(2): a file system whose files lie in memory. The kernel's own header for it is not there with every C library. */
#define RDUMP_TMPFS_MAGIC 0x01021994

#if defined(__GNUC__) && __GNUC__ >= 4
# define RDUMP_HIDDEN __attribute__((visibility("hidden")))
#else
# define RDUMP_HIDDEN
#endif

/* Why something failed: "cannot <step> <path>: <strerror(err)>". */
struct rdump_error {
	const char *step; /* a verb phrase, e.g. "write"; a string literal */
	const char *path; /* what it was done to; lives as long as the caller's path, or is a literal */
	int err;          /* errno */
};

/* Fills `error` from its arguments. Returns -1, so that a failing function can end with it. */
static inline int rdump_fail(struct rdump_error *error, const char *step, const char *path, int err)
{
	error->step = step;
	error->path = path;
	error->err = err;
	return -1;
}

/* ---- rdump_scratch.c: memory to work in -------------------------------------------------------------------------- */

/*
 * Scratch memory of a dump. There is one per process at a time; whoever takes it holds off the dumps of other threads
 * until it is given back. It is address space reserved with mmap() and marked MADV_DONTDUMP, of which a dump touches
 * what it needs, O(mappings); where the machine gives none, a reserve of 1 MiB in .bss, enough for some 4,000 mappings.
 */
struct rdump_scratch {
	unsigned char *begin; /* page-aligned; [begin, end) is never part of a dump */
	unsigned char *end;
	unsigned char *low;  /* handed out upwards from begin ... */
	unsigned char *high; /* ... and downwards from end */
	bool mapped;         /* by mmap(), not the reserve */
};

/* Waits for another thread's dump to end, then takes the scratch. Cannot fail. */
RDUMP_HIDDEN void rdump_scratch_take(struct rdump_scratch *scratch);

/* Gives the memory back to the kernel and lets the next dump begin. */
RDUMP_HIDDEN void rdump_scratch_give(struct rdump_scratch *scratch);

/* `size` bytes, 8-byte aligned, at the low end; NULL where the scratch is used up. */
RDUMP_HIDDEN void *rdump_scratch_low(struct rdump_scratch *scratch, size_t size);

/* `size` bytes, not aligned, at the high end; NULL where the scratch is used up. */
RDUMP_HIDDEN void *rdump_scratch_high(struct rdump_scratch *scratch, size_t size);

/* ---- rdump_maps.c: what there is to dump ------------------------------------------------------------------------- */

/* Which pages of a mapping a dump holds. */
enum rdump_pages {
	RDUMP_PAGES_NONE,
	RDUMP_PAGES_WHOLE,
	RDUMP_PAGES_PRESENT, /* private memory: pages that this process has, in RAM or swapped out */
	RDUMP_PAGES_CHANGED, /* private, from a file, read-only: pages that are no longer the file's (RELRO) */
	RDUMP_PAGES_RESIDENT /* shared memory: pages that any process has put there */
};

/* A part of a mapping's line. */
struct rdump_span {
	uint16_t at;
	uint16_t length;
};

/* A mapping: one line of /proc/self/maps, proc_pid_maps(5). */
struct rdump_mapping {
	uint64_t begin;
	uint64_t end;
	uint64_t inode;
	uint64_t anonymous; /* smaps "Anonymous:", bytes */
	uint64_t swap;      /* smaps "Swap:", bytes */
	uint64_t rss;       /* smaps "Rss:", bytes */
	const char *line;   /* the kernel's line, without its end; the spans point into it */
	struct rdump_span begin_text;
	struct rdump_span end_text;
	struct rdump_span permissions; /* four bytes: r w x and p (private) or s (shared), or - */
	struct rdump_span offset;
	struct rdump_span device;
	struct rdump_span name; /* may be empty */
	bool accounted;         /* rss, anonymous and swap are known */
	bool excluded;          /* VmFlags io, pf or dd: device memory, or its owner asked not to dump it */
	bool hugetlb;           /* VmFlags ht; such pages are in none of the three counts */
	uint8_t pages;          /* enum rdump_pages */
};

/* This process's mappings, and what it takes to find their pages. */
struct rdump_maps {
	struct rdump_mapping *mapping; /* in address order, not overlapping */
	uint32_t count;
	struct rdump_mapping *latest; /* while the list is read: whose fields come next */
	struct rdump_scratch *scratch;
	unsigned char *work; /* RDUMP_MAPS_WORK bytes */
	uint64_t page_size;
	uint64_t memory_device; /* st_dev of the kernel's own tmpfs: memfd, SysV and anonymous shared memory */
	int pagemap;            /* /proc/self/pagemap, or -1 */
	bool can_scan;          /* PAGEMAP_SCAN has not been refused yet */
	bool swap_in_use;       /* on this machine, by anyone */
};

#define RDUMP_MAPS_WORK ((size_t) 128 * 1024)

/*
 * Takes in a mapping's line of /proc/self/maps or smaps (the two are the same), `length` bytes without the newline.
 * `line` must outlive `mapping`. Returns 0, or -1 where the line is not one.
 */
RDUMP_HIDDEN int rdump_maps_parse_line(struct rdump_mapping *mapping, const char *line, size_t length);

/* Takes in one of the lines that follow it in smaps ("Swap:   0 kB"). A line that means nothing here is passed over. */
RDUMP_HIDDEN void rdump_maps_parse_field(struct rdump_mapping *mapping, const char *line, size_t length);

/*
 * Which pages of `mapping` a dump holds.
 * full    every readable mapping, not only what cannot be read back from the files on disk
 * memory  the mapping's file, if it has one and it is unlinked, lies in memory (a tmpfs) and on no disk
 */
RDUMP_HIDDEN enum rdump_pages rdump_maps_classify(const struct rdump_mapping *mapping, bool full, bool memory);

/*
 * Reads this process's mappings from /proc/self/smaps, or /proc/self/maps where there is none, and decides about each.
 * Keeps /proc/self/pagemap open for rdump_maps_runs(), where it may be opened: rdump_maps_close() must follow in any case.
 * Errors: no /proc (ENOENT), no descriptor (EMFILE), more mappings than the scratch holds (ENOMEM), a line that is none (EBADMSG).
 */
RDUMP_HIDDEN int rdump_maps_open(struct rdump_maps *maps, struct rdump_scratch *scratch, bool full, struct rdump_error *error);
RDUMP_HIDDEN void rdump_maps_close(struct rdump_maps *maps);

/* Is told each run of pages, [begin, end). Returns 0 to go on, anything else to stop. */
typedef int (*rdump_run_handler)(void *context, uint64_t begin, uint64_t end);

/*
 * Hands the runs of pages that a dump holds to `handler`, in address order, never two that touch: pages that lie together
 * come together, across mappings too. Reads no page, and so creates none. Cannot fail: where the kernel does not say
 * which pages there are, a mapping is one run. Returns what the handler returned last.
 */
RDUMP_HIDDEN int rdump_maps_runs(struct rdump_maps *maps, rdump_run_handler handler, void *context);

/* ---- rdump_file.c: the file's life ------------------------------------------------------------------------------- */

#define RDUMP_TEMPORARY_PREFIX ".rdump-"
#define RDUMP_TEMPORARY_SUFFIX ".part"
#define RDUMP_TEMPORARY_RANDOM 32 /* hex digits between them */
#define RDUMP_TEMPORARY_SIZE (sizeof(RDUMP_TEMPORARY_PREFIX RDUMP_TEMPORARY_SUFFIX) + RDUMP_TEMPORARY_RANDOM)
#define RDUMP_SUFFIX ".rdump"
#define RDUMP_MARKER_SUFFIX ".done"

/*
 * A dump's file. It is written under a temporary name beside its target and renamed over it, so the target is either the
 * earlier file or a whole dump. The writer holds a flock(2) on it: a temporary file that nobody holds was left by a
 * process that was killed, and the next dump to that folder removes it.
 */
struct rdump_file {
	const char *path;        /* as the user gave it, for messages */
	int folder;              /* its folder; all else happens relative to this descriptor */
	bool folder_listable;    /* `folder` may be read and locked, not only passed through */
	char name[NAME_MAX + 1]; /* the target in it */
	int fd;                  /* the temporary file, or -1 */
	char temporary[RDUMP_TEMPORARY_SIZE];
	uint64_t reserved; /* its size, set before the first byte is written */
	uint64_t budget;   /* bytes that all dumps in the folder may take together; 0 = any */
	uint64_t others;   /* what the others took when last counted */
};

/*
 * Opens the target's folder and looks at what stands there. `path` must outlive `file`.
 * Errors: those of open(2) for the folder, ENAMETOOLONG; EISDIR, ELOOP (a symlink), ENXIO (a FIFO, socket or device).
 */
RDUMP_HIDDEN int rdump_file_open(struct rdump_file *file, const char *path, struct rdump_error *error);

/* The real path of the open folder, for a check of where it lies: 0, or -1 where /proc does not tell or it is too long. */
RDUMP_HIDDEN int rdump_file_folder(const struct rdump_file *file, char path[PATH_MAX]);

/*
 * Removes what killed processes left in the folder, then creates the temporary file, 0600, of `size` bytes.
 * With a budget: 1, with nothing created, where the dumps in the folder (files in the making counted, the file to be
 * replaced not) and this one would exceed it. The size is reserved under a lock on the folder, so that no two dumps decide on
 * the same room.
 * Errors: of open(2), ftruncate(2); ENOSPC where the file system has less room than `size`; EWOULDBLOCK where somebody has held the
 * folder's lock for 10 s.
 */
RDUMP_HIDDEN int rdump_file_create(struct rdump_file *file, uint64_t size, uint64_t budget, struct rdump_error *error);

/*
 * Has the file system find the blocks of the reserved size at once, which is quicker than write by write, and tells before the
 * first write that there are none left. Where that is not supported they come with the bytes. Errors: ENOSPC, EDQUOT, EFBIG.
 */
RDUMP_HIDDEN int rdump_file_allocate(const struct rdump_file *file, struct rdump_error *error);

/* Makes the reserved size `size` while writing; EDQUOT where the budget has no room for it. */
RDUMP_HIDDEN int rdump_file_grow(struct rdump_file *file, uint64_t size, struct rdump_error *error);

/* Sets the final size and renames the file over its target. On failure the temporary file is gone, the target as it was. */
RDUMP_HIDDEN int rdump_file_commit(struct rdump_file *file, uint64_t size, struct rdump_error *error);

/* Removes the temporary file, if there is one, and closes the folder. Leaves errno alone. */
RDUMP_HIDDEN void rdump_file_close(struct rdump_file *file);

/* Removes "<path>.done" if there is one; creates it, empty, 0600. */
RDUMP_HIDDEN int rdump_file_unmark(struct rdump_file *file, struct rdump_error *error);
RDUMP_HIDDEN int rdump_file_mark(struct rdump_file *file, struct rdump_error *error);

/* ---- rdump_writer.c: format and bytes ---------------------------------------------------------------------------- */

/* What the file says of the process besides its memory. Addresses are those of the dumping thread. */
struct rdump_process {
	const char *tag; /* "v82" */
	uint64_t executor_globals;
	uint64_t compiler_globals;
	uint64_t basic_globals;
};

struct rdump_request {
	struct rdump_process process;
	bool full;       /* every readable mapping */
	bool safe_read;  /* read through /proc/self/mem or process_vm_readv(2), not from the address */
	bool marker;     /* "<path>.done" once it is complete */
	uint64_t budget; /* see rdump_file_create(); 0 = any */
};

enum rdump_outcome {
	RDUMP_WRITTEN, /* complete; the marker may be missing, see `error` */
	RDUMP_SKIPPED, /* no room in the budget; nothing was touched */
	RDUMP_FAILED   /* see `error`; the disk is as it was */
};

struct rdump_result {
	enum rdump_outcome outcome;
	struct rdump_error error; /* .step is NULL where nothing went wrong */
	uint64_t size;            /* of the dump, or what it would have been (RDUMP_SKIPPED) */
	uint64_t others;          /* RDUMP_SKIPPED: what the other dumps in the folder take */
};

/*
 * Writes a dump to `file`, which rdump_file_open() has opened; closes it in any case. Signals are held off until it is
 * done, so neither PHP's timers nor a SIGTERM interrupt it, and running into RLIMIT_FSIZE is an error, not the end.
 */
RDUMP_HIDDEN void rdump_write(const struct rdump_request *request, struct rdump_file *file, struct rdump_result *result);

/* ---- rdump.c, rdump_oom.c: the triggers -------------------------------------------------------------------------- */

extern struct _zend_module_entry rdump_module_entry;
#define phpext_rdump_ptr &rdump_module_entry

#ifndef RDUMP_WITHOUT_PHP

# include "php.h"

ZEND_BEGIN_MODULE_GLOBALS(rdump)
	/* php.ini: see README.md */
	char *oom_dump;
	bool oom_dump_full;
	bool oom_dump_marker;
	bool safe_read;
	uint64_t oom_dump_max;
	uint64_t oom_dump_min_interval;
	uint64_t oom_dump_max_total;
	/* rdump_set_oom_dump(): NULL = none, empty = off; lives until the request ends */
	zend_string *override;
	bool override_full;
	/* the automatic dump, over the life of this worker */
	bool in_request;   /* from RINIT to RSHUTDOWN */
	bool dumping;      /* an error that arises meanwhile starts no second one */
	bool passing_on;   /* PHP 7: an error on its way to the hook that was there before */
	pid_t attempt_pid; /* the process that the next two speak of: a forked child is a worker of its own */
	uint64_t attempts;
	int64_t attempt_at; /* seconds, CLOCK_BOOTTIME */
ZEND_END_MODULE_GLOBALS(rdump)

ZEND_EXTERN_MODULE_GLOBALS(rdump)
# define RDUMP_G(v) ZEND_MODULE_GLOBALS_ACCESSOR(rdump, v)

# if defined(ZTS) && defined(COMPILE_DL_RDUMP)
ZEND_TSRMLS_CACHE_EXTERN()
# endif

/* Fills in what every dump of this thread has in common. */
void rdump_request_init(struct rdump_request *request, bool full);

/*
 * Opens `path` for a dump, open_basedir observed: for the path as given and, once the folder is open, for where that
 * really lies. Quiet: says what failed in `error` (EPERM for open_basedir).
 */
int rdump_open_target(struct rdump_file *file, const char *path, struct rdump_error *error);

/* Does open_basedir forbid `path`? Quiet. */
bool rdump_is_outside_basedir(const char *path);

/* Writes "<working directory>/<path>" to `absolute`, or `path` itself where it is absolute. Returns 0, or -1 with errno. */
int rdump_absolute_path(char absolute[PATH_MAX], const char *path);

/* The hook's life: MINIT, RINIT, RSHUTDOWN, MSHUTDOWN. */
void rdump_oom_startup(void);
void rdump_oom_activate(void);
void rdump_oom_deactivate(void);
void rdump_oom_shutdown(void);

/*
 * Keeps `path` as the automatic dump's template for the rest of this request: empty = off, NULL = back to the INI value.
 * A relative one is kept relative to the present working directory. Returns 0, or -1, and what was kept stays.
 */
int rdump_oom_set(zend_string *path, bool full, struct rdump_error *error);

#endif /* RDUMP_WITHOUT_PHP */
#endif /* PHP_RDUMP_H */
