/* The threads that run PHP. See rdump_threads.h. */
#include "rdump_threads.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* An entry that is being filled in is not looked at. */
enum {
	FREE,
	HELD,
	LISTED
};

static struct rdump_thread list[RDUMP_THREADS_MOST];
static size_t used; /* entries behind these were never used */

static pid_t this_thread(void)
{
	return (pid_t) syscall(SYS_gettid);
}

static struct rdump_thread *hold_entry(void)
{
	for (size_t i = 0; i < RDUMP_THREADS_MOST; i++) {
		int expected = FREE;
		size_t before = __atomic_load_n(&used, __ATOMIC_ACQUIRE);

		if (!__atomic_compare_exchange_n(&list[i].state, &expected, HELD, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
			continue;
		}
		while (before <= i
			&& !__atomic_compare_exchange_n(&used, &before, i + 1, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
		}
		return &list[i];
	}
	return NULL;
}

struct rdump_thread *rdump_threads_add(void)
{
	struct rdump_thread *thread = hold_entry();

	if (thread) {
		thread->busy = false;
		thread->id = this_thread();
		thread->self = pthread_self();
		__atomic_store_n(&thread->state, LISTED, __ATOMIC_RELEASE);
	}
	return thread;
}

void rdump_threads_remove(struct rdump_thread *thread)
{
	if (thread) {
		__atomic_store_n(&thread->state, FREE, __ATOMIC_RELEASE);
	}
}

void rdump_threads_set_busy(struct rdump_thread *thread, bool busy)
{
	if (thread) {
		__atomic_store_n(&thread->busy, busy, __ATOMIC_RELAXED);
	}
}

static bool is_listed(const struct rdump_thread *thread)
{
	return __atomic_load_n(&thread->state, __ATOMIC_ACQUIRE) == LISTED;
}

bool rdump_threads_has_self(void)
{
	size_t count = __atomic_load_n(&used, __ATOMIC_ACQUIRE);

	for (size_t i = 0; i < count; i++) {
		if (is_listed(&list[i]) && pthread_equal(list[i].self, pthread_self())) {
			return true;
		}
	}
	return false;
}

/* Returns 0 or -1 with errno. */
static int send_to(pid_t thread, int signal, const void *value)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_signo = signal;
	info.si_code = SI_QUEUE;
	info.si_pid = getpid();
	info.si_uid = getuid();
	info.si_value.sival_ptr = (void *) value;
	return (int) syscall(SYS_rt_tgsigqueueinfo, getpid(), thread, signal, &info);
}

/* Tries all that are busy, or all that are not. Returns 0 or -1 with errno; ESRCH: there is none. */
static int send_to_any(bool busy, int signal, const void *value)
{
	size_t count = __atomic_load_n(&used, __ATOMIC_ACQUIRE);

	for (size_t i = 0; i < count; i++) {
		if (!is_listed(&list[i]) || __atomic_load_n(&list[i].busy, __ATOMIC_RELAXED) != busy
			|| list[i].id == this_thread()) {
			continue;
		}
		if (send_to(list[i].id, signal, value) == 0) {
			return 0;
		}
		if (errno != ESRCH) {
			return -1;
		}
	}
	errno = ESRCH;
	return -1;
}

int rdump_threads_send(int signal, const void *value)
{
	int status = send_to_any(true, signal, value);

	if (status < 0 && errno == ESRCH) {
		status = send_to_any(false, signal, value);
	}
	if (status == 0 || errno != ESRCH || this_thread() == getpid()) {
		return status;
	}
	/* In a child after fork(2) the entry has the parent's number, and the thread that called fork() is the first one.
	 */
	return send_to(getpid(), signal, value);
}

int rdump_threads_send_busy(int signal, const void *value)
{
	return send_to_any(true, signal, value);
}
