/* Dumps from a copy of the process: one moment of all threads, and nobody notices the copy. */
#include "check.h"
#include "reader.h"
#include "shim.h"
#include "../../rdump_compress.h"
#include "../../rdump_pages.h"
#include "../../rdump_snapshot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static size_t page;

static struct rdump_request request_for(bool marker)
{
	struct rdump_request request = {.process = {"v82", 1, 2, 3, 4, 5, 0, 0}};

	request.marker = marker;
	return request;
}

typedef void (*writer)(const struct rdump_request *request, struct rdump_file *file, struct rdump_result *result);

static struct rdump_result write_by(writer write, const char *path, const struct rdump_request *request)
{
	struct rdump_file file;
	struct rdump_result result;

	memset(&result, 0, sizeof(result));
	result.outcome = RDUMP_FAILED;
	if (rdump_file_open(&file, path, &result.error) == 0) {
		write(request, &file, &result);
	}
	return result;
}

static void start(const struct rdump_request *request, struct rdump_file *file, struct rdump_result *result)
{
	static const struct rdump_snapshot_note note = {"a test", ", at a place", true};

	rdump_snapshot_start(request, file, &note, result);
}

static void expect_outcome(const struct rdump_result *result, enum rdump_outcome outcome)
{
	expect(result->outcome == outcome && !result->error.step, "outcome %d: cannot %s %s: %s", (int) result->outcome,
		result->error.step, result->error.path, rdump_error_text(result->error.err));
}

static void snapshot_to(const char *path)
{
	struct rdump_request request = request_for(false);
	struct rdump_result result = write_by(rdump_snapshot_write, path, &request);

	expect_outcome(&result, RDUMP_WRITTEN);
	expect(check_emulated() || result.not_copied == 0, "the process was not copied: %s", strerror(result.not_copied));
}

/* Emulators refuse a child without an exit signal. */
static void need_copies(void)
{
	if (check_emulated()) {
		skip("the emulator makes no such copy");
	}
}

/* ---- a copy that is held ----------------------------------------------------------------------------------------- */

/* Shared with the copy. */
static struct {
	int held; /* the copy's process id, once it is there */
	int go;
} *gate;

static pid_t process;
static const char *gate_at;

static void pass_gate(const char *call)
{
	if (strcmp(call, gate_at) || (pid_t) syscall(SYS_getpid) == process || gate->go) {
		return;
	}
	__atomic_store_n(&gate->held, (int) syscall(SYS_getpid), __ATOMIC_RELEASE);
	while (!__atomic_load_n(&gate->go, __ATOMIC_ACQUIRE)) {
		(void) poll(NULL, 0, 1);
	}
}

/* Starts a dump whose copy waits before this call of the C library. Returns the copy's process id. */
static pid_t start_held_with(const char *path, const char *call, const struct rdump_request *request)
{
	struct rdump_result result;

	need_copies();
	if (!gate) {
		gate = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		expect(gate != MAP_FAILED, "mmap: %s", strerror(errno));
	}
	process = getpid();
	gate_at = call;
	gate->held = gate->go = 0;
	shim_arm();
	shim.before = pass_gate;
	result = write_by(start, path, request);
	shim_disarm();
	expect_outcome(&result, RDUMP_STARTED);
	await(&gate->held);
	return gate->held;
}

static pid_t start_held(const char *path, const char *call, bool marker)
{
	struct rdump_request request = request_for(marker);

	return start_held_with(path, call, &request);
}

static void let_go(void)
{
	__atomic_store_n(&gate->go, 1, __ATOMIC_RELEASE);
}

/* Waits for the only dump in the background and returns its result. */
static struct rdump_result end_of(const char *path)
{
	struct rdump_snapshot *snapshot = rdump_snapshot_next(true);
	struct rdump_result result;

	expect(snapshot != NULL, "no dump has ended");
	result = *rdump_snapshot_result(snapshot);
	expect(!strcmp(rdump_snapshot_path(snapshot), path), "the path is %s", rdump_snapshot_path(snapshot));
	expect(!strcmp(rdump_snapshot_note(snapshot)->cause, "a test")
			&& !strcmp(rdump_snapshot_note(snapshot)->place, ", at a place"),
		"the note is lost");
	if (result.error.path) {
		expect(!strcmp(result.error.path, path), "the error's path is %s", result.error.path);
		result.error.path = path; /* lasts */
	}
	rdump_snapshot_release(snapshot);
	return result;
}

/* ---- the dump ---------------------------------------------------------------------------------------------------- */

static unsigned char *plant(size_t pages, int letter)
{
	unsigned char *memory
		= mmap(NULL, (pages + 2) * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	expect(memory != MAP_FAILED && mprotect(memory + page, pages * page, PROT_READ | PROT_WRITE) == 0, "mmap: %s",
		strerror(errno));
	memset(memory + page, letter, pages * page);
	return memory + page;
}

static void expect_planted(const char *path, const unsigned char *memory, size_t pages, int letter)
{
	struct reader reader;
	const unsigned char *bytes;

	reader_open(&reader, path);
	bytes = reader_at(&reader, memory, pages * page);
	expect(bytes != NULL, "the memory is not in the dump");
	for (size_t i = 0; i < pages * page; i++) {
		expect(bytes[i] == letter, "byte %zu is %d", i, bytes[i]);
	}
	expect(reader.pid == (uint64_t) getpid(), "the dump says that it is of process %d", (int) reader.pid);
	expect(reader.rss > (int64_t) (pages * page), "an RSS of %lld", (long long) reader.rss);
	reader_close(&reader);
}

static void of_this_process(void)
{
	unsigned char *memory = plant(100, 'm');

	snapshot_to("dump.rdump");
	expect_planted("dump.rdump", memory, 100, 'm');
	if (rdump_compress_library()) {
		snapshot_to("dump.rdump.zst");
		expect_planted("dump.rdump.zst", memory, 100, 'm');
	}
}

static void of_that_moment(void)
{
	unsigned char *memory = plant(100, 'm');
	struct rdump_result result;
	int mappings = count_mappings(), descriptors = count_descriptors();

	start_held("dump.rdump", "writev", true);
	memset(memory, 'n', 100 * page);
	expect(!rdump_snapshot_next(false), "it has ended before it was written");
	expect(access("dump.rdump", F_OK) < 0, "the file is there before it was written");
	let_go();
	result = end_of("dump.rdump");
	expect_outcome(&result, RDUMP_WRITTEN);
	expect_planted("dump.rdump", memory, 100, 'm');
	expect(access("dump.rdump.done", F_OK) == 0 && !strstr(list_folder("."), ".part"), "the folder holds\n%s",
		list_folder("."));
	expect(count_descriptors() == descriptors, "%d descriptors, then %d", descriptors, count_descriptors());
	munmap(gate, page);
	expect(check_instrumented() || count_mappings() == mappings, "%d mappings, then %d", mappings, count_mappings());
}

/* ---- one moment -------------------------------------------------------------------------------------------------- */

#define THREADS 8

/* A thread's two pages, in different mappings with the other threads' between them. */
static volatile uint64_t *low[THREADS], *high[THREADS];
static int stop;

/*
 * Writes a number to one of its pages, then to the other: the second is never ahead. It takes the number of its
 * neighbour's last page, and writes it down beside its own: that is never ahead of the neighbour's.
 */
static void *keep_invariants(void *context)
{
	size_t self = (size_t) (uintptr_t) context, other = (self + 1) % THREADS;
	volatile uint64_t *first = self % 2 ? high[self] : low[self], *second = self % 2 ? low[self] : high[self];
	volatile uint64_t *message = other % 2 ? low[other] : high[other];

	for (uint64_t number = 1; !__atomic_load_n(&stop, __ATOMIC_RELAXED); number++) {
		__atomic_store_n(first, number, __ATOMIC_SEQ_CST);
		__atomic_store_n(second, number, __ATOMIC_SEQ_CST);
		__atomic_store_n(second + 1, __atomic_load_n(message, __ATOMIC_SEQ_CST), __ATOMIC_SEQ_CST);
	}
	return NULL;
}

static uint64_t number_at(const struct reader *reader, volatile uint64_t *address)
{
	const uint64_t *number = reader_at(reader, (const void *) (uintptr_t) address, sizeof(*number));

	expect(number != NULL, "a thread's page is not in the dump");
	return *number;
}

/* Which invariant is broken in the dump: a thread's, one between threads, or NULL. */
static const char *look_for_break(const char *path)
{
	const char *broken = NULL;
	struct reader reader;

	reader_open(&reader, path);
	for (size_t self = 0; self < THREADS; self++) {
		size_t other = (self + 1) % THREADS;
		volatile uint64_t *first = self % 2 ? high[self] : low[self], *second = self % 2 ? low[self] : high[self];
		uint64_t begun = number_at(&reader, first), done = number_at(&reader, second);

		if (done > begun || begun > done + 1) {
			broken = "of a thread's pages, the second is not the first or one behind";
		}
		if (number_at(&reader, second + 1) > number_at(&reader, other % 2 ? low[other] : high[other])) {
			broken = "a thread has read what another has not written";
		}
	}
	reader_close(&reader);
	return broken;
}

static void start_threads(pthread_t thread[THREADS])
{
	for (size_t i = 0; i < THREADS; i++) {
		low[i] = (volatile uint64_t *) plant(1, 0);
	}
	for (size_t i = 0; i < THREADS; i++) {
		high[i] = (volatile uint64_t *) plant(1, 0);
	}
	for (size_t i = 0; i < THREADS; i++) {
		expect(pthread_create(&thread[i], NULL, keep_invariants, (void *) (uintptr_t) i) == 0, "pthread_create");
	}
}

static void one_moment(void)
{
	int dumps = check_instrumented() ? 30 : check_in_guest() ? 100
															 : 1000;
	struct rdump_request request = request_for(false);
	pthread_t thread[THREADS];

	need_copies();
	start_threads(thread);
	for (int i = 0; i < dumps; i++) {
		const char *broken;

		snapshot_to("dump.rdump");
		broken = look_for_break("dump.rdump");
		expect(!broken, "dump %d: %s", i, broken);
	}
	/* Else this would be no proof. */
	for (int i = 0;; i++) {
		struct rdump_result result = write_by(rdump_write, "dump.rdump", &request);

		expect_outcome(&result, RDUMP_WRITTEN);
		if (look_for_break("dump.rdump")) {
			note("%d dumps by a copy are one moment, number %d without is none", dumps, i + 1);
			break;
		}
		expect(i < 100000, "dumps without a copy are one moment as well");
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(thread[i], NULL);
	}
}

/* ---- nobody notices it ------------------------------------------------------------------------------------------- */

static volatile sig_atomic_t told;

static void on_child(int signal)
{
	told = signal;
}

static void unseen_by_wait(void)
{
	struct rdump_result result;
	siginfo_t info;
	int status;
	pid_t other;

	signal(SIGCHLD, on_child);
	start_held("dump.rdump", "writev", false);
	expect(waitpid(-1, &status, 0) < 0 && errno == ECHILD, "waitpid(-1) has seen the copy");
	expect(waitid(P_ALL, 0, &info, WEXITED | WNOHANG) < 0 && errno == ECHILD, "waitid() has seen the copy");
	let_go();
	result = end_of("dump.rdump");
	expect_outcome(&result, RDUMP_WRITTEN);
	expect(told == 0, "a signal %d has come", (int) told);
	expect(waitpid(-1, &status, __WALL) < 0 && errno == ECHILD, "a zombie is left");

	/* A child of the program's own is seen as ever. */
	start_held("dump.rdump", "writev", false);
	other = fork();
	if (other == 0) {
		_exit(7);
	}
	expect(waitpid(-1, &status, 0) == other && WEXITSTATUS(status) == 7, "its own child is lost");
	let_go();
	result = end_of("dump.rdump");
	expect_outcome(&result, RDUMP_WRITTEN);
}

/* Reads a file of /proc/<pid>/. */
static const char *read_proc(pid_t pid, const char *name)
{
	static char text[8192], path[64];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int) pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	expect(got >= 0, "%s: %s", path, strerror(errno));
	text[got] = '\0';
	return text;
}

static void holds_nothing(void)
{
	int pair[2], many[64];
	char path[64], target[4096];
	struct rdump_result result;
	int count = 0;
	pid_t copy;

	need_copies();
	expect(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
	for (size_t i = 0; i < sizeof(many) / sizeof(*many); i++) {
		many[i] = open("/dev/null", O_RDONLY);
	}
	copy = start_held("dump.rdump", "writev", false);
	close(pair[0]);
	expect(read(pair[1], target, 1) == 0, "the other end of a socket is still open");
	for (int fd = 0; fd < 1024; fd++) {
		ssize_t length;

		snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int) copy, fd);
		length = readlink(path, target, sizeof(target) - 1);
		if (length < 0) {
			continue;
		}
		target[length] = '\0';
		count++;
		expect(!strncmp(target, "/proc/", 6) || strstr(target, ".part") || !strchr(target + 1, '/')
				|| access(target, F_OK) == 0,
			"the copy has %s", target);
		expect(strcmp(target, "/dev/null") && !strstr(target, "socket:"), "the copy has %s", target);
	}
	expect(count > 0 && count <= 4, "the copy has %d descriptors", count);
	expect(!strcmp(read_proc(copy, "comm"), "rdump\n"), "its name is %s", read_proc(copy, "comm"));
	expect(!strcmp(read_proc(copy, "oom_score_adj"), "1000\n"), "its oom_score_adj is %s",
		read_proc(copy, "oom_score_adj"));
	expect(kill(copy, SIGTERM) == 0 && kill(copy, SIGHUP) == 0 && kill(copy, SIGINT) == 0, "kill");
	let_go();
	result = end_of("dump.rdump");
	expect_outcome(&result, RDUMP_WRITTEN);
}

/* Without close_range(2), and without /proc as well. */
static void holds_nothing_on_old_kernels(void)
{
	shim_replace("/proc/self/fd", NULL, ENOENT);
	no_close_range = true;
	holds_nothing();
	shim_restore();
	holds_nothing();
}

static bool is_locked_for_others(const char *path, bool by_flock)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		int fd = open(path, (by_flock ? O_RDONLY : O_RDWR) | O_CLOEXEC);
		struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

		_exit((by_flock ? flock(fd, LOCK_EX | LOCK_NB) : fcntl(fd, F_SETLK, &lock)) < 0 ? 1 : 0);
	}
	expect(waitpid(child, &status, 0) == child && WIFEXITED(status), "waitpid");
	return WEXITSTATUS(status) == 1;
}

static void locks_survive(void)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	struct rdump_result result;
	int by_flock, by_fcntl;

	put_file("by_flock", "", 0);
	put_file("by_fcntl", "", 0);
	by_flock = open("by_flock", O_RDWR | O_CLOEXEC);
	by_fcntl = open("by_fcntl", O_RDWR | O_CLOEXEC);
	expect(flock(by_flock, LOCK_EX) == 0 && fcntl(by_fcntl, F_SETLK, &lock) == 0, "lock: %s", strerror(errno));
	start_held("dump.rdump", "writev", false);
	expect(is_locked_for_others("by_flock", true) && is_locked_for_others("by_fcntl", false), "a lock is lost");
	let_go();
	result = end_of("dump.rdump");
	expect_outcome(&result, RDUMP_WRITTEN);
	expect(is_locked_for_others("by_flock", true) && is_locked_for_others("by_fcntl", false),
		"a lock has ended with the copy");
	/* And the copy holds none that its process gives up. */
	start_held("dump.rdump", "writev", false);
	close(by_flock);
	expect(!is_locked_for_others("by_flock", true), "the copy holds a lock");
	let_go();
	result = end_of("dump.rdump");
	expect_outcome(&result, RDUMP_WRITTEN);
}

static void at_exit(void)
{
	put_file("ended", "", 0);
	abort();
}

static void no_handlers(void)
{
	int to[2];
	char text[64];
	pid_t child;

	need_copies();
	expect(pipe(to) == 0, "pipe");
	child = fork();
	if (child == 0) {
		dup2(to[1], 1);
		printf("once");
		atexit(at_exit);
		pthread_atfork(at_exit, at_exit, at_exit);
		snapshot_to("dump.rdump");
		fflush(stdout);
		_exit(0);
	}
	close(to[1]);
	end_child(child);
	expect(read(to[0], text, sizeof(text)) == 4 && read(to[0], text, 1) == 0, "output came twice");
	expect(access("ended", F_OK) < 0, "a handler has run in the copy");
}

/* ---- ends -------------------------------------------------------------------------------------------------------- */

static void killed(void)
{
	struct rdump_result result;
	pid_t copy;

	put_file("dump.rdump", "earlier", 7);
	put_file("dump.rdump.done", "stale", 5);
	copy = start_held("dump.rdump", "writev", true);
	kill(copy, SIGKILL);
	result = end_of("dump.rdump");
	expect(result.outcome == RDUMP_FAILED && !strcmp(result.error.step, RDUMP_COPY_ENDED)
			&& result.error.err == -SIGKILL && !strcmp(rdump_error_text(result.error.err), "Killed"),
		"cannot %s: %s", result.error.step, rdump_error_text(result.error.err));
	expect(file_is("dump.rdump", "earlier", 7) && access("dump.rdump.done", F_OK) < 0
			&& !strstr(list_folder("."), ".part"),
		"the folder holds\n%s", list_folder("."));
}

/* It is complete then, and the process sees to the marker. */
static void killed_when_complete(void)
{
	struct rdump_result result;
	pid_t copy = start_held("dump.rdump", "fchmod", true); /* of the marker: the file is renamed */

	unlink("dump.rdump.done"); /* as if it had not come to it */
	kill(copy, SIGKILL);
	result = end_of("dump.rdump");
	expect_outcome(&result, RDUMP_WRITTEN);
	expect(access("dump.rdump.done", F_OK) == 0 && !strstr(list_folder("."), ".part"), "the folder holds\n%s",
		list_folder("."));
	expect(result.size > 0, "a size of %llu", (unsigned long long) result.size);
}

/* A fault in the copy is not one of the process: its handler is not called there. */
static void faults_end_the_copy(void)
{
	struct rlimit core = {RLIM_INFINITY, RLIM_INFINITY};
	struct rdump_result result;
	pid_t copy;

	signal(SIGSEGV, on_child);
	(void) setrlimit(RLIMIT_CORE, &core);
	copy = start_held("dump.rdump", "writev", false);
	kill(copy, SIGSEGV);
	result = end_of("dump.rdump");
	expect(result.outcome == RDUMP_FAILED && result.error.err == -SIGSEGV, "outcome %d", (int) result.outcome);
	expect(told == 0, "the handler was called");
	expect(!strstr(list_folder("."), "core"), "the folder holds\n%s", list_folder("."));
}

/* The process is killed: the copy completes the dump. */
static void process_is_killed(void)
{
	int seconds = 0;
	int *ready = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned char *memory = plant(10, 'm');
	struct reader reader;
	pid_t child;

	need_copies();
	gate = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	child = fork();
	if (child == 0) {
		start_held("dump.rdump", "writev", false);
		__atomic_store_n(ready, 1, __ATOMIC_RELEASE);
		for (;;) {
			pause();
		}
	}
	await(ready);
	kill(child, SIGKILL);
	expect(waitpid(child, NULL, 0) == child, "waitpid");
	let_go();
	while (access("dump.rdump", F_OK) < 0) {
		expect(seconds++ < (int) check_patience(60) * 1000, "no dump");
		(void) poll(NULL, 0, 1);
	}
	reader_open(&reader, "dump.rdump");
	expect(reader_at(&reader, memory, 10 * page) != NULL, "the memory is not in the dump");
}

/* Both are killed: the next dump to the folder removes the file. */
static void both_are_killed(void)
{
	pid_t child;
	int status;

	need_copies();
	gate = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	put_file("dump.rdump", "earlier", 7);
	child = fork();
	if (child == 0) {
		pid_t copy = start_held("dump.rdump", "writev", false);

		kill(copy, SIGKILL);
		expect(waitpid(copy, &status, __WALL) == copy, "waitpid");
		kill(getpid(), SIGKILL);
	}
	expect(waitpid(child, &status, 0) == child && WIFSIGNALED(status), "waitpid");
	expect(strstr(list_folder("."), ".part") && file_is("dump.rdump", "earlier", 7), "the folder holds\n%s",
		list_folder("."));
	snapshot_to("dump.rdump");
	expect(!strstr(list_folder("."), ".part"), "the folder holds\n%s", list_folder("."));
}

/* A child of the process has nothing to do with the copy; the folder's descriptor may be another file there. */
static void forks_meanwhile(void)
{
	struct rdump_result result;
	pid_t child;

	start_held("dump.rdump", "writev", false);
	child = fork();
	if (child == 0) {
		expect(!rdump_snapshot_next(true), "a child reaps the copy of its parent");
		snapshot_to("another.rdump");
		_exit(0);
	}
	end_child(child);
	let_go();
	result = end_of("dump.rdump");
	expect_outcome(&result, RDUMP_WRITTEN);
}

/* A copy that is killed with the folder locked does not keep it locked. */
static void lock_ends_with_it(void)
{
	struct rdump_request request = request_for(false);
	struct rdump_result result;
	siginfo_t info;
	pid_t copy;

	request.budget = (uint64_t) 1 << 40;
	copy = start_held_with("dump.rdump", "renameat", &request);
	expect(is_locked_for_others(".", true), "the folder is not locked");
	kill(copy, SIGKILL);
	expect(waitid(P_PID, (id_t) copy, &info, WEXITED | WNOWAIT | __WALL) == 0, "waitid: %s", strerror(errno));
	/* Without a look at the copy, which closes what the process has of it. */
	shim_arm();
	shim.no_sleep = true;
	result = write_by(rdump_write, "other.rdump", &request);
	shim_disarm();
	expect_outcome(&result, RDUMP_WRITTEN);
	result = end_of("dump.rdump");
	expect(result.outcome == RDUMP_FAILED, "outcome %d", (int) result.outcome);
}

/* ---- no copy ----------------------------------------------------------------------------------------------------- */

static void refused(void)
{
	unsigned char *memory = plant(100, 'm');
	struct rdump_request request = request_for(true);
	struct rdump_result result;
	writer way[] = {rdump_snapshot_write, start};

	refuse_clone = EAGAIN;
	for (size_t i = 0; i < 2; i++) {
		result = write_by(way[i], "dump.rdump", &request);
		expect_outcome(&result, RDUMP_WRITTEN);
		expect(result.not_copied == EAGAIN, "no word of the refusal: %d", result.not_copied);
		expect_planted("dump.rdump", memory, 100, 'm');
		expect(access("dump.rdump.done", F_OK) == 0 && !strstr(list_folder("."), ".part"), "the folder holds\n%s",
			list_folder("."));
		expect(!rdump_snapshot_next(true), "there is a copy");
		unlink("dump.rdump");
		unlink("dump.rdump.done");
	}
	refuse_clone = 0;
}

/* What is refused before the process is copied is refused as without a copy. */
static void refused_before(void)
{
	struct rdump_request request = request_for(true);
	struct rdump_result result;
	writer way[] = {rdump_snapshot_write, start};

	put_file("other.rdump", "12345678", 8);
	put_file("dump.rdump", "earlier", 7);
	refuse_clone = EFAULT;
	for (size_t i = 0; i < 2; i++) {
		request.budget = 1000;
		result = write_by(way[i], "dump.rdump", &request);
		expect(result.outcome == RDUMP_SKIPPED && result.others == 8 && !result.not_copied, "outcome %d, others %llu",
			(int) result.outcome, (unsigned long long) result.others);
		request.budget = 0;
		shim_fail("ftruncate", ENOSPC);
		result = write_by(way[i], "dump.rdump", &request);
		shim_disarm();
		expect(result.outcome == RDUMP_FAILED && result.error.err == ENOSPC && !result.not_copied
				&& !strcmp(result.error.path, "dump.rdump"),
			"outcome %d: %s", (int) result.outcome, rdump_error_text(result.error.err));
		expect(file_is("dump.rdump", "earlier", 7) && !strstr(list_folder("."), ".part"), "the folder holds\n%s",
			list_folder("."));
	}
	refuse_clone = 0;
}

/* Maps memory that is not to be dumped: the quick look before the copy does not know that. */
static unsigned char *plant_unwanted(size_t size)
{
	unsigned char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (check_instrumented()) {
		skip("the instruments have more memory than that");
	}
	if (check_emulated()) {
		skip("an emulator does not pass MADV_DONTDUMP on");
	}
	expect(memory != MAP_FAILED && madvise(memory, size, MADV_DONTDUMP) == 0, "mmap: %s", strerror(errno));
	memset(memory, 'd', size);
	return memory;
}

static void not_too_large(void)
{
	size_t size = (size_t) 64 << 20;
	unsigned char *memory = plant_unwanted(size);
	struct rdump_request request = request_for(false);
	struct rdump_result result;
	struct reader reader;

	request.budget = size / 2;
	result = write_by(rdump_snapshot_write, "dump.rdump", &request);
	expect_outcome(&result, RDUMP_WRITTEN);
	expect(result.size < size / 2, "it has %llu bytes", (unsigned long long) result.size);
	reader_open(&reader, "dump.rdump");
	expect(reader_held(&reader, memory, size) == 0, "it holds the memory");
	expect(reader.rss > (int64_t) size, "resident: %lld", (long long) reader.rss);
	reader_close(&reader);
	request.budget = 1000;
	result = write_by(rdump_snapshot_write, "other.rdump", &request);
	expect(result.outcome == RDUMP_SKIPPED, "outcome %d", (int) result.outcome);
}

/* Of the two decisions about what must stay free only the second one counts. */
static void room_beside_what_stays_free(void)
{
	size_t size = (size_t) 64 << 20;
	struct rdump_request request = request_for(false);
	struct rdump_result result;

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0
		|| mkdir("mounted", 0755) < 0 || mount("rdump", "mounted", "tmpfs", 0, "size=100m") < 0) {
		skip("nothing can be mounted: %s", strerror(errno));
	}
	(void) plant_unwanted(size);
	request.min_free.bytes = size;
	result = write_by(rdump_snapshot_write, "mounted/dump.rdump", &request);
	expect_outcome(&result, RDUMP_WRITTEN);
	expect(result.kept_free == 0 && result.available == 0, "refused for %llu", (unsigned long long) result.kept_free);
}

/* What was reserved without need is given back before the first byte is written: others are not refused for it. */
static void not_reserved_for_long(void)
{
	size_t size = (size_t) 64 << 20;
	struct rdump_result result;
	struct stat status;
	char temporary[NAME_MAX + 1] = "";
	DIR *folder = opendir(".");
	struct dirent *entry;

	(void) plant_unwanted(size);
	start_held("dump.rdump", "writev", false);
	while ((entry = readdir(folder)) != NULL) {
		if (strstr(entry->d_name, ".part")) {
			strcpy(temporary, entry->d_name);
		}
	}
	closedir(folder);
	expect(stat(temporary, &status) == 0 && status.st_size < (off_t) size, "%s has %lld bytes", temporary,
		(long long) status.st_size);
	let_go();
	result = end_of("dump.rdump");
	expect_outcome(&result, RDUMP_WRITTEN);
}

/* Where there is swap the process does not read smaps either. */
static void quick_with_swap(void)
{
	int opened[2];
	unsigned char *shared = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	expect(shared != MAP_FAILED, "mmap: %s", strerror(errno));
	for (int swap = 0; swap < 2; swap++) {
		struct rdump_request request = request_for(false);
		struct rdump_file file;
		struct rdump_result result;

		expect(rdump_file_open(&file, "dump.rdump", &result.error) == 0, "open");
		shim_arm();
		shim.only = "open";
		shim.swap = swap;
		expect(rdump_write_prepare(&request, &file, &result) == 0, "cannot %s: %s", result.error.step,
			rdump_error_text(result.error.err));
		opened[swap] = shim.calls;
		shim_disarm();
		rdump_file_close(&file);
	}
	if (!rdump_pages_can_scan()) {
		skip("this kernel has no PAGEMAP_SCAN");
	}
	expect(opened[0] == opened[1], "%d files are opened, and %d where there is swap", opened[0], opened[1]);
}

/* ---- other threads ----------------------------------------------------------------------------------------------- */

static int threads_go_on = 1;

/* For the time of a fork the C library holds locks, which nobody returns in a copy of the process. */
static void *start_programs(void *unused)
{
	char *arguments[] = {"true", NULL}, *environment[] = {NULL};
	pid_t child;
	int status;

	while (__atomic_load_n(&threads_go_on, __ATOMIC_RELAXED)) {
		if (posix_spawn(&child, "/bin/true", NULL, NULL, arguments, environment) == 0) {
			(void) waitpid(child, &status, 0);
		}
	}
	return unused;
}

static void *end_at_once(void *unused)
{
	return unused;
}

static void *start_threads_that_end(void *unused)
{
	pthread_t thread;

	while (__atomic_load_n(&threads_go_on, __ATOMIC_RELAXED)) {
		if (pthread_create(&thread, NULL, end_at_once, NULL) == 0) {
			(void) pthread_join(thread, NULL);
		}
	}
	return unused;
}

static void beside_busy_threads(void)
{
	void *(*const work[])(void *) = {start_programs, start_threads_that_end, start_threads_that_end};
	pthread_t thread[3];

	need_copies();
	if (check_instrumented()) {
		skip("the instruments have locks of their own");
	}
	for (size_t i = 0; i < 3; i++) {
		expect(pthread_create(&thread[i], NULL, work[i], NULL) == 0, "pthread_create");
	}
	for (unsigned i = 0; i < 300 / check_patience(1); i++) {
		snapshot_to("dump.rdump");
	}
	__atomic_store_n(&threads_go_on, 0, __ATOMIC_RELAXED);
	for (size_t i = 0; i < 3; i++) {
		(void) pthread_join(thread[i], NULL);
	}
}

/* As many as there are places are in the background; the next one is written directly. */
static void many_at_once(void)
{
	struct rdump_request request = request_for(false);
	struct rdump_result result;
	struct rdump_snapshot *snapshot;
	char path[32];
	int started = 1, ended = 0;

	start_held("0.rdump", "writev", false);
	do {
		snprintf(path, sizeof(path), "%d.rdump", started);
		gate->held = 0;
		shim_arm();
		shim.before = pass_gate;
		result = write_by(start, path, &request);
		shim_disarm();
		expect(started < 100, "no end");
	} while (result.outcome == RDUMP_STARTED && ++started);
	expect_outcome(&result, RDUMP_WRITTEN);
	expect(result.not_copied == EAGAIN && access(path, F_OK) == 0, "not written directly: %d", result.not_copied);
	let_go();
	while ((snapshot = rdump_snapshot_next(true)) != NULL) {
		result = *rdump_snapshot_result(snapshot);
		expect_outcome(&result, RDUMP_WRITTEN);
		expect(access(rdump_snapshot_path(snapshot), F_OK) == 0, "%s is missing", rdump_snapshot_path(snapshot));
		rdump_snapshot_release(snapshot);
		ended++;
	}
	expect(ended == started, "%d started, %d ended", started, ended);
	note("%d", started);
}

int main(void)
{
	page = (size_t) sysconf(_SC_PAGESIZE);
	check("a dump of this process, not of its copy", of_this_process);
	check("of the moment at which it was asked for", of_that_moment);
	check("one moment of all threads, and without a copy it is not", one_moment);
	check("no SIGCHLD and no wait() tells of the copy", unseen_by_wait);
	check("the copy has no descriptor but the dump's, and no signal ends it", holds_nothing);
	check("the same without close_range(2) and /proc", holds_nothing_on_old_kernels);
	check("locks of the process survive the copy, and end without it", locks_survive);
	check("no handler runs in the copy, and no output comes twice", no_handlers);
	check("a copy that is killed: the disk is as before", killed);
	check("a copy that is killed when the dump is complete", killed_when_complete);
	check("a fault in the copy", faults_end_the_copy);
	check("the process is killed: the copy completes the dump", process_is_killed);
	check("both are killed: the next dump cleans up", both_are_killed);
	check("the process forks meanwhile", forks_meanwhile);
	check("a lock on the folder ends with a killed copy", lock_ends_with_it);
	check("no copy can be made: written directly", refused);
	check("refused before the copy is made", refused_before);
	check("not refused for memory that is not to be dumped", not_too_large);
	check("room is decided about once more, and only that counts", room_beside_what_stays_free);
	check("what is reserved without need is given back at once", not_reserved_for_long);
	check("no smaps before the copy, with swap neither", quick_with_swap);
	check("other threads start programs, and end", beside_busy_threads);
	check("as many copies as there are places", many_at_once);
	return 0;
}
