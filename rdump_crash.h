/* The automatic dump at a crash: SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT. */
#ifndef RDUMP_CRASH_H
#define RDUMP_CRASH_H

#include "php_rdump.h"

/*
 * The trigger's life: MINIT, RINIT, MSHUTDOWN. The handlers are
 * installed at the first RINIT of a process with a template in rdump.crash_dump; php-fpm's master serves no request, so
 * it has none.
 */
RDUMP_HIDDEN void rdump_crash_startup(void);
RDUMP_HIDDEN void rdump_crash_activate(void);
RDUMP_HIDDEN void rdump_crash_shutdown(void);

/* For phpinfo(): "on", "off", or why there will be none. Returns a literal, or `text`, of `size` bytes. */
RDUMP_HIDDEN const char *rdump_crash_state(char *text, size_t size);

#endif
