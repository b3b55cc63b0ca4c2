/* The alternate stack of a thread. See rdump_stack.h. */
#include "rdump_stack.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What the kernel saves of the registers: on x86-64 that is more than MINSIGSTKSZ where there is AVX-512 or AMX. */
#define RDUMP_AT_MINSIGSTKSZ 51

static size_t frame_size(void)
{
	size_t size = (size_t) getauxval(RDUMP_AT_MINSIGSTKSZ);

	return size ? size : 8192;
}

static pid_t this_thread(void)
{
	return (pid_t) syscall(SYS_gettid);
}

int rdump_stack_install(struct rdump_stack *stack)
{
	size_t page_size = (size_t) sysconf(_SC_PAGESIZE);
	stack_t now, wanted = {NULL, 0, 0};
	size_t size;
	void *memory;

	if (sigaltstack(NULL, &now) < 0) {
		return -1;
	}
	if (!(now.ss_flags & SS_DISABLE)) {
		return 0;
	}
	rdump_stack_remove(stack); /* somebody has taken it from this thread */
	size = (RDUMP_STACK_SIZE + 2 * frame_size() + page_size - 1) & ~(page_size - 1);
	memory = mmap(NULL, page_size + size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED) {
		return -1;
	}
	wanted.ss_sp = (char *) memory + page_size;
	wanted.ss_size = size;
	if (mprotect(wanted.ss_sp, size, PROT_READ | PROT_WRITE) < 0 || sigaltstack(&wanted, NULL) < 0) {
		int err = errno;
		(void) munmap(memory, page_size + size);
		errno = err;
		return -1;
	}
	stack->memory = memory;
	stack->size = page_size + size;
	stack->thread = this_thread();
	return 0;
}

/* Is the thread that has the stack alive, and not the calling one? In a child after fork(2) there is no such thread. */
static bool is_in_use(const struct rdump_stack *stack)
{
	return stack->thread != this_thread() && syscall(SYS_tgkill, getpid(), stack->thread, 0) == 0;
}

void rdump_stack_remove(struct rdump_stack *stack)
{
	stack_t now, off = {NULL, 0, 0};

	if (!stack->memory) {
		return;
	}
	off.ss_flags = SS_DISABLE;
	if (sigaltstack(NULL, &now) == 0 && !(now.ss_flags & SS_DISABLE)
		&& (uintptr_t) now.ss_sp - (uintptr_t) stack->memory < stack->size && sigaltstack(&off, NULL) < 0) {
		return; /* in use at this moment */
	}
	if (!is_in_use(stack)) {
		(void) munmap(stack->memory, stack->size);
	}
	stack->memory = NULL;
}
