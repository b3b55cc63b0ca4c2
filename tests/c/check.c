/* See check.h. */
#include "check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Seconds; only a case that hangs needs them. In a guest all tests together have half an hour. */
#define LONGEST_CASE 600
#define LONGEST_CASE_OF_GUEST 800

static int report = -1; /* to the parent: 'f', 's' or 'n' and a message */

static void say(char what, const char *format, va_list arguments)
{
	char message[1024];

	message[0] = what;
	vsnprintf(message + 1, sizeof(message) - 1, format, arguments);
	if (write(report, message, strlen(message)) < 0) {
		abort();
	}
}

void expect(bool holds, const char *format, ...)
{
	va_list arguments;

	if (!holds) {
		va_start(arguments, format);
		say('f', format, arguments);
		va_end(arguments);
		_exit(1);
	}
}

void skip(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say('s', format, arguments);
	va_end(arguments);
	exit(0);
}

void note(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say('n', format, arguments);
	va_end(arguments);
}

bool check_instrumented(void)
{
	return getenv("CHECK_INSTRUMENTED") != NULL;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void) status;
	(void) type;
	(void) walk;
	(void) remove(path);
	return 0;
}

static void run_case(void (*body)(void), const char *folder, int to_parent)
{
	report = to_parent;
	alarm(check_in_guest() ? LONGEST_CASE_OF_GUEST : LONGEST_CASE);
	expect(chdir(folder) == 0, "chdir: %s", strerror(errno));
	umask(022);
	body();
	exit(0);
}

void check(const char *name, void (*body)(void))
{
	const char *prefix = getenv("CHECK_PREFIX"), *only = getenv("CHECK_ONLY");
	const char *temporary = getenv("TMPDIR");
	char folder[4096], message[1024] = "";
	int channel[2], status;
	size_t length = 0;
	ssize_t got;
	pid_t child;

	if (only && !strstr(name, only)) {
		return;
	}
	snprintf(folder, sizeof(folder), "%s/rdump-c-XXXXXX", temporary ? temporary : "/tmp");
	if (!mkdtemp(folder) || pipe2(channel, O_CLOEXEC) < 0 || chmod(folder, 0755) < 0) {
		perror(folder);
		exit(1);
	}
	fflush(stdout);
	child = fork();
	if (child == 0) {
		close(channel[0]);
		run_case(body, folder, channel[1]);
	}
	close(channel[1]);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
	}
	/* A child of the case may still have the other end open. */
	fcntl(channel[0], F_SETFL, O_NONBLOCK);
	while (
		length < sizeof(message) - 1 && (got = read(channel[0], message + length, sizeof(message) - 1 - length)) > 0) {
		length += (size_t) got;
	}
	message[length] = '\0';
	close(channel[0]);
	nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);

	prefix = prefix ? prefix : "";
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && message[0] == 's') {
		printf("skip - %s%s: %s\n", prefix, name, message + 1);
	} else if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && !message[0]) {
		printf("ok - %s%s\n", prefix, name);
	} else if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && message[0] == 'n') {
		printf("ok - %s%s (%s)\n", prefix, name, message + 1);
	} else if (message[0] == 'f' || message[0] == 's') {
		printf("not ok - %s%s: %s\n", prefix, name, message + 1);
	} else if (WIFSIGNALED(status)) {
		printf("not ok - %s%s: killed by signal %d\n", prefix, name, WTERMSIG(status));
	} else {
		printf("not ok - %s%s: ended with status %d\n", prefix, name, WEXITSTATUS(status));
	}
	fflush(stdout);
}

bool check_emulated(void)
{
	return getenv("CHECK_EMULATED") != NULL;
}

bool check_in_guest(void)
{
	return check_patience(1) > 1;
}

unsigned check_patience(unsigned seconds)
{
	const char *factor = getenv("RDUMP_PATIENCE");

	return factor && atoi(factor) > 1 ? seconds * (unsigned) atoi(factor) : seconds;
}

pid_t start_child(void (*body)(void *), void *argument)
{
	pid_t child = fork();

	expect(child >= 0, "fork: %s", strerror(errno));
	if (child == 0) {
		body(argument);
		exit(0);
	}
	return child;
}

void end_child(pid_t child)
{
	int status;

	expect(waitpid(child, &status, 0) == child, "waitpid: %s", strerror(errno));
	expect(!WIFSIGNALED(status), "a child was killed by signal %d", WTERMSIG(status));
	expect(WEXITSTATUS(status) == 0, "a child ended with status %d", WEXITSTATUS(status));
}

void await(const int *flag)
{
	static const struct timespec pause = {0, 1000000};

	for (unsigned waited = 0; !__atomic_load_n(flag, __ATOMIC_ACQUIRE); waited++) {
		expect(waited < check_patience(60) * 1000, "waited in vain");
		nanosleep(&pause, NULL);
	}
}

const char *list_folder(const char *folder)
{
	static char list[16384];
	struct dirent **entry;
	struct stat status;
	char path[4096];
	size_t length = 0;
	int count = scandir(folder, &entry, NULL, alphasort);

	expect(count >= 0, "scandir %s: %s", folder, strerror(errno));
	list[0] = '\0';
	for (int i = 0; i < count; i++) {
		if (strcmp(entry[i]->d_name, ".") && strcmp(entry[i]->d_name, "..")) {
			snprintf(path, sizeof(path), "%s/%s", folder, entry[i]->d_name);
			expect(lstat(path, &status) == 0, "lstat %s: %s", path, strerror(errno));
			length += (size_t) snprintf(list + length, sizeof(list) - length, "%s %lld %o\n", entry[i]->d_name,
				S_ISDIR(status.st_mode) ? 0LL : (long long) status.st_size, (unsigned) status.st_mode);
			expect(length < sizeof(list), "too much in %s", folder);
		}
		free(entry[i]);
	}
	free(entry);
	return list;
}

void put_file(const char *path, const void *bytes, size_t length)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	expect(fd >= 0, "open %s: %s", path, strerror(errno));
	for (size_t at = 0; at < length;) {
		ssize_t written = write(fd, (const char *) bytes + at, length - at);
		expect(written > 0, "write %s: %s", path, strerror(errno));
		at += (size_t) written;
	}
	close(fd);
}

bool file_is(const char *path, const void *bytes, size_t length)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *content = malloc(length + 1);
	bool same = fd >= 0 && read(fd, content, length + 1) == (ssize_t) length && !memcmp(content, bytes, length);

	free(content);
	if (fd >= 0) {
		close(fd);
	}
	return same;
}

int count_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int count = 0;

	expect(folder != NULL, "/proc/self/fd: %s", strerror(errno));
	while (readdir(folder)) {
		count++;
	}
	closedir(folder);
	return count - 3; /* "." and "..", and the one that reads the folder */
}

int count_mappings(void)
{
	char buffer[4096];
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC), count = 0;
	ssize_t got;

	expect(fd >= 0, "/proc/self/maps: %s", strerror(errno));
	while ((got = read(fd, buffer, sizeof(buffer))) > 0) {
		for (ssize_t i = 0; i < got; i++) {
			count += buffer[i] == '\n';
		}
	}
	close(fd);
	return count;
}
