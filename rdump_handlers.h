/*
 * Handlers of the signals that end a process at a fault: SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT. They are called at
 * the first of them. Then what was there before is put back, and the fault happens again, so that the process ends as
 * without them: its exit status, its core file, the kernel's message, and what an earlier handler does.
 */
#ifndef RDUMP_HANDLERS_H
#define RDUMP_HANDLERS_H

#include "rdump_platform.h"

#include <stdbool.h>

/* What its owner does. All are called in a signal handler, with all signals blocked that can be. */
struct rdump_handlers_owner {
	/*
	 * Does the calling thread run what the owner is for? If not, the fault belongs to the handler of a host that may
	 * deal with faults.
	 */
	bool (*runs)(void);
	/* Does the calling thread do the owner's own work, so that the fault is within it? */
	bool (*works)(void);
	/* The process is about to end by `signal`. Called once. */
	void (*crashed)(int signal);
	/* The fault is within the owner's own work, which must be given up at once. */
	void (*give_up)(int signal);
	/* An address in the program that the owner is for. */
	const void *program;
};

/*
 * Installs the handlers, once for a process; a child by fork(2) has them too. They run on the thread's alternate stack
 * if it has one, sigaltstack(2). Returns 0 or an errno.
 *
 * An earlier handler may deal with faults and let the program go on, as that of Go's runtime: one with SA_SIGINFO and
 * without SA_RESETHAND. It gets a fault as if these handlers were not there if the instruction is in the object that it
 * is in (and `program` is in another one); if it is in the executable file, a host's, also where the thread does not
 * run what the owner is for. A signal that was sent is no fault.
 */
RDUMP_HIDDEN int rdump_handlers_install(const struct rdump_handlers_owner *owner);

/*
 * For crashed() in a thread that has not what it needs for that: has one of the list in rdump_threads.h call crashed(),
 * or give_up() if that thread is at work, and waits for it. Returns false where there is no such thread, or it does not
 * begin within 10 s.
 */
RDUMP_HIDDEN bool rdump_handlers_delegate(int signal);

/*
 * For a thread that is about to end the process, or to unmap what crashed() needs: waits while another thread of the
 * process has crashed, until crashed() has returned, at most five minutes, and then 1 s for the process to end by the
 * signal. A second call for the same crash does not wait.
 */
RDUMP_HIDDEN void rdump_handlers_await(void);

/* Returns whether they are installed, all of them. */
RDUMP_HIDDEN bool rdump_handlers_are_installed(void);

/*
 * Puts back what was there before. Returns false where somebody else has installed a handler since, which may call
 * this one: then the code must stay in memory.
 */
RDUMP_HIDDEN bool rdump_handlers_restore(void);

/* "SIGSEGV", for these five. */
RDUMP_HIDDEN const char *rdump_handlers_name(int signal);

#endif
