/*
 * Makes system calls of another program fail:   inject FOLDER ORDER RECORD PROGRAM [ARGUMENT ...]
 *
 * The program writes its order to the file ORDER, as "CALL,NTH,ERROR/CALL,NTH,ERROR ...", and sends itself a SIGUSR1,
 * which is not delivered. NTH 0 means every call. ERROR 0 makes the call a short one: half the length is passed on. A
 * negative one is a signal that is sent to the thread, and the call is made; SIGKILL is for a copy of the process only.
 *
 * Calls are counted from the open of FOLDER as a directory, which begins a dump, to the restored signal mask, which
 * ends it. An order that begins with "+" counts all calls from its beginning on. The calls of the dump are written to
 * RECORD as numbers, those that failed as !NUMBER. The order ends when the program asks for the file /rdump-fault/end,
 * which does not exist.
 *
 * A copy of the process that is made in the middle of a dump, with clone(2), is under the same order until it ends: it
 * counts on from where the process was. Its calls are in RECORD as +NUMBER and !+NUMBER.
 *
 * A call that fails is not made. close(2) is made, because it closes the descriptor even if it fails.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define END "/rdump-fault/end"
#define MAX_FAULTS 8
#define MAX_TASKS 64

struct fault {
	long call;
	unsigned nth;
	int error; /* 0 = short; negative = a signal */
	unsigned seen;
};

struct task {
	pid_t pid;  /* 0 = free */
	bool known; /* the parent's event was seen */
	bool held;  /* it has stopped before that, and waits for it */
	bool copy;  /* of a process that was counting */
	bool armed;
	bool counting;
	bool throughout;          /* counts all calls until the end */
	int depth;                /* of sections with blocked signals */
	bool inside;              /* between entry and exit of a call */
	int error;                /* to be its result, 0 = none */
	unsigned long long third; /* the argument to restore, if it was shortened */
	bool shortened;
	int faults;
	struct fault fault[MAX_FAULTS];
	FILE *record;
};

static struct task tasks[MAX_TASKS];
static const char *folder, *order, *record;

static struct task *find_task(pid_t pid)
{
	struct task *free_task = NULL;

	for (int i = 0; i < MAX_TASKS; i++) {
		if (tasks[i].pid == pid) {
			return &tasks[i];
		}
		if (!tasks[i].pid && !free_task) {
			free_task = &tasks[i];
		}
	}
	if (!free_task) {
		fputs("inject: too many tasks\n", stderr);
		exit(2);
	}
	memset(free_task, 0, sizeof(*free_task));
	free_task->pid = pid;
	return free_task;
}

static void read_string(pid_t pid, unsigned long long address, char *string, size_t size)
{
	struct iovec local = {string, size - 1}, remote = {(void *) (uintptr_t) address, size - 1};
	ssize_t got;

	/* Up to the end of the page: the next one may not exist. */
	remote.iov_len = 4096 - (address & 4095) < size - 1 ? 4096 - (address & 4095) : size - 1;
	got = process_vm_readv(pid, &local, 1, &remote, 1, 0);
	string[got < 0 ? 0 : got] = '\0';
	if (got > 0 && !memchr(string, '\0', (size_t) got) && (size_t) got < size - 1) {
		read_string(pid, address + (unsigned long long) got, string + got, size - (size_t) got);
	}
}

static void disarm(struct task *task)
{
	if (task->record) {
		fclose(task->record);
		task->record = NULL;
	}
	task->armed = task->counting = false;
}

/* All tasks append to one file. */
static void open_record(struct task *task, bool empty)
{
	FILE *file = empty ? fopen(record, "w") : NULL;

	if (file) {
		fclose(file);
	}
	task->record = fopen(record, "a");
	if (!task->record) {
		perror("inject");
		exit(2);
	}
	setvbuf(task->record, NULL, _IONBF, 0);
}

static void arm(struct task *task)
{
	char text[512] = "", *at = text;
	FILE *file = fopen(order, "r");

	disarm(task);
	task->armed = true;
	task->inside = false;
	task->faults = 0;
	open_record(task, true);
	if (!file) {
		perror("inject");
		exit(2);
	}
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	task->throughout = task->counting = *at == '+';
	at += *at == '+';
	while (*at && task->faults < MAX_FAULTS) {
		struct fault *fault = &task->fault[task->faults++];
		fault->call = strtol(at, &at, 10);
		fault->nth = (unsigned) strtoul(at + 1, &at, 10);
		fault->error = (int) strtol(at + 1, &at, 10);
		fault->seen = 0;
		at += *at == '/';
	}
}

/* Calls that take a path first, or second after a descriptor. */
static bool asks_for_end(const struct task *task, const unsigned long long *argument, long call)
{
	char path[512];
	bool first = call == SYS_access || call == SYS_stat || call == SYS_lstat;

	if (!first && call != SYS_faccessat && call != SYS_newfstatat && call != SYS_faccessat2) {
		return false;
	}
	read_string(task->pid, argument[first ? 0 : 1], path, sizeof(path));
	return !strcmp(path, END);
}

static bool opens_folder(const struct task *task, const unsigned long long *argument, long call)
{
	char path[4200];

	if (call != SYS_openat || !(argument[2] & O_DIRECTORY)) {
		return false;
	}
	read_string(task->pid, argument[1], path, sizeof(path));
	return !strcmp(path, folder);
}

static void inject(struct task *task, struct user_regs_struct *registers, long call)
{
	bool injected = false;

	for (int i = 0; i < task->faults && !injected; i++) {
		struct fault *fault = &task->fault[i];
		if (fault->call != call || (++fault->seen != fault->nth && fault->nth != 0)) {
			continue;
		}
		if (fault->error == -SIGKILL && !task->copy) {
			continue;
		}
		injected = true;
		if (fault->error == 0) {
			task->shortened = true;
			task->third = registers->rdx;
			registers->rdx = registers->rdx > 1 ? registers->rdx / 2 : registers->rdx;
		} else if (fault->error < 0) {
			syscall(SYS_tgkill, task->pid, task->pid, -fault->error);
		} else {
			task->error = fault->error;
			if (call != SYS_close) {
				registers->orig_rax = (unsigned long long) -1;
			}
		}
		ptrace(PTRACE_SETREGS, task->pid, 0, registers);
	}
	fprintf(task->record, "%s%s%ld ", injected ? "!" : "", task->copy ? "+" : "", call);
}

static void on_entry(struct task *task)
{
	struct user_regs_struct registers;
	unsigned long long argument[3];
	long call;

	ptrace(PTRACE_GETREGS, task->pid, 0, &registers);
	call = (long) registers.orig_rax;
	argument[0] = registers.rdi;
	argument[1] = registers.rsi;
	argument[2] = registers.rdx;
	task->error = 0;
	task->shortened = false;
	if (asks_for_end(task, argument, call)) {
		disarm(task);
		return;
	}
	if (!task->counting && opens_folder(task, argument, call)) {
		task->counting = true;
		task->depth = 0;
	}
	if (task->counting) {
		inject(task, &registers, call);
		if (call == SYS_rt_sigprocmask) {
			task->depth += argument[0] == SIG_SETMASK ? -1 : 1; /* a dump by a copy blocks signals twice */
		}
		if (call == SYS_rt_sigprocmask && task->depth == 0 && !task->throughout) {
			task->counting = false;
			task->faults = 0;
		}
	}
}

static void on_exit_of_call(struct task *task)
{
	struct user_regs_struct registers;

	if (!task->error && !task->shortened) {
		return;
	}
	ptrace(PTRACE_GETREGS, task->pid, 0, &registers);
	if (task->error) {
		registers.rax = (unsigned long long) -(long long) task->error;
	} else {
		registers.rdx = task->third;
	}
	ptrace(PTRACE_SETREGS, task->pid, 0, &registers);
}

/* A new task is the copy of a dump, if its parent is in the middle of one and has called clone(2), not fork(2). */
static void on_event(struct task *task, int event)
{
	unsigned long pid = 0;
	struct task *child;

	ptrace(PTRACE_GETEVENTMSG, task->pid, 0, &pid);
	child = find_task((pid_t) pid);
	child->known = true;
	if (event == PTRACE_EVENT_CLONE && task->counting) {
		child->copy = child->armed = child->counting = child->throughout = true;
		child->faults = task->faults;
		memcpy(child->fault, task->fault, sizeof(task->fault));
		open_record(child, false);
	}
	if (child->held) {
		child->held = false;
		ptrace(child->armed ? PTRACE_SYSCALL : PTRACE_CONT, child->pid, 0, 0);
	}
}

static int follow(pid_t program)
{
	int status, result = 1;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		struct task *task = find_task(pid);
		int signal = 0;

		if (!WIFSTOPPED(status)) {
			disarm(task);
			task->pid = 0;
			if (pid == program) {
				result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
			}
			continue;
		}
		if (!task->known && pid != program) {
			task->held = true;
			continue;
		}
		if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
			task->inside = !task->inside;
			if (task->inside) {
				on_entry(task);
			} else {
				on_exit_of_call(task);
			}
		} else if (status >> 16 == 0 && WSTOPSIG(status) == SIGUSR1) {
			arm(task);
		} else if (status >> 16 == 0) {
			signal = WSTOPSIG(status);
		} else if (status >> 16 >= PTRACE_EVENT_FORK && status >> 16 <= PTRACE_EVENT_CLONE) {
			on_event(task, status >> 16);
		}
		/* To stop at each call is slow: only where it is necessary. */
		ptrace(task->armed ? PTRACE_SYSCALL : PTRACE_CONT, pid, 0, signal);
	}
	return result;
}

int main(int count, char **argument)
{
	static const unsigned long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK
		| PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
	pid_t program;
	int status;

	if (count < 5) {
		fputs("usage: inject FOLDER ORDER RECORD PROGRAM [ARGUMENT ...]\n", stderr);
		return 2;
	}
	folder = argument[1];
	order = argument[2];
	record = argument[3];
	program = fork();
	if (program == 0) {
		raise(SIGSTOP);
		execvp(argument[4], argument + 4);
		_exit(127);
	}
	if (program < 0 || waitpid(program, &status, WUNTRACED) < 0 || ptrace(PTRACE_SEIZE, program, 0, options) < 0) {
		perror("inject");
		return 2;
	}
	kill(program, SIGCONT);
	return follow(program);
}
