/* The directives of php.ini. See rdump_ini.h. */
#ifdef HAVE_CONFIG_H
# include "config.h"
#endif

#include "rdump_ini.h"

#include "rdump_parse.h"

#include "php_ini.h"
#include "SAPI.h"

#include <limits.h>
#include <string.h>

/* Other threads go on while a dump is written. */
#ifdef ZTS
# define SAFE_READ_DEFAULT "1"
# define SNAPSHOT_DEFAULT "1"
#else
# define SAFE_READ_DEFAULT "0"
# define SNAPSHOT_DEFAULT "0"
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

static PHP_INI_MH(on_count)
{
	uint64_t count;
	const char *text = new_value ? ZSTR_VAL(new_value) : "";

	if (!rdump_parse_count(text, &count)) {
		return refuse(entry, text, "a whole number from 0 on");
	}
	*(uint64_t *) ini_field(mh_arg1, mh_arg2) = count;
	return SUCCESS;
}

static PHP_INI_MH(on_size)
{
	uint64_t size;
	const char *text = new_value ? ZSTR_VAL(new_value) : "";

	if (!rdump_parse_size(text, &size)) {
		return refuse(entry, text, "bytes from 0 on, with K, M, G or T, as in 1.5G");
	}
	*(uint64_t *) ini_field(mh_arg1, mh_arg2) = size;
	return SUCCESS;
}

static PHP_INI_MH(on_bool)
{
	bool value;
	const char *text = new_value ? ZSTR_VAL(new_value) : "";

	if (!rdump_parse_bool(text, &value)) {
		return refuse(entry, text, "On or Off");
	}
	*(bool *) ini_field(mh_arg1, mh_arg2) = value;
	return SUCCESS;
}

static PHP_INI_MH(on_min_free)
{
	struct rdump_amount amount;
	const char *text = new_value ? ZSTR_VAL(new_value) : "";

	if (!rdump_parse_amount(text, &amount)) {
		return refuse(entry, text, "bytes from 0 on, with K, M, G or T, as in 1.5G, or 0% to 100%");
	}
	*(struct rdump_amount *) ini_field(mh_arg1, mh_arg2) = amount;
	return SUCCESS;
}

/* With threads, each has tables of the engine of its own, by malloc(): nobody could say which memory to keep. */
static PHP_INI_MH(on_exclude_heap)
{
	bool value;
	const char *text = new_value ? ZSTR_VAL(new_value) : "";

#ifdef ZTS
	if (!rdump_parse_bool(text, &value) || value) {
		return refuse(entry, text, "Off in a PHP with threads (ZTS)");
	}
#else
	if (!rdump_parse_bool(text, &value)) {
		return refuse(entry, text, "On or Off");
	}
#endif
	*(bool *) ini_field(mh_arg1, mh_arg2) = value;
	return SUCCESS;
}

static PHP_INI_MH(on_mark)
{
	struct rdump_amount mark;
	const char *text = new_value ? ZSTR_VAL(new_value) : "";

	if (!rdump_parse_amount(text, &mark) || (mark.bytes == 0 && mark.share == 0)) {
		return refuse(entry, text, "bytes, with K, M, G or T, or percent, above 0: 400M, 90%");
	}
	*(struct rdump_amount *) ini_field(mh_arg1, mh_arg2) = mark;
	return SUCCESS;
}

#ifdef ZTS
# define WITH_THREADS true
#else
# define WITH_THREADS false
#endif

static PHP_INI_MH(on_signal)
{
	int number;
	const char *text = new_value ? ZSTR_VAL(new_value) : "", *user;

	if (!rdump_parse_signal(text, &number)) {
		return refuse(entry, text, "a signal: its name, RTMIN+n, RTMAX-n, or its number");
	}
	user = rdump_parse_signal_user(number, sapi_module.name ? sapi_module.name : "", WITH_THREADS);
	if (user) {
		zend_error(E_WARNING, "rdump: %s=%s is refused, signal %d is used by %s; %s%s stands", ZSTR_VAL(entry->name),
			text, number, user, entry->value ? "" : "the default", entry->value ? ZSTR_VAL(entry->value) : "");
		return FAILURE;
	}
	*(int *) ini_field(mh_arg1, mh_arg2) = number;
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
	RDUMP_INI("oom_dump_min_free", "0", on_min_free, oom_dump_min_free)
	RDUMP_INI_BOOL("oom_dump_marker", "0", oom_dump_marker)
	RDUMP_INI_BOOL("oom_dump_early", "1", oom_dump_early)
	RDUMP_INI("signal_dump", "", on_template, signal_dump)
	RDUMP_INI("signal", "SIGRTMIN+7", on_signal, signal)
	RDUMP_INI("crash_dump", "", on_template, crash_dump)
	RDUMP_INI("watch_dump", "", on_template, watch_dump)
	RDUMP_INI("watch_rss", "90%", on_mark, watch_rss)
	RDUMP_INI_BOOL("safe_read", SAFE_READ_DEFAULT, safe_read)
	RDUMP_INI_BOOL("snapshot", SNAPSHOT_DEFAULT, snapshot)
	RDUMP_INI_BOOL("background", "0", background)
	STD_PHP_INI_BOOLEAN("rdump.exclude_heap", "0", PHP_INI_SYSTEM, on_exclude_heap, exclude_heap, zend_rdump_globals,
		rdump_globals)
PHP_INI_END()

void rdump_ini_register(int type, int module_number)
{
	REGISTER_INI_ENTRIES();
}

static bool is_set(const char *template)
{
	return template && *template;
}

bool rdump_ini_has_handlers(void)
{
	return is_set(RDUMP_G(signal_dump)) || is_set(RDUMP_G(crash_dump)) || is_set(RDUMP_G(watch_dump));
}

void rdump_ini_unregister(int type, int module_number)
{
	UNREGISTER_INI_ENTRIES();
}
