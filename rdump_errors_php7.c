/* How errors reach rdump on PHP 7. See rdump_errors.h. */
#ifdef HAVE_CONFIG_H
# include "config.h"
#endif

#include "rdump_errors.h"

#if PHP_VERSION_ID < 80000

# if PHP_VERSION_ID >= 70200
typedef uint32_t error_line;
# else
typedef uint error_line;
# endif

typedef void (*error_callback)(
	int type, const char *file, const error_line line, const char *format, va_list arguments);

static rdump_errors_handler tell;
static error_callback first;    /* what was there at start-up */
static error_callback previous; /* what this hook calls: at times an Xdebug that came in between */

/*
 * `format` is the engine's own text here, so nothing that a script says can look like it. An Xdebug that took this hook
 * for the original would call it back: then the chain ends with the real original.
 */
static void observe(int type, const char *file, const error_line line, const char *format, va_list arguments)
{
	if (!RDUMP_G(passing_on)) {
		tell(type, file, (uint32_t) line, format);
	}
	if (RDUMP_G(passing_on) || previous == first) {
		first(type, file, line, format, arguments);
		return;
	}
	RDUMP_G(passing_on) = true;
	/* clang-format off */
	zend_try {
		previous(type, file, line, format, arguments);
	} zend_catch {
		RDUMP_G(passing_on) = false;
		zend_bailout();
	} zend_end_try();
	/* clang-format on */
	RDUMP_G(passing_on) = false;
}

static void chain(void)
{
	if (zend_error_cb != observe) {
		previous = zend_error_cb;
		zend_error_cb = observe;
	}
}

void rdump_errors_startup(rdump_errors_handler handler)
{
	tell = handler;
	first = zend_error_cb;
	chain();
}

void rdump_errors_shutdown(void)
{
	if (zend_error_cb == observe) {
		zend_error_cb = first;
	}
}

static int (*activate_xdebug)(int type, int module_number);

static int activate_xdebug_and_chain(int type, int module_number)
{
	int status = activate_xdebug(type, module_number);

	chain();
	return status;
}

/*
 * Xdebug takes zend_error_cb when it is activated, at the beginning of each request, and calls nobody. As a
 * zend_extension it is activated after every extension, whatever their dependencies say: only its own activation is
 * late enough.
 */
static void follow_xdebug(void)
{
	zend_module_entry *xdebug = zend_hash_str_find_ptr(&module_registry, "xdebug", sizeof("xdebug") - 1);

	if (xdebug && xdebug->request_startup_func && xdebug->request_startup_func != activate_xdebug_and_chain) {
		activate_xdebug = xdebug->request_startup_func;
		xdebug->request_startup_func = activate_xdebug_and_chain;
	}
}

void rdump_errors_activate(void)
{
	RDUMP_G(passing_on) = false;
	follow_xdebug();
	chain();
}

void rdump_errors_deactivate(void)
{
# ifndef ZTS
	/* Give it back in the order in which it was taken. Under ZTS other requests are using it. */
	if (zend_error_cb == observe && previous != first) {
		zend_error_cb = previous;
		previous = first;
	}
# endif
}

#endif
