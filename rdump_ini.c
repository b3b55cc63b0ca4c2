/* The directives of php.ini. See rdump_ini.h. */
#ifdef HAVE_CONFIG_H
# include "config.h"
#endif

#include "rdump_ini.h"

#include "php_ini.h"
#include "SAPI.h"

#include <limits.h>
#include <string.h>

#ifdef ZTS
# define SAFE_READ_DEFAULT "1"
#else
# define SAFE_READ_DEFAULT "0"
#endif

/* Where a handler puts its value. */
static void *ini_field(void *offset, void *base)
{
#ifdef ZTS
	base = ts_resource(*(int *) base);
#endif
	return (char *) base + (size_t) offset;
}

/*
 * A value that makes no sense must not silently mean "off": it is refused. What stands is the default while the
 * directives are registered, when the entry has no value yet; later (php_admin_value of a pool or a virtual host) the
 * earlier value.
 */
static int refuse(const zend_ini_entry *entry, const char *value, const char *expected)
{
	const char *name = ZSTR_VAL(entry->name);

	if (entry->value) {
		zend_error(E_WARNING, "rdump: %s=%s is refused, it takes %s; %s=%s stands", name, value, expected, name,
			ZSTR_VAL(entry->value));
	} else {
		zend_error(E_WARNING, "rdump: %s=%s is refused, it takes %s; the default stands", name, value, expected);
	}
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
	*(uint64_t *) ini_field(mh_arg1, mh_arg2) = count;
	return SUCCESS;
}

static PHP_INI_MH(on_size)
{
	uint64_t size;
	const char *text = new_value ? ZSTR_VAL(new_value) : "";

	if (!parse_size(text, &size)) {
		return refuse(entry, text, "bytes from 0 on, with K, M, G or T, as in 1.5G");
	}
	*(uint64_t *) ini_field(mh_arg1, mh_arg2) = size;
	return SUCCESS;
}

static PHP_INI_MH(on_bool)
{
	bool value;
	const char *text = new_value ? ZSTR_VAL(new_value) : "";

	if (!parse_bool(text, &value)) {
		return refuse(entry, text, "On or Off");
	}
	*(bool *) ini_field(mh_arg1, mh_arg2) = value;
	return SUCCESS;
}

/*
 * In a web server the working directory is the script's folder: a dump there could be fetched by anybody. These are not
 * web servers; in an application that embeds PHP the working directory is the application's.
 */
static bool is_web_server(void)
{
	static const char *const others[] = {"cli", "phpdbg", "embed", "micro"};

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		if (sapi_module.name && !strcmp(sapi_module.name, others[i])) {
			return false;
		}
	}
	return true;
}

static PHP_INI_MH(on_template)
{
	char *text = new_value ? ZSTR_VAL(new_value) : NULL;

	if (text && (strlen(text) != ZSTR_LEN(new_value) || ZSTR_LEN(new_value) >= PATH_MAX)) {
		return refuse(entry, text, "a path of at most 4095 bytes");
	}
	if (text && *text && *text != '/' && is_web_server()) {
		return refuse(entry, text,
			"an absolute path in a web server (a relative one leads to the script's folder, where anybody could fetch "
			"the dump)");
	}
	*(char **) ini_field(mh_arg1, mh_arg2) = text;
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
	RDUMP_INI_BOOL("oom_dump_early", "1", oom_dump_early)
	RDUMP_INI_BOOL("safe_read", SAFE_READ_DEFAULT, safe_read)
PHP_INI_END()

void rdump_ini_register(int type, int module_number)
{
	REGISTER_INI_ENTRIES();
}

void rdump_ini_unregister(int type, int module_number)
{
	UNREGISTER_INI_ENTRIES();
}
