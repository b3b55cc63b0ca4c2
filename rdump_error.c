/* Texts of errors. See rdump_error.h. */
#include "rdump_error.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>

#ifdef __GLIBC__
/* From 2.32 on. */
extern const char *strerrordesc_np(int err) __attribute__((weak));
extern const char *sigdescr_np(int signal) __attribute__((weak));

/* What a dump meets, for older ones. */
static const struct {
	int err;
	const char *text;
} texts[] = {
	{E2BIG, "Argument list too long"},
	{EACCES, "Permission denied"},
	{EAGAIN, "Resource temporarily unavailable"},
	{EBADF, "Bad file descriptor"},
	{EBUSY, "Device or resource busy"},
	{EDQUOT, "Disk quota exceeded"},
	{EEXIST, "File exists"},
	{EFAULT, "Bad address"},
	{EFBIG, "File too large"},
	{EINTR, "Interrupted system call"},
	{EINVAL, "Invalid argument"},
	{EIO, "Input/output error"},
	{EISDIR, "Is a directory"},
	{ELOOP, "Too many levels of symbolic links"},
	{EMFILE, "Too many open files"},
	{EMLINK, "Too many links"},
	{ENAMETOOLONG, "File name too long"},
	{ENFILE, "Too many open files in system"},
	{ENODEV, "No such device"},
	{ENOENT, "No such file or directory"},
	{ENOLCK, "No locks available"},
	{ENOMEM, "Cannot allocate memory"},
	{ENOSPC, "No space left on device"},
	{ENOSYS, "Function not implemented"},
	{ENOTCONN, "Transport endpoint is not connected"},
	{ENOTDIR, "Not a directory"},
	{ENOTSUP, "Operation not supported"},
	{ENXIO, "No such device or address"},
	{EOVERFLOW, "Value too large for defined data type"},
	{EPERM, "Operation not permitted"},
	{EPIPE, "Broken pipe"},
	{ERANGE, "Numerical result out of range"},
	{EROFS, "Read-only file system"},
	{ESRCH, "No such process"},
	{ESTALE, "Stale file handle"},
	{ETIMEDOUT, "Connection timed out"},
	{ETXTBSY, "Text file busy"},
	{EXDEV, "Invalid cross-device link"},
	{-SIGKILL, "Killed"},
	{-SIGSEGV, "Segmentation fault"},
	{-SIGBUS, "Bus error"},
	{-SIGSYS, "Bad system call"},
};

const char *rdump_error_text(int err)
{
	const char *text = NULL;

	if (err < 0) {
		text = sigdescr_np ? sigdescr_np(-err) : NULL;
	} else if (strerrordesc_np) {
		text = strerrordesc_np(err);
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts) && !text; i++) {
		text = texts[i].err == err ? texts[i].text : NULL;
	}
	return text ? text : "Unknown error";
}
#else
/* musl's table needs no memory; a translation would be in memory already. */
const char *rdump_error_text(int err)
{
	return err < 0 ? strsignal(-err) : strerror(err);
}
#endif
