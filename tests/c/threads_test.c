/* The list of threads that run PHP, and signals sent to one of them. */
#include "check.h"
#include "../../rdump_threads.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char value;
static int got, handled_by, has_self;

static void on_signal(int signal, siginfo_t *info, void *context)
{
	(void) signal;
	(void) context;
	if (info->si_code == SI_QUEUE && info->si_pid == getpid() && info->si_value.sival_ptr == &value) {
		__atomic_store_n(&handled_by, (int) syscall(SYS_gettid), __ATOMIC_SEQ_CST);
		__atomic_store_n(&has_self, rdump_threads_has_self(), __ATOMIC_SEQ_CST);
		__atomic_store_n(&got, 1, __ATOMIC_SEQ_CST);
	}
}

static void handle(void)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_sigaction = on_signal;
	action.sa_flags = SA_SIGINFO | SA_RESTART;
	expect(sigaction(SIGRTMIN + 7, &action, NULL) == 0, "sigaction");
}

static int ready, done;

/* A thread of PHP that serves a request. */
static void *serve(void *argument)
{
	struct rdump_thread **thread = argument;

	*thread = rdump_threads_add();
	rdump_threads_set_busy(*thread, true);
	__atomic_store_n(&ready, 1, __ATOMIC_SEQ_CST);
	await(&done);
	rdump_threads_remove(*thread);
	return NULL;
}

static void to_a_busy_one(void)
{
	struct rdump_thread *first, *second;
	pthread_t thread;
	int id;

	handle();
	first = rdump_threads_add();
	expect(first && rdump_threads_has_self(), "this thread is not in the list");
	expect(pthread_create(&thread, NULL, serve, &second) == 0, "pthread_create");
	await(&ready);
	id = second->id;
	expect(rdump_threads_send(SIGRTMIN + 7, &value) == 0, "send: %s", strerror(errno));
	await(&got);
	expect(handled_by == id && has_self, "thread %d, not %d", handled_by, id);
	__atomic_store_n(&done, 1, __ATOMIC_SEQ_CST);
	(void) pthread_join(thread, NULL);
	rdump_threads_remove(first);
	expect(!rdump_threads_has_self(), "this thread is still in the list");
}

static void *send_and_tell(void *unused)
{
	expect(!rdump_threads_has_self(), "a thread that is not in the list");
	expect(rdump_threads_send(SIGRTMIN + 7, &value) == 0, "send: %s", strerror(errno));
	return unused;
}

static void from_another_thread(void)
{
	pthread_t thread;

	expect(pthread_create(&thread, NULL, send_and_tell, NULL) == 0, "pthread_create");
	(void) pthread_join(thread, NULL);
	await(&got);
	expect(handled_by == getpid() && has_self, "thread %d, not %d", handled_by, (int) getpid());
}

static void in_child(void *unused)
{
	(void) unused;
	from_another_thread();
}

/* Also in a child after fork(2), where the thread has another number. */
static void to_an_idle_one(void)
{
	handle();
	expect(rdump_threads_add() != NULL, "add");
	end_child(start_child(in_child, NULL));
	from_another_thread();
}

static void to_nobody(void)
{
	struct rdump_thread *thread = rdump_threads_add();

	handle();
	rdump_threads_remove(thread);
	expect(rdump_threads_send(SIGRTMIN + 7, &value) < 0 && errno == ESRCH, "%s", strerror(errno));
	expect(!got, "a signal came");
	for (int i = 0; i < RDUMP_THREADS_MOST; i++) {
		expect(rdump_threads_add() != NULL, "entry %d", i);
	}
	expect(rdump_threads_add() == NULL, "one more than the list has");
}

int main(void)
{
	check("a signal goes to a thread that serves a request", to_a_busy_one);
	check("a signal goes to an idle thread, in a child after fork(2) too", to_an_idle_one);
	check("no thread of PHP, and too many", to_nobody);
	return 0;
}
