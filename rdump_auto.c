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

/* An automatic dump on its way: what fired, and where the dump goes. */
struct attempt {
	const struct rdump_trigger *trigger;
	char path[PATH_MAX];
};

static void log_line(const struct attempt *attempt, const char *verb, const char *rest)
{
	char line[PATH_MAX + 512];

	ap_php_snprintf(line, sizeof(line), "rdump: %s: %s %s%s", attempt->trigger->cause, verb, attempt->path, rest);
	php_log_err(line);
}

static void log_skip(const struct attempt *attempt, const char *reason)
{
	char rest[512];

	ap_php_snprintf(rest, sizeof(rest), ": %s", reason);
	log_line(attempt, "no dump to", rest);
}

static void log_failure(const char *cause, const struct rdump_error *error)
{
	char line[PATH_MAX + 512];

	ap_php_snprintf(line, sizeof(line), "rdump: %s: no dump: cannot %s %s: %s", cause, error->step, error->path, strerror(error->err));
	php_log_err(line);
}

static void log_result(const struct attempt *attempt, const struct rdump_result *result)
{
	char rest[512];

	switch (result->outcome) {
		case RDUMP_WRITTEN:
			if (result->error.step) {
				ap_php_snprintf(rest, sizeof(rest), " (%llu bytes), but cannot %s it: %s", (unsigned long long) result->size,
					result->error.step, strerror(result->error.err));
			} else {
				ap_php_snprintf(rest, sizeof(rest), " (%llu bytes)", (unsigned long long) result->size);
			}
			log_line(attempt, "dumped to", rest);
			break;
		case RDUMP_SKIPPED:
			ap_php_snprintf(rest, sizeof(rest), "rdump.oom_dump_max_total=%llu has no room for %llu bytes beside the %llu in the folder",
				(unsigned long long) RDUMP_G(oom_dump_max_total), (unsigned long long) result->size,
				(unsigned long long) result->others);
			log_skip(attempt, rest);
			break;
		case RDUMP_FAILED:
			log_failure(attempt->trigger->cause, &result->error);
			break;
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
static bool pass_guards(const struct attempt *attempt)
{
	struct rdump_counter *counter = attempt->trigger->counter;
	char reason[256];
	uint64_t elapsed;

	if (counter->pid != getpid()) {
		counter->pid = getpid();
		counter->attempts = 0;
	}
	if (RDUMP_G(oom_dump_max) && counter->attempts >= RDUMP_G(oom_dump_max)) {
		ap_php_snprintf(reason, sizeof(reason), "rdump.oom_dump_max=%llu is reached in this worker",
			(unsigned long long) RDUMP_G(oom_dump_max));
		log_skip(attempt, reason);
		return false;
	}
	elapsed = (uint64_t) (now() - counter->latest);
	if (counter->attempts && elapsed < RDUMP_G(oom_dump_min_interval)) {
		ap_php_snprintf(reason, sizeof(reason), "rdump.oom_dump_min_interval=%llu: the last one was %llu s ago",
			(unsigned long long) RDUMP_G(oom_dump_min_interval), (unsigned long long) elapsed);
		log_skip(attempt, reason);
		return false;
	}
	return true;
}

/* ---- the dump ---------------------------------------------------------------------------------------------------- */

/* Fills in attempt->path. A template that does not fit is no dump. */
static int find_path(struct attempt *attempt, const char *template, struct rdump_error *error)
{
	char expanded[PATH_MAX];

	if (!rdump_target_expand(expanded, template)) {
		return rdump_fail(error, "fit into a path the template", template, ENAMETOOLONG);
	}
	if (rdump_target_absolute(attempt->path, expanded) < 0) {
		return rdump_fail(error, errno == ENAMETOOLONG ? "fit into a path the template" : "find the working directory for", template, errno);
	}
	return 0;
}

/* Opens the target. rdump.oom_dump is the administrator's: open_basedir binds scripts only. */
static int open_target(struct rdump_file *file, const struct attempt *attempt, struct rdump_error *error)
{
	return attempt->trigger->by_script ? rdump_target_open(file, attempt->path, error)
		: rdump_file_open(file, attempt->path, error);
}

static void write_dump(const struct attempt *attempt, struct rdump_result *result)
{
	struct rdump_request request;
	struct rdump_file file;

	if (open_target(&file, attempt, &result->error) < 0) {
		return;
	}
	rdump_request_init(&request, attempt->trigger->full);
	request.marker = RDUMP_G(oom_dump_marker);
	request.budget = RDUMP_G(oom_dump_max_total);
	rdump_write(&request, &file, result);
}

void rdump_auto_dump(const struct rdump_trigger *trigger)
{
	struct attempt attempt;
	struct rdump_result result = {RDUMP_FAILED, {NULL, NULL, 0}, 0, 0};

	attempt.trigger = trigger;
	if (find_path(&attempt, trigger->template, &result.error) == 0) {
		if (!pass_guards(&attempt)) {
			return;
		}
		write_dump(&attempt, &result);
	}
	if (result.outcome != RDUMP_SKIPPED) {
		trigger->counter->attempts++;
		trigger->counter->latest = now();
	}
	log_result(&attempt, &result);
}
