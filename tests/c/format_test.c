/* Text without printf(3), and texts of errors without strerror(3). */
#include "check.h"
#include "../../rdump_error.h"
#include "../../rdump_format.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* The same text as the C library's. */
#define SAME(size, ...) \
	do { \
		char ours[128], theirs[128]; \
		size_t length = rdump_format(ours, size, __VA_ARGS__); \
		(void) snprintf(theirs, size, __VA_ARGS__); \
		expect(!strcmp(ours, theirs) && length == strlen(ours), "\"%s\", not \"%s\"", ours, theirs); \
	} while (0)

static void like_printf(void)
{
	SAME(sizeof(ours), "plain");
	SAME(sizeof(ours), "100%%, %s and %s", "one", "");
	SAME(sizeof(ours), "%d %d %d %d", 0, -1, INT_MAX, INT_MIN);
	SAME(sizeof(ours), "%u %lld %lld", UINT_MAX, LLONG_MAX, LLONG_MIN);
	SAME(sizeof(ours), "%llu%s", ULLONG_MAX, "!");
	SAME(sizeof(ours), "[%02d-%02d-%02d]", 5, 15, 123);
}

static void cut(void)
{
	char one[1] = {'x'};
	/* Not constants: the compiler would warn that these texts are cut. */
	volatile size_t room[] = {2, 5, 11, 12};

	for (size_t i = 0; i < sizeof(room) / sizeof(*room); i++) {
		char ours[16] = "---------------", theirs[16];
		size_t size = room[i], length = rdump_format(ours, size, "%s%d", "abcde", 123456);

		(void) snprintf(theirs, size, "%s%d", "abcde", 123456);
		expect(!strcmp(ours, theirs) && length == strlen(ours), "\"%s\" in %zu bytes", ours, size);
		expect(ours[size] == '-', "a byte after %zu is changed", size);
	}
	expect(rdump_format(one, sizeof(one), "%d", 12) == 0 && !*one, "one byte");
}

static void errors(void)
{
	static const int all[] = {E2BIG, EACCES, EAGAIN, EBADF, EBUSY, EDQUOT, EEXIST, EFAULT, EFBIG, EINTR, EINVAL, EIO,
		EISDIR, ELOOP, EMFILE, EMLINK, ENAMETOOLONG, ENFILE, ENODEV, ENOENT, ENOLCK, ENOMEM, ENOSPC, ENOSYS, ENOTDIR,
		ENOTSUP, ENXIO, EOVERFLOW, EPERM, EPIPE, ERANGE, EROFS, ESRCH, ESTALE, ETIMEDOUT, ETXTBSY, EXDEV};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		const char *ours = rdump_error_text(all[i]);
		expect(!strcmp(ours, strerror(all[i])), "error %d is \"%s\", not \"%s\"", all[i], ours, strerror(all[i]));
	}
	expect(rdump_error_text(9999) != NULL, "an unknown error");
}

int main(void)
{
	check("text as printf(3) makes it", like_printf);
	check("text that does not fit is cut", cut);
	check("errors have the system's texts", errors);
	return 0;
}
