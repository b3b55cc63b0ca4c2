/* The thread that watches memory. */
#include "check.h"
#include "shim.h"
#include "../../rdump_cgroup.h"
#include "../../rdump_watcher.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MB ((uint64_t) 1 << 20)

static int calls, refusals;
static struct rdump_watcher_sight seen;

static bool on_mark(const struct rdump_watcher_sight *sight)
{
	if (refusals > 0) {
		__atomic_sub_fetch(&refusals, 1, __ATOMIC_SEQ_CST);
		return false;
	}
	seen = *sight;
	__atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST);
	return true;
}

/* Nanoseconds of this process's time. */
static uint64_t used(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (uint64_t) time.tv_sec * 1000000000 + (uint64_t) time.tv_nsec;
}

/* Uses up time of the processor, which is when the thread looks. */
static void work(unsigned milliseconds)
{
	for (uint64_t end = used() + (uint64_t) milliseconds * 1000000; used() < end;) {
	}
}

/* Waits until there have been so many calls, at work. */
static void await_calls(int count)
{
	for (int waited = 0; __atomic_load_n(&calls, __ATOMIC_SEQ_CST) < count; waited++) {
		expect(waited < 6000, "%d calls, not %d: %llu bytes resident", calls, count,
			(unsigned long long) rdump_cgroup_resident(0));
		work(10);
	}
	expect(calls == count, "%d calls, not %d", calls, count);
}

static unsigned char *grow(uint64_t bytes)
{
	unsigned char *memory
		= mmap(NULL, (size_t) bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	expect(memory != MAP_FAILED, "mmap: %s", strerror(errno));
	(void) madvise(memory, (size_t) bytes, MADV_NOHUGEPAGE);
	memset(memory, 1, (size_t) bytes);
	return memory;
}

static void shrink(unsigned char *memory, uint64_t bytes)
{
	expect(munmap(memory, (size_t) bytes) == 0, "munmap: %s", strerror(errno));
}

static uint64_t mark_above(uint64_t bytes)
{
	struct rdump_amount amount = {rdump_cgroup_resident(0) + bytes, 0};

	rdump_watcher_set(&amount);
	return amount.bytes;
}

static void start(void)
{
	int err = rdump_watcher_start(on_mark);

	expect(err == 0 && rdump_watcher_runs(), "start: %s", strerror(err));
}

static void need_plain(void)
{
	if (check_instrumented() || check_emulated()) {
		skip("sanitizers and emulators have memory and threads of their own");
	}
}

static void once(void)
{
	uint64_t mark = mark_above(64 * MB);
	unsigned char *memory[4];

	need_plain();
	start();
	memory[0] = grow(32 * MB);
	work(500);
	expect(calls == 0, "called below the mark");
	memory[1] = grow(64 * MB);
	await_calls(1);
	expect(seen.resident >= mark && seen.mark.bytes == mark && !seen.mark.limit && !seen.usage,
		"sight: %llu of %llu", (unsigned long long) seen.resident, (unsigned long long) mark);
	memory[2] = grow(32 * MB);
	work(1500);
	expect(calls == 1, "called twice");
	/* Not below 80 percent. */
	shrink(memory[2], 32 * MB);
	shrink(memory[1] + 30 * MB, 34 * MB);
	work(1500);
	memory[2] = grow(32 * MB);
	work(1500);
	expect(calls == 1, "called again before it has fallen");
	for (int i = 0; i < 3; i++) {
		shrink(memory[i], i == 0 ? 32 * MB : i == 1 ? 30 * MB
													: 32 * MB);
	}
	expect(rdump_cgroup_resident(0) < mark / 10 * 8, "it does not fall");
	/* The thread must look while it is below. */
	for (int tries = 0; tries < 60 && __atomic_load_n(&calls, __ATOMIC_SEQ_CST) < 2; tries++) {
		work(500);
		memory[3] = grow(96 * MB);
		work(500);
		shrink(memory[3], 96 * MB);
	}
	expect(calls == 2, "%d calls", calls);
	rdump_watcher_stop();
}

static void again(void)
{
	need_plain();
	(void) mark_above(8 * MB);
	start();
	(void) grow(16 * MB);
	await_calls(1);
	rdump_watcher_again(0);
	await_calls(2);
	rdump_watcher_again(UINT64_MAX);
	work(500);
	expect(calls == 2, "called before its time");
	/* Another mark is a new one. */
	refusals = 3;
	(void) mark_above(0);
	await_calls(3);
	expect(refusals == 0, "%d refusals left", refusals);
	rdump_watcher_set(NULL);
	work(300);
	rdump_watcher_again(0);
	work(300);
	expect(calls == 3, "called with nothing to watch");
	rdump_watcher_stop();
}

static int count_threads(void)
{
	DIR *folder = opendir("/proc/self/task");
	int count = 0;

	while (readdir(folder)) {
		count++;
	}
	closedir(folder);
	return count - 2;
}

/* A thread that has ended is in the list for a moment. */
static void await_threads(int count)
{
	for (unsigned waited = 0; count_threads() != count; waited++) {
		expect(waited < check_patience(60) * 100, "%d threads, not %d", count_threads(), count);
		usleep(10000);
	}
}

static void ends(void)
{
	need_plain();
	for (int i = 0; i < 20; i++) {
		int before = count_mappings();

		(void) mark_above(1024 * MB);
		start();
		expect(rdump_watcher_start(on_mark) == 0, "a second start");
		await_threads(2);
		rdump_watcher_stop();
		rdump_watcher_stop();
		await_threads(1);
		expect(!rdump_watcher_runs(), "it runs");
		/* The C library keeps the stack of the first one. */
		expect(i == 0 || count_mappings() == before, "%d mappings, %d before",
			count_mappings(), before);
	}
}

static void in_child(void *unused)
{
	(void) unused;
	expect(!rdump_watcher_runs(), "it runs in the child");
	rdump_watcher_stop(); /* of the parent: nothing to wait for */
	(void) mark_above(8 * MB);
	start();
	(void) grow(16 * MB);
	await_calls(1);
	rdump_watcher_stop();
	await_threads(1);
}

static void forked(void)
{
	need_plain();
	(void) mark_above(1024 * MB);
	start();
	end_child(start_child(in_child, NULL));
	expect(rdump_watcher_runs(), "the parent's has ended");
	rdump_watcher_stop();
	end_child(start_child(in_child, NULL));
}

static void signals(void)
{
	char path[300], line[256];
	unsigned long long blocked = 0;
	struct dirent *entry;
	sigset_t set, pending;
	DIR *folder;
	int others = 0;

	need_plain();
	(void) mark_above(1024 * MB);
	start();
	await_threads(2);
	folder = opendir("/proc/self/task");
	while ((entry = readdir(folder)) != NULL) {
		if (atoi(entry->d_name) > 0 && atoi(entry->d_name) != getpid()) {
			FILE *file;

			snprintf(path, sizeof(path), "/proc/self/task/%s/status", entry->d_name);
			file = fopen(path, "r");
			expect(file != NULL, "%s", path);
			while (fgets(line, sizeof(line), file)) {
				(void) sscanf(line, "SigBlk: %llx", &blocked);
			}
			fclose(file);
			others++;
		}
	}
	closedir(folder);
	expect(others == 1, "%d other threads", others);
	/* All but SIGKILL and SIGSTOP, which cannot be blocked, the C library's own, and the one that it waits for. */
	expect((blocked | 1ULL << (SIGSTKFLT - 1) | 1ULL << (SIGKILL - 1) | 1ULL << (SIGSTOP - 1) | 7ULL << 31) == ~0ULL,
		"SigBlk: %llx", blocked);
	/* What the main thread has blocked waits for it. */
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGTERM);
	work(100);
	expect(sigpending(&pending) == 0 && sigismember(&pending, SIGUSR1) && sigismember(&pending, SIGTERM),
		"a signal was taken");
	rdump_watcher_stop();
}

static void no_thread(void)
{
	struct rlimit limit = {0, 0};

	need_plain();
	limit.rlim_cur = limit.rlim_max = 16 * MB; /* less than it has: no mapping any more */
	expect(setrlimit(RLIMIT_AS, &limit) == 0, "setrlimit: %s", strerror(errno));
	expect(rdump_watcher_start(on_mark) != 0, "a thread without memory");
	expect(rdump_watcher_start(on_mark) == 0 && !rdump_watcher_runs(), "told twice");
	rdump_watcher_stop();
}

static void without_timer(void)
{
	need_plain();
	refuse_timers = true;
	(void) mark_above(8 * MB);
	start();
	(void) grow(16 * MB);
	for (unsigned waited = 0; !__atomic_load_n(&calls, __ATOMIC_SEQ_CST); waited++) {
		expect(waited < check_patience(60) * 100, "no call");
		usleep(10000);
	}
	rdump_watcher_stop();
	await_threads(1);
}

/* ---- percent ----------------------------------------------------------------------------------------------------- */

static void put(const char *path, const char *format, uint64_t number)
{
	char text[256];
	int length = snprintf(text, sizeof(text), format, (unsigned long long) number);

	put_file(path, text, (size_t) length);
}

/* A cgroup of version 2 whose files are in the case's folder. */
static void show_cgroup(uint64_t limit, uint64_t usage)
{
	char here[1024], mounts[1200];

	expect(getcwd(here, sizeof(here)) != NULL && mkdir("g", 0755) == 0, "getcwd: %s", strerror(errno));
	snprintf(mounts, sizeof(mounts), "30 22 0:26 / %s/g rw - cgroup2 cgroup2 rw\n", here);
	put_file("mounts", mounts, strlen(mounts));
	put_file("cgroups", "0::/\n", 5);
	put("g/memory.max", "%llu\n", limit);
	put("g/memory.current", "%llu\n", usage + 100 * MB);
	put("g/memory.stat", "active_file 0\ninactive_file %llu\n", 100 * MB);
	put("g/cgroup.procs", "%llu\n", (uint64_t) getpid());
	/* The watching thread does not have this case's working directory for its own, but the same. */
	shim_replace("/proc/self/cgroup", "cgroups", 0);
	shim_replace("/proc/self/mountinfo", "mounts", 0);
}

static void percent(void)
{
	struct rdump_amount amount = {0, 2550};
	struct rdump_watcher_mark mark;

	show_cgroup(400 * MB + 1, 0);
	mark = rdump_watcher_find(&amount);
	expect(mark.bytes == 102 * MB && mark.limit == 400 * MB + 1 && mark.of_cgroup, "a part of the limit: %llu",
		(unsigned long long) mark.bytes);
	put("g/memory.max", "%llu\n", 1);
	mark = rdump_watcher_find(&amount);
	expect(mark.bytes == 1, "nothing is no mark");
	put_file("g/memory.max", "max\n", 4);
	mark = rdump_watcher_find(&amount);
	expect(mark.bytes > 0 && mark.limit > mark.bytes * 3 && mark.limit < mark.bytes * 4 && !mark.of_cgroup,
		"a part of the machine's memory: %llu", (unsigned long long) mark.bytes);
	put("g/memory.max", "%llu\n", (uint64_t) 1 << 60);
	expect(rdump_watcher_find(&amount).bytes == mark.bytes, "a limit above the machine's memory");
	amount.share = 0;
	amount.bytes = 77;
	mark = rdump_watcher_find(&amount);
	expect(mark.bytes == 77 && !mark.limit && !mark.of_cgroup, "bytes");
}

static void reached_percent(void)
{
	struct rdump_amount amount = {0, 5000};
	uint64_t resident = rdump_cgroup_resident(0);

	need_plain();
	show_cgroup(resident * 2 + 64 * MB, 0);
	rdump_watcher_set(&amount);
	start();
	(void) grow(64 * MB);
	await_calls(1);
	expect(seen.mark.bytes == resident + 32 * MB && seen.mark.of_cgroup && !seen.usage, "mark %llu",
		(unsigned long long) seen.mark.bytes);
	rdump_watcher_stop();
}

static void be_large(void *size)
{
	(void) grow(*(uint64_t *) size);
	raise(SIGSTOP);
	pause();
}

/* The processes of a cgroup together: only the largest of them is told. */
static void shared_limit(void)
{
	uint64_t size = 96 * MB;
	struct rdump_amount amount = {0, 9000};
	pid_t child;
	char text[64];
	int status;

	need_plain();
	show_cgroup(2000 * MB, 1900 * MB);
	child = start_child(be_large, &size);
	expect(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status), "a child ended");
	snprintf(text, sizeof(text), "%d\n%d\n", (int) getpid(), (int) child);
	put_file("g/cgroup.procs", text, strlen(text));
	rdump_watcher_set(&amount);
	start();
	(void) grow(16 * MB);
	work(1500);
	expect(calls == 0, "called, but another process is larger");
	kill(child, SIGKILL);
	(void) waitpid(child, &status, 0);
	await_calls(1);
	expect(seen.usage == 1900 * MB && seen.resident < 200 * MB && seen.mark.bytes == 1800 * MB, "usage %llu",
		(unsigned long long) seen.usage);
	work(1500);
	expect(calls == 1, "called twice");
	rdump_watcher_stop();
}

int main(void)
{
	check("once, and again only after the memory has fallen", once);
	check("again on demand, and with another mark", again);
	check("it ends, and leaves nothing behind", ends);
	check("a child starts its own", forked);
	check("signals are for others", signals);
	check("a thread that cannot be started", no_thread);
	check("without a timer", without_timer);
	check("percent of the cgroup's limit, or of the machine's memory", percent);
	check("a mark in percent is reached", reached_percent);
	check("the limit of many processes", shared_limit);
	return 0;
}
