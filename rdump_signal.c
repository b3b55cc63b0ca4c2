/* The dump that a signal asks for. See rdump_signal.h. */
#ifdef HAVE_CONFIG_H
# include "config.h"
#endif

#include "rdump_signal.h"

#include "rdump_format.h"
#include "rdump_ini.h"
#include "rdump_pending.h"
#include "rdump_request.h"
#include "rdump_threads.h"
#include "rdump_undisturbed.h"

#include "SAPI.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* ---- who dumps --------------------------------------------------------------------------------------------------- */

/*
 * The process that starts the workers of a server must not end by a signal that was meant for them, but there is
 * nothing to dump in it. PHP does not tell which process that is. A worker is one that has begun a request, or was
 * forked since MINIT. php-fpm in the background was forked once more itself, but leads its session, daemon(7).
 */
static bool starts_workers;
static pid_t started, served;

static bool is_worker(void)
{
	pid_t self = getpid();

	return !starts_workers || self == __atomic_load_n(&served, __ATOMIC_RELAXED)
		|| (self != started && getsid(0) != self);
}

static bool is_one_of(const char *name, const char *const *list)
{
	while (*list && strcmp(name, *list)) {
		list++;
	}
	return *list != NULL;
}

/* ---- the dump ---------------------------------------------------------------------------------------------------- */

/* One for the process: no two such dumps are under way. */
static struct rdump_workspace work;
static char line[RDUMP_LINE_SIZE], cause[32];
static int received;

static void (*watch_dump)(void);
static const char watch_asks; /* its address goes with the signal */

/* Those in the background that have ended since the last one: a script that never ends may ask nobody else. */
static void tell_ended(void)
{
	while (rdump_auto_next(false, line)) {
		rdump_pending_put(line);
	}
}

enum rdump_auto_outcome rdump_signal_dump(struct rdump_trigger *trigger)
{
	enum rdump_auto_outcome outcome;

	tell_ended();
	trigger->in_handler = true;
	trigger->work = &work;
	trigger->full = RDUMP_G(oom_dump_full);
	if (!RDUMP_G(in_request)) {
		trigger->remark = ", between requests: no code was running";
	}
	outcome = rdump_auto_dump(trigger, line);
	rdump_pending_put(line);
	if (RDUMP_G(in_request)) {
		rdump_pending_hurry();
	}
	return outcome;
}

static void dump_as_asked(void)
{
	struct rdump_trigger trigger;

	if (!RDUMP_G(signal_dump) || !*RDUMP_G(signal_dump)) {
		return; /* not in this pool or virtual host */
	}
	memset(&trigger, 0, sizeof(trigger));
	trigger.cause = cause;
	trigger.signal = received;
	trigger.template = RDUMP_G(signal_dump);
	(void) rdump_format(cause, sizeof(cause), "signal %d", received);
	(void) rdump_signal_dump(&trigger);
}

/* The process in which one of these dumps is under way. A number of before a fork(2) is not this process's. */
static pid_t dumping;

static bool begin_dump(void)
{
	pid_t self = getpid(), before = __atomic_load_n(&dumping, __ATOMIC_RELAXED);

	return before != self && !rdump_undisturbed_is_on() && !RDUMP_G(dumping)
		&& __atomic_compare_exchange_n(&dumping, &before, self, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static void end_dump(void)
{
	__atomic_store_n(&dumping, 0, __ATOMIC_RELEASE);
}

/* ---- the handler ------------------------------------------------------------------------------------------------- */

static int installed; /* the signal; 0 = none */
static bool ended;    /* by MSHUTDOWN: a later handler may still call ours */
static struct sigaction previous;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* for those who install and restore */

static bool is_of_watch(const siginfo_t *info)
{
	return info->si_code == SI_QUEUE && info->si_pid == getpid() && info->si_value.sival_ptr == &watch_asks;
}

static void in_thread_of_php(int signal, bool of_watch)
{
	if (!begin_dump()) {
		return; /* there is one under way: it asks for nothing more */
	}
	received = signal;
	if (!of_watch) {
		dump_as_asked();
	} else if (watch_dump) {
		watch_dump();
	}
	end_dump();
}

/*
 * Where the kernel has chosen this thread for a signal to the process, kill(2), and it serves no request, one that does
 * is more interesting. A signal that was sent on, or to this thread, stays here.
 */
static bool gives_to_busy(int signal, const siginfo_t *info)
{
	return info->si_code == SI_USER && !RDUMP_G(in_request) && rdump_threads_send_busy(signal, NULL) == 0;
}

static void on_signal(int signal, siginfo_t *info, void *context)
{
	int saved = errno;
	bool of_watch = is_of_watch(info);

	if (__atomic_load_n(&ended, __ATOMIC_ACQUIRE) || !is_worker()) {
		/* nothing to dump */
	} else if (!rdump_threads_has_self()) {
		if (rdump_threads_send(signal, of_watch ? &watch_asks : NULL) < 0) {
			rdump_pending_put("rdump: a signal asks for a dump, but no thread of PHP can be told");
		}
	} else if (!gives_to_busy(signal, info)) {
		in_thread_of_php(signal, of_watch);
	}
	errno = saved;
}

static bool is_ours(int signal)
{
	struct sigaction now;

	return signal && sigaction(signal, NULL, &now) == 0 && (now.sa_flags & SA_SIGINFO) && now.sa_sigaction == on_signal;
}

/* PHP unloads an extension at its end. Where somebody may still call the handler, it stays. */
static void stay_loaded(void)
{
	Dl_info info;

	if (dladdr((const void *) (uintptr_t) on_signal, &info)) {
		(void) dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
	}
}

/*
 * PHP's own programs end soon after MSHUTDOWN. A signal that comes then would end them by itself, and change their exit
 * status, if its default action were restored.
 */
static void restore(void)
{
	static const char *const programs[] = {"cli", "cli-server", "fpm-fcgi", "cgi-fcgi", "phpdbg", NULL};
	struct sigaction now;

	if (!installed) {
		return;
	}
	if (is_ours(installed)) {
		if (!(previous.sa_flags & SA_SIGINFO) && previous.sa_handler == SIG_DFL
			&& is_one_of(sapi_module.name, programs)) {
			previous.sa_handler = SIG_IGN;
		}
		(void) sigaction(installed, &previous, NULL);
	} else if (sigaction(installed, NULL, &now) == 0
		&& ((now.sa_flags & SA_SIGINFO) || (now.sa_handler != SIG_DFL && now.sa_handler != SIG_IGN))) {
		stay_loaded();
	}
	rdump_request_drop(0, NULL);
	__atomic_store_n(&installed, 0, __ATOMIC_RELEASE);
}

/*
 * On an alternate stack where the thread has one, and with all signals blocked but those that the thread's own
 * instructions raise: a fault must not end the process without a word, nor without the handlers of others.
 */
static void install(int signal)
{
	static const int own[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS};
	struct sigaction action;

	restore();
	memset(&action, 0, sizeof(action));
	action.sa_sigaction = on_signal;
	action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
	sigfillset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++) {
		sigdelset(&action.sa_mask, own[i]);
	}
	if (sigaction(signal, &action, &previous) == 0) {
		rdump_request_drop(signal, on_signal);
		__atomic_store_n(&installed, signal, __ATOMIC_RELEASE);
	}
}

/* ---- the trigger's life ------------------------------------------------------------------------------------------ */

static bool is_wanted(void)
{
	return (RDUMP_G(signal_dump) && *RDUMP_G(signal_dump))
		|| (watch_dump && RDUMP_G(watch_dump) && *RDUMP_G(watch_dump));
}

static void learn(void)
{
	if (!is_wanted() || __atomic_load_n(&installed, __ATOMIC_ACQUIRE) == RDUMP_G(signal)) {
		return;
	}
	(void) pthread_mutex_lock(&lock);
	if (installed != RDUMP_G(signal)) {
		install(RDUMP_G(signal));
	}
	(void) pthread_mutex_unlock(&lock);
}

/* A worker whose server has reset all handlers since MINIT gets its own back, once. Another one's is left alone. */
static void learn_again(void)
{
	struct sigaction now;

	if (started != getpid() && installed && sigaction(installed, NULL, &now) == 0 && !(now.sa_flags & SA_SIGINFO)
		&& now.sa_handler == SIG_DFL) {
		install(installed);
	}
}

/*
 * Servers with threads block all signals in them: Apache's worker and event. A thread may be listed before that: at
 * MINIT, or for the dump at a crash.
 */
static void enter_thread(void)
{
	sigset_t set;

	if (!RDUMP_G(listed)) {
		RDUMP_G(listed) = rdump_threads_add();
	}
	if (RDUMP_G(unblocked) == RDUMP_G(signal)) {
		return;
	}
	RDUMP_G(unblocked) = RDUMP_G(signal);
	sigemptyset(&set);
	sigaddset(&set, RDUMP_G(signal));
	(void) sigprocmask(SIG_UNBLOCK, &set, NULL); /* on Linux this is the calling thread's mask */
}

void rdump_signal_startup(void)
{
	starts_workers = rdump_request_starts_workers();
	started = getpid();
	served = 0;
	__atomic_store_n(&ended, false, __ATOMIC_RELEASE);
	if (is_wanted()) {
		RDUMP_G(listed) = rdump_threads_add();
		learn();
	}
}

void rdump_signal_activate(void)
{
	if (!is_wanted()) {
		return;
	}
	enter_thread();
	rdump_threads_set_busy(RDUMP_G(listed), true);
	if (rdump_request_is_served() && __atomic_load_n(&served, __ATOMIC_RELAXED) != getpid()) {
		learn_again();
		__atomic_store_n(&served, getpid(), __ATOMIC_RELAXED);
	}
	learn();
}

void rdump_signal_end(void)
{
	rdump_threads_set_busy(RDUMP_G(listed), false);
}

void rdump_signal_end_thread(zend_rdump_globals *globals)
{
	rdump_threads_remove(globals->listed);
	globals->listed = NULL;
}

void rdump_signal_shutdown(void)
{
	__atomic_store_n(&ended, true, __ATOMIC_RELEASE);
	restore();
}

void rdump_signal_watch(void (*dump)(void))
{
	watch_dump = dump;
}

bool rdump_signal_can_ask(void)
{
	return is_ours(__atomic_load_n(&installed, __ATOMIC_ACQUIRE));
}

int rdump_signal_ask(void)
{
	int signal = __atomic_load_n(&installed, __ATOMIC_ACQUIRE);

	if (!is_ours(signal)) {
		errno = EBUSY;
		return -1;
	}
	return rdump_threads_send(signal, &watch_asks);
}

const char *rdump_signal_state(char *text, size_t size)
{
	int signal = RDUMP_G(signal);

	if (!RDUMP_G(signal_dump) || !*RDUMP_G(signal_dump)) {
		(void) rdump_format(text, size, "off (signal %d)", signal);
	} else if (is_ours(signal)) {
		(void) rdump_format(text, size, "signal %d", signal);
	} else {
		(void) rdump_format(text, size, "signal %d, which something else handles", signal);
	}
	return text;
}
