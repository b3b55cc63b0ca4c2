/*
 * The threads that run PHP. A signal goes to any thread of a process that does not block it: to one of a library, or of
 * the server, as well. Who handles it there finds those of PHP by this list. All functions but the first two are
 * async-signal-safe, and may be called in any thread.
 */
#ifndef RDUMP_THREADS_H
#define RDUMP_THREADS_H

#include "rdump_platform.h"

#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

#define RDUMP_THREADS_MOST 4096 /* more than these are not in the list */

struct rdump_thread {
	int state;      /* the list's own */
	bool busy;      /* it serves a request */
	pid_t id;       /* gettid(2) */
	pthread_t self; /* the same in a child after fork(2), where `id` is another */
};

/* Puts the calling thread into the list. Returns its entry, or NULL where the list is full. */
RDUMP_HIDDEN struct rdump_thread *rdump_threads_add(void);

/* Takes an entry out, before its thread ends or when it has ended; NULL is permitted. */
RDUMP_HIDDEN void rdump_threads_remove(struct rdump_thread *thread);

/* Says whether the entry's thread serves a request; NULL is permitted. */
RDUMP_HIDDEN void rdump_threads_set_busy(struct rdump_thread *thread, bool busy);

/* Is the calling thread in the list? */
RDUMP_HIDDEN bool rdump_threads_has_self(void);

/*
 * Sends a signal to one thread of the list, one that serves a request if there is any, and a pointer with it, see
 * rt_tgsigqueueinfo(2). Its handler finds that in si_value, where si_code is SI_QUEUE and si_pid this process. Returns
 * 0, or -1 with errno. ESRCH: there is no such thread.
 */
RDUMP_HIDDEN int rdump_threads_send(int signal, const void *value);

/* The same, only to another thread that serves a request. */
RDUMP_HIDDEN int rdump_threads_send_busy(int signal, const void *value);

#endif
