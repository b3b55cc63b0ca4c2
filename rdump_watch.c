/* The automatic dump before the OOM killer comes. See rdump_watch.h. */
#ifdef HAVE_CONFIG_H
# include "config.h"
#endif

#include "rdump_watch.h"

#include "rdump_auto.h"
#include "rdump_counters.h"
#include "rdump_error.h"
#include "rdump_format.h"
#include "rdump_log.h"
#include "rdump_parse.h"
#include "rdump_pending.h"
#include "rdump_signal.h"
#include "rdump_watcher.h"

#include <errno.h>
#include <string.h>

/* Seconds until a request for a dump is repeated where nothing comes of it. */
#define PATIENCE 5

/* ---- from the watching thread to the thread of PHP --------------------------------------------------------------- */

/* What is asked for. The thread of PHP takes it; a second signal finds nothing to do. */
static struct rdump_watcher_sight sight;
static bool wanted;
static uint64_t patience = PATIENCE;

/* In the watching thread. */
static bool on_mark(const struct rdump_watcher_sight *seen)
{
	char line[256];

	if (__atomic_load_n(&wanted, __ATOMIC_ACQUIRE)) {
		patience *= 2; /* PHP's thread has this signal blocked, or another dump was under way */
	} else {
		patience = PATIENCE;
	}
	sight = *seen;
	rdump_watcher_again(patience);
	__atomic_store_n(&wanted, true, __ATOMIC_RELEASE);
	if (rdump_signal_ask() < 0) {
		(void) rdump_format(line, sizeof(line),
			"rdump: watch: no dump: %llu bytes are resident, but the signal for it cannot be sent: %s",
			(unsigned long long) seen->resident, rdump_error_text(errno));
		rdump_pending_put(line);
#ifndef ZTS
		rdump_pending_hurry(); /* there is one thread of PHP */
#endif
		__atomic_store_n(&wanted, false, __ATOMIC_RELEASE);
		rdump_watcher_again(RDUMP_WATCHER_NEVER);
	}
	return true;
}

static void describe(char *text, size_t size, const struct rdump_watcher_sight *seen)
{
	if (seen->usage) {
		(void) rdump_format(text, size,
			"watch: %llu bytes resident, the most of all in a cgroup that has %llu of its %llu in use",
			(unsigned long long) seen->resident, (unsigned long long) seen->usage,
			(unsigned long long) seen->mark.limit);
	} else {
		(void) rdump_format(text, size, "watch: %llu bytes resident, the mark is %llu",
			(unsigned long long) seen->resident, (unsigned long long) seen->mark.bytes);
	}
}

/* A dump that came too soon after the last one is made up for, if the memory has not fallen by then. */
static void wait_for_interval(const struct rdump_counter *counter)
{
	uint64_t max = RDUMP_G(oom_dump_max), interval = RDUMP_G(oom_dump_min_interval);
	uint64_t elapsed = rdump_counters_now() / 1000 - (uint64_t) counter->latest;

	if (counter->attempts && elapsed < interval && (!max || counter->attempts < max)) {
		rdump_watcher_again(interval - elapsed);
	}
}

/* In a thread of PHP, in the signal's handler. */
static void dump(void)
{
	static char cause[160];
	struct rdump_watcher_sight seen;
	struct rdump_trigger trigger;

	if (!__atomic_load_n(&wanted, __ATOMIC_ACQUIRE)) {
		return;
	}
	rdump_watcher_again(RDUMP_WATCHER_NEVER);
	seen = sight;
	__atomic_store_n(&wanted, false, __ATOMIC_RELEASE);
	if (!RDUMP_G(watch_dump) || !*RDUMP_G(watch_dump)) {
		return; /* not in this pool or virtual host */
	}
	describe(cause, sizeof(cause), &seen);
	memset(&trigger, 0, sizeof(trigger));
	trigger.cause = cause;
	trigger.template = RDUMP_G(watch_dump);
	trigger.counter = &RDUMP_G(watch_counter);
	trigger.near_limit = true;
	trigger.left = seen.left;
	if (rdump_signal_dump(&trigger) == RDUMP_AUTO_SKIPPED) {
		wait_for_interval(trigger.counter);
	}
}

/* ---- where it is watched ----------------------------------------------------------------------------------------- */

static bool is_configured(void)
{
	return RDUMP_G(watch_dump) && *RDUMP_G(watch_dump);
}

static void start(void)
{
	int err;

	rdump_watcher_set(&RDUMP_G(watch_rss));
	err = rdump_watcher_start(on_mark);
	if (err) {
		char line[256];

		(void) rdump_format(line, sizeof(line),
			"rdump: watch: there will be no dump by rdump.watch_dump: cannot start a thread: %s",
			rdump_error_text(err));
		rdump_log(line);
	}
}

/* A child begins no request: it is in the middle of one. */
static void (*fork_of_pcntl)(INTERNAL_FUNCTION_PARAMETERS);

static void fork_and_watch(INTERNAL_FUNCTION_PARAMETERS)
{
	fork_of_pcntl(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	if (Z_TYPE_P(return_value) == IS_LONG && Z_LVAL_P(return_value) == 0 && is_configured()) {
		start();
	}
}

/*
 * Another extension may take the function after this, and call ours: it is not taken again then, or the two would call
 * each other without end. It is where the other one has put back what was there before ours. Threads share it.
 */
static void follow_forks(void)
{
	zend_function *function = zend_hash_str_find_ptr(CG(function_table), "pcntl_fork", sizeof("pcntl_fork") - 1);
	void (*handler)(INTERNAL_FUNCTION_PARAMETERS);

	if (!function || function->type != ZEND_INTERNAL_FUNCTION) {
		return;
	}
	handler = function->internal_function.handler;
	if (handler != fork_and_watch && (!fork_of_pcntl || handler == fork_of_pcntl)) {
		fork_of_pcntl = handler;
		function->internal_function.handler = fork_and_watch;
	}
}

/* ---- the trigger's life ------------------------------------------------------------------------------------------ */

void rdump_watch_startup(void)
{
	fork_of_pcntl = NULL;
	rdump_signal_watch(dump);
}

void rdump_watch_activate(void)
{
	if (is_configured()) {
		follow_forks();
		start();
		return;
	}
#ifndef ZTS
	/* It was another virtual host's. With threads, another one may still want it. */
	rdump_watcher_set(NULL);
#endif
}

void rdump_watch_shutdown(void)
{
	rdump_watcher_stop();
}

const char *rdump_watch_state(char *text, size_t size)
{
	const struct rdump_amount *amount = &RDUMP_G(watch_rss);
	struct rdump_watcher_mark mark;
	size_t length;

	if (!is_configured()) {
		return "off";
	}
	if (!rdump_watcher_runs()) {
		return "off: the thread that watches could not be started";
	}
	if (!rdump_signal_can_ask()) {
		(void) rdump_format(text, size, "off: something else handles signal %d", (int) RDUMP_G(signal));
		return text;
	}
	mark = rdump_watcher_find(amount);
	length = rdump_format(text, size, "at %llu bytes of resident memory", (unsigned long long) mark.bytes);
	if (amount->share) {
		(void) rdump_format(text + length, size - length, ", %d.%02d%% of %s: %llu", (int) amount->share / 100,
			(int) amount->share % 100,
			mark.of_cgroup ? "the limit of the cgroup" : "the machine's memory, because the cgroup has no limit",
			(unsigned long long) mark.limit);
	}
	return text;
}
