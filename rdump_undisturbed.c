/* No interruptions while a dump is made. See rdump_undisturbed.h. */
#include "rdump_undisturbed.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* In libpthread on a glibc before 2.34: a program without it has no threads to cancel. */
#pragma weak pthread_setcancelstate

const int rdump_undisturbed_own[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS, 0};

/*
 * How many sections threads are in, and of which process: a child after fork(2) has none of the other threads. The
 * process's number is in the upper half.
 */
static uint64_t sections;

static uint64_t of_this_process(void)
{
	return (uint64_t) (uint32_t) syscall(SYS_getpid) << 32;
}

static void add_section(int change)
{
	uint64_t before = __atomic_load_n(&sections, __ATOMIC_RELAXED), after;

	do {
		after = before >> 32 == of_this_process() >> 32 ? before + (uint64_t) (int64_t) change
			: change > 0                                ? of_this_process() + 1
														: before;
	} while (!__atomic_compare_exchange_n(&sections, &before, after, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
}

bool rdump_undisturbed_is_on(void)
{
	uint64_t now = __atomic_load_n(&sections, __ATOMIC_ACQUIRE);

	return now > of_this_process() && now >> 32 == of_this_process() >> 32;
}

void rdump_undisturbed_begin(struct rdump_undisturbed *before)
{
	sigset_t blocked, pending;

	sigfillset(&blocked);
	for (const int *own = rdump_undisturbed_own; *own; own++) {
		sigdelset(&blocked, *own);
	}
	/* On Linux this is the calling thread's mask; pthread_sigmask() would need libpthread on an older glibc. */
	(void) sigprocmask(SIG_BLOCK, &blocked, &before->signals);
	add_section(1);
	before->file_size_pending = sigpending(&pending) == 0 && sigismember(&pending, SIGXFSZ) == 1;
	if (pthread_setcancelstate) {
		(void) pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before->cancelable);
	}
}

void rdump_undisturbed_end(const struct rdump_undisturbed *before, int unwanted)
{
	static const struct timespec at_once = {0, 0};
	sigset_t dropped;

	sigemptyset(&dropped);
	if (!before->file_size_pending) {
		sigaddset(&dropped, SIGXFSZ);
	}
	if (unwanted) {
		sigaddset(&dropped, unwanted);
	}
	while (sigtimedwait(&dropped, NULL, &at_once) > 0 || errno == EINTR) {
	}
	add_section(-1);
	(void) sigprocmask(SIG_SETMASK, &before->signals, NULL);
	if (pthread_setcancelstate) {
		(void) pthread_setcancelstate(before->cancelable, NULL);
	}
}
