/* How errors reach rdump on PHP 8. See rdump_errors.h. */
#ifdef HAVE_CONFIG_H
# include "config.h"
#endif

#include "rdump_errors.h"

#if PHP_VERSION_ID >= 80000

# include "zend_observer.h"

static rdump_errors_handler tell;

/* Observers are told before zend_error_cb is called, whoever owns that; and the call stack is still whole. */
# if PHP_VERSION_ID >= 80100
static void observe(int type, zend_string *file, uint32_t line, zend_string *message)
{
	tell(type, file ? ZSTR_VAL(file) : NULL, line, ZSTR_VAL(message));
}
# else
static void observe(int type, const char *file, uint32_t line, zend_string *message)
{
	tell(type, file, line, ZSTR_VAL(message));
}
# endif

void rdump_errors_startup(rdump_errors_handler handler)
{
	tell = handler;
	zend_observer_error_register(observe);
}

void rdump_errors_activate(void)
{
}

void rdump_errors_deactivate(void)
{
}

/* An observer cannot be taken back. */
void rdump_errors_shutdown(void)
{
}

#endif
