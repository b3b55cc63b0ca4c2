/*
 * How errors of PHP's engine reach rdump, beside whatever else handles them: an error observer on PHP 8
 * (rdump_errors.c), zend_error_cb on PHP 7 (rdump_errors_php7.c).
 */
#ifndef RDUMP_ERRORS_H
#define RDUMP_ERRORS_H

#include "php_rdump.h"

/*
 * Is told each error before anybody else handles it: its type (E_ERROR and so on), where it happened, and its message
 * or the format of that. The file may be NULL.
 */
typedef void (*rdump_errors_handler)(int type, const char *file, uint32_t line, const char *message);

/* Begins to tell `handler`: MINIT. */
RDUMP_HIDDEN void rdump_errors_startup(rdump_errors_handler handler);

/* A request begins and ends: RINIT, RSHUTDOWN. */
RDUMP_HIDDEN void rdump_errors_activate(void);
RDUMP_HIDDEN void rdump_errors_deactivate(void);

/* Ends it: MSHUTDOWN. */
RDUMP_HIDDEN void rdump_errors_shutdown(void);

#endif
