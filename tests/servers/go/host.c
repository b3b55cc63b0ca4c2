/* The part of the host that knows PHP. See host.h. */
#include <sapi/embed/php_embed.h>

#include "host.h"

#include "_cgo_export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The output of this thread's request so far. */
static __thread struct {
	char *text;
	size_t size, length;
} output;

static size_t collect_output(const char *text, size_t length)
{
	size_t room = output.size - output.length;
	size_t taken = length < room ? length : room;

	memcpy(output.text + output.length, text, taken);
	output.length += taken;
	return length;
}

/* go_call(string $what): int. Calls Go, as FrankenPHP's functions do. */
static ZEND_FUNCTION(go_call)
{
	char *what;
	size_t length;

	if (zend_parse_parameters(ZEND_NUM_ARGS(), "s", &what, &length) == FAILURE) {
		return;
	}
	RETURN_LONG(goCall(what));
}

ZEND_BEGIN_ARG_INFO(arguments_of_go_call, 0)
ZEND_ARG_INFO(0, what)
ZEND_END_ARG_INFO()

static const zend_function_entry functions[] = {
	ZEND_FE(go_call, arguments_of_go_call)
		ZEND_FE_END};

/* An extension of PHP's, as FrankenPHP has one: php_embed_init() sets php_embed_module.additional_functions itself. */
static zend_module_entry module = {
	STANDARD_MODULE_HEADER,
	"host",
	functions,
	NULL,
	NULL,
	NULL,
	NULL,
	NULL,
	"1",
	STANDARD_MODULE_PROPERTIES};

static int start_modules(sapi_module_struct *sapi)
{
#if PHP_VERSION_ID >= 80200
	return php_module_startup(sapi, &module);
#else
	return php_module_startup(sapi, &module, 1);
#endif
}

int host_start(char *ini)
{
	static char *arguments[] = {"host", NULL};

	php_embed_module.php_ini_path_override = ini;
	php_embed_module.ub_write = collect_output;
	php_embed_module.startup = start_modules;
	if (php_embed_init(1, arguments) != SUCCESS) {
		return -1;
	}
	php_request_shutdown(NULL); /* php_embed_init() has begun one */
	return 0;
}

void host_stop(void)
{
	(void) php_request_startup(); /* php_embed_shutdown() ends one */
	php_embed_shutdown();
}

void host_begin_thread(void)
{
	(void) ts_resource(0);
}

void host_end_thread(void)
{
	ts_free_thread();
}

size_t host_run(char *script, char *query, char *answer, size_t size)
{
	zend_file_handle file;

	output.text = answer;
	output.size = size;
	output.length = 0;
	SG(request_info).query_string = query;
	if (php_request_startup() != SUCCESS) {
		fprintf(stderr, "a request does not start\n");
		abort();
	}
	SG(headers_sent) = 1;
	SG(request_info).no_headers = 1;
	zend_stream_init_filename(&file, script);
#if PHP_VERSION_ID >= 80100
	file.primary_script = 1;
#endif
	php_execute_script(&file);
#if PHP_VERSION_ID >= 80100
	zend_destroy_file_handle(&file);
#endif
	php_request_shutdown(NULL);
	SG(request_info).query_string = NULL;
	return output.length;
}
