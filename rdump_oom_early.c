/* How exhausted memory reaches rdump on PHP's security releases of 2026. See rdump_oom_early.h. */
#ifdef HAVE_CONFIG_H
# include "config.h"
#endif

#include "rdump_oom_early.h"

#ifdef ZEND_HAS_OOM

# include "rdump_error.h"
# include "rdump_slots.h"

# include "main/snprintf.h"

# include <dlfcn.h>
# include <errno.h>
# include <pthread.h>
# include <stdarg.h>
# include <string.h>
# include <unistd.h>

# define HARD_LIMIT_STATUS 137 /* of zend_mm_hard_limit_error(), Zend/zend_alloc.c */

static rdump_oom_early_handler tell_exhausted;
static rdump_oom_early_handler tell_hard_limit;

/* ---- what PHP's object calls ------------------------------------------------------------------------------------- */

static void our_exit(int status);
static int our_vsnprintf(char *text, size_t size, const char *format, va_list arguments);
static int our_vsnprintf_chk(char *text, size_t size, int flag, size_t room, const char *format, va_list arguments);

enum {
	EXIT,
	VSNPRINTF,
	VSNPRINTF_CHK,
	SLOTS
};

/* PHP has one of the last two: the second where it was compiled with _FORTIFY_SOURCE. */
static struct rdump_slot slot[SLOTS] = {
	{"_exit", (rdump_function) our_exit, NULL, 0, {{NULL, 0, false}}},
	{"vsnprintf", (rdump_function) our_vsnprintf, NULL, 0, {{NULL, 0, false}}},
	{"__vsnprintf_chk", (rdump_function) our_vsnprintf_chk, NULL, 0, {{NULL, 0, false}}},
};

/* PHP is told nothing of what happens in between, in errno for example. */
static void tell(rdump_oom_early_handler handler)
{
	int err = errno;

	if (handler) {
		handler();
	}
	errno = err;
}

static void our_exit(int status)
{
	if (status == HARD_LIMIT_STATUS) {
		tell(tell_hard_limit);
	}
	((void (*)(int)) slot[EXIT].theirs)(status);
}

/* Is this the format of zend_mm_safe_error(), Zend/zend_alloc.c? */
static inline bool is_memory_error(const char *format)
{
	static const char begin[] = "Allowed memory size of ";

	return *format == *begin && !strncmp(format, begin, sizeof(begin) - 1);
}

static int our_vsnprintf(char *text, size_t size, const char *format, va_list arguments)
{
	if (is_memory_error(format)) {
		tell(tell_exhausted);
	}
	return ((int (*)(char *, size_t, const char *, va_list)) slot[VSNPRINTF].theirs)(text, size, format, arguments);
}

static int our_vsnprintf_chk(char *text, size_t size, int flag, size_t room, const char *format, va_list arguments)
{
	if (is_memory_error(format)) {
		tell(tell_exhausted);
	}
	return ((int (*)(char *, size_t, int, size_t, const char *, va_list)) slot[VSNPRINTF_CHK].theirs)(
		text, size, flag, room, format, arguments);
}

/* ---- install and restore ----------------------------------------------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool tried; /* to exchange the slots */
static struct rdump_error failure = {NULL, NULL, 0};

static int exchange(struct rdump_error *error)
{
	if (rdump_slots_find((const void *) (uintptr_t) zend_error, slot, SLOTS, error) < 0) {
		return -1;
	}
	if (!slot[EXIT].count) {
		return rdump_fail(error, "find in PHP the slot of", "_exit", ENOENT);
	}
	if (!slot[VSNPRINTF].count && !slot[VSNPRINTF_CHK].count) {
		return rdump_fail(error, "find in PHP the slot of", "vsnprintf", ENOENT);
	}
	return rdump_slots_exchange(slot, SLOTS, error);
}

void rdump_oom_early_startup(rdump_oom_early_handler exhausted, rdump_oom_early_handler hard_limit)
{
	tell_exhausted = exhausted;
	tell_hard_limit = hard_limit;
}

void rdump_oom_early_install(void)
{
	if (__atomic_load_n(&tried, __ATOMIC_ACQUIRE)) {
		return;
	}
	/* Under ZTS several threads may be the first. */
	pthread_mutex_lock(&lock);
	if (!tried) {
		if (exchange(&failure) == 0) {
			failure.step = NULL;
		}
		__atomic_store_n(&tried, true, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&lock);
}

bool rdump_oom_early_is_installed(char *reason, size_t size)
{
	if (!__atomic_load_n(&tried, __ATOMIC_ACQUIRE)) {
		ap_php_snprintf(reason, size, "no automatic dump was configured so far");
	} else if (failure.step) {
		ap_php_snprintf(reason, size, "cannot %s %s: %s", failure.step, failure.path, strerror(failure.err));
	} else if (!rdump_slots_are_ours(slot, SLOTS)) {
		ap_php_snprintf(reason, size, "another extension has exchanged the slots of PHP since");
	} else {
		return true;
	}
	return false;
}

/* PHP unloads an extension at its end. Where somebody may still call it, it stays. */
static void stay_loaded(void)
{
	Dl_info info;

	if (dladdr((const void *) (uintptr_t) our_exit, &info)) {
		(void) dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
	}
}

void rdump_oom_early_shutdown(void)
{
	struct rdump_error error;

	tell_exhausted = NULL;
	tell_hard_limit = NULL;
	if (tried && !failure.step && rdump_slots_restore(slot, SLOTS, &error) < 0) {
		stay_loaded();
	}
	tried = false;
}

#else

void rdump_oom_early_startup(rdump_oom_early_handler exhausted, rdump_oom_early_handler hard_limit)
{
}

void rdump_oom_early_install(void)
{
}

bool rdump_oom_early_is_installed(char *reason, size_t size)
{
	return true; /* PHP itself reports at the moment of exhaustion */
}

void rdump_oom_early_shutdown(void)
{
}

#endif
