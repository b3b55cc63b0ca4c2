/* What every automatic dump shares. See rdump_auto.h. */
#ifdef HAVE_CONFIG_H
# include "config.h"
#endif

#include "rdump_auto.h"

#include "rdump_request.h"
#include "rdump_target.h"

#include "main/snprintf.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- what becomes of it ------------------------------------------------------------------------------------------ */

/* Where the dump goes, once find_path() knows it. */
static const char *path(void)
{
	return RDUMP_G(automatic).path;
}

/* One line in PHP's error log: "rdump: <cause>: ..." */
__attribute__((format(printf, 2, 3)))
static void report(const struct rdump_trigger *trigger, const char *format, ...)
{
	char *line = RDUMP_G(automatic).text;
	size_t size = sizeof(RDUMP_G(automatic).text), length;
	va_list arguments;

	length = (size_t) ap_php_snprintf(line, size, "rdump: %s: ", trigger->cause);
	va_start(arguments, format);
	ap_php_vsnprintf(line + length, size - length, format, arguments);
	va_end(arguments);
	php_log_err(line);
}

static void report_result(const struct rdump_trigger *trigger, const struct rdump_result *result)
{
	const struct rdump_error *error = &result->error;

	if (result->outcome == RDUMP_FAILED) {
		report(trigger, "no dump: cannot %s %s: %s", error->step, error->path, strerror(error->err));
	} else if (result->outcome == RDUMP_SKIPPED) {
		report(trigger, "no dump to %s: rdump.oom_dump_max_total=%llu has no room for %llu bytes beside the %llu in the folder", path(),
			(unsigned long long) RDUMP_G(oom_dump_max_total), (unsigned long long) result->size,
			(unsigned long long) result->others);
	} else if (error->step) {
		report(trigger, "dumped to %s (%llu bytes), but cannot %s it: %s", path(), (unsigned long long) result->size,
			error->step, strerror(error->err));
	} else {
		report(trigger, "dumped to %s (%llu bytes)", path(), (unsigned long long) result->size);
	}
}

/* ---- guards ------------------------------------------------------------------------------------------------------ */

static int64_t now(void)
{
	struct timespec time = {0, 0};

	/* Goes on while the machine sleeps, and does not jump when its clock is set. */
	clock_gettime(CLOCK_BOOTTIME, &time);
	return (int64_t) time.tv_sec;
}

/* rdump.oom_dump_max and rdump.oom_dump_min_interval. Returns whether the dump may begin; logs why not. */
static bool pass_guards(const struct rdump_trigger *trigger)
{
	struct rdump_counter *counter = trigger->counter;
	uint64_t elapsed;

	if (counter->pid != getpid()) {
		counter->pid = getpid();
		counter->attempts = 0;
	}
	if (RDUMP_G(oom_dump_max) && counter->attempts >= RDUMP_G(oom_dump_max)) {
		report(trigger, "no dump to %s: rdump.oom_dump_max=%llu is reached in this worker", path(),
			(unsigned long long) RDUMP_G(oom_dump_max));
		return false;
	}
	elapsed = (uint64_t) (now() - counter->latest);
	if (counter->attempts && elapsed < RDUMP_G(oom_dump_min_interval)) {
		report(trigger, "no dump to %s: rdump.oom_dump_min_interval=%llu: the last one was %llu s ago", path(),
			(unsigned long long) RDUMP_G(oom_dump_min_interval), (unsigned long long) elapsed);
		return false;
	}
	return true;
}

/* ---- the dump ---------------------------------------------------------------------------------------------------- */

/* A template that does not fit is no dump. */
static int find_path(const char *template, struct rdump_error *error)
{
	struct rdump_workspace *work = &RDUMP_G(automatic);

	if (!rdump_target_expand(work->text, template)) {
		return rdump_fail(error, "fit into a path the template", template, ENAMETOOLONG);
	}
	if (rdump_target_absolute(work->path, work->text) < 0) {
		return rdump_fail(error, errno == ENAMETOOLONG ? "fit into a path the template" : "find the working directory for", template, errno);
	}
	return 0;
}

/* Opens the target. rdump.oom_dump is the administrator's: open_basedir binds scripts only. */
static int open_target(struct rdump_file *file, bool by_script, struct rdump_error *error)
{
	return by_script ? rdump_target_open(file, path(), error) : rdump_file_open(file, path(), error);
}

static void write_dump(const struct rdump_trigger *trigger, struct rdump_result *result)
{
	struct rdump_file *file = &RDUMP_G(automatic).file;
	struct rdump_request request;

	if (open_target(file, trigger->by_script, &result->error) < 0) {
		return;
	}
	rdump_request_init(&request, trigger->full);
	request.marker = RDUMP_G(oom_dump_marker);
	request.budget = RDUMP_G(oom_dump_max_total);
	rdump_write(&request, file, result);
}

void rdump_auto_dump(const struct rdump_trigger *trigger)
{
	struct rdump_result result = {RDUMP_FAILED, {NULL, NULL, 0}, 0, 0};

	if (find_path(trigger->template, &result.error) == 0) {
		if (!pass_guards(trigger)) {
			return;
		}
		write_dump(trigger, &result);
	}
	if (result.outcome != RDUMP_SKIPPED) {
		trigger->counter->attempts++;
		trigger->counter->latest = now();
	}
	report_result(trigger, &result);
}
