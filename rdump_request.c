/* What a dump says of PHP. See rdump_request.h. */
#ifdef HAVE_CONFIG_H
# include "config.h"
#endif

#include "rdump_request.h"

#include "rdump_engine.h"
#include "rdump_snapshot.h"

#include "SAPI.h"
#include "ext/standard/basic_functions.h"

#include <string.h>

/* Where globals begin is told by a member, so that it needs no symbol and is the calling thread's own under ZTS. */
#define BEGIN_OF(member_address, type, member) ((uint64_t) ((uintptr_t) (member_address) - offsetof(type, member)))

bool rdump_request_is_php_thread(void)
{
#ifdef ZTS
	if (!tsrm_get_ls_cache()) {
		return false;
	}
# ifdef COMPILE_DL_RDUMP
	ZEND_TSRMLS_CACHE_UPDATE();
# endif
#endif
	return true;
}

bool rdump_request_starts_workers(void)
{
	static const char *const servers[] = {"fpm-fcgi", "cgi-fcgi", "apache2handler", "litespeed"};

	for (size_t i = 0; i < sizeof(servers) / sizeof(*servers); i++) {
		if (!strcmp(sapi_module.name, servers[i])) {
			return true;
		}
	}
	return false;
}

bool rdump_request_is_served(void)
{
	return SG(server_context) || !rdump_request_starts_workers();
}

static int dropped;
static void (*dropping)(int signal, siginfo_t *info, void *context);

void rdump_request_drop(int signal, void (*handler)(int signal, siginfo_t *info, void *context))
{
	dropping = handler;
	__atomic_store_n(&dropped, signal, __ATOMIC_RELEASE);
}

static int find_unwanted(void)
{
	int signal = __atomic_load_n(&dropped, __ATOMIC_ACQUIRE);
	struct sigaction now;

	if (signal && sigaction(signal, NULL, &now) == 0 && (now.sa_flags & SA_SIGINFO) && now.sa_sigaction == dropping) {
		return signal;
	}
	return 0;
}

void rdump_request_init(struct rdump_request *request, bool full)
{
	memset(request, 0, sizeof(*request));
	request->process.tag = RDUMP_TAG;
	request->process.executor_globals = BEGIN_OF(&EG(symbol_table), zend_executor_globals, symbol_table);
	request->process.compiler_globals = BEGIN_OF(&CG(function_table), zend_compiler_globals, function_table);
	request->process.basic_globals
		= BEGIN_OF(&BG(user_shutdown_function_names), php_basic_globals, user_shutdown_function_names);
	request->vm_stack = (uint64_t) (uintptr_t) EG(vm_stack);
	request->process.module_registry = (uint64_t) (uintptr_t) &module_registry;
#ifdef ZTS
	request->process.tsrm_ls_cache = (uint64_t) (uintptr_t) tsrm_get_ls_cache();
#endif
	request->full = full;
	request->list_kept = RDUMP_G(exclude_heap) ? rdump_engine_list : NULL;
	request->safe_read = RDUMP_G(safe_read);
	request->unwanted = find_unwanted();
}

void rdump_request_write(const struct rdump_request *request, struct rdump_file *file, struct rdump_result *result)
{
	if (RDUMP_G(snapshot)) {
		rdump_snapshot_write(request, file, result);
	} else {
		rdump_write(request, file, result);
	}
}
