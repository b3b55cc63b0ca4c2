/* The automatic dump: hook, guards, template, log line. See php_rdump.h. */
#ifdef HAVE_CONFIG_H
# include "config.h"
#endif

#include "php.h"
#include "php_rdump.h"
#include "main/snprintf.h"
#if PHP_VERSION_ID >= 80000
# include "zend_observer.h"
#endif

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* ---- what becomes of it ------------------------------------------------------------------------------------------ */

/* An automatic dump on its way: why it fires, and where to. */
struct attempt {
	const char *cause;
	char path[PATH_MAX];
};

/* One line in PHP's error log for each outcome, never silence: who finds no dump must find out why. */
static void log_line(const struct attempt *attempt, const char *verb, const char *rest)
{
	char line[PATH_MAX + 512];

	ap_php_snprintf(line, sizeof(line), "rdump: %s: %s %s%s", attempt->cause, verb, attempt->path, rest);
	php_log_err(line);
}

static void log_skip(const struct attempt *attempt, const char *reason)
{
	char rest[512];

	ap_php_snprintf(rest, sizeof(rest), ": %s", reason);
	log_line(attempt, "no dump to", rest);
}

static void log_failure(const char *cause, const struct rdump_error *error)
{
	char line[PATH_MAX + 512];

	ap_php_snprintf(line, sizeof(line), "rdump: %s: no dump: cannot %s %s: %s", cause, error->step, error->path, strerror(error->err));
	php_log_err(line);
}

static void log_result(const struct attempt *attempt, const struct rdump_result *result)
{
	char rest[512];

	switch (result->outcome) {
		case RDUMP_WRITTEN:
			if (result->error.step) {
				ap_php_snprintf(rest, sizeof(rest), " (%llu bytes), but cannot %s it: %s", (unsigned long long) result->size,
					result->error.step, strerror(result->error.err));
			} else {
				ap_php_snprintf(rest, sizeof(rest), " (%llu bytes)", (unsigned long long) result->size);
			}
			log_line(attempt, "dumped to", rest);
			break;
		case RDUMP_SKIPPED:
			ap_php_snprintf(rest, sizeof(rest), "rdump.oom_dump_max_total=%llu has no room for %llu bytes beside the %llu in the folder",
				(unsigned long long) RDUMP_G(oom_dump_max_total), (unsigned long long) result->size,
				(unsigned long long) result->others);
			log_skip(attempt, rest);
			break;
		case RDUMP_FAILED:
			log_failure(attempt->cause, &result->error);
			break;
	}
}

/* ---- template ---------------------------------------------------------------------------------------------------- */

/* Appends to `path`, of which `*length` bytes are used. Returns whether it fits. */
static bool append(char path[PATH_MAX], size_t *length, const char *text, size_t size)
{
	if (size >= PATH_MAX - *length) {
		return false;
	}
	memcpy(path + *length, text, size);
	*length += size;
	path[*length] = '\0';
	return true;
}

/* Returns whether the expanded template fits: if not, `path` is not to be used. */
static bool expand_template(char path[PATH_MAX], const char *template)
{
	size_t length = 0;

	for (const char *at = template; *at; at++) {
		char number[24];
		const char *text = number;
		size_t size;

		if (at[0] == '%' && at[1] == 'p') {
			size = (size_t) ap_php_snprintf(number, sizeof(number), "%lld", (long long) getpid());
		} else if (at[0] == '%' && at[1] == 'i') {
			size = (size_t) ap_php_snprintf(number, sizeof(number), "%lld", (long long) syscall(SYS_gettid));
		} else if (at[0] == '%' && at[1] == 't') {
			size = (size_t) ap_php_snprintf(number, sizeof(number), "%lld", (long long) time(NULL));
		} else {
			text = at;
			size = 1;
		}
		if (!append(path, &length, text, size)) {
			return false;
		}
		at += at[0] == '%' && at[1] && strchr("pit%", at[1]);
	}
	return true;
}

/* The working directory is no template: its percent signs are doubled. Returns 0, or -1 with errno. */
static int absolute_template(char template[PATH_MAX], const char *path)
{
	char folder[PATH_MAX];
	size_t length = 0;

	if (*path != '/') {
		if (rdump_absolute_path(folder, "") < 0) {
			return -1;
		}
		for (const char *at = folder; *at; at++) {
			if (!append(template, &length, "%%", *at == '%' ? 2 : 0) || (*at != '%' && !append(template, &length, at, 1))) {
				errno = ENAMETOOLONG;
				return -1;
			}
		}
	}
	if (!append(template, &length, path, strlen(path))) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return 0;
}

int rdump_oom_set(zend_string *path, bool full, struct rdump_error *error)
{
	char template[PATH_MAX];
	zend_string *kept = NULL;

	if (path && ZSTR_LEN(path) == 0) {
		kept = zend_string_init("", 0, 0);
	} else if (path) {
		if (ZSTR_LEN(path) >= PATH_MAX || absolute_template(template, ZSTR_VAL(path)) < 0) {
			return rdump_fail(error, "keep", ZSTR_VAL(path), ZSTR_LEN(path) >= PATH_MAX ? ENAMETOOLONG : errno);
		}
		if (rdump_is_outside_basedir(ZSTR_VAL(path))) {
			return rdump_fail(error, "keep (open_basedir restriction in effect)", ZSTR_VAL(path), EPERM);
		}
		kept = zend_string_init(template, strlen(template), 0);
	}
	if (RDUMP_G(override)) {
		zend_string_release(RDUMP_G(override));
	}
	RDUMP_G(override) = kept;
	RDUMP_G(override_full) = full;
	return 0;
}

/* ---- guards ------------------------------------------------------------------------------------------------------ */

static int64_t now(void)
{
	struct timespec time = {0, 0};

	/* Goes on while the machine sleeps, and does not jump when its clock is set. */
	clock_gettime(CLOCK_BOOTTIME, &time);
	return (int64_t) time.tv_sec;
}

/* rdump.oom_dump_max and rdump.oom_dump_min_interval. Returns whether the dump may begin; logs why not. */
static bool pass_guards(const struct attempt *attempt)
{
	char reason[256];
	uint64_t elapsed;

	if (RDUMP_G(attempt_pid) != getpid()) {
		RDUMP_G(attempt_pid) = getpid();
		RDUMP_G(attempts) = 0;
	}
	if (RDUMP_G(oom_dump_max) && RDUMP_G(attempts) >= RDUMP_G(oom_dump_max)) {
		ap_php_snprintf(reason, sizeof(reason), "rdump.oom_dump_max=%llu is reached in this worker",
			(unsigned long long) RDUMP_G(oom_dump_max));
		log_skip(attempt, reason);
		return false;
	}
	elapsed = (uint64_t) (now() - RDUMP_G(attempt_at));
	if (RDUMP_G(attempts) && elapsed < RDUMP_G(oom_dump_min_interval)) {
		ap_php_snprintf(reason, sizeof(reason), "rdump.oom_dump_min_interval=%llu: the last one was %llu s ago",
			(unsigned long long) RDUMP_G(oom_dump_min_interval), (unsigned long long) elapsed);
		log_skip(attempt, reason);
		return false;
	}
	return true;
}

/* ---- the dump ---------------------------------------------------------------------------------------------------- */

/* Fills in attempt->path. A template that does not fit is no dump. */
static int find_path(struct attempt *attempt, const char *template, struct rdump_error *error)
{
	char expanded[PATH_MAX];

	if (!expand_template(expanded, template)) {
		return rdump_fail(error, "fit into a path the template", template, ENAMETOOLONG);
	}
	if (rdump_absolute_path(attempt->path, expanded) < 0) {
		return rdump_fail(error, errno == ENAMETOOLONG ? "fit into a path the template" : "find the working directory for", template, errno);
	}
	return 0;
}

/*
 * PHP's security releases of 2026 report the error when the function that wanted the memory has returned, and its caller is
 * on its way to an exception handler. In the dump the caller stands where it was: its line is read there. Returns that
 * caller, or NULL.
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

static void attempt_dump(const char *cause, const char *template, bool full)
{
	struct attempt attempt;
	struct rdump_request request;
	struct rdump_result result = {RDUMP_FAILED, {NULL, NULL, 0}, 0, 0};
	struct rdump_file file;
	zend_execute_data *moved;

	attempt.cause = cause;
	if (find_path(&attempt, template, &result.error) < 0) {
		/* a failed attempt: result.error says why */
	} else if (!pass_guards(&attempt)) {
		return;
	} else if ((RDUMP_G(override) ? rdump_open_target(&file, attempt.path, &result.error)
			: rdump_file_open(&file, attempt.path, &result.error)) == 0) {
		/* open_basedir binds scripts; rdump.oom_dump is the administrator's. */
		rdump_request_init(&request, full);
		request.marker = RDUMP_G(oom_dump_marker);
		request.budget = RDUMP_G(oom_dump_max_total);
		moved = put_back_in_place();
		rdump_write(&request, &file, &result);
		if (moved) {
			moved->opline = EG(exception_op);
		}
	}
	if (result.outcome != RDUMP_SKIPPED) {
		RDUMP_G(attempts)++;
		RDUMP_G(attempt_at) = now();
	}
	log_result(&attempt, &result);
}

static void on_memory_error(const char *cause)
{
	const zend_string *override = RDUMP_G(override);
	const char *template = override ? ZSTR_VAL(override) : RDUMP_G(oom_dump);

	if (!template || !*template || RDUMP_G(dumping)) {
		return;
	}
	RDUMP_G(dumping) = true;
	attempt_dump(cause, template, override ? RDUMP_G(override_full) : RDUMP_G(oom_dump_full));
	RDUMP_G(dumping) = false;
}

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

/* ---- the hook ---------------------------------------------------------------------------------------------------- */

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
 * tells such an end from any other: it comes in mid-request, with the ENOMEM of the failed mmap().
 */
static bool watching_exit;

static void on_exit_of_process(void)
{
	int err = errno;

	if (!watching_exit || err != ENOMEM) {
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
		on_memory_error("out of memory");
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

static void drop_override(void)
{
	if (RDUMP_G(override)) {
		zend_string_release(RDUMP_G(override));
		RDUMP_G(override) = NULL;
	}
	RDUMP_G(dumping) = false; /* a bailout may have left it so */
}

#if PHP_VERSION_ID >= 80000

/* Observers are told before zend_error_cb is called, whoever owns that; and the call stack still stands. */
# if PHP_VERSION_ID >= 80100
static void observe_error(int type, zend_string *file, uint32_t line, zend_string *message)
# else
static void observe_error(int type, const char *file, uint32_t line, zend_string *message)
# endif
{
	(void) file;
	(void) line;
	on_error(type, ZSTR_VAL(message));
}

void rdump_oom_startup(void)
{
	zend_observer_error_register(observe_error);
	watch_exit();
}

void rdump_oom_shutdown(void)
{
	watching_exit = false;
}

void rdump_oom_activate(void)
{
	RDUMP_G(in_request) = true;
}

void rdump_oom_deactivate(void)
{
	RDUMP_G(in_request) = false;
	drop_override();
}

#else

# if PHP_VERSION_ID >= 70200
typedef uint32_t error_line;
# else
typedef uint error_line;
# endif

typedef void (*error_callback)(int type, const char *file, const error_line line, const char *format, va_list arguments);

static error_callback first;    /* what was there at start-up */
static error_callback previous; /* what this hook calls: at times an Xdebug that came in between */

/*
 * `format` is the engine's own text here, so nothing that a script says can look like it. An Xdebug that took this hook
 * for the original would call it back: then the chain ends with the real original.
 */
static void observe_error(int type, const char *file, const error_line line, const char *format, va_list arguments)
{
	if (!RDUMP_G(passing_on)) {
		on_error(type, format);
	}
	if (RDUMP_G(passing_on) || previous == first) {
		first(type, file, line, format, arguments);
		return;
	}
	RDUMP_G(passing_on) = true;
	zend_try {
		previous(type, file, line, format, arguments);
	} zend_catch {
		RDUMP_G(passing_on) = false;
		zend_bailout();
	} zend_end_try();
	RDUMP_G(passing_on) = false;
}

static void chain(void)
{
	if (zend_error_cb != observe_error) {
		previous = zend_error_cb;
		zend_error_cb = observe_error;
	}
}

void rdump_oom_startup(void)
{
	first = zend_error_cb;
	chain();
	watch_exit();
}

void rdump_oom_shutdown(void)
{
	watching_exit = false;
	if (zend_error_cb == observe_error) {
		zend_error_cb = first;
	}
}

static int (*activate_xdebug)(int type, int module_number);

static int activate_xdebug_and_chain(int type, int module_number)
{
	int status = activate_xdebug(type, module_number);

	chain();
	return status;
}

/*
 * Xdebug takes zend_error_cb when it is activated, at the beginning of each request, and calls nobody. As a
 * zend_extension it is activated after every extension, whatever their dependencies say: the only place behind it is its own.
 */
static void follow_xdebug(void)
{
	zend_module_entry *xdebug = zend_hash_str_find_ptr(&module_registry, "xdebug", sizeof("xdebug") - 1);

	if (xdebug && xdebug->request_startup_func && xdebug->request_startup_func != activate_xdebug_and_chain) {
		activate_xdebug = xdebug->request_startup_func;
		xdebug->request_startup_func = activate_xdebug_and_chain;
	}
}

void rdump_oom_activate(void)
{
	RDUMP_G(in_request) = true;
	RDUMP_G(passing_on) = false;
	follow_xdebug();
	chain();
}

void rdump_oom_deactivate(void)
{
	RDUMP_G(in_request) = false;
	drop_override();
# ifndef ZTS
	/* Give it back in the order in which it was taken. Under ZTS other requests are using it. */
	if (zend_error_cb == observe_error && previous != first) {
		zend_error_cb = previous;
		previous = first;
	}
# endif
}

#endif
