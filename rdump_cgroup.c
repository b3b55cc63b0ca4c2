/* The memory limit of the process's cgroup. See rdump_cgroup.h. */
#include "rdump_cgroup.h"

#include "rdump_text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* A line of mountinfo has two paths, each of which may be escaped; longer lines are of no interest here. */
#define LINE_SIZE (2 * PATH_MAX + 1024)

/* ---- files of the kernel ----------------------------------------------------------------------------------------- */

/* What was read of a file. */
struct lines {
	size_t at;     /* where the next line begins ... */
	size_t filled; /* ... of so many bytes */
	char buffer[LINE_SIZE];
};

/* Opens a file to read its lines. Returns the descriptor, or -1. */
static int open_lines(struct lines *lines, const char *path)
{
	lines->at = lines->filled = 0;
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* Reads more behind what is there. Returns whether there was more. */
static bool fill(struct lines *lines, int fd)
{
	ssize_t got;

	memmove(lines->buffer, lines->buffer + lines->at, lines->filled - lines->at);
	lines->filled -= lines->at;
	lines->at = 0;
	do {
		got = read(fd, lines->buffer + lines->filled, LINE_SIZE - 1 - lines->filled);
	} while (got < 0 && errno == EINTR);
	lines->filled += got > 0 ? (size_t) got : 0;
	return got > 0;
}

/* The next line, without its end; NULL after the last one. A line that is too long comes in parts. */
static char *next_line(struct lines *lines, int fd)
{
	char *line, *end;

	while (!(end = memchr(lines->buffer + lines->at, '\n', lines->filled - lines->at))) {
		if (!fill(lines, fd)) {
			break;
		}
	}
	line = lines->buffer + lines->at;
	if (!end && lines->at == lines->filled) {
		return NULL;
	}
	lines->at = end ? (size_t) (end + 1 - lines->buffer) : lines->filled;
	line[end ? end - line : (ssize_t) (lines->buffer + lines->filled - line)] = '\0';
	return line;
}

/* "<folder>/<name>". Returns whether it fits. */
static bool join(char path[PATH_MAX], const char *folder, const char *name)
{
	size_t length = strlen(folder);

	if (length + 1 + strlen(name) >= PATH_MAX) {
		return false;
	}
	memcpy(path, folder, length);
	path[length] = '/';
	strcpy(path + length + 1, name);
	return true;
}

static bool parse_number(const char *line, uint64_t *value)
{
	struct rdump_text text = {line, 0, strlen(line)};

	return rdump_text_decimal(&text, value);
}

/* Reads a file with one number in it, or "max". */
static bool read_number(const char *folder, const char *name, uint64_t *value)
{
	char path[PATH_MAX], text[32];
	ssize_t got = -1;
	int fd;

	if (!join(path, folder, name) || (fd = open(path, O_RDONLY | O_CLOEXEC)) < 0) {
		return false;
	}
	got = read(fd, text, sizeof(text) - 1);
	(void) close(fd);
	if (got <= 0) {
		return false;
	}
	text[got] = '\0';
	if (!strncmp(text, "max", 3)) {
		*value = RDUMP_CGROUP_NO_LIMIT;
		return true;
	}
	return parse_number(text, value);
}

/* Adds up the lines of memory.stat that have these names. Returns whether there was one. */
static bool read_stat(const char *folder, const char *const names[2], uint64_t *sum)
{
	struct lines lines;
	int fd;
	char path[PATH_MAX], *line;
	bool found = false;

	*sum = 0;
	if (!join(path, folder, "memory.stat") || (fd = open_lines(&lines, path)) < 0) {
		return false;
	}
	while ((line = next_line(&lines, fd)) != NULL) {
		for (int i = 0; i < 2 && names[i]; i++) {
			size_t length = strlen(names[i]);
			uint64_t value;

			if (!strncmp(line, names[i], length) && line[length] == ' ' && parse_number(line + length + 1, &value)) {
				*sum += value;
				found = true;
			}
		}
	}
	(void) close(fd);
	return found;
}

/* ---- where the cgroup is ----------------------------------------------------------------------------------------- */

/* Is `word` one of the words of a list that commas separate? */
static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
		if (!strncmp(at, word, length) && (at[length] == ',' || !at[length])) {
			return true;
		}
	}
	return false;
}

/*
 * Finds the path of the process's cgroup in the hierarchy that has the memory controller. A line of /proc/self/cgroup
 * is "4:memory:/path" in version 1, and "0::/path" in version 2.
 */
static bool find_path(char path[PATH_MAX], bool *version1)
{
	struct lines lines;
	int fd;
	char *line, *controllers, *at;
	bool found = false;

	*version1 = false;
	if ((fd = open_lines(&lines, "/proc/self/cgroup")) < 0) {
		return false;
	}
	while (!*version1 && (line = next_line(&lines, fd)) != NULL) {
		controllers = strchr(line, ':');
		at = controllers ? strchr(controllers + 1, ':') : NULL;
		if (!at || strlen(at + 1) >= PATH_MAX) {
			continue;
		}
		*at++ = '\0';
		*version1 = has_word(controllers + 1, "memory");
		if (*version1 || !controllers[1]) {
			strcpy(path, at);
			found = true;
		}
	}
	(void) close(fd);
	return found;
}

/* What a line of mountinfo says of a mount, proc(5). */
struct mount {
	char *root; /* the part of the file system that is mounted */
	char *point;
	char *type;
	char *options; /* of the file system */
};

/* "\040" stands for a blank, and the like. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *at = text; *at; at++) {
		if (at[0] == '\\' && at[1] >= '0' && at[1] <= '3' && at[2] && at[3]) {
			*to++ = (char) ((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0'));
			at += 3;
		} else {
			*to++ = *at;
		}
	}
	*to = '\0';
}

/* "36 35 98:0 /root /point rw,noatime master:1 - cgroup source rw,memory": the fields before "-" are 6 or more. */
static bool parse_mount(char *line, struct mount *mount)
{
	char *field, *rest = NULL;
	int number = 0, after = -1;

	memset(mount, 0, sizeof(*mount));
	for (field = strtok_r(line, " ", &rest); field; field = strtok_r(NULL, " ", &rest), number++) {
		if (after < 0) {
			mount->root = number == 3 ? field : mount->root;
			mount->point = number == 4 ? field : mount->point;
			after = number >= 6 && !strcmp(field, "-") ? number : after;
		} else {
			mount->type = number == after + 1 ? field : mount->type;
			mount->options = number == after + 3 ? field : mount->options;
		}
	}
	if (!mount->options) {
		return false;
	}
	unescape(mount->root);
	unescape(mount->point);
	return true;
}

static bool is_hierarchy(const struct mount *mount, bool version1)
{
	return version1 ? !strcmp(mount->type, "cgroup") && has_word(mount->options, "memory")
					: !strcmp(mount->type, "cgroup2");
}

/*
 * The folder of the cgroup `path` below a mount. A container may see only a part of the hierarchy, and a process may
 * have been moved out of its cgroup namespace ("/../other"). Returns whether the mount shows it.
 */
static bool locate(char folder[PATH_MAX], const struct mount *mount, const char *path)
{
	size_t root = strcmp(mount->root, "/") ? strlen(mount->root) : 0;
	const char *rest = path + root;

	if (strncmp(path, mount->root, root) || (*rest && *rest != '/')) {
		return false;
	}
	rest = strcmp(rest, "/") ? rest : "";
	if (!strcmp(rest, "/..") || !strncmp(rest, "/../", 4) || strlen(mount->point) + strlen(rest) >= PATH_MAX) {
		return false;
	}
	strcpy(folder, mount->point);
	strcat(folder, rest);
	return true;
}

/* Returns the length of the mount's own path, which no limit is searched above; 0 where the cgroup is not visible. */
static size_t find_folder(struct rdump_cgroup *group)
{
	struct lines lines;
	int fd;
	struct mount mount;
	char path[PATH_MAX], file[PATH_MAX], *line;
	size_t top = 0;

	if (!find_path(path, &group->version1) || (fd = open_lines(&lines, "/proc/self/mountinfo")) < 0) {
		return 0;
	}
	while (!top && (line = next_line(&lines, fd)) != NULL) {
		/* Another mount may hide this one: the folder of a cgroup has this file. */
		if (parse_mount(line, &mount) && is_hierarchy(&mount, group->version1) && locate(group->own, &mount, path)
			&& join(file, group->own, "cgroup.procs") && access(file, F_OK) == 0) {
			top = strlen(mount.point);
		}
	}
	(void) close(fd);
	return top;
}

/* ---- what it has ------------------------------------------------------------------------------------------------- */

static void find_limit(struct rdump_cgroup *group, size_t top)
{
	static const char *const whole[2] = {"hierarchical_memory_limit", NULL};
	const char *name = group->version1 ? "memory.limit_in_bytes" : "memory.max";
	char folder[PATH_MAX];
	uint64_t value;

	strcpy(folder, group->own);
	strcpy(group->folder, group->own);
	for (;;) {
		if (read_number(folder, name, &value) && value < group->limit) {
			group->limit = value;
			strcpy(group->folder, folder);
		}
		if (strlen(folder) <= top) {
			break;
		}
		*strrchr(folder, '/') = '\0';
	}
	/* Version 1 has cgroups whose limit does not bind those below (use_hierarchy), and may have some that are hidden.
	 */
	if (group->version1 && read_stat(group->own, whole, &value) && value != group->limit) {
		group->limit = value;
		strcpy(group->folder, group->own);
	}
	/* "No limit" is a number in version 1: the largest multiple of the page size. */
	if (group->limit >= (uint64_t) 1 << 62) {
		group->limit = RDUMP_CGROUP_NO_LIMIT;
	}
}

void rdump_cgroup_find(struct rdump_cgroup *group)
{
	size_t top;

	group->limit = RDUMP_CGROUP_NO_LIMIT;
	*group->own = *group->folder = '\0';
	top = find_folder(group);
	if (top) {
		find_limit(group, top);
	} else {
		*group->own = '\0';
	}
}

bool rdump_cgroup_usage(const struct rdump_cgroup *group, uint64_t enough, uint64_t *bytes)
{
	static const char *const names[2][2] = {{"active_file", "inactive_file"},
		{"total_active_file", "total_inactive_file"}};
	uint64_t files;

	if (!*group->folder
		|| !read_number(group->folder, group->version1 ? "memory.usage_in_bytes" : "memory.current", bytes)) {
		return false;
	}
	if (*bytes < enough) {
		return true;
	}
	if (!read_stat(group->folder, names[group->version1], &files)) {
		return false;
	}
	*bytes -= files < *bytes ? files : *bytes;
	return true;
}

uint64_t rdump_cgroup_resident(pid_t pid)
{
	char path[64] = "/proc/self", text[128], digits[16];
	size_t digit = sizeof(digits) - 1;
	struct rdump_text line = {text, 0, 0};
	uint64_t pages;
	ssize_t got;
	int fd;

	if (pid) {
		digits[digit] = '\0';
		for (unsigned left = (unsigned) pid; left; left /= 10) {
			digits[--digit] = (char) ('0' + left % 10);
		}
		strcpy(path + strlen("/proc/"), digits + digit);
	}
	strcat(path, "/statm");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		return 0;
	}
	got = read(fd, text, sizeof(text));
	(void) close(fd);
	line.length = got > 0 ? (size_t) got : 0;
	if (!rdump_text_decimal(&line, &pages) || !rdump_text_char(&line, ' ') || !rdump_text_decimal(&line, &pages)) {
		return 0;
	}
	return pages * (uint64_t) sysconf(_SC_PAGESIZE);
}

uint64_t rdump_cgroup_largest_other(const struct rdump_cgroup *group, pid_t self)
{
	struct lines lines;
	int fd;
	char path[PATH_MAX];
	const char *line;
	uint64_t largest = 0, pid, resident;

	if (!*group->own || !join(path, group->own, "cgroup.procs") || (fd = open_lines(&lines, path)) < 0) {
		return 0;
	}
	while ((line = next_line(&lines, fd)) != NULL) {
		/* 0 is a process of another pid namespace. */
		if (parse_number(line, &pid) && pid && pid <= INT_MAX && (pid_t) pid != self) {
			resident = rdump_cgroup_resident((pid_t) pid);
			largest = resident > largest ? resident : largest;
		}
	}
	(void) close(fd);
	return largest;
}
