/*
 * The alternate stack of a thread, sigaltstack(2), for handlers of signals: the stack of the code that a signal
 * interrupts may be used up, or be a fiber's of a few KB. A thread that has an alternate stack keeps its own.
 */
#ifndef RDUMP_STACK_H
#define RDUMP_STACK_H

#include "rdump_platform.h"

#include <sys/types.h>

/*
 * Bytes for handlers, without what the kernel saves of the registers. A handler of rdump takes less than 8 KB; a second
 * signal may come during the first one's handler.
 */
#define RDUMP_STACK_SIZE 65536

struct rdump_stack {
	void *memory; /* with the page without access below it; NULL = none of ours */
	size_t size;
	pid_t thread;
};

/*
 * Gives the calling thread an alternate stack if it has none. mmap(2), of which only what is used becomes memory, with
 * a page without access at its lower end. Returns 0, or -1 with errno; then handlers run on the stack that they
 * interrupt. A second call for a thread changes nothing.
 * stack  of this thread, all 0 at first; lives until rdump_stack_remove()
 */
RDUMP_HIDDEN int rdump_stack_install(struct rdump_stack *stack);

/*
 * Takes it away again, for a thread that ends. Another thread may call it once that one has ended. A stack that some
 * living thread may still be told to use stays mapped.
 */
RDUMP_HIDDEN void rdump_stack_remove(struct rdump_stack *stack);

#endif
