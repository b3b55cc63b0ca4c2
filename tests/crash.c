/*
 * Faults in the middle of a dump, and handlers of others, for the tests of dumps at a crash. Preloaded, LD_PRELOAD.
 *   CRASH_IN_DUMP=1   the thread faults when it writes the bytes of a dump: a system call of writev(2) with many parts
 *   CRASH_HANDLER=... a handler of SIGSEGV is installed before PHP begins: "terminal" writes a line and ends the
 *                     process with status 3; "recovering" continues after a fault in crash_recovered() below, as a
 *                     runtime does with its own faults, and ends the process with status 4 after any other
 *   CRASH_AT_EXIT=... the process sends itself the signal of this number in exit(3), after PHP's shutdown
 *   crash_chain()     installs a handler that calls the one before it, as crash reporters do
 */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static volatile int *nowhere = (int *) 8;
static struct sigaction before;
static sigjmp_buf recovery;
static volatile int recovering;
static int signal_at_exit, told_to = STDERR_FILENO;

static void say(const char *text)
{
	if (write(told_to, text, strlen(text)) < 0) {
		_exit(5);
	}
}

static void terminal(int signal)
{
	(void) signal;
	say("the terminal handler\n");
	_exit(3);
}

static void recover(int signal, siginfo_t *info, void *context)
{
	(void) signal;
	(void) info;
	(void) context;
	if (recovering) {
		siglongjmp(recovery, 1);
	}
	say("the recovering handler\n");
	_exit(4);
}

int crash_recovered(void)
{
	if (sigsetjmp(recovery, 1) == 0) {
		recovering = 1;
		*nowhere = 1;
	}
	recovering = 0;
	return 1;
}

static void chained(int signal, siginfo_t *info, void *context)
{
	static int calls;

	if (++calls > 3) {
		say("called again and again\n");
		_exit(6);
	}
	say("the later handler\n");
	before.sa_sigaction(signal, info, context);
}

void crash_chain(int signal)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_sigaction = chained;
	action.sa_flags = SA_SIGINFO | SA_ONSTACK;
	sigaction(signal, &action, &before);
}

__attribute__((destructor)) static void crash_at_exit(void)
{
	if (signal_at_exit) {
		raise(signal_at_exit);
	}
}

static void fault(int signal)
{
	(void) signal;
	*nowhere = 1;
}

/* PHP has its extensions look for functions in the C library first, so a function of this file would not be called. */
static void fault_at_writev(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_writev, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 4, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(*code), code};
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = fault;
	action.sa_flags = SA_NODEFER;
	if (sigaction(SIGSYS, &action, NULL) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0
		|| prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) {
		say("no filter of system calls\n");
		_exit(7);
	}
}

__attribute__((constructor)) static void install(void)
{
	const char *which = getenv("CRASH_HANDLER"), *number = getenv("CRASH_AT_EXIT");
	struct sigaction action;

	if (number) {
		signal_at_exit = atoi(number); /* when PHP ends, the environment is gone, and stderr closed before PHP 8 */
		told_to = dup(STDERR_FILENO);
	}
	if (getenv("CRASH_IN_DUMP")) {
		fault_at_writev();
	}
	memset(&action, 0, sizeof(action));
	if (which && !strcmp(which, "terminal")) {
		action.sa_handler = terminal;
		sigaction(SIGSEGV, &action, NULL);
	} else if (which && !strcmp(which, "recovering")) {
		action.sa_sigaction = recover;
		action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
		sigaction(SIGSEGV, &action, NULL);
	}
}
