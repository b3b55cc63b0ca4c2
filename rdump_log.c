/* Lines in PHP's error log. See rdump_log.h. */
#ifdef HAVE_CONFIG_H
# include "config.h"
#endif

#include "rdump_log.h"

#include "rdump_format.h"
#include "rdump_target.h"

#include "SAPI.h"
#include "php_ini.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

/* If descriptor 2 was closed when PHP began, a file or a socket of the script may come to have that number. */
static bool has_stderr;

void rdump_log_startup(void)
{
	has_stderr = fcntl(STDERR_FILENO, F_GETFD) >= 0;
}

void rdump_log(const char *line)
{
	if (*line) {
		php_log_err((char *) line);
	}
}

/*
 * "[21-Nov-2026 14:05:09 UTC] ": as php_log_err() writes it. gmtime_r(3) takes a lock, which code that has crashed may
 * have taken.
 */
static void format_time(char *text, size_t size)
{
	static const char month[12][4]
		= {"Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb"};
	unsigned now = (unsigned) time(NULL), days = now / 86400 + 719468; /* since 1 March of the year 0 */
	unsigned of_era = days % 146097, year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	unsigned of_year = of_era - (365 * year + year / 4 - year / 100), from_march = (5 * of_year + 2) / 153;

	(void) rdump_format(text, size, "[%02u-%s-%u %02u:%02u:%02u UTC] ", of_year - (153 * from_march + 2) / 5 + 1,
		month[from_march], days / 146097 * 400 + year + (from_march >= 10), now / 3600 % 24, now / 60 % 60, now % 60);
}

/* Is the open file what stderr is, as /proc/self/fd/2 would be? */
static bool is_stderr(int fd)
{
	struct stat file, error;

	return fstat(fd, &file) == 0 && fstat(STDERR_FILENO, &error) == 0 && file.st_dev == error.st_dev
		&& file.st_ino == error.st_ino;
}

/*
 * Returns whether the line is in the file. `path` is absolute. With `told`, stderr has the line already. A process that
 * ends must not wait for a FIFO's reader, who may never come: fifo(7).
 */
static bool append_to_file(const char *path, const char *line, bool told)
{
	char time[48], newline[] = "\n";
	struct iovec part[3] = {{time, 0}, {(char *) line, strlen(line)}, {newline, 1}};
	bool written;
	int fd;

	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0644);
	if (fd < 0) {
		return false;
	}
	format_time(time, sizeof(time));
	part[0].iov_len = strlen(time);
	written = (told && is_stderr(fd)) || writev(fd, part, 3) > 0;
	close(fd);
	return written;
}

/* The value that is in force; the fields of PHP's globals have other types in some versions. */
static const char *ini(char *name, size_t length)
{
	return zend_ini_string(name, length, 0);
}

static void pass_to_syslog(const char *line)
{
#if PHP_VERSION_ID >= 70300
	if (!PG(have_called_openlog)) {
		openlog(ini("syslog.ident", sizeof("syslog.ident") - 1), 0, (int) PG(syslog_facility));
	}
#endif
	syslog(LOG_NOTICE, "%s", line);
}

/*
 * php-fpm and php-cgi put lines for the web server into the buffer of the response. A process that ends here does not
 * send that; and where the buffer is full, a part of the response would be sent that otherwise is not. So the line goes
 * where the allocator of PHP writes its own last line.
 */
static bool buffers_lines(void)
{
	return !strcmp(sapi_module.name, "fpm-fcgi") || !strcmp(sapi_module.name, "cgi-fcgi");
}

/* Returns whether it was written. */
static bool write_to_stderr(const char *line)
{
	char newline[] = "\n";
	struct iovec part[2] = {{(char *) line, strlen(line)}, {newline, 1}};

	return has_stderr && writev(STDERR_FILENO, part, 2) > 0;
}

static void pass_to_sapi(const char *line)
{
	if (buffers_lines() || !sapi_module.log_message) {
		(void) write_to_stderr(line); /* there is no place left to tell that it fails */
		return;
	}
	if (!has_stderr && !strcmp(sapi_module.name, "cli")) {
		return; /* its log is stderr */
	}
#if PHP_VERSION_ID >= 70100
	sapi_module.log_message((char *) line, LOG_NOTICE);
#else
	sapi_module.log_message((char *) line);
#endif
}

/* Under ZTS a request has a working directory of its own; after the last one there is none left but the process's. */
static int make_absolute(char path[PATH_MAX], const char *log)
{
	return RDUMP_G(in_request) ? rdump_target_absolute(path, log) : rdump_target_absolute_of_process(path, log);
}

void rdump_log_without_heap(const char *line)
{
	const char *log = ini("error_log", sizeof("error_log") - 1);
	char *path = RDUMP_G(automatic).text;

	if (!*line) {
		return;
	}
	if (log && !strcmp(log, "syslog")) {
		pass_to_syslog(line);
	} else if (!log || !*log || make_absolute(path, log) < 0 || !append_to_file(path, line, false)) {
		pass_to_sapi(line);
	}
}

/* Not by PHP's functions: a thread that is not PHP's may have crashed, and they would look for that one's globals. */
static const char *log_of_globals(void)
{
#if PHP_VERSION_ID >= 80600
	return PG(error_log) ? ZSTR_VAL(PG(error_log)) : NULL;
#else
	return PG(error_log);
#endif
}

void rdump_log_at_crash(const char *line, char path[PATH_MAX])
{
	bool told = write_to_stderr(line);
	const char *log = log_of_globals();

	if (log && *log && strcmp(log, "syslog") && rdump_target_absolute_of_process(path, log) == 0) {
		(void) append_to_file(path, line, told);
	}
}
