/*
 * Where a dump goes: paths of scripts and templates of php.ini, the working directory, open_basedir.
 */
#ifndef RDUMP_TARGET_H
#define RDUMP_TARGET_H

#include "php_rdump.h"
#include "rdump_file.h"

/* Returns whether open_basedir forbids `path`. Raises no warning. */
RDUMP_HIDDEN bool rdump_target_is_forbidden(const char *path);

/*
 * Opens `path` for a dump by a script. open_basedir is checked for the path as given and, once the folder is open, for
 * where that really is. Errors: EPERM (open_basedir), ENAMETOOLONG, those of rdump_file_open(). Raises no warning.
 */
RDUMP_HIDDEN int rdump_target_open(struct rdump_file *file, const char *path, struct rdump_error *error);

/*
 * Writes "<working directory>/<path>" to `absolute`, or `path` itself where it is absolute. The working directory is
 * the script's: under ZTS each request has one of its own. Returns 0, or -1 with errno.
 */
RDUMP_HIDDEN int rdump_target_absolute(char absolute[PATH_MAX], const char *path);

/*
 * The same with the process's working directory, as the kernel has it. Async-signal-safe: to find that of a request
 * takes memory under ZTS.
 */
RDUMP_HIDDEN int rdump_target_absolute_of_process(char absolute[PATH_MAX], const char *path);

/*
 * The same as rdump_target_absolute() for a template: the working directory is none, so its percent signs are doubled.
 * Returns 0, or -1 with errno.
 */
RDUMP_HIDDEN int rdump_target_absolute_template(char absolute[PATH_MAX], const char *template);

/*
 * Expands %p (process id), %i (thread id), %t (Unix time), %h (host name, with ! for /), %s (`signal`) and %%; another
 * %x stays as it is. %h and %s are those of core(5). Returns whether the result fits: if not, `path` must not be used.
 * Async-signal-safe.
 */
RDUMP_HIDDEN bool rdump_target_expand(char path[PATH_MAX], const char *template, int signal);

#endif
