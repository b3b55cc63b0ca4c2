/* Where a dump goes. See rdump_target.h. */
#ifdef HAVE_CONFIG_H
# include "config.h"
#endif

#include "rdump_target.h"

#include "rdump_error.h"
#include "rdump_folder.h"
#include "rdump_format.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

bool rdump_target_is_forbidden(const char *path)
{
	return PG(open_basedir) && *PG(open_basedir) && php_check_open_basedir_ex(path, 0) != 0;
}

int rdump_target_open(struct rdump_file *file, const char *path, struct rdump_error *error)
{
	static const char outside[] = "write (open_basedir restriction in effect)";
	const char *folder;

	if (strlen(path) >= PATH_MAX) {
		return rdump_fail(error, "open the folder of", path, ENAMETOOLONG);
	}
	if (rdump_target_is_forbidden(path)) {
		return rdump_fail(error, outside, path, EPERM);
	}
	if (rdump_file_open(file, path, error) < 0) {
		return -1;
	}
	/* A folder of the path may have been exchanged since: what counts is where the open one is. */
	folder = rdump_folder_path(&file->folder);
	if (folder && rdump_target_is_forbidden(folder)) {
		rdump_file_close(file);
		return rdump_fail(error, outside, path, EPERM);
	}
	return 0;
}

/* Appends `path` to the folder in `absolute`. Returns 0, or -1 with errno. */
static int join(char absolute[PATH_MAX], const char *path)
{
	size_t length = strlen(absolute);

	if (length > 0 && length + 1 < PATH_MAX && absolute[length - 1] != '/') {
		absolute[length++] = '/';
	}
	if (length + strlen(path) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(absolute + length, path);
	return 0;
}

int rdump_target_absolute(char absolute[PATH_MAX], const char *path)
{
	*absolute = '\0';
	if (*path != '/' && !VCWD_GETCWD(absolute, PATH_MAX)) {
		return -1;
	}
	return join(absolute, path);
}

/* The system call: where getcwd(3) has no answer from it, it looks for one with the heap. */
int rdump_target_absolute_of_process(char absolute[PATH_MAX], const char *path)
{
	*absolute = '\0';
	if (*path != '/') {
		if (syscall(SYS_getcwd, absolute, PATH_MAX) < 0) {
			return -1;
		}
		if (*absolute != '/') {
			errno = ENOENT; /* "(unreachable)": it is outside of the process's root */
			return -1;
		}
	}
	return join(absolute, path);
}

/* Appends to `path`, of which `*length` bytes are used. Returns whether it fits. */
static bool append(char path[PATH_MAX], size_t *length, const char *text, size_t size)
{
	if (size >= PATH_MAX - *length) {
		return false;
	}
	memcpy(path + *length, text, size);
	*length += size;
	path[*length] = '\0';
	return true;
}

/* uname(2) is a system call, whose names have at most 64 bytes. */
static bool append_host(char path[PATH_MAX], size_t *length)
{
	struct utsname name;

	if (uname(&name) < 0) {
		return true;
	}
	for (char *at = name.nodename; *at; at++) {
		*at = *at == '/' ? '!' : *at;
	}
	return append(path, length, name.nodename, strlen(name.nodename));
}

static bool append_number(char path[PATH_MAX], size_t *length, long long number)
{
	char text[24];
	size_t size = rdump_format(text, sizeof(text), "%lld", number);

	return append(path, length, text, size);
}

/* Appends what a conversion, "%" and a letter, stands for; another one as it is. */
static bool append_conversion(char path[PATH_MAX], size_t *length, const char *conversion, int signal)
{
	switch (conversion[1]) {
		case 'p':
			return append_number(path, length, getpid());
		case 'i':
			return append_number(path, length, syscall(SYS_gettid));
		case 't':
			return append_number(path, length, time(NULL));
		case 's':
			return append_number(path, length, signal);
		case 'h':
			return append_host(path, length);
		case '%':
			return append(path, length, conversion, 1);
		default:
			return append(path, length, conversion, conversion[1] ? 2 : 1);
	}
}

bool rdump_target_expand(char path[PATH_MAX], const char *template, int signal)
{
	size_t length = 0;
	const char *at = template;

	*path = '\0';
	while (*at) {
		size_t plain = strcspn(at, "%");

		if (!append(path, &length, at, plain)) {
			return false;
		}
		at += plain;
		if (*at && !append_conversion(path, &length, at, signal)) {
			return false;
		}
		at += *at ? 1 + (at[1] != '\0') : 0;
	}
	return true;
}

int rdump_target_absolute_template(char absolute[PATH_MAX], const char *template)
{
	size_t from, to;

	*absolute = '\0';
	if (*template != '/' && rdump_target_absolute(absolute, "") < 0) {
		return -1;
	}
	from = to = strlen(absolute);
	for (const char *at = absolute; *at; at++) {
		to += *at == '%';
	}
	if (to + strlen(template) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(absolute + to, template);
	while (from < to) {
		absolute[--to] = absolute[--from];
		if (absolute[to] == '%') {
			absolute[--to] = '%';
		}
	}
	return 0;
}
