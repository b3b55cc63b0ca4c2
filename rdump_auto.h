/*
 * What every automatic dump shares, whatever triggers it: its path, the guards, and a line for the log about each
 * outcome, because who finds no dump must find out why.
 */
#ifndef RDUMP_AUTO_H
#define RDUMP_AUTO_H

#include "php_rdump.h"

/* An automatic dump that is wanted. */
struct rdump_trigger {
	const char *cause;    /* how the log line begins: "memory limit reached" */
	const char *template; /* see rdump_target_expand(); relative to the script's working directory */
	bool full;            /* every readable mapping */
	bool by_script;       /* the template is a script's, so open_basedir holds for it */
	/*
	 * Of this trigger, in this worker; NULL where somebody has asked for the dump, so that neither a count nor an
	 * interval bounds it.
	 */
	struct rdump_counter *counter;
	int signal;                   /* for %s in the template: its number; or 0 */
	bool near_limit;              /* little memory is left (a copy that writes would double what changes) ... */
	uint64_t left;                /* ... so many bytes: see struct rdump_request */
	bool in_handler;              /* of a signal: a relative template is relative to the process's working directory */
	bool at_end;                  /* the worker ends with this dump: rdump.background does not hold */
	struct rdump_workspace *work; /* NULL = RDUMP_G(automatic), which no handler may use: it interrupts those who do */
	/*
	 * Where the worker may end with its dump: this trigger's counters over all workers, and the claim to fill in. Or
	 * NULL.
	 */
	struct rdump_counters *counters;
	struct rdump_claim *claim;
	/* What the log line says at its end: the place in the script, and a remark; or NULL. */
	const char *file;
	uint32_t line;
	const char *remark;
};

enum rdump_auto_outcome {
	RDUMP_AUTO_ATTEMPTED, /* written, failed, or being written in the background */
	RDUMP_AUTO_SKIPPED,   /* a guard of this worker, or no room that the dump may take */
	RDUMP_AUTO_REFUSED    /* a guard over all workers */
};

/*
 * Writes the dump if the guards permit it, counts the attempt, and says in `line` what became of it. The line is empty
 * where a copy of the process is writing the dump: its line comes by rdump_auto_next(). Uses no heap, no
 * lock of the C library: with `in_handler` and `work` it is async-signal-safe, but for errno. The claim stands where
 * the outcome is RDUMP_AUTO_ATTEMPTED.
 */
RDUMP_HIDDEN enum rdump_auto_outcome rdump_auto_dump(const struct rdump_trigger *trigger, char line[RDUMP_LINE_SIZE]);

/* MINIT and MSHUTDOWN. The latter waits for dumps that are being written in the background. */
RDUMP_HIDDEN void rdump_auto_startup(void);
RDUMP_HIDDEN void rdump_auto_shutdown(void);

/*
 * Reaps dumps in the background that have ended, those by rdump_snapshot() too, and leaves their lines to
 * rdump_pending.h. RINIT, post-deactivate, and wherever PHP's log may be written.
 */
RDUMP_HIDDEN void rdump_auto_collect(void);

/*
 * The line of one of them, for who writes it himself. Returns false where there is none any more. Uses no heap.
 * wait  waits for those that are being written
 */
RDUMP_HIDDEN bool rdump_auto_next(bool wait, char line[RDUMP_LINE_SIZE]);

#endif
