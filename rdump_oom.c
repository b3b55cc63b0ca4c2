/* The automatic dump on exhausted memory. See rdump_oom.h. */
#ifdef HAVE_CONFIG_H
# include "config.h"
#endif

#include "rdump_oom.h"

#include "rdump_auto.h"
#include "rdump_errors.h"
#include "rdump_target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
		kept = zend_string_init(template, strlen(template), 0);
	}
	drop_override();
	RDUMP_G(override) = kept;
	RDUMP_G(override_full) = full;
	return 0;
}

/* ---- the dump ---------------------------------------------------------------------------------------------------- */

/*
 * PHP's security releases of 2026 report the error when the function that wanted the memory has returned, and its caller is
 * on its way to an exception handler. In the dump the caller stands where it was: its line is read there. It may stay
 * there: a fatal error unwinds the request, and nothing is executed in that frame any more.
 */
static void put_back_in_place(void)
{
	zend_execute_data *frame = EG(current_execute_data);

	if (frame && frame->func && ZEND_USER_CODE(frame->func->type) && frame->opline == EG(exception_op)
		&& EG(opline_before_exception)) {
		frame->opline = EG(opline_before_exception);
	}
}

static void on_memory_error(const char *cause)
{
	const zend_string *override = RDUMP_G(override);
	struct rdump_trigger trigger = {cause, RDUMP_G(oom_dump), RDUMP_G(oom_dump_full), false, &RDUMP_G(oom_counter)};

	if (override) {
		trigger.template = ZSTR_VAL(override);
		trigger.full = RDUMP_G(override_full);
		trigger.by_script = true;
	}
	if (!trigger.template || !*trigger.template || RDUMP_G(dumping)) {
		return;
	}
	RDUMP_G(dumping) = true;
	put_back_in_place();
	rdump_auto_dump(&trigger);
	RDUMP_G(dumping) = false;
}

/* ---- what tells of exhausted memory ------------------------------------------------------------------------------ */

/*
 * Is this one of the two messages of zend_mm_safe_error() (Zend/zend_alloc.c)? An uncaught exception with such a text is an
 * E_ERROR too, but begins with "Uncaught". Returns what to call it in the log, or NULL.
 */
static const char *memory_error(const char *message)
{
	static const char limit[] = "Allowed memory size of ", machine[] = "Out of memory (allocated ";

	return !strncmp(message, limit, sizeof(limit) - 1) ? "memory limit reached"
		: !strncmp(message, machine, sizeof(machine) - 1) ? "out of memory" : NULL;
}

static void on_error(int type, const char *message)
{
	const char *cause;

	if (type == E_ERROR && (cause = memory_error(message)) != NULL) {
		on_memory_error(cause);
	}
}

/*
 * Where the machine gives no more, PHP's security releases of 2026 report no error any more: zend_out_of_memory() writes "Out of
 * memory" and calls exit(), as all versions do for memory that outlives a request. The call stack still stands then. What
 * tells such an end from any other: it comes in mid-request, with the ENOMEM of the failed mmap(). Where that message could not
 * be written (stderr closed, or a log on a full disk), errno is of the write: then it is known only that something ends
 * the process in mid-request whose message is lost.
 */
static bool watching_exit;

static const char *cause_of_exit(int err)
{
	return err == ENOMEM ? "out of memory" : err && ferror_unlocked(stderr) ? "exit in mid-request, stderr not writable (out of memory?)" : NULL;
}

static void on_exit_of_process(void)
{
	const char *cause = cause_of_exit(errno);

	if (!watching_exit || !cause) {
		return;
	}
#ifdef ZTS
	if (!tsrm_get_ls_cache()) {
		return; /* a thread that is not PHP's */
	}
# ifdef COMPILE_DL_RDUMP
	ZEND_TSRMLS_CACHE_UPDATE();
# endif
#endif
	if (RDUMP_G(in_request)) {
		on_memory_error(cause);
	}
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

void rdump_oom_startup(void)
{
	rdump_errors_startup(on_error);
	watch_exit();
}

void rdump_oom_activate(void)
{
	RDUMP_G(in_request) = true;
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
	drop_override();
}

void rdump_oom_shutdown(void)
{
	watching_exit = false;
	rdump_errors_shutdown();
}
