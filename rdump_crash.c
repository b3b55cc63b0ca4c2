/* The automatic dump at a crash. See rdump_crash.h. */
#ifdef HAVE_CONFIG_H
# include "config.h"
#endif

#include "rdump_crash.h"

#include "rdump_auto.h"
#include "rdump_counters.h"
#include "rdump_error.h"
#include "rdump_file.h"
#include "rdump_format.h"
#include "rdump_handlers.h"
#include "rdump_log.h"
#include "rdump_queue.h"
#include "rdump_request.h"
#include "rdump_scratch.h"
#include "rdump_threads.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

/*
 * The worker ends with its dump, so only counters of all workers bound these. NULL after MSHUTDOWN: a later handler may
 * still call ours, and what PHP has freed then must not be used.
 */
static struct rdump_counters *counters;
static struct rdump_error failure;

/* One crash ends the process: no need for more than one of each. */
static struct rdump_claim claim;
static struct rdump_workspace work;
static char line[RDUMP_LINE_SIZE], cause[32];

/* ---- threads ----------------------------------------------------------------------------------------------------- */

/* Does this thread serve a request? Without ZTS libraries may have threads, which are not PHP's. */
static bool runs_php(void)
{
	return counters && rdump_request_is_php_thread() && RDUMP_G(in_request)
		&& pthread_equal(RDUMP_G(thread), pthread_self());
}

/* ---- the dump ---------------------------------------------------------------------------------------------------- */

static void log_line(void)
{
	rdump_log_at_crash(line, work.text);
}

/* What waits for a moment at which PHP's log can be written: it will not come. */
static void log_what_waits(void)
{
	if (RDUMP_G(oom_event) != RDUMP_OOM_NONE) {
		rdump_log_at_crash(RDUMP_G(oom_line), work.text);
		RDUMP_G(oom_event) = RDUMP_OOM_NONE;
	}
	while (rdump_queue_take(line)) {
		log_line();
	}
	/* In a container the end of the first process is that of all, so copies that write are waited for. */
	while (rdump_auto_next(true, line)) {
		log_line();
	}
}

static void dump(int signal)
{
	struct rdump_trigger trigger;

	memset(&trigger, 0, sizeof(trigger));
	(void) rdump_format(cause, sizeof(cause), "crash by %s", rdump_handlers_name(signal));
	trigger.cause = cause;
	trigger.signal = signal;
	trigger.in_handler = true;
	trigger.at_end = true;
	trigger.work = &work;
	trigger.template = RDUMP_G(crash_dump);
	trigger.full = RDUMP_G(oom_dump_full);
	trigger.counters = counters;
	trigger.claim = &claim;
	if (!RDUMP_G(in_request)) {
		trigger.remark = ", between requests: no code was running";
	}
	(void) rdump_auto_dump(&trigger, line);
}

static void on_crash(int signal)
{
	if (!counters) {
		return;
	}
	if (!rdump_request_is_php_thread()) {
		(void) rdump_handlers_delegate(signal);
		return;
	}
	/* It may be set for another pool or virtual host only. */
	if (RDUMP_G(crash_dump) && *RDUMP_G(crash_dump)) {
		dump(signal);
		log_line();
	}
	log_what_waits();
}

/* The fault is within a dump, or within the two functions above. */
static void on_crash_in_dump(int signal)
{
	/* Not on_crash()'s: that may be at work in another thread. */
	static char own_line[128], path[PATH_MAX];
	bool dumps = rdump_scratch_is_taken_here();

	dumps |= rdump_file_abandon();
	if (dumps && rdump_request_is_php_thread()) {
		(void) rdump_format(own_line, sizeof(own_line),
			"rdump: crash by %s: no dump: it happened in the middle of a dump", rdump_handlers_name(signal));
		rdump_log_at_crash(own_line, path);
	}
}

/* ---- the trigger's life ------------------------------------------------------------------------------------------ */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool tried;

void rdump_crash_startup(void)
{
	tried = false;
	counters = rdump_counters_map(&failure);
}

static void install(void)
{
	const struct rdump_handlers_owner owner
		= {runs_php, rdump_scratch_is_taken_here, on_crash, on_crash_in_dump, (const void *) (uintptr_t) zend_error};
	int err = rdump_handlers_install(&owner);

	if (err) {
		(void) rdump_fail(&failure, "install", "the handlers of signals", err);
	}
}

void rdump_crash_activate(void)
{
	RDUMP_G(thread) = pthread_self();
	if (!counters || !RDUMP_G(crash_dump) || !*RDUMP_G(crash_dump)) {
		return;
	}
#ifdef ZTS
	if (!RDUMP_G(listed)) {
		RDUMP_G(listed) = rdump_threads_add(); /* the dump by signal takes it out again */
	}
	rdump_threads_set_busy(RDUMP_G(listed), true);
#endif
	if (__atomic_load_n(&tried, __ATOMIC_ACQUIRE)) {
		return;
	}
	pthread_mutex_lock(&lock);
	if (!tried) {
		install();
		__atomic_store_n(&tried, true, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&lock);
}

/* PHP unloads an extension at its end. Where somebody may still call it, it stays. */
static void stay_loaded(void)
{
	Dl_info info;

	if (dladdr((const void *) (uintptr_t) on_crash, &info)) {
		(void) dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
	}
}

void rdump_crash_shutdown(void)
{
	rdump_handlers_await(); /* with the handlers in force: a fault within a dump would end the process at once */
	if (tried && !rdump_handlers_restore()) {
		stay_loaded();
	}
	rdump_handlers_await(); /* a thread that has crashed since */
	tried = false;
	rdump_counters_unmap(counters);
	counters = NULL;
}

const char *rdump_crash_state(char *text, size_t size)
{
	if (!RDUMP_G(crash_dump) || !*RDUMP_G(crash_dump)) {
		return "off";
	}
	if (failure.step) {
		(void) rdump_format(
			text, size, "no: cannot %s %s: %s", failure.step, failure.path, rdump_error_text(failure.err));
		return text;
	}
	if (!tried) {
		return "from the first request on";
	}
	return rdump_handlers_are_installed() ? "yes" : "no: something else handles the signals of a crash";
}
