/* No interruptions while a dump is made. See rdump_undisturbed.h. */
#include "rdump_undisturbed.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <time.h>

/* In libpthread on a glibc before 2.34: a program without it has no threads to cancel. */
#pragma weak pthread_setcancelstate

const int rdump_undisturbed_own[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS, 0};

void rdump_undisturbed_begin(struct rdump_undisturbed *before)
{
	sigset_t blocked, pending;

	sigfillset(&blocked);
	for (const int *own = rdump_undisturbed_own; *own; own++) {
		sigdelset(&blocked, *own);
	}
	/* On Linux this is the calling thread's mask; pthread_sigmask() would need libpthread on an older glibc. */
	(void) sigprocmask(SIG_BLOCK, &blocked, &before->signals);
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
	(void) sigprocmask(SIG_SETMASK, &before->signals, NULL);
	if (pthread_setcancelstate) {
		(void) pthread_setcancelstate(before->cancelable, NULL);
	}
}
