/* Alternate stacks of threads. */
#include "check.h"
#include "../../rdump_stack.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static struct rdump_stack stack;
static volatile uintptr_t ran_at;

static void on_signal(int signal)
{
	(void) signal;
	ran_at = (uintptr_t) __builtin_frame_address(0); /* sanitizers keep variables elsewhere */
}

static void handle(int signal)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_signal;
	action.sa_flags = SA_ONSTACK;
	expect(sigaction(signal, &action, NULL) == 0, "sigaction");
}

/* Sanitizers give each thread an alternate stack. */
static void begin_without(void)
{
	stack_t off;

	memset(&off, 0, sizeof(off));
	off.ss_flags = SS_DISABLE;
	expect(sigaltstack(&off, NULL) == 0, "sigaltstack: %s", strerror(errno));
}

static bool has_run_on(const struct rdump_stack *on)
{
	return ran_at - (uintptr_t) on->memory < on->size;
}

static void installed(void)
{
	int before = count_mappings();
	stack_t now;

	begin_without();
	handle(SIGUSR1);
	expect(rdump_stack_install(&stack) == 0 && stack.memory, "install: %s", strerror(errno));
	raise(SIGUSR1);
	expect(has_run_on(&stack), "the handler ran elsewhere");
	expect(sigaltstack(NULL, &now) == 0 && now.ss_size >= RDUMP_STACK_SIZE, "%zu bytes", now.ss_size);
	expect(rdump_stack_install(&stack) == 0, "a second time");
	rdump_stack_remove(&stack);
	expect(sigaltstack(NULL, &now) == 0 && (now.ss_flags & SS_DISABLE), "it is still in use");
	expect(count_mappings() == before, "%d mappings, not %d", count_mappings(), before);
	rdump_stack_remove(&stack);
	raise(SIGUSR1);
}

/* A thread's own one stays, and so does a later one. */
static void of_others(void)
{
	static char memory[65536];
	stack_t own = {memory, 0, sizeof(memory)}, now;

	expect(sigaltstack(&own, NULL) == 0, "sigaltstack");
	expect(rdump_stack_install(&stack) == 0 && !stack.memory, "another one is installed");
	own.ss_flags = SS_DISABLE;
	expect(sigaltstack(&own, NULL) == 0 && rdump_stack_install(&stack) == 0 && stack.memory, "none is installed");
	own.ss_flags = 0;
	expect(sigaltstack(&own, NULL) == 0, "sigaltstack");
	rdump_stack_remove(&stack);
	expect(
		sigaltstack(NULL, &now) == 0 && now.ss_sp == memory && !(now.ss_flags & SS_DISABLE), "the other one is gone");
}

static int step;

static void *in_thread(void *other)
{
	begin_without();
	expect(rdump_stack_install(other) == 0, "install");
	__atomic_store_n(&step, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&step, __ATOMIC_SEQ_CST) == 1) {
		usleep(1000);
	}
	raise(SIGUSR1);
	return NULL;
}

/* One that another thread uses is not unmapped. */
static void of_a_living_thread(void)
{
	static struct rdump_stack other, copy;
	pthread_t thread;

	handle(SIGUSR1);
	expect(pthread_create(&thread, NULL, in_thread, &other) == 0, "pthread_create");
	await(&step);
	copy = other;
	rdump_stack_remove(&other);
	__atomic_store_n(&step, 2, __ATOMIC_SEQ_CST);
	(void) pthread_join(thread, NULL);
	expect(has_run_on(&copy), "the handler ran elsewhere");
	/* pthread_join() returns shortly before the kernel's thread is gone. */
	while (mincore((char *) (ran_at & ~(uintptr_t) 4095), 4096, (void *) &other) == 0) {
		struct rdump_stack ended = copy;

		(void) sched_yield();
		rdump_stack_remove(&ended);
	}
}

static void guard_child(void *unused)
{
	(void) unused;
	((volatile char *) stack.memory)[4095] = 1;
}

static void guarded(void)
{
	int status;
	pid_t child;

	begin_without();
	expect(rdump_stack_install(&stack) == 0, "install");
	if (check_instrumented()) {
		return;
	}
	child = start_child(guard_child, NULL);
	expect(waitpid(child, &status, 0) == child && WIFSIGNALED(status), "below the stack there is memory");
}

int main(void)
{
	check("handlers run on an alternate stack", installed);
	check("a thread keeps an alternate stack of its own", of_others);
	check("the alternate stack of a living thread stays mapped", of_a_living_thread);
	check("below an alternate stack nothing can be written", guarded);
	return 0;
}
