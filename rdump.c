/* The extension: functions, php.ini, phpinfo(). See php_rdump.h. */
#ifdef HAVE_CONFIG_H
# include "config.h"
#endif

#include "php.h"
#include "php_ini.h"
#include "php_rdump.h"
#include "ext/standard/basic_functions.h"
#include "ext/standard/info.h"

#include <errno.h>
#include <string.h>

#define STRINGIFY(token) #token
#define EXPAND_AND_STRINGIFY(token) STRINGIFY(token)
#define RDUMP_TAG "v" EXPAND_AND_STRINGIFY(PHP_MAJOR_VERSION) EXPAND_AND_STRINGIFY(PHP_MINOR_VERSION)

#ifdef ZTS
# define SAFE_READ_DEFAULT "1"
#else
# define SAFE_READ_DEFAULT "0"
#endif

/* What gen_stub.php writes is for PHP 8. PHP 7 has no default values in it, and before 7.2 a return type took a class name. */
#ifndef ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE
# define ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(pass_by_ref, name, type_hint, allow_null, default_value) \
	ZEND_ARG_TYPE_INFO(pass_by_ref, name, type_hint, allow_null)
#endif
#if PHP_VERSION_ID < 70200
# undef ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX
# define ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(name, return_reference, required_num_args, type, allow_null) \
	ZEND_BEGIN_ARG_INFO_EX(name, 0, return_reference, required_num_args)
#endif
#include "rdump_arginfo.h"

ZEND_DECLARE_MODULE_GLOBALS(rdump)

/* ---- what the triggers share ------------------------------------------------------------------------------------- */

/* Where globals begin is told by a member, so that it needs no symbol and is the calling thread's own under ZTS. */
#define BEGIN_OF(member_address, type, member) ((uint64_t) ((uintptr_t) (member_address) - offsetof(type, member)))

void rdump_request_init(struct rdump_request *request, bool full)
{
	memset(request, 0, sizeof(*request));
	request->process.tag = RDUMP_TAG;
	request->process.executor_globals = BEGIN_OF(&EG(symbol_table), zend_executor_globals, symbol_table);
	request->process.compiler_globals = BEGIN_OF(&CG(function_table), zend_compiler_globals, function_table);
	request->process.basic_globals = BEGIN_OF(&BG(user_shutdown_function_names), php_basic_globals, user_shutdown_function_names);
	request->full = full;
	request->safe_read = RDUMP_G(safe_read);
}

bool rdump_is_outside_basedir(const char *path)
{
	return PG(open_basedir) && *PG(open_basedir) && php_check_open_basedir_ex(path, 0) != 0;
}

int rdump_open_target(struct rdump_file *file, const char *path, struct rdump_error *error)
{
	static const char outside[] = "write (open_basedir restriction in effect)";
	char folder[PATH_MAX];

	if (strlen(path) >= PATH_MAX) {
		return rdump_fail(error, "open the folder of", path, ENAMETOOLONG);
	}
	if (rdump_is_outside_basedir(path)) {
		return rdump_fail(error, outside, path, EPERM);
	}
	if (rdump_file_open(file, path, error) < 0) {
		return -1;
	}
	/* A folder on the way may have been swapped since: what counts is where the one that is open lies. */
	if (rdump_file_folder(file, folder) == 0 && rdump_is_outside_basedir(folder)) {
		rdump_file_close(file);
		return rdump_fail(error, outside, path, EPERM);
	}
	return 0;
}

int rdump_absolute_path(char absolute[PATH_MAX], const char *path)
{
	size_t length = 0;

	if (*path != '/') {
		if (!VCWD_GETCWD(absolute, PATH_MAX)) {
			return -1;
		}
		length = strlen(absolute);
		if (length + 1 < PATH_MAX && (length == 0 || absolute[length - 1] != '/')) {
			absolute[length++] = '/';
		}
	}
	if (length + strlen(path) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(absolute + length, path);
	return 0;
}

/* ---- functions --------------------------------------------------------------------------------------------------- */

static void warn(const struct rdump_error *error)
{
	php_error_docref(NULL, E_WARNING, "cannot %s %s: %s", error->step, error->path, strerror(error->err));
}

/* The kernel knows the process's working directory; under ZTS each request has one of its own. */
static const char *kernel_path(char buffer[PATH_MAX], const char *path, struct rdump_error *error)
{
#ifdef ZTS
	if (*path && rdump_absolute_path(buffer, path) < 0) {
		(void) rdump_fail(error, "open the folder of", path, errno);
		return NULL;
	}
	return *path ? buffer : path;
#else
	(void) buffer;
	(void) error;
	return path;
#endif
}

static bool dump(const char *path, bool full, struct rdump_error *error)
{
	char buffer[PATH_MAX];
	struct rdump_request request;
	struct rdump_result result;
	struct rdump_file file;
	const char *target = kernel_path(buffer, path, error);

	if (!target) {
		return false;
	}
	if (rdump_open_target(&file, target, error) < 0) {
		error->path = path;
		return false;
	}
	rdump_request_init(&request, full);
	rdump_write(&request, &file, &result);
	*error = result.error;
	if (error->path == target) {
		error->path = path; /* `buffer` ends here */
	}
	return result.outcome == RDUMP_WRITTEN;
}

PHP_FUNCTION(rdump_dump)
{
	char *path;
	size_t length;
	bool full = false;
	struct rdump_error error;

	if (zend_parse_parameters(ZEND_NUM_ARGS(), "p|b", &path, &length, &full) == FAILURE) {
		return;
	}
	if (!dump(path, full, &error)) {
		warn(&error);
		RETURN_FALSE;
	}
	RETURN_TRUE;
}

PHP_FUNCTION(rdump_set_oom_dump)
{
	zend_string *path;
	bool full = false;
	struct rdump_error error;

	if (zend_parse_parameters(ZEND_NUM_ARGS(), "P!|b", &path, &full) == FAILURE) {
		return;
	}
	if (rdump_oom_set(path, full, &error) < 0) {
		warn(&error);
		RETURN_FALSE;
	}
	RETURN_TRUE;
}

/* ---- php.ini ----------------------------------------------------------------------------------------------------- */

/* Where a handler has to put its value. The other two arguments of every handler are of no use here. */
static void *ini_field(void *offset, void *base, void *unused, int stage)
{
	(void) unused;
	(void) stage;
#ifdef ZTS
	base = ts_resource(*(int *) base);
#endif
	return (char *) base + (size_t) offset;
}

/* A value that makes no sense must not silently mean "off": it is refused, and the default stands. */
static int refuse(const zend_ini_entry *entry, const char *value, const char *expected)
{
	zend_error(E_WARNING, "rdump: %s=%s is refused, it takes %s; the default stands", ZSTR_VAL(entry->name), value, expected);
	return FAILURE;
}

static const char *pass_digits(const char *text, uint64_t *value, bool *overflow)
{
	for (*value = 0; *text >= '0' && *text <= '9'; text++) {
		uint64_t digit = (uint64_t) (*text - '0');
		if (*value > (UINT64_MAX - digit) / 10) {
			*overflow = true;
			return text;
		}
		*value = *value * 10 + digit;
	}
	return text;
}

static const char *pass_blanks(const char *text)
{
	return text + strspn(text, " \t");
}

static bool parse_count(const char *text, uint64_t *count)
{
	bool overflow = false;
	const char *digits = pass_blanks(text), *end = pass_digits(digits, count, &overflow);

	/* PHP's own integers, and time_t, are signed */
	return end > digits && !*pass_blanks(end) && !overflow && *count <= INT64_MAX;
}

/* Bytes: "200M", "1.5G". By hand, because strtod() reads the decimal point of the locale. */
static bool parse_size(const char *text, uint64_t *size)
{
	static const char units[] = "KMGT";
	const char *digits = pass_blanks(text), *at, *unit;
	uint64_t whole, scale = 1;
	double fraction = 0, weight = 0.1;
	bool overflow = false;

	at = pass_digits(digits, &whole, &overflow);
	if (at == digits || overflow) {
		return false;
	}
	if (*at == '.') {
		const char *decimals = ++at;
		for (; *at >= '0' && *at <= '9'; at++, weight /= 10) {
			fraction += (*at - '0') * weight;
		}
		if (at == decimals) {
			return false;
		}
	}
	unit = *at ? strchr(units, *at & ~('a' - 'A')) : NULL;
	if (unit && *unit) {
		scale = (uint64_t) 1 << (10 * (unit - units + 1));
		at++;
	}
	if (*pass_blanks(at) || (fraction > 0 && scale == 1) || whole > (uint64_t) INT64_MAX / scale - 1) {
		return false;
	}
	*size = whole * scale + (uint64_t) (fraction * (double) scale);
	return true;
}

/* As php.ini has them. "Off", "no" and "none" arrive here as an empty string. */
static bool parse_bool(const char *text, bool *value)
{
	static const char *const on[] = {"1", "on", "yes", "true"}, *const off[] = {"", "0", "off", "no", "false", "none"};

	for (size_t i = 0; i < sizeof(on) / sizeof(*on); i++) {
		if (!strcasecmp(text, on[i])) {
			*value = true;
			return true;
		}
	}
	for (size_t i = 0; i < sizeof(off) / sizeof(*off); i++) {
		if (!strcasecmp(text, off[i])) {
			*value = false;
			return true;
		}
	}
	return false;
}

static PHP_INI_MH(on_count)
{
	uint64_t count;
	const char *text = new_value ? ZSTR_VAL(new_value) : "";

	if (!parse_count(text, &count)) {
		return refuse(entry, text, "a whole number from 0 on");
	}
	*(uint64_t *) ini_field(mh_arg1, mh_arg2, mh_arg3, stage) = count;
	return SUCCESS;
}

static PHP_INI_MH(on_size)
{
	uint64_t size;
	const char *text = new_value ? ZSTR_VAL(new_value) : "";

	if (!parse_size(text, &size)) {
		return refuse(entry, text, "bytes from 0 on, with K, M, G or T, as in 1.5G");
	}
	*(uint64_t *) ini_field(mh_arg1, mh_arg2, mh_arg3, stage) = size;
	return SUCCESS;
}

static PHP_INI_MH(on_bool)
{
	bool value;
	const char *text = new_value ? ZSTR_VAL(new_value) : "";

	if (!parse_bool(text, &value)) {
		return refuse(entry, text, "On or Off");
	}
	*(bool *) ini_field(mh_arg1, mh_arg2, mh_arg3, stage) = value;
	return SUCCESS;
}

static PHP_INI_MH(on_template)
{
	char *text = new_value ? ZSTR_VAL(new_value) : NULL;

	if (text && (strlen(text) != ZSTR_LEN(new_value) || ZSTR_LEN(new_value) >= PATH_MAX)) {
		return refuse(entry, text, "a path of at most 4095 bytes");
	}
	*(char **) ini_field(mh_arg1, mh_arg2, mh_arg3, stage) = text;
	return SUCCESS;
}

#define RDUMP_INI(name, default_value, handler, field) \
	STD_PHP_INI_ENTRY("rdump." name, default_value, PHP_INI_SYSTEM, handler, field, zend_rdump_globals, rdump_globals)
#define RDUMP_INI_BOOL(name, default_value, field) \
	STD_PHP_INI_BOOLEAN("rdump." name, default_value, PHP_INI_SYSTEM, on_bool, field, zend_rdump_globals, rdump_globals)

PHP_INI_BEGIN()
	RDUMP_INI("oom_dump", "", on_template, oom_dump)
	RDUMP_INI_BOOL("oom_dump_full", "0", oom_dump_full)
	RDUMP_INI("oom_dump_max", "1", on_count, oom_dump_max)
	RDUMP_INI("oom_dump_min_interval", "0", on_count, oom_dump_min_interval)
	RDUMP_INI("oom_dump_max_total", "0", on_size, oom_dump_max_total)
	RDUMP_INI_BOOL("oom_dump_marker", "0", oom_dump_marker)
	RDUMP_INI_BOOL("safe_read", SAFE_READ_DEFAULT, safe_read)
PHP_INI_END()

/* ---- the module -------------------------------------------------------------------------------------------------- */

static PHP_GINIT_FUNCTION(rdump)
{
#if defined(COMPILE_DL_RDUMP) && defined(ZTS)
	ZEND_TSRMLS_CACHE_UPDATE();
#endif
	memset(rdump_globals, 0, sizeof(*rdump_globals));
}

static PHP_MINIT_FUNCTION(rdump)
{
	/* PHP 8 has no way to take an error observer back, and dl() unloads at the end of the request. */
	if (type == MODULE_TEMPORARY) {
		php_error_docref(NULL, E_WARNING, "rdump cannot be loaded by dl(), only by extension=rdump in php.ini");
		return FAILURE;
	}
	REGISTER_INI_ENTRIES();
	rdump_oom_startup();
	return SUCCESS;
}

static PHP_MSHUTDOWN_FUNCTION(rdump)
{
	(void) type;
	rdump_oom_shutdown();
	UNREGISTER_INI_ENTRIES();
	return SUCCESS;
}

static PHP_RINIT_FUNCTION(rdump)
{
	(void) type;
	(void) module_number;
#if defined(COMPILE_DL_RDUMP) && defined(ZTS)
	ZEND_TSRMLS_CACHE_UPDATE();
#endif
	rdump_oom_activate();
	return SUCCESS;
}

static PHP_RSHUTDOWN_FUNCTION(rdump)
{
	(void) type;
	(void) module_number;
	rdump_oom_deactivate();
	return SUCCESS;
}

static PHP_MINFO_FUNCTION(rdump)
{
	php_info_print_table_start();
	php_info_print_table_row(2, "rdump support", "enabled");
	php_info_print_table_row(2, "Version", PHP_RDUMP_VERSION);
	php_info_print_table_row(2, "Format version", EXPAND_AND_STRINGIFY(RDUMP_FORMAT_VERSION));
	php_info_print_table_row(2, "PHP version tag", RDUMP_TAG);
	php_info_print_table_end();
	DISPLAY_INI_ENTRIES();
	(void) zend_module;
}

zend_module_entry rdump_module_entry = {
	STANDARD_MODULE_HEADER,
	"rdump",
	ext_functions,
	PHP_MINIT(rdump),
	PHP_MSHUTDOWN(rdump),
	PHP_RINIT(rdump),
	PHP_RSHUTDOWN(rdump),
	PHP_MINFO(rdump),
	PHP_RDUMP_VERSION,
	PHP_MODULE_GLOBALS(rdump),
	PHP_GINIT(rdump),
	NULL,
	NULL,
	STANDARD_MODULE_PROPERTIES_EX
};

#ifdef COMPILE_DL_RDUMP
# ifdef ZTS
ZEND_TSRMLS_CACHE_DEFINE()
# endif
ZEND_GET_MODULE(rdump)
#endif
