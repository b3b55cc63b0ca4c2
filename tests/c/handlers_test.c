/* Handlers of faults: what they tell, and that a process ends as without them. */
#include "check.h"
#include "../../rdump_handlers.h"
#include "../../rdump_threads.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What a process that ends has told. */
static struct told {
	int crashed, gave_up, finished, signal, listed;
} *told;

static volatile char *nowhere; /* a page without access */
static volatile bool runs, works, delegates, faults_again, waits, awaits_itself;
static pthread_t worker; /* the thread that does the owner's work, where `works` is not set for all */
static volatile bool has_worker;
static int second_began, never;

static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

/* ---- the owner --------------------------------------------------------------------------------------------------- */

static bool does_run(void)
{
	return runs;
}

static bool does_work(void)
{
	return works || (has_worker && pthread_equal(worker, pthread_self()));
}

static void on_crash(int signal)
{
	static const struct timespec pause = {0, 200000000};

	if (delegates && !rdump_threads_has_self()) {
		expect(rdump_handlers_delegate(signal), "no other thread does it");
		return;
	}
	__atomic_add_fetch(&told->crashed, 1, __ATOMIC_SEQ_CST);
	told->signal = signal;
	told->listed = rdump_threads_has_self();
	if (faults_again) {
		*nowhere = 1;
	}
	if (awaits_itself) {
		rdump_handlers_await();
	}
	if (waits) {
		await(&second_began);
		nanosleep(&pause, NULL);
	}
	told->finished = 1;
}

static void on_give_up(int signal)
{
	told->gave_up++;
	told->signal = signal;
}

/* `program` is an address in the program that the owner is for. */
static void install_for(const void *program)
{
	const struct rdump_handlers_owner owner = {does_run, does_work, on_crash, on_give_up, program};

	expect(rdump_handlers_install(&owner) == 0 && rdump_handlers_are_installed(), "install");
}

static void install(void)
{
	install_for((const void *) (uintptr_t) does_run);
}

/* ---- a process that ends ----------------------------------------------------------------------------------------- */

/* Sanitizers have handlers of their own. */
static void begin(void)
{
	const struct rlimit no_core = {0, 0};

	(void) setrlimit(RLIMIT_CORE, &no_core);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		(void) signal(signals[i], SIG_DFL);
	}
	nowhere = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	expect(nowhere != MAP_FAILED && (void *) told != MAP_FAILED, "mmap");
	runs = true;
}

/* Runs it in a child. Returns 128 + the signal that has killed it, or its exit status. */
static int status_of(void (*body)(int), int argument)
{
	int status = 0;
	pid_t child;

	memset(told, 0, sizeof(*told));
	child = fork();
	if (child == 0) {
		body(argument);
		_exit(0);
	}
	expect(child > 0 && waitpid(child, &status, 0) == child, "fork");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void expect_end(const char *what, int status, int expected, int crashed, int gave_up)
{
	expect(status == expected, "%s: status %d, not %d", what, status, expected);
	expect(told->crashed == crashed && told->gave_up == gave_up, "%s: told of %d crashes, %d given up", what,
		told->crashed, told->gave_up);
}

static void fault(int unused)
{
	(void) unused;
	install();
	*nowhere = 1;
}

static void send_to_itself(int signal)
{
	install();
	(void) raise(signal);
}

static void send_to_process(int signal)
{
	install();
	(void) kill(getpid(), signal);
}

static void give_rise_to_abort(int unused)
{
	(void) unused;
	install();
	abort();
}

static void each_signal(void)
{
	int number = sizeof(signals) / sizeof(*signals);

	begin();
	for (int i = 0; i < number; i++) {
		expect_end("raise()", status_of(send_to_itself, signals[i]), 128 + signals[i], 1, 0);
		expect(told->signal == signals[i] && told->finished, "signal %d is told", told->signal);
		expect_end("kill()", status_of(send_to_process, signals[i]), 128 + signals[i], 1, 0);
	}
	expect_end("abort()", status_of(give_rise_to_abort, 0), 128 + SIGABRT, 1, 0);
	expect_end("a fault", status_of(fault, 0), 128 + SIGSEGV, 1, 0);
	expect(strcmp(rdump_handlers_name(SIGBUS), "SIGBUS") == 0, "%s", rdump_handlers_name(SIGBUS));
}

/* ---- handlers of others ------------------------------------------------------------------------------------------ */

static sigjmp_buf recovery;
static volatile bool recovers;

static void earlier(int signal, siginfo_t *info, void *context)
{
	(void) context;
	if (recovers) {
		siglongjmp(recovery, 1);
	}
	_exit(info->si_addr == (void *) nowhere || (info->si_code <= 0 && info->si_pid == getpid()) ? signal : 99);
}

static void handle_before(int flags)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_sigaction = earlier;
	action.sa_flags = SA_SIGINFO | flags;
	(void) sigaction(SIGSEGV, &action, NULL);
	(void) sigaction(SIGABRT, &action, NULL);
}

static void fault_before_earlier(int flags)
{
	handle_before(flags);
	fault(0);
}

static void abort_before_earlier(int flags)
{
	handle_before(flags);
	give_rise_to_abort(0);
}

static void recover_twice(int unused)
{
	(void) unused;
	handle_before(SA_NODEFER);
	install();
	runs = false;
	for (int i = 0; i < 2; i++) {
		recovers = true;
		if (sigsetjmp(recovery, 1) == 0) {
			*nowhere = 1;
		}
		recovers = false;
	}
	runs = true;
	*nowhere = 1;
}

static void earlier_handlers(void)
{
	begin();
	expect_end("a fault", status_of(fault_before_earlier, SA_RESETHAND), SIGSEGV, 1, 0);
	expect_end("abort()", status_of(abort_before_earlier, SA_RESETHAND), SIGABRT, 1, 0);
	expect_end("a fault that may be dealt with", status_of(fault_before_earlier, 0), SIGSEGV, 1, 0);
	runs = false;
	expect_end("a thread that it is not for", status_of(fault_before_earlier, 0), SIGSEGV, 0, 0);
	expect_end("the same, and it was sent", status_of(abort_before_earlier, 0), SIGABRT, 1, 0);
	expect_end("the same, the handler cannot deal with it", status_of(fault_before_earlier, SA_RESETHAND), SIGSEGV, 1,
		0);
	expect_end("recovered, then another fault", status_of(recover_twice, 0), SIGSEGV, 1, 0);
}

/* The earlier handler is in this program, as the fault is, and the owner is for another one. */
static void fault_in_object(int flags)
{
	handle_before(flags);
	install_for(told);
	*nowhere = 1;
}

static void object_of_earlier(void)
{
	bool known = false; /* the address of the instruction that failed */

#if defined(__x86_64__) || defined(__aarch64__)
	known = true;
#endif
	if (!known) {
		skip("the address of the instruction is not known on this machine");
	}
	begin();
	expect_end("its own fault", status_of(fault_in_object, 0), SIGSEGV, 0, 0);
}

static struct sigaction ours;

static void chained(int signal, siginfo_t *info, void *context)
{
	static int calls;

	if (++calls > 3) {
		_exit(98);
	}
	ours.sa_sigaction(signal, info, context);
}

static void fault_behind_later(int flags)
{
	struct sigaction action;

	if (flags) {
		handle_before(flags);
	}
	install();
	memset(&action, 0, sizeof(action));
	action.sa_sigaction = chained;
	action.sa_flags = SA_SIGINFO;
	(void) sigaction(SIGSEGV, &action, &ours);
	*nowhere = 1;
}

static void later_handlers(void)
{
	struct sigaction now;

	begin();
	expect_end("no earlier one", status_of(fault_behind_later, 0), 128 + SIGSEGV, 1, 0);
	expect_end("an earlier one", status_of(fault_behind_later, SA_RESETHAND), SIGSEGV, 1, 0);
	install();
	expect(rdump_handlers_restore() && !rdump_handlers_are_installed(), "restore");
	expect(sigaction(SIGSEGV, NULL, &now) == 0 && now.sa_handler == SIG_DFL, "another handler than before");
	install();
	handle_before(0);
	expect(!rdump_handlers_are_installed() && !rdump_handlers_restore(), "a later handler is not noticed");
	expect(sigaction(SIGSEGV, NULL, &now) == 0 && now.sa_sigaction == earlier, "a later handler was replaced");
}

static void send_ignored(int number)
{
	(void) signal(SIGSEGV, SIG_IGN);
	install();
	(void) raise(SIGSEGV);
	if (number) {
		*nowhere = 1;
	}
}

static void ignored(void)
{
	begin();
	expect_end("sent", status_of(send_ignored, 0), 0, 0, 0);
	expect_end("a fault", status_of(send_ignored, 1), 128 + SIGSEGV, 1, 0);
}

/* ---- in the owner's own work, and in other threads --------------------------------------------------------------- */

static void own_work(void)
{
	begin();
	works = true;
	expect_end("in the work", status_of(fault, 0), 128 + SIGSEGV, 0, 1);
	works = false;
	faults_again = true;
	expect_end("in crashed()", status_of(send_to_itself, SIGFPE), 128 + SIGFPE, 1, 1);
	expect(told->signal == SIGFPE && !told->finished, "signal %d is told", told->signal);
}

static void *crash_second(void *unused)
{
	__atomic_store_n(&second_began, 1, __ATOMIC_SEQ_CST);
	*nowhere = 1;
	return unused;
}

static void *crash_as_second(void *unused)
{
	*nowhere = 1;
	return unused;
}

static void *start_both(void *unused)
{
	pthread_t thread;

	expect(pthread_create(&thread, NULL, crash_second, NULL) == 0, "pthread_create");
	*nowhere = 1;
	return unused;
}

static void crash_in_two(int unused)
{
	(void) unused;
	waits = true;
	install();
	(void) start_both(NULL);
}

static void crash_in_another(int unused)
{
	static const struct timespec pause = {0, 1000000};
	pthread_t thread;

	(void) unused;
	delegates = true;
	install();
	expect(rdump_threads_add() != NULL, "add");
	expect(pthread_create(&thread, NULL, crash_as_second, NULL) == 0, "pthread_create");
	for (;;) {
		nanosleep(&pause, NULL);
	}
}

static void *fail_after_a_minute(void *unused)
{
	await(&never);
	return unused;
}

static void start_thread(void *(*body)(void *) )
{
	pthread_t thread;

	expect(pthread_create(&thread, NULL, body, NULL) == 0, "pthread_create");
}

static void wait_for_nobody(int unused)
{
	(void) unused;
	install();
	(void) alarm(check_patience(60));
	rdump_handlers_await();
}

/* The process is about to end, with status 0, when another thread has crashed. */
static void end_meanwhile(int forks)
{
	int status = -1;
	pid_t child;

	waits = true;
	install();
	start_thread(fail_after_a_minute);
	start_thread(crash_as_second);
	await(&told->crashed);
	if (forks) {
		child = fork();
		if (child == 0) {
			(void) alarm(check_patience(60));
			rdump_handlers_await(); /* the thread that crashed is not in this process */
			_exit(0);
		}
		expect(child > 0 && waitpid(child, &status, 0) == child && status == 0, "the child has waited: %d", status);
	}
	__atomic_store_n(&second_began, 1, __ATOMIC_SEQ_CST);
	rdump_handlers_await();
	expect(told->finished, "the process goes on before the other thread was ready");
	(void) alarm(check_patience(60));
	for (;;) {
		pause(); /* a slow machine may need longer for the other thread's signal than rdump waits */
	}
}

static void recover_meanwhile(int unused)
{
	(void) unused;
	handle_before(SA_NODEFER);
	install();
	recovers = true;
	if (sigsetjmp(recovery, 1) == 0) {
		*nowhere = 1;
	}
	rdump_handlers_await();
}

/* The first thread waits for the work of this one, which gets a signal. */
static void abort_at_work(int unused)
{
	(void) unused;
	waits = true;
	worker = pthread_self();
	has_worker = true;
	install();
	start_thread(fail_after_a_minute);
	start_thread(crash_as_second);
	await(&told->crashed);
	(void) raise(SIGABRT);
}

static void skip_if_emulated(void)
{
	if (check_emulated()) {
		skip("an assertion of the emulator fails where a thread faults in a handler");
	}
}

static void end_of_process(void)
{
	skip_if_emulated();
	begin();
	expect_end("nobody has crashed", status_of(wait_for_nobody, 0), 0, 0, 0);
	expect_end("another thread", status_of(end_meanwhile, 0), 128 + SIGSEGV, 1, 0);
	expect(told->finished, "the process has ended before the other thread was ready");
	expect_end("in a forked child", status_of(end_meanwhile, 1), 128 + SIGSEGV, 1, 0);
	expect_end("this thread has dealt with its fault", status_of(recover_meanwhile, 0), 0, 1, 0);
	awaits_itself = true;
	expect_end("in crashed()", status_of(fault, 0), 128 + SIGSEGV, 1, 0);
}

static void threads_at_work(void)
{
	skip_if_emulated();
	begin();
	expect_end("abort() at work", status_of(abort_at_work, 0), 128 + SIGABRT, 1, 1);
	expect(told->signal == SIGABRT && !told->finished, "signal %d is told", told->signal);
}

static void threads(void)
{
	skip_if_emulated();
	begin();
	expect_end("two at once", status_of(crash_in_two, 0), 128 + SIGSEGV, 1, 0);
	expect(told->finished, "the second has ended the process before the first was ready");
	expect_end("one of the list does it", status_of(crash_in_another, 0), 128 + SIGSEGV, 1, 0);
	expect(told->listed && told->finished, "it was done by another thread");
	faults_again = true;
	expect_end("and faults", status_of(crash_in_another, 0), 128 + SIGSEGV, 1, 1);
}

int main(void)
{
	check("the process ends by the signal: a fault, raise(), kill(), abort()", each_signal);
	check("an earlier handler gets what it would have got", earlier_handlers);
	check("an earlier handler gets the faults of its own object", object_of_earlier);
	check("a later handler that calls this one, or stays", later_handlers);
	check("a signal that is sent and ignored is nothing", ignored);
	check("a fault within the owner's work, or within crashed()", own_work);
	check("faults in two threads, and in one that has another do its part", threads);
	check("a thread that ends the process waits for the crash of another one", end_of_process);
	check("a signal in a thread at work, while another thread that has crashed waits for it", threads_at_work);
	return 0;
}
