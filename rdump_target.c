/* Where a dump goes. See rdump_target.h. */
#ifdef HAVE_CONFIG_H
# include "config.h"
#endif

#include "rdump_target.h"

#include "rdump_error.h"
#include "rdump_folder.h"

#include "main/snprintf.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
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

int rdump_target_absolute(char absolute[PATH_MAX], const char *path)
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

bool rdump_target_expand(char path[PATH_MAX], const char *template)
{
	size_t length = 0;

	for (const char *at = template; *at; at++) {
		char number[24];
		const char *text = number;
		size_t size;

		if (at[0] == '%' && at[1] == 'p') {
			size = (size_t) ap_php_snprintf(number, sizeof(number), "%lld", (long long) getpid());
		} else if (at[0] == '%' && at[1] == 'i') {
			size = (size_t) ap_php_snprintf(number, sizeof(number), "%lld", (long long) syscall(SYS_gettid));
		} else if (at[0] == '%' && at[1] == 't') {
			size = (size_t) ap_php_snprintf(number, sizeof(number), "%lld", (long long) time(NULL));
		} else {
			text = at;
			size = 1;
		}
		if (!append(path, &length, text, size)) {
			return false;
		}
		at += at[0] == '%' && at[1] && strchr("pit%", at[1]);
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
