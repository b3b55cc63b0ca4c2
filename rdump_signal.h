/*
 * The dump that a signal asks for (rdump.signal_dump), whatever the process is doing. The handler dumps at once, in the
 * thread of PHP that got the signal, or in one that serves a request if another thread got it. It is one for the
 * process: installed at MINIT, or at the first request where only a pool or a virtual host asks for it.
 *
 * Nobody else's handler is replaced later: a script that takes the signal by pcntl_signal() has it.
 */
#ifndef RDUMP_SIGNAL_H
#define RDUMP_SIGNAL_H

#include "php_rdump.h"
#include "rdump_auto.h"

/* The trigger's life: MINIT, RINIT, post-deactivate, MSHUTDOWN; and the end of a thread, with its globals. */
RDUMP_HIDDEN void rdump_signal_startup(void);
RDUMP_HIDDEN void rdump_signal_activate(void);
RDUMP_HIDDEN void rdump_signal_end(void);
RDUMP_HIDDEN void rdump_signal_shutdown(void);
RDUMP_HIDDEN void rdump_signal_end_thread(zend_rdump_globals *globals);

/* For phpinfo(): the signal's number, and whether it is heeded. Returns a literal, or `text`, of `size` bytes. */
RDUMP_HIDDEN const char *rdump_signal_state(char *text, size_t size);

/*
 * For a trigger whose moment is found by another thread (rdump.watch_dump): has `dump` called in a thread of PHP, in
 * the signal's handler, where rdump.watch_dump is configured. Called at MINIT, before rdump_signal_startup().
 */
RDUMP_HIDDEN void rdump_signal_watch(void (*dump)(void));

/*
 * Asks for that, in any thread of this process. It may not come to it: while a dump is under way the request is dropped
 * as any second signal. Returns 0, or -1 with errno. ESRCH: no thread of PHP is there. EBUSY: the signal is somebody
 * else's. EPERM, ENOSYS: the kernel does not permit rt_tgsigqueueinfo(2).
 */
RDUMP_HIDDEN int rdump_signal_ask(void);

/* Could it ask, or has something else taken the signal? */
RDUMP_HIDDEN bool rdump_signal_can_ask(void);

/*
 * Makes a dump in a handler that was called so, and has its line logged at the next safe point. Fills in what each
 * dump in a handler needs (in_handler, work, full).
 */
RDUMP_HIDDEN enum rdump_auto_outcome rdump_signal_dump(struct rdump_trigger *trigger);

#endif
