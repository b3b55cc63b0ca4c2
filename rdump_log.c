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
#include <sys/uio.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

void rdump_log(const char *line)
{
	php_log_err((char *) line);
}

/* "[21-Nov-2026 14:05:09 UTC] ": as php_log_err() writes it. */
static void format_time(char *text, size_t size)
{
	static const char month[12][4]
		= {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t now = time(NULL);
	struct tm utc;

	gmtime_r(&now, &utc);
	(void) rdump_format(text, size, "[%02d-%s-%d %02d:%02d:%02d UTC] ", utc.tm_mday, month[utc.tm_mon],
		utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

/* Returns whether the line is in the file. */
static bool append_to_file(const char *path, const char *line)
{
	char time[48], newline[] = "\n";
	struct iovec part[3] = {{time, 0}, {(char *) line, strlen(line)}, {newline, 1}};
	bool written;
	int fd;

	if (rdump_target_absolute(RDUMP_G(automatic).text, path) < 0) {
		return false;
	}
	fd = open(RDUMP_G(automatic).text, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0) {
		return false;
	}
	format_time(time, sizeof(time));
	part[0].iov_len = strlen(time);
	written = writev(fd, part, 3) > 0;
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

static void write_to_stderr(const char *line)
{
	char newline[] = "\n";
	struct iovec part[2] = {{(char *) line, strlen(line)}, {newline, 1}};

	if (writev(STDERR_FILENO, part, 2) < 0) {
		return; /* there is no place left to tell it */
	}
}

static void pass_to_sapi(const char *line)
{
	if (buffers_lines() || !sapi_module.log_message) {
		write_to_stderr(line);
		return;
	}
#if PHP_VERSION_ID >= 70100
	sapi_module.log_message((char *) line, LOG_NOTICE);
#else
	sapi_module.log_message((char *) line);
#endif
}

void rdump_log_without_heap(const char *line)
{
	const char *log = ini("error_log", sizeof("error_log") - 1);

	if (log && !strcmp(log, "syslog")) {
		pass_to_syslog(line);
	} else if (!log || !*log || !append_to_file(log, line)) {
		pass_to_sapi(line);
	}
}
