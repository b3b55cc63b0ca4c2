/* The automatic dump on exhausted memory: memory_limit, or a machine that gives no more. */
#ifndef RDUMP_OOM_H
#define RDUMP_OOM_H

#include "php_rdump.h"
#include "rdump_error.h"

/* The trigger's life: MINIT, RINIT, RSHUTDOWN, post-deactivate (the last of a request), MSHUTDOWN. */
RDUMP_HIDDEN void rdump_oom_startup(void);
RDUMP_HIDDEN void rdump_oom_activate(void);
RDUMP_HIDDEN void rdump_oom_deactivate(void);
RDUMP_HIDDEN void rdump_oom_end(void);
RDUMP_HIDDEN void rdump_oom_shutdown(void);

/*
 * Keeps `path` as the automatic dump's template for the rest of this request: empty = off, NULL = back to the INI
 * value. A relative one is kept relative to the present working directory. Returns 0, or -1, and what was kept stays.
 * Errors: ENAMETOOLONG, EPERM (open_basedir), those of getcwd(3).
 */
RDUMP_HIDDEN int rdump_oom_set(zend_string *path, bool full, struct rdump_error *error);

/* For phpinfo(): when the dump is taken, and why not earlier. Returns a literal, or `text`, of `size` bytes. */
RDUMP_HIDDEN const char *rdump_oom_moment(char *text, size_t size);

#endif
