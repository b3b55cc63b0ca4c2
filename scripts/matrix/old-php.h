/*
 * What old PHPs, which no archive has, declare in another way than later ones, as far as rdump uses it. Used with the
 * headers of a later PHP: cc -DOLD_PHP=70000 -include old-php.h, with 7.4's headers for 7.0 and 7.1, with those of 8.1
 * or later for 8.0.
 */
#include "php.h"
#if OLD_PHP >= 80000
# include "zend_observer.h"
#endif

#if OLD_PHP < 70100
/* A line of the log has no priority. */
# include "SAPI.h"
# define sapi_module old_sapi_module
extern struct old_sapi_module {
	char *name;
	void (*log_message)(char *message);
} old_sapi_module;
#endif

#undef PHP_VERSION_ID
#define PHP_VERSION_ID OLD_PHP

#if OLD_PHP < 70200
/* It has a class name, later versions do not. */
# undef ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX
# define ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX( \
	 name, return_reference, required_num_args, type, class_name, allow_null) \
	 static const zend_internal_arg_info name[] \
		 = {{(const char *) (zend_uintptr_t) (required_num_args), (class_name), 0, return_reference, 0},

/* Line numbers are uint, and php_log_err() takes a char *, not a const char *. */
# define zend_error_cb old_zend_error_cb
extern void (*zend_error_cb)(
	int type, const char *error_filename, const uint error_lineno, const char *format, va_list args);
# undef php_log_err
# define php_log_err old_php_log_err
void php_log_err(char *log_message);
# undef ZEND_TLS
#elif OLD_PHP < 80100
/* The name of the file is not a zend_string. */
# define zend_observer_error_register old_zend_observer_error_register
void zend_observer_error_register(
	void (*callback)(int error_num, const char *error_filename, const uint32_t error_lineno, zend_string *message));
#endif
