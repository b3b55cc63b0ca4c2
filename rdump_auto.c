/* What every automatic dump shares. See rdump_auto.h. */
#ifdef HAVE_CONFIG_H
# include "config.h"
#endif

#include "rdump_auto.h"

#include "rdump_counters.h"
#include "rdump_error.h"
#include "rdump_file.h"
#include "rdump_folder.h"
#include "rdump_format.h"
#include "rdump_handlers.h"
#include "rdump_log.h"
#include "rdump_marker.h"
#include "rdump_pending.h"
#include "rdump_request.h"
#include "rdump_snapshot.h"
#include "rdump_target.h"
#include "rdump_writer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- what becomes of it ------------------------------------------------------------------------------------------ */

/* An automatic dump on its way. */
struct attempt {
	const struct rdump_trigger *trigger;
	const char *path; /* once find_path() knows it */
	struct rdump_workspace *work;
	char *line; /* RDUMP_LINE_SIZE bytes */
};

/* Writes ", in <file> on line <line><remark>". */
static void put_place(char *at, size_t size, const struct rdump_trigger *trigger)
{
	size_t length = 0;

	*at = '\0';
	if (trigger->file) {
		length = rdump_format(at, size, ", in %s on line %u", trigger->file, (unsigned) trigger->line);
	}
	if (trigger->remark) {
		(void) rdump_format(at + length, size - length, "%s", trigger->remark);
	}
}

/* Fills in the line: "rdump: <cause>: <what the format says>, in <file> on line <line><remark>". */
__attribute__((format(printf, 2, 3))) static void tell(const struct attempt *attempt, const char *format, ...)
{
	const struct rdump_trigger *trigger = attempt->trigger;
	char *at = attempt->line;
	const char *end = at + RDUMP_LINE_SIZE;
	va_list arguments;

	at += rdump_format(at, (size_t) (end - at), "rdump: %s: ", trigger->cause);
	va_start(arguments, format);
	at += rdump_format_list(at, (size_t) (end - at), format, arguments);
	va_end(arguments);
	put_place(at, (size_t) (end - at), trigger);
}

static void tell_result(const struct attempt *attempt, const struct rdump_result *result)
{
	const struct rdump_error *error = &result->error;
	const char *directly = result->not_copied ? ", written directly: cannot copy the process: " : "";
	const char *reason = result->not_copied ? rdump_error_text(result->not_copied) : "";
	const char *whole = result->not_excluded ? ", without rdump.exclude_heap: what PHP has is not known" : "";

	if (result->outcome == RDUMP_FAILED) {
		tell(attempt, "no dump: cannot %s %s: %s%s%s", error->step, error->path, rdump_error_text(error->err),
			directly, reason);
	} else if (result->outcome == RDUMP_SKIPPED && result->kept_free) {
		tell(attempt,
			"no dump to %s: rdump.oom_dump_min_free=%llu leaves no room for %llu bytes of the %llu that are free",
			attempt->path, (unsigned long long) result->kept_free, (unsigned long long) result->size,
			(unsigned long long) result->available);
	} else if (result->outcome == RDUMP_SKIPPED) {
		tell(attempt,
			"no dump to %s: rdump.oom_dump_max_total=%llu has no room for %llu bytes beside the %llu in the folder",
			attempt->path, (unsigned long long) RDUMP_G(oom_dump_max_total), (unsigned long long) result->size,
			(unsigned long long) result->others);
	} else if (error->step) {
		tell(attempt, "dumped to %s (%llu bytes), but cannot %s it: %s%s%s%s", attempt->path,
			(unsigned long long) result->size, error->step, rdump_error_text(error->err), directly, reason, whole);
	} else {
		tell(attempt, "dumped to %s (%llu bytes)%s%s%s", attempt->path, (unsigned long long) result->size, directly,
			reason, whole);
	}
}

/* ---- guards ------------------------------------------------------------------------------------------------------ */

static int64_t now(void)
{
	return (int64_t) (rdump_counters_now() / 1000);
}

/*
 * rdump.oom_dump_max and rdump.oom_dump_min_interval in this worker. Returns whether the dump may begin; tells why not.
 */
static bool pass_guards(const struct attempt *attempt)
{
	struct rdump_counter *counter = attempt->trigger->counter;
	uint64_t elapsed;

	if (!counter) {
		return true;
	}
	if (counter->pid != getpid()) {
		counter->pid = getpid();
		counter->attempts = 0;
	}
	if (RDUMP_G(oom_dump_max) && counter->attempts >= RDUMP_G(oom_dump_max)) {
		tell(attempt, "no dump to %s: rdump.oom_dump_max=%llu is reached in this worker", attempt->path,
			(unsigned long long) RDUMP_G(oom_dump_max));
		return false;
	}
	elapsed = (uint64_t) (now() - counter->latest);
	if (counter->attempts && elapsed < RDUMP_G(oom_dump_min_interval)) {
		tell(attempt, "no dump to %s: rdump.oom_dump_min_interval=%llu: the last one was %llu s ago",
			attempt->path, (unsigned long long) RDUMP_G(oom_dump_min_interval), (unsigned long long) elapsed);
		return false;
	}
	return true;
}

/* The same two over all workers. */
static bool claim_place(const struct attempt *attempt)
{
	const struct rdump_trigger *trigger = attempt->trigger;
	uint64_t max = RDUMP_G(oom_dump_max), interval = RDUMP_G(oom_dump_min_interval), at = rdump_counters_now();

	if (!trigger->counters) {
		return true;
	}
	switch (rdump_counters_claim(trigger->counters, max, interval, at, trigger->claim)) {
		case RDUMP_CLAIM_MAX:
			tell(attempt, "no dump to %s: rdump.oom_dump_max=%llu is reached in this hour by workers that end so",
				attempt->path, (unsigned long long) max);
			return false;
		case RDUMP_CLAIM_INTERVAL:
			tell(attempt,
				"no dump to %s: rdump.oom_dump_min_interval=%llu: the last one of a worker that ends so was %llu s ago",
				attempt->path, (unsigned long long) interval,
				(unsigned long long) (at > trigger->claim->before ? (at - trigger->claim->before) / 1000 : 0));
			return false;
		default:
			return true;
	}
}

/* ---- the dump ---------------------------------------------------------------------------------------------------- */

/* A template that does not fit is no dump. */
static int find_path(const struct rdump_trigger *trigger, struct rdump_workspace *work, struct rdump_error *error)
{
	const char *template = trigger->template;
	int status;

	if (!rdump_target_expand(work->text, template, trigger->signal)) {
		return rdump_fail(error, "fit into a path the template", template, ENAMETOOLONG);
	}
	status = trigger->in_handler ? rdump_target_absolute_of_process(work->path, work->text)
								 : rdump_target_absolute(work->path, work->text);
	if (status < 0) {
		return rdump_fail(error,
			errno == ENAMETOOLONG ? "fit into a path the template" : "find the working directory for", template, errno);
	}
	return 0;
}

/* Opens the target. rdump.oom_dump is the administrator's: open_basedir binds scripts only. */
static int open_target(struct rdump_file *file, const char *path, bool by_script, struct rdump_error *error)
{
	return by_script ? rdump_target_open(file, path, error) : rdump_file_open(file, path, error);
}

static void start_dump(
	const struct attempt *attempt, const struct rdump_request *request, struct rdump_result *result)
{
	struct rdump_workspace *work = attempt->work;
	struct rdump_snapshot_note note = {attempt->trigger->cause, work->text, false};

	put_place(work->text, sizeof(work->text), attempt->trigger);
	rdump_snapshot_start(request, &work->file, &note, result);
}

/* A dump that cannot replace what is at its path has failed: a marker there is not of a dump. */
static void drop_marker(struct rdump_file *file, const char *path)
{
	struct rdump_error ignored;

	if (rdump_folder_open(&file->folder, path, strlen(path) - strlen(file->name)) == 0) {
		(void) rdump_marker_remove(file, &ignored);
		rdump_folder_close(&file->folder);
	}
}

static bool is_replace_refused(const struct rdump_error *error)
{
	return error->err == EISDIR || error->err == ELOOP || error->err == ENXIO;
}

static void write_dump(const struct attempt *attempt, struct rdump_result *result)
{
	const struct rdump_trigger *trigger = attempt->trigger;
	struct rdump_file *file = &attempt->work->file;
	struct rdump_request request;

	if (open_target(file, attempt->path, trigger->by_script, &result->error) < 0) {
		if (RDUMP_G(oom_dump_marker) && !trigger->by_script && *file->name && is_replace_refused(&result->error)) {
			drop_marker(file, attempt->path);
		}
		return;
	}
	rdump_request_init(&request, trigger->full);
	request.marker = RDUMP_G(oom_dump_marker);
	request.budget = RDUMP_G(oom_dump_max_total);
	request.min_free = RDUMP_G(oom_dump_min_free);
	request.near_limit = trigger->near_limit;
	request.left = trigger->left;
	if (trigger->near_limit) {
		rdump_write(&request, file, result); /* of two such processes the kernel would end one */
	} else if (RDUMP_G(background) && !trigger->at_end) {
		start_dump(attempt, &request, result);
	} else {
		rdump_request_write(&request, file, result);
	}
}

enum rdump_auto_outcome rdump_auto_dump(const struct rdump_trigger *trigger, char line[RDUMP_LINE_SIZE])
{
	struct rdump_workspace *work = trigger->work ? trigger->work : &RDUMP_G(automatic);
	struct attempt attempt = {trigger, work->path, work, line};
	struct rdump_result result;

	memset(&result, 0, sizeof(result));
	result.outcome = RDUMP_FAILED;
	if (find_path(trigger, work, &result.error) == 0) {
		if (!pass_guards(&attempt)) {
			return RDUMP_AUTO_SKIPPED;
		}
		if (!claim_place(&attempt)) {
			return RDUMP_AUTO_REFUSED;
		}
		write_dump(&attempt, &result);
	}
	*line = '\0';
	if (result.outcome != RDUMP_STARTED) {
		tell_result(&attempt, &result);
	}
	if (result.outcome == RDUMP_SKIPPED) {
		if (trigger->counters) {
			rdump_counters_give_back(trigger->counters, trigger->claim);
		}
		return RDUMP_AUTO_SKIPPED;
	}
	if (trigger->counter) {
		trigger->counter->attempts++;
		trigger->counter->latest = now();
	}
	return RDUMP_AUTO_ATTEMPTED;
}

/* ---- dumps in the background ------------------------------------------------------------------------------------- */

/* Fills in the line. Returns whether there is anything to say. */
static bool tell_end(const struct rdump_snapshot *snapshot, char *line)
{
	const struct rdump_snapshot_note *note = rdump_snapshot_note(snapshot);
	const struct rdump_result *result = rdump_snapshot_result(snapshot);
	struct rdump_trigger trigger;
	struct attempt attempt = {&trigger, rdump_snapshot_path(snapshot), NULL, line};

	memset(&trigger, 0, sizeof(trigger));
	trigger.cause = note->cause;
	trigger.remark = note->place;
	tell_result(&attempt, result);
	return !note->quiet || result->outcome != RDUMP_WRITTEN;
}

bool rdump_auto_next(bool wait, char line[RDUMP_LINE_SIZE])
{
	struct rdump_snapshot *snapshot;
	bool told = false;

	while (!told && (snapshot = rdump_snapshot_next(wait)) != NULL) {
		told = tell_end(snapshot, line);
		rdump_snapshot_release(snapshot);
	}
	return told;
}

static void collect(bool wait)
{
	while (rdump_auto_next(wait, RDUMP_G(ended_line))) {
		rdump_pending_put(RDUMP_G(ended_line));
	}
}

void rdump_auto_collect(void)
{
	collect(false);
}

/* Between MINIT and MSHUTDOWN. */
static bool started;

/*
 * Not every server has its workers shut PHP down before they end (Apache's prefork MPM does not). A thread that has
 * crashed meanwhile, and copies, are waited for here. The line cannot be written where PHP's threads have given up
 * their globals.
 */
static void on_exit_of_process(void)
{
	if (started) {
		rdump_handlers_await();
	}
#ifdef ZTS
	struct rdump_snapshot *snapshot;

	while (started && (snapshot = rdump_snapshot_next(true)) != NULL) {
		rdump_snapshot_release(snapshot);
	}
#else
	if (started) {
		rdump_pending_write_at_end();
	}
	while (started && rdump_auto_next(true, RDUMP_G(ended_line))) {
		rdump_log_without_heap(RDUMP_G(ended_line));
	}
#endif
}

void rdump_auto_startup(void)
{
	static bool registered;

	started = true;
	if (!registered) {
		registered = atexit(on_exit_of_process) == 0;
	}
}

void rdump_auto_shutdown(void)
{
	started = false;
	collect(true);
}
