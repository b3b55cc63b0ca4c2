/*
 * How exhausted memory reaches rdump on PHP's security releases of 2026, whose headers define ZEND_HAS_OOM. These
 * report the error when the function that wanted the memory has returned, and past a hard limit not at all: they call
 * _exit(137).
 *
 * At the moment of exhaustion they do call the C library: vsnprintf() to format the message, with the call stack and
 * all data as they are, and _exit(). So the slots through which PHP's own object calls these two are exchanged: see
 * rdump_slots.h. Such a call costs a comparison more. PHP calls neither in normal execution.
 *
 * On every other PHP these functions do nothing: errors are reported at the moment of exhaustion there, see
 * rdump_errors.h.
 */
#ifndef RDUMP_OOM_EARLY_H
#define RDUMP_OOM_EARLY_H

#include "php_rdump.h"

/* Is told that memory is exhausted, in the thread that wanted it. Must not use the heap. Returns, and PHP goes on. */
typedef void (*rdump_oom_early_handler)(void);

/*
 * Who is to be told: MINIT. Exchanges nothing yet.
 * exhausted   memory_limit is reached, and PHP is about to format the message of the error that it reports later
 * hard_limit  the hard limit is reached, and PHP is about to end the process
 */
RDUMP_HIDDEN void rdump_oom_early_startup(rdump_oom_early_handler exhausted, rdump_oom_early_handler hard_limit);

/* Exchanges the slots, once in the life of a process; costs nothing after that. */
RDUMP_HIDDEN void rdump_oom_early_install(void);

/*
 * Returns whether exhausted memory is learned of at its moment, and if not, says why in `reason`, of `size` bytes.
 */
RDUMP_HIDDEN bool rdump_oom_early_is_installed(char *reason, size_t size);

/* Puts the slots back: MSHUTDOWN. */
RDUMP_HIDDEN void rdump_oom_early_shutdown(void);

#endif
