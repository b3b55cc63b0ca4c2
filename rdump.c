/* The extension: functions, phpinfo(), the module. See php_rdump.h. */
#ifdef HAVE_CONFIG_H
# include "config.h"
#endif

#include "php_rdump.h"

#include "rdump_auto.h"
#include "rdump_compress.h"
#include "rdump_crash.h"
#include "rdump_engine.h"
#include "rdump_error.h"
#include "rdump_ini.h"
#include "rdump_log.h"
#include "rdump_oom.h"
#include "rdump_pending.h"
#include "rdump_request.h"
#include "rdump_signal.h"
#include "rdump_snapshot.h"
#include "rdump_stack.h"
#include "rdump_target.h"
#include "rdump_watch.h"
#include "rdump_writer.h"

#include "main/snprintf.h"
#include "php_ini.h"
#include "ext/standard/info.h"

#include <errno.h>
#include <string.h>

/*
 * What gen_stub.php writes is for PHP 8. PHP 7 has no default values in it, and before 7.2 a return type took a class
 * name.
 */
/* clang-format off */
#ifndef ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE
# define ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(pass_by_ref, name, type_hint, allow_null, default_value) \
	 ZEND_ARG_TYPE_INFO(pass_by_ref, name, type_hint, allow_null)
#endif
#if PHP_VERSION_ID < 70200
# undef ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX
# define ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(name, return_reference, required_num_args, type, allow_null) \
	 ZEND_BEGIN_ARG_INFO_EX(name, 0, return_reference, required_num_args)
#endif
/* clang-format on */
#include "rdump_arginfo.h"

ZEND_DECLARE_MODULE_GLOBALS(rdump)

/* ---- functions --------------------------------------------------------------------------------------------------- */

static void warn(const struct rdump_error *error)
{
	php_error_docref(NULL, E_WARNING, "cannot %s %s: %s", error->step, error->path,
		rdump_error_text(error->err));
}

/*
 * The path as the kernel takes it, in `*target`: the kernel knows the process's working directory, and under ZTS each
 * request has one of its own. Returns 0, or -1.
 */
static int kernel_path(const char **target, char buffer[PATH_MAX], const char *path, struct rdump_error *error)
{
	*target = path;
#ifdef ZTS
	if (*path) {
		*target = buffer;
		return rdump_target_absolute(buffer, path) < 0 ? rdump_fail(error, "open the folder of", path, errno) : 0;
	}
#endif
	return 0;
}

/* The dump is there, or the warning says why it is not: that it was written directly is for the administrator. */
static void tell_not_copied(const char *function, const char *path, int err)
{
	if (err) {
		ap_php_snprintf(RDUMP_G(called).text, PATH_MAX,
			"rdump: %s(): written directly: cannot copy the process: %s: %s", function, rdump_error_text(err), path);
		rdump_log(RDUMP_G(called).text);
	}
}

/* Writes a dump, or starts one `in_background`. Returns whether it is done, or started. */
static bool dump(const char *path, bool full, bool in_background, struct rdump_error *error)
{
	static const struct rdump_snapshot_note note = {"rdump_snapshot()", "", true};
	struct rdump_workspace *work = &RDUMP_G(called);
	struct rdump_request request;
	struct rdump_result result;
	const char *target;

	if (kernel_path(&target, work->path, path, error) < 0) {
		return false;
	}
	if (rdump_target_open(&work->file, target, error) < 0) {
		error->path = path;
		return false;
	}
	rdump_request_init(&request, full);
	if (in_background) {
		rdump_snapshot_start(&request, &work->file, &note, &result);
	} else {
		rdump_request_write(&request, &work->file, &result);
	}
	tell_not_copied(in_background ? "rdump_snapshot" : "rdump_dump", path, result.not_copied);
	*error = result.error;
	if (error->path == target) {
		error->path = path; /* as the script has it */
	}
	return result.outcome == RDUMP_WRITTEN || result.outcome == RDUMP_STARTED;
}

static void dump_by_call(INTERNAL_FUNCTION_PARAMETERS, bool in_background)
{
	char *path;
	size_t length;
	bool full = false;
	struct rdump_error error = {"", "", 0};

	if (zend_parse_parameters(ZEND_NUM_ARGS(), "p|b", &path, &length, &full) == FAILURE) {
		return;
	}
	rdump_auto_collect();
	rdump_pending_write();
	if (!dump(path, full, in_background, &error)) {
		warn(&error);
		RETURN_FALSE;
	}
	RETURN_TRUE;
}

PHP_FUNCTION(rdump_dump)
{
	dump_by_call(INTERNAL_FUNCTION_PARAM_PASSTHRU, false);
}

PHP_FUNCTION(rdump_snapshot)
{
	dump_by_call(INTERNAL_FUNCTION_PARAM_PASSTHRU, true);
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

/* ---- the module -------------------------------------------------------------------------------------------------- */

static PHP_GINIT_FUNCTION(rdump)
{
#if defined(COMPILE_DL_RDUMP) && defined(ZTS)
	ZEND_TSRMLS_CACHE_UPDATE();
#endif
	memset(rdump_globals, 0, sizeof(*rdump_globals));
}

static PHP_GSHUTDOWN_FUNCTION(rdump)
{
	rdump_signal_end_thread(rdump_globals);
	rdump_stack_remove(&rdump_globals->stack);
}

static PHP_MINIT_FUNCTION(rdump)
{
	/* PHP 8 has no way to take an error observer back, and dl() unloads at the end of the request. */
	if (type == MODULE_TEMPORARY) {
		php_error_docref(NULL, E_WARNING, "rdump cannot be loaded by dl(), only by extension=rdump in php.ini");
		return FAILURE;
	}
	rdump_log_startup();
	rdump_ini_register(type, module_number);
	rdump_pending_startup();
	rdump_auto_startup();
	rdump_oom_startup();
	rdump_watch_startup();
	rdump_signal_startup();
	rdump_crash_startup();
	return SUCCESS;
}

static PHP_MSHUTDOWN_FUNCTION(rdump)
{
	rdump_watch_shutdown();
	rdump_signal_shutdown();
	rdump_crash_shutdown();
	rdump_oom_shutdown();
	rdump_auto_shutdown();
	rdump_pending_shutdown();
	rdump_ini_unregister(type, module_number);
	return SUCCESS;
}

/* What cannot be done is told once in a process. */
static void activate_engine(void)
{
	struct rdump_error error = {"", "", 0};

	if (rdump_engine_activate(&error) < 0) {
		ap_php_snprintf(RDUMP_G(called).text, PATH_MAX, "rdump: rdump.exclude_heap has no effect: cannot %s %s: %s",
			error.step, error.path, rdump_error_text(error.err));
		rdump_log(RDUMP_G(called).text);
	}
}

static PHP_RINIT_FUNCTION(rdump)
{
#if defined(COMPILE_DL_RDUMP) && defined(ZTS)
	ZEND_TSRMLS_CACHE_UPDATE();
#endif
	if (rdump_ini_has_handlers() && !RDUMP_G(stack).memory) {
		(void) rdump_stack_install(&RDUMP_G(stack));
	}
	activate_engine();
	rdump_oom_activate();
	rdump_signal_activate();
	if (rdump_request_is_served()) {
		rdump_watch_activate();
		rdump_crash_activate();
	}
	rdump_auto_collect();
	rdump_pending_write();
	return SUCCESS;
}

static PHP_RSHUTDOWN_FUNCTION(rdump)
{
	rdump_oom_deactivate();
	return SUCCESS;
}

/* After RSHUTDOWN PHP still runs code of the script: header callbacks, session handlers, output handlers. */
static ZEND_MODULE_POST_ZEND_DEACTIVATE_D(rdump)
{
	rdump_signal_end();
	rdump_oom_end();
	rdump_auto_collect();
	rdump_pending_write();
	return SUCCESS;
}

static PHP_MINFO_FUNCTION(rdump)
{
	char moment[PATH_MAX + 256], compressed[64] = "no (built without libzstd)";

	if (rdump_compress_library()) {
		(void) ap_php_snprintf(compressed, sizeof(compressed), "libzstd %s", rdump_compress_library());
	}

	php_info_print_table_start();
	php_info_print_table_row(2, "rdump support", "enabled");
	php_info_print_table_row(2, "Version", PHP_RDUMP_VERSION);
	php_info_print_table_row(2, "Format version", RDUMP_EXPAND_AND_STRINGIFY(RDUMP_FORMAT_VERSION));
	php_info_print_table_row(2, "PHP version tag", RDUMP_TAG);
	php_info_print_table_row(2, "Dump on exhausted memory", rdump_oom_moment(moment, sizeof(moment)));
	php_info_print_table_row(2, "Dump before the OOM killer", rdump_watch_state(moment, sizeof(moment)));
	php_info_print_table_row(2, "Dump by signal", rdump_signal_state(moment, sizeof(moment)));
	php_info_print_table_row(2, "Dump at a crash", rdump_crash_state(moment, sizeof(moment)));
	php_info_print_table_row(2, "Compressed dumps", compressed);
	php_info_print_table_end();
	DISPLAY_INI_ENTRIES();
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
	PHP_GSHUTDOWN(rdump),
	ZEND_MODULE_POST_ZEND_DEACTIVATE_N(rdump),
	/* clang-format off */
	STANDARD_MODULE_PROPERTIES_EX
	/* clang-format on */
};
/* clang-format on */

#ifdef COMPILE_DL_RDUMP
# ifdef ZTS
ZEND_TSRMLS_CACHE_DEFINE()
# endif
ZEND_GET_MODULE(rdump)
#endif
