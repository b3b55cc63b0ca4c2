/* The automatic dump on exhausted memory. See rdump_oom.h. */
#ifdef HAVE_CONFIG_H
# include "config.h"
#endif

#include "rdump_oom.h"

#include "rdump_auto.h"
#include "rdump_compress.h"
#include "rdump_counters.h"
#include "rdump_errors.h"
#include "rdump_log.h"
#include "rdump_oom_early.h"
#include "rdump_pending.h"
#include "rdump_request.h"
#include "rdump_target.h"

#include "main/snprintf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void learn_early(void);

/* ---- the script's own path --------------------------------------------------------------------------------------- */

static void drop_override(void)
{
	if (RDUMP_G(override)) {
		zend_string_release(RDUMP_G(override));
		RDUMP_G(override) = NULL;
	}
}

int rdump_oom_set(zend_string *path, bool full, struct rdump_error *error)
{
	char *template = RDUMP_G(called).path;
	zend_string *kept = NULL;

	if (path && ZSTR_LEN(path) == 0) {
		kept = zend_string_init("", 0, 0);
	} else if (path) {
		if (ZSTR_LEN(path) >= PATH_MAX || rdump_target_absolute_template(template, ZSTR_VAL(path)) < 0) {
			return rdump_fail(error, "keep", ZSTR_VAL(path), ZSTR_LEN(path) >= PATH_MAX ? ENAMETOOLONG : errno);
		}
		if (rdump_target_is_forbidden(ZSTR_VAL(path))) {
			return rdump_fail(error, "keep (open_basedir restriction in effect)", ZSTR_VAL(path), EPERM);
		}
		if (rdump_compress_is_wanted(template) && !rdump_compress_library()) {
			return rdump_fail(error, RDUMP_NOT_COMPRESSED, ZSTR_VAL(path), ENOTSUP);
		}
		kept = zend_string_init(template, strlen(template), 0);
	}
	drop_override();
	RDUMP_G(override) = kept;
	RDUMP_G(override_full) = full;
	learn_early();
	return 0;
}

/* ---- the dump ---------------------------------------------------------------------------------------------------- */

/* Over all workers that this server starts: for ends that end the worker. NULL on PHPs that have no such end. */
static struct rdump_counters *counters;
#ifdef ZEND_HAS_OOM
static struct rdump_error counters_error;
#endif

/* Fills in `trigger`. Returns whether an automatic dump is configured, and none is under way. */
static bool is_wanted(struct rdump_trigger *trigger, const char *cause)
{
	const zend_string *override = RDUMP_G(override);

	memset(trigger, 0, sizeof(*trigger));
	trigger->cause = cause;
	trigger->template = override ? ZSTR_VAL(override) : RDUMP_G(oom_dump);
	trigger->full = override ? RDUMP_G(override_full) : RDUMP_G(oom_dump_full);
	trigger->by_script = override != NULL;
	trigger->counter = &RDUMP_G(oom_counter);
	return trigger->template && *trigger->template && !RDUMP_G(dumping);
}

/*
 * PHP's security releases of 2026 report the error when the function that wanted the memory has returned, and its
 * caller is on its way to an exception handler. In the dump the caller stands where it was: its line is read there.
 * Returns that caller, or NULL. It has to be set on its way again: PHP would execute the line once more, and never end.
 */
static zend_execute_data *put_back_in_place(void)
{
	zend_execute_data *frame = EG(current_execute_data);

	if (!frame || !frame->func || !ZEND_USER_CODE(frame->func->type) || frame->opline != EG(exception_op)
		|| !EG(opline_before_exception)) {
		return NULL;
	}
	frame->opline = EG(opline_before_exception);
	return frame;
}

/* Leaves the line for the log in RDUMP_G(oom_line). */
static enum rdump_auto_outcome dump(const struct rdump_trigger *trigger)
{
	enum rdump_auto_outcome outcome;

	RDUMP_G(dumping) = true;
	outcome = rdump_auto_dump(trigger, RDUMP_G(oom_line));
	RDUMP_G(dumping) = false;
	return outcome;
}

/* A dump when PHP reports the error. */
static void dump_late(const struct rdump_trigger *trigger)
{
	zend_execute_data *moved = put_back_in_place();

	(void) dump(trigger);
	if (moved) {
		moved->opline = EG(exception_op);
	}
}

/* ---- from the moment of exhaustion to PHP's report --------------------------------------------------------------- */

/*
 * Where exhaustion is learned of at its moment (rdump_oom_early.h), it is told twice: then, and when PHP reports it or
 * ends the process. That is one event, with one dump, and one line, which is logged at the second time, when PHP can
 * allocate again. Nobody knows at the first time whether PHP will end the process at its hard limit. So a place among
 * the dumps of such ends is claimed, and given back when it does not. Where there is no place, the dump is left to the
 * second time.
 */

/* The place in the script, as PHP's own message has it. */
static void find_place(struct rdump_trigger *trigger)
{
	if (zend_is_executing()) {
		trigger->file = zend_get_executed_filename();
		trigger->line = zend_get_executed_lineno();
	} else if (zend_is_compiling() && CG(compiled_filename)) {
		trigger->file = ZSTR_VAL(CG(compiled_filename));
		trigger->line = CG(zend_lineno);
	}
}

/* Ends an event where the process goes on. */
static void end_event(void (*log)(const char *line))
{
	if (RDUMP_G(oom_event) != RDUMP_OOM_NONE) {
		log(RDUMP_G(oom_line));
		RDUMP_G(oom_event) = RDUMP_OOM_NONE;
	}
	if (counters) {
		rdump_counters_give_back(counters, &RDUMP_G(oom_claim));
	}
}

/* Fills in `trigger` for a dump at this moment. */
static bool is_wanted_early(struct rdump_trigger *trigger, const char *cause)
{
	if (!rdump_request_is_php_thread() || !RDUMP_G(oom_dump_early) || !is_wanted(trigger, cause)) {
		return false;
	}
	trigger->counters = counters;
	trigger->claim = &RDUMP_G(oom_claim);
	find_place(trigger);
	return true;
}

/* Memory is exhausted, and PHP reports it later. */
static void on_exhaustion(void)
{
	struct rdump_trigger trigger;

	if (!is_wanted_early(&trigger, "memory limit reached")) {
		return;
	}
	end_event(rdump_log_without_heap); /* one that PHP has not reported */
	RDUMP_G(oom_event) = dump(&trigger) == RDUMP_AUTO_REFUSED ? RDUMP_OOM_POSTPONED : RDUMP_OOM_DONE;
}

static void log_hard_limit(void)
{
	char *line = RDUMP_G(oom_line);
	size_t length = strlen(line);

	if (length > 0) {
		ap_php_snprintf(line + length, RDUMP_LINE_SIZE - length, "; PHP then ended the process at its hard limit");
		rdump_log_without_heap(line);
	}
}

/* PHP ends this process at its hard limit: the claim stands. Some allocations get here without any report before. */
static void on_hard_limit(void)
{
	struct rdump_trigger trigger;

	if (!rdump_request_is_php_thread()) {
		return;
	}
	if (RDUMP_G(oom_event) == RDUMP_OOM_NONE && is_wanted_early(&trigger, "memory limit reached")) {
		trigger.at_end = true;
		(void) dump(&trigger);
		RDUMP_G(oom_event) = RDUMP_OOM_DONE;
	}
	if (RDUMP_G(oom_event) != RDUMP_OOM_NONE) {
		log_hard_limit();
		RDUMP_G(oom_event) = RDUMP_OOM_NONE;
	}
	rdump_pending_write_at_end();
	while (rdump_auto_next(true, RDUMP_G(oom_line))) {
		log_hard_limit();
	}
}

/* PHP reports an error of memory, of which nothing may be known yet. */
static void on_report(const char *cause, const char *file, uint32_t line)
{
	struct rdump_trigger trigger;
	bool done = RDUMP_G(oom_event) == RDUMP_OOM_DONE;

	if (!done) {
		RDUMP_G(oom_event) = RDUMP_OOM_NONE; /* its line says that there was no dump, but there is one now */
	}
	end_event(rdump_log);
	if (done || !is_wanted(&trigger, cause)) {
		return;
	}
#ifdef ZEND_HAS_OOM
	trigger.file = file;
	trigger.line = line;
	trigger.remark = ", reported late: the call stack is of a later moment";
#endif
	dump_late(&trigger);
	/* The line may exhaust memory once more: no second dump. A bailout leaves this set until the request ends. */
	RDUMP_G(dumping) = true;
	rdump_log(RDUMP_G(oom_line));
	RDUMP_G(dumping) = false;
}

/* ---- what tells of exhausted memory ------------------------------------------------------------------------------ */

/*
 * Is this one of the two errors of zend_mm_safe_error() (Zend/zend_alloc.c)? PHP says so itself from 8.2 on. An
 * uncaught exception with such a text is an E_ERROR too, but begins with "Uncaught". Returns what to call it in the
 * log, or NULL.
 */
static const char *memory_error(const char *message)
{
	static const char limit[] = "Allowed memory size of ", machine[] = "Out of memory (allocated ";

#if PHP_VERSION_ID >= 80200
	if (!zend_alloc_in_memory_limit_error_reporting()) {
		return NULL;
	}
#endif
	return !strncmp(message, limit, sizeof(limit) - 1)    ? "memory limit reached"
		: !strncmp(message, machine, sizeof(machine) - 1) ? "out of memory"
														  : NULL;
}

static void on_error(int type, const char *file, uint32_t line, const char *message)
{
	const char *cause;

	if (type == E_ERROR && (cause = memory_error(message)) != NULL) {
		on_report(cause, file, line);
	}
}

/*
 * Where the machine gives no more, PHP's security releases of 2026 report no error any more: zend_out_of_memory()
 * writes "Out of memory" and calls exit(), as all versions do for memory that outlives a request. The call stack still
 * stands then. What tells such an end from any other: it comes in mid-request, with the ENOMEM of the failed mmap().
 * Where that message could not be written (stderr closed, or a log on a full disk), errno is of the write: then it is
 * known only that something ends the process in mid-request whose message is lost.
 */
static bool watching_exit;

static const char *cause_of_exit(int err)
{
	return err == ENOMEM                 ? "out of memory"
		: err && ferror_unlocked(stderr) ? "exit in mid-request, stderr not writable (out of memory?)"
										 : NULL;
}

static void on_exit_of_process(void)
{
	const char *cause = cause_of_exit(errno);
	struct rdump_trigger trigger;

	if (!watching_exit || !cause || !rdump_request_is_php_thread() || !RDUMP_G(in_request)) {
		return;
	}
	if (RDUMP_G(oom_event) == RDUMP_OOM_NONE && is_wanted(&trigger, cause)) {
		trigger.at_end = true;
		dump_late(&trigger);
		RDUMP_G(oom_event) = RDUMP_OOM_DONE;
	}
	end_event(rdump_log_without_heap); /* PHP's own log needs memory, and there is none */
}

static void watch_exit(void)
{
	static bool registered;

	watching_exit = true;
	if (!registered) {
		registered = atexit(on_exit_of_process) == 0;
	}
}

/* ---- the trigger's life ------------------------------------------------------------------------------------------ */

static bool is_set(const char *directive)
{
	return directive && *directive;
}

/*
 * The slots are exchanged only where an automatic dump is configured, be it for one virtual host or pool. That by
 * another trigger: at the hard limit its line may still wait to be written.
 */
static void learn_early(void)
{
	struct rdump_trigger trigger;

	if (counters && RDUMP_G(oom_dump_early)
		&& (is_wanted(&trigger, "") || is_set(RDUMP_G(signal_dump)) || is_set(RDUMP_G(watch_dump)))) {
		rdump_oom_early_install();
	}
}

void rdump_oom_startup(void)
{
	rdump_errors_startup(on_error);
	watch_exit();
#ifdef ZEND_HAS_OOM
	counters = rdump_counters_map(&counters_error);
#endif
	rdump_oom_early_startup(on_exhaustion, on_hard_limit);
	learn_early();
}

void rdump_oom_activate(void)
{
	RDUMP_G(in_request) = true;
	RDUMP_G(dumping) = false; /* where another extension's bailout has skipped rdump_oom_end() */
	RDUMP_G(override) = NULL; /* then it is freed, with all memory of that request */
	learn_early();
	rdump_errors_activate();
}

void rdump_oom_deactivate(void)
{
	rdump_errors_deactivate();
}

void rdump_oom_end(void)
{
	RDUMP_G(in_request) = false;
	RDUMP_G(dumping) = false; /* a bailout may have left it so */
	end_event(rdump_log);
	drop_override();
}

void rdump_oom_shutdown(void)
{
	watching_exit = false;
	rdump_oom_early_shutdown();
	/* Apache starts and ends PHP more than once in a process. */
	rdump_counters_unmap(counters);
	counters = NULL;
	rdump_errors_shutdown();
}

const char *rdump_oom_moment(char *text, size_t size)
{
	struct rdump_trigger trigger;
#ifdef ZEND_HAS_OOM
	static const char late[] = "when PHP reports it";
	char reason[PATH_MAX + 128];
#endif

	if (!is_wanted(&trigger, "")) {
		return "off";
	}
#ifdef ZEND_HAS_OOM
	if (!RDUMP_G(oom_dump_early)) {
		ap_php_snprintf(text, size, "%s: rdump.oom_dump_early=0", late);
		return text;
	}
	if (!counters) {
		ap_php_snprintf(text, size, "%s: cannot %s %s: %s", late, counters_error.step, counters_error.path,
			strerror(counters_error.err));
		return text;
	}
	if (!rdump_oom_early_is_installed(reason, sizeof(reason))) {
		ap_php_snprintf(text, size, "%s: %s", late, reason);
		return text;
	}
#endif
	return "at the moment of exhaustion";
}
