/* Handlers of the signals that end a process at a fault. See rdump_handlers.h. */
#include "rdump_handlers.h"

#include "rdump_threads.h"

#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

struct handler {
	int signal;
	const char *name;
	struct sigaction before;
	bool deals;           /* the earlier handler may deal with faults ... */
	uintptr_t begin, end; /* ... of instructions between these addresses ... */
	bool of_host;         /* ... and of threads of the program itself, which it is part of */
};

static struct handler handlers[] = {
	{.signal = SIGSEGV, .name = "SIGSEGV"},
	{.signal = SIGBUS, .name = "SIGBUS"},
	{.signal = SIGILL, .name = "SIGILL"},
	{.signal = SIGFPE, .name = "SIGFPE"},
	{.signal = SIGABRT, .name = "SIGABRT"},
};
#define HANDLERS (sizeof(handlers) / sizeof(*handlers))

/* Milliseconds in which another thread must take a signal, or the process ends without it. */
#define MOST_PAUSES 10000
/* Milliseconds for a handler in another thread: it may write a large dump, or wait for a disk that does not answer. */
#define LONGEST_HANDLER 300000
/* Milliseconds for the end of a process whose crash is over. Some go on: see await_end_of_other(). */
#define LAST_PAUSES 1000

static struct rdump_handlers_owner owner;
static bool installed;

static void on_signal(int signal, siginfo_t *info, void *context);

static struct handler *handler_of(int signal)
{
	size_t i = 0;

	while (i < HANDLERS - 1 && handlers[i].signal != signal) {
		i++;
	}
	return &handlers[i];
}

const char *rdump_handlers_name(int signal)
{
	return handler_of(signal)->name;
}

static bool is_function(const struct sigaction *action)
{
	return (action->sa_flags & SA_SIGINFO) || (action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN);
}

static bool is_ours(const struct sigaction *action)
{
	return (action->sa_flags & SA_SIGINFO) && action->sa_sigaction == on_signal;
}

static bool is_in_force(const struct handler *handler)
{
	struct sigaction now;

	return sigaction(handler->signal, NULL, &now) == 0 && is_ours(&now);
}

/* ---- faults of an earlier handler -------------------------------------------------------------------------------- */

/* The address of the instruction, 0 = not known. */
static uintptr_t instruction(RDUMP_UNUSED const void *context)
{
#if defined(__x86_64__)
	return (uintptr_t) ((const ucontext_t *) context)->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
	return (uintptr_t) ((const ucontext_t *) context)->uc_mcontext.pc;
#else
	return 0;
#endif
}

/*
 * Go's rule for handlers in front of its own, os/signal: a fault in Go's code goes to Go. The object is a good measure
 * of that: PHP is a library there.
 */
static bool belongs_to_earlier(const struct handler *handler, const siginfo_t *info, const void *context)
{
	uintptr_t at = instruction(context);

	if (!handler->deals || info->si_code <= 0) {
		return false; /* a signal that was sent is no fault */
	}
	return (handler->of_host && !owner.runs()) || (at >= handler->begin && at < handler->end);
}

/* Calls the earlier handler as the kernel would call it. */
static void pass_on(const struct handler *handler, siginfo_t *info, void *context)
{
	const struct sigaction *before = &handler->before;
	sigset_t blocked = before->sa_mask;

	if (!(before->sa_flags & SA_NODEFER)) {
		sigaddset(&blocked, handler->signal);
	}
	(void) sigprocmask(SIG_BLOCK, &blocked, NULL); /* the end of a handler sets the mask that was there before it */
	if (before->sa_flags & SA_SIGINFO) {
		before->sa_sigaction(handler->signal, info, context);
	} else {
		before->sa_handler(handler->signal);
	}
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

/*
 * Sends the signal with all that came with it. It is blocked until the handler returns. A system that filters system
 * calls may refuse the first way.
 */
static void send_again(int signal, siginfo_t *info)
{
	long process = syscall(SYS_getpid), thread = syscall(SYS_gettid);
	sigset_t blocked;

	sigemptyset(&blocked);
	sigaddset(&blocked, signal);
	(void) sigprocmask(SIG_BLOCK, &blocked, NULL);
	if (syscall(SYS_rt_tgsigqueueinfo, process, thread, signal, info) < 0) {
		(void) syscall(SYS_tgkill, process, thread, signal);
	}
}

/* Does the instruction fault again once the handler returns? Others are sent: by kill(2), raise(3), abort(3). */
static bool repeats_itself(int signal, const siginfo_t *info)
{
	return info->si_code > 0 && signal != SIGABRT && !(signal == SIGBUS && info->si_code == BUS_MCEERR_AO);
}

static void put_back_others(const struct handler *except)
{
	for (size_t i = 0; i < HANDLERS; i++) {
		if (&handlers[i] != except && is_in_force(&handlers[i])) {
			(void) sigaction(handlers[i].signal, &handlers[i].before, NULL);
		}
	}
}

/*
 * Leaves the rest to what was there before. Where this handler is not in force, a later one has called it, and would do
 * so again for ever: so the earlier one is called from here, or the process ends.
 */
static void end(const struct handler *handler, siginfo_t *info, void *context)
{
	struct sigaction by_default;

	put_back_others(handler);
	if (is_in_force(handler)) {
		(void) sigaction(handler->signal, &handler->before, NULL);
	} else if (is_function(&handler->before)) {
		pass_on(handler, info, context);
		return;
	} else {
		memset(&by_default, 0, sizeof(by_default));
		by_default.sa_handler = SIG_DFL;
		(void) sigaction(handler->signal, &by_default, NULL);
	}
	if (!repeats_itself(handler->signal, info)) {
		send_again(handler->signal, info);
	}
}

/* ---- whose turn it is -------------------------------------------------------------------------------------------- */

enum turn {
	FIRST,
	AGAIN,
	OVER
};

/* The first crash of the process. */
static struct {
	pid_t process; /* 0 = none; that of a parent is none, too */
	pthread_t thread;
	siginfo_t info;
	int faults; /* within its handler */
	bool over;
	bool given_up; /* by a thread that was at work when another one had its turn */
	bool awaited;  /* by a thread that ends the process: once is enough */
} crash;

/*
 * Waits until the handler of another thread is over, and then for the signal that ends the process. None comes where an
 * earlier handler deals with the fault, or where another thread has mapped the page meanwhile.
 */
static void await_end_of_other(void)
{
	static const struct timespec pause = {0, 1000000};

	for (int i = 0; i < LONGEST_HANDLER && !__atomic_load_n(&crash.over, __ATOMIC_ACQUIRE); i++) {
		nanosleep(&pause, NULL);
	}
	for (int i = 0; i < LAST_PAUSES; i++) {
		nanosleep(&pause, NULL);
	}
}

void rdump_handlers_await(void)
{
	if (__atomic_load_n(&crash.process, __ATOMIC_ACQUIRE) == (pid_t) syscall(SYS_getpid)
		&& !pthread_equal(crash.thread, pthread_self())
		&& !__atomic_exchange_n(&crash.awaited, true, __ATOMIC_ACQ_REL)) {
		await_end_of_other();
	}
}

/*
 * Another thread that crashes meanwhile waits, or it would end the process. Not one that is at work: the first one may
 * wait for the end of its work.
 */
static enum turn take_turn(const siginfo_t *info)
{
	pid_t self = (pid_t) syscall(SYS_getpid), holder = __atomic_load_n(&crash.process, __ATOMIC_ACQUIRE);

	if (holder != self
		&& __atomic_compare_exchange_n(&crash.process, &holder, self, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
		crash.thread = pthread_self();
		crash.info = *info;
		crash.faults = 0;
		crash.given_up = crash.awaited = false;
		__atomic_store_n(&crash.over, false, __ATOMIC_RELEASE);
		return FIRST;
	}
	if (pthread_equal(crash.thread, pthread_self())) {
		return __atomic_load_n(&crash.over, __ATOMIC_ACQUIRE) ? OVER : AGAIN;
	}
	if (!owner.works()) {
		await_end_of_other();
	} else if (!__atomic_exchange_n(&crash.given_up, true, __ATOMIC_ACQ_REL)) {
		owner.give_up(info->si_signo);
	}
	return OVER;
}

/* A fault within crashed() or give_up(): the process ends by the signal of the first one. */
static void end_by_first(void)
{
	struct handler *first = handler_of(crash.info.si_signo);

	if (crash.faults++ == 0) {
		owner.give_up(first->signal);
	}
	put_back_others(NULL);
	__atomic_store_n(&crash.over, true, __ATOMIC_RELEASE); /* an earlier handler may let the process go on */
	send_again(first->signal, &crash.info);
}

static void do_part(int signal)
{
	if (owner.works()) {
		owner.give_up(signal);
	} else {
		owner.crashed(signal);
	}
}

/*
 * A thread that cannot do its part has another one do it. The address goes with the signal, see rdump_threads_send().
 * That thread may not get it: it waits for a disk, or blocks the signal.
 */
static enum {
	ASKED,
	BEGUN,
	DONE,
	WITHDRAWN
} delegated;

static bool is_delegated(const siginfo_t *info)
{
	return info->si_code == SI_QUEUE && info->si_pid == getpid() && info->si_value.sival_ptr == (void *) &delegated;
}

static bool advance(unsigned from, unsigned to)
{
	return __atomic_compare_exchange_n(
		(unsigned *) &delegated, &from, to, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/* What this thread is asked for. Until it is done, this is the thread that has crashed. */
static void do_part_of_other(int signal)
{
	pthread_t other = crash.thread;

	if (advance(ASKED, BEGUN)) {
		crash.thread = pthread_self();
		do_part(signal);
		crash.thread = other;
		(void) advance(BEGUN, DONE);
	}
}

bool rdump_handlers_delegate(int signal)
{
	static const struct timespec pause = {0, 1000000};

	__atomic_store_n((unsigned *) &delegated, ASKED, __ATOMIC_RELEASE);
	if (rdump_threads_send(signal, &delegated) < 0) {
		return false;
	}
	for (int i = 0; __atomic_load_n((unsigned *) &delegated, __ATOMIC_ACQUIRE) != DONE; i++) {
		if (i >= MOST_PAUSES && advance(ASKED, WITHDRAWN)) {
			return false;
		}
		nanosleep(&pause, NULL);
	}
	return true;
}

static void on_signal(int signal, siginfo_t *info, void *context)
{
	const struct handler *handler = handler_of(signal);
	int saved = errno;
	bool works;

	if (is_delegated(info)) {
		do_part_of_other(signal);
		errno = saved;
		return;
	}
	works = owner.works();
	if (!works && belongs_to_earlier(handler, info, context)) {
		pass_on(handler, info, context);
		return;
	}
	/* One that was sent, and would have been ignored. */
	if (info->si_code <= 0 && !is_function(&handler->before) && handler->before.sa_handler == SIG_IGN) {
		return;
	}
	switch (take_turn(info)) {
		case FIRST:
			do_part(signal);
			__atomic_store_n(&crash.over, true, __ATOMIC_RELEASE);
			end(handler, info, context);
			break;
		case AGAIN:
			end_by_first();
			break;
		case OVER:
			end(handler, info, context);
			break;
	}
	errno = saved;
}

/* ---- installation ------------------------------------------------------------------------------------------------ */

struct search {
	uintptr_t address;
	uintptr_t begin, end; /* of the segment that has it; 0 = none */
	unsigned objects;     /* that were looked at; the first is the program itself, dl_iterate_phdr(3) */
};

static int look_at_object(struct dl_phdr_info *object, RDUMP_UNUSED size_t size, void *context)
{
	struct search *search = context;

	search->objects++;
	for (size_t i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
		uintptr_t begin = object->dlpi_addr + segment->p_vaddr;

		if (segment->p_type == PT_LOAD && search->address - begin < segment->p_memsz) {
			search->begin = begin;
			search->end = begin + segment->p_memsz;
			return 1;
		}
	}
	return 0;
}

static void examine(struct handler *handler)
{
	const struct sigaction *before = &handler->before;
	struct search search = {0, 0, 0, 0};

	handler->deals = (before->sa_flags & SA_SIGINFO) && !(before->sa_flags & SA_RESETHAND);
	handler->begin = handler->end = 0;
	handler->of_host = false;
	if (!handler->deals) {
		return;
	}
	search.address = (uintptr_t) before->sa_sigaction;
	handler->of_host = dl_iterate_phdr(look_at_object, &search) && search.objects == 1;
	if ((uintptr_t) owner.program - search.begin >= search.end - search.begin) {
		handler->begin = search.begin;
		handler->end = search.end;
	}
}

int rdump_handlers_install(const struct rdump_handlers_owner *wanted)
{
	struct sigaction ours;

	owner = *wanted;
	crash.process = 0;
	memset(&ours, 0, sizeof(ours));
	ours.sa_sigaction = on_signal;
	ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
	sigfillset(&ours.sa_mask);
	sigdelset(&ours.sa_mask, SIGTRAP); /* these two are raised by the thread's own instructions, too */
	sigdelset(&ours.sa_mask, SIGSYS);
	for (size_t i = 0; i < HANDLERS; i++) {
		sigdelset(&ours.sa_mask, handlers[i].signal);
	}
	installed = true;
	for (size_t i = 0; i < HANDLERS; i++) {
		/* Known before ours is in force. */
		if (sigaction(handlers[i].signal, NULL, &handlers[i].before) == 0 && !is_ours(&handlers[i].before)) {
			examine(&handlers[i]);
		}
		if (sigaction(handlers[i].signal, &ours, NULL) < 0) {
			int err = errno;

			(void) rdump_handlers_restore();
			return err;
		}
	}
	return 0;
}

bool rdump_handlers_are_installed(void)
{
	for (size_t i = 0; i < HANDLERS; i++) {
		if (!is_in_force(&handlers[i])) {
			return false;
		}
	}
	return installed;
}

bool rdump_handlers_restore(void)
{
	struct sigaction now;
	bool gone = true;

	for (size_t i = 0; installed && i < HANDLERS; i++) {
		if (is_in_force(&handlers[i])) {
			(void) sigaction(handlers[i].signal, &handlers[i].before, NULL);
		} else if (sigaction(handlers[i].signal, NULL, &now) == 0 && is_function(&now)) {
			gone = false;
		}
	}
	installed = false;
	return gone;
}
