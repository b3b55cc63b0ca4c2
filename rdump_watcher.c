/* The thread that watches memory. See rdump_watcher.h. */
#include "rdump_watcher.h"

#include "rdump_cgroup.h"
#include "rdump_counters.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

/* What rdump_cgroup needs, several times. Only pages that are used exist. */
#define STACK_SIZE ((size_t) 256 * 1024)

/* A process does not get memory faster than this: bytes for each nanosecond of its time. */
#define FASTEST 4

/* What counts as left while it is to fall: for a look each 50 ms of the process's time. */
#define FALLING ((uint64_t) 200 * 1000 * 1000)

/* Nanoseconds of the process's time from one look to the next one, at least and at most. */
#define SHORTEST ((uint64_t) 2 * 1000 * 1000)
#define LONGEST ((uint64_t) 200 * 1000 * 1000)

/*
 * A timer of the process's time is asked at the ticks of the kernel's clock that find the process at work, and may miss
 * one that works in short bursts. So one that grows is looked at by the clock as well: so many times until it would be
 * at the mark if it went on like this, and no longer than so many milliseconds later.
 */
#define TIMES 4
#define LATEST 5000
#define PERIOD 100 /* milliseconds: how fast it grows is measured over so long a time */

/* Milliseconds: what others do, and what an administrator changes, is looked at so often. */
#define OTHERS_EVERY 1000
#define LIMIT_EVERY 30000

/* Without a timer of the process's own time. */
#define WITHOUT_TIMER 25

/*
 * The signal by which the timer and rdump_watcher_stop() wake the thread, which takes it with sigtimedwait(2). It is
 * sent to this thread only. "Unused", says signal(7): nobody sends it to a process.
 */
#define WAKE SIGSTKFLT

/* ---- where the mark is ------------------------------------------------------------------------------------------- */

static uint64_t memory_of_machine(void)
{
	struct sysinfo info;

	return sysinfo(&info) == 0 ? (uint64_t) info.totalram * info.mem_unit : RDUMP_CGROUP_NO_LIMIT;
}

static struct rdump_watcher_mark find_mark(const struct rdump_amount *amount, struct rdump_cgroup *group)
{
	struct rdump_watcher_mark mark = {amount->bytes, 0, false};
	uint64_t machine;

	rdump_cgroup_find(group);
	if (amount->share) {
		machine = memory_of_machine();
		mark.of_cgroup = group->limit < machine;
		mark.limit = mark.of_cgroup ? group->limit : machine;
		mark.bytes = mark.limit / 10000 * amount->share + mark.limit % 10000 * amount->share / 10000;
		mark.bytes += mark.bytes == 0; /* 0 is "nothing" */
	}
	return mark;
}

struct rdump_watcher_mark rdump_watcher_find(const struct rdump_amount *amount)
{
	struct rdump_cgroup group;

	return find_mark(amount, &group);
}

/* ---- what the thread and others share ---------------------------------------------------------------------------- */

static struct {
	pid_t pid;   /* the process that has called rdump_watcher_start() */
	bool failed; /* it has no thread */
	pthread_t thread;
	bool (*reached)(const struct rdump_watcher_sight *sight);
	/* From here on each one is atomic. */
	bool stop;
	uint64_t amount; /* bytes; or SHARE and hundredths of a percent; 0 = nothing */
	uint64_t again;  /* milliseconds of CLOCK_BOOTTIME; 0 = not before the memory has fallen */
} watcher;

#define SHARE ((uint64_t) 1 << 63)

static uint64_t load(const uint64_t *value)
{
	return __atomic_load_n(value, __ATOMIC_SEQ_CST);
}

static void store(uint64_t *at, uint64_t value)
{
	__atomic_store_n(at, value, __ATOMIC_SEQ_CST);
}

void rdump_watcher_set(const struct rdump_amount *amount)
{
	store(&watcher.amount, !amount ? 0 : amount->share ? SHARE | amount->share
													   : amount->bytes);
}

void rdump_watcher_again(uint64_t seconds)
{
	uint64_t most = UINT64_MAX / 2000;

	store(&watcher.again, rdump_counters_now() + (seconds < most ? seconds : most) * 1000);
}

/* ---- the thread's own -------------------------------------------------------------------------------------------- */

struct watch {
	uint64_t amount; /* as in the struct above: what `mark` was found for */
	struct rdump_watcher_mark mark;
	struct rdump_cgroup group;
	uint64_t limit_at; /* when the limit was looked up, milliseconds */

	uint64_t usage;     /* of the cgroup ... */
	uint64_t usage_at;  /* ... then, milliseconds ... */
	uint64_t usage_for; /* ... when this process had so much resident memory */
	uint64_t largest;   /* resident memory of the largest other process of the cgroup ... */
	uint64_t largest_at;

	uint64_t from;   /* the resident memory ... */
	uint64_t since;  /* ... at the beginning of a period, milliseconds ... */
	uint64_t rate;   /* ... and what it grew by in a millisecond in the period before */
	uint64_t latest; /* milliseconds until the next look, at most */

	uint64_t reached; /* the resident memory from which it has to fall; 0 = it may be told */
	bool has_timer;
	int timer;
};

/* The time from then to now. 0 stands for never. */
static bool is_over(uint64_t now, uint64_t then, uint64_t milliseconds)
{
	return !then || now - then >= milliseconds;
}

/* A change of the directive, of the cgroup's limit, or of the cgroup. */
static void look_up_mark(struct watch *watch, uint64_t now, bool at_once)
{
	uint64_t amount = load(&watcher.amount);
	bool is_share = (amount & SHARE) != 0;
	struct rdump_amount parsed = {is_share ? 0 : amount, is_share ? (uint32_t) amount : 0};

	if (amount != watch->amount || at_once || is_over(now, watch->limit_at, LIMIT_EVERY)) {
		if (amount != watch->amount) {
			watch->reached = 0;
		}
		watch->amount = amount;
		watch->mark = find_mark(&parsed, &watch->group);
		watch->limit_at = now;
		watch->usage_at = watch->largest_at = 0;
	}
}

/*
 * What the cgroup uses. From one time that it is read to the next one this process adds to it what it has grown by;
 * what others add is seen at the next time.
 */
static uint64_t usage_of_cgroup(struct watch *watch, uint64_t now, uint64_t resident)
{
	uint64_t grown = watch->usage_at && resident > watch->usage_for ? resident - watch->usage_for : 0;

	if (is_over(now, watch->usage_at, OTHERS_EVERY) || (grown && watch->usage + grown >= watch->mark.bytes)) {
		if (!rdump_cgroup_usage(&watch->group, watch->mark.bytes, &watch->usage)) {
			watch->usage = 0;
		}
		watch->usage_at = now;
		watch->usage_for = resident;
		return watch->usage;
	}
	return watch->usage + grown;
}

static bool is_largest(struct watch *watch, uint64_t now, uint64_t resident)
{
	if (is_over(now, watch->largest_at, OTHERS_EVERY) || resident > watch->largest) {
		watch->largest = rdump_cgroup_largest_other(&watch->group, getpid());
		watch->largest_at = now;
	}
	return resident > watch->largest;
}

/* Fills in the rest of `sight`. Returns the bytes that are left to the mark. */
static uint64_t take_sight(struct watch *watch, uint64_t now, struct rdump_watcher_sight *sight)
{
	uint64_t mark = watch->mark.bytes, usage;
	uint64_t left = sight->resident < mark ? mark - sight->resident : 0;

	sight->mark = watch->mark;
	sight->usage = 0;
	if (!watch->mark.of_cgroup || !left) {
		return left;
	}
	usage = usage_of_cgroup(watch, now, sight->resident);
	if (usage < mark) {
		return left < mark - usage ? left : mark - usage;
	}
	if (is_largest(watch, now, sight->resident)) {
		sight->usage = usage;
		return 0;
	}
	return left;
}

/* What is left of the cgroup's limit. */
static uint64_t left_of_limit(const struct watch *watch)
{
	uint64_t usage;

	if (watch->group.limit == RDUMP_CGROUP_NO_LIMIT || !rdump_cgroup_usage(&watch->group, 1, &usage)) {
		return UINT64_MAX;
	}
	return usage < watch->group.limit ? watch->group.limit - usage : 0;
}

/* May it be told that the mark is reached? */
static bool is_due(struct watch *watch, uint64_t now, uint64_t resident)
{
	uint64_t again = load(&watcher.again);

	if (resident < watch->reached / 10 * 8) {
		watch->reached = 0;
	}
	return !watch->reached || (again && now >= again);
}

/* Tells where the mark is reached. Returns the bytes that are left to the mark. */
static uint64_t judge(struct watch *watch, uint64_t now, uint64_t resident)
{
	struct rdump_watcher_sight sight = {.resident = resident};
	uint64_t left;

	look_up_mark(watch, now, false);
	if (!watch->mark.bytes) {
		return UINT64_MAX;
	}
	if (!is_due(watch, now, resident)) {
		return FALLING;
	}
	left = take_sight(watch, now, &sight);
	if (!left && is_over(now, watch->limit_at, OTHERS_EVERY)) {
		look_up_mark(watch, now, true); /* it may have been raised since */
		left = take_sight(watch, now, &sight);
	}
	if (!left) {
		store(&watcher.again, 0);
		sight.left = left_of_limit(watch);
		if (watcher.reached(&sight)) {
			watch->reached = resident < watch->mark.bytes ? resident : watch->mark.bytes;
			return FALLING;
		}
	}
	return left;
}

/* Bytes by which the process grows in a millisecond: in this period, or in the one before if that was more. */
static uint64_t rate_of_growth(struct watch *watch, uint64_t now, uint64_t resident)
{
	uint64_t elapsed = now > watch->since ? now - watch->since : 1;
	uint64_t rate = resident > watch->from ? (resident - watch->from) / elapsed : 0;
	uint64_t most = rate > watch->rate ? rate : watch->rate;

	if (elapsed >= PERIOD) {
		watch->rate = watch->since ? rate : 0;
		watch->from = resident;
		watch->since = now;
	}
	return most;
}

/* Looks at the process. Returns the bytes that are left to the mark. */
static uint64_t look(struct watch *watch)
{
	uint64_t now = rdump_counters_now(), resident = rdump_cgroup_resident(0);
	uint64_t rate = rate_of_growth(watch, now, resident), left = judge(watch, now, resident);

	/* What others of the cgroup add is of interest where it is three quarters full. */
	watch->latest = watch->mark.of_cgroup && watch->usage >= watch->mark.bytes / 4 * 3 ? OTHERS_EVERY : LATEST;
	if (rate && left / rate / TIMES < watch->latest) {
		watch->latest = left / rate / TIMES + 1;
	}
	return left;
}

/* ---- when it looks ----------------------------------------------------------------------------------------------- */

/*
 * By the system calls: the functions are in librt in some versions of glibc, and not all versions of musl have the
 * field for the thread. A signal to the thread of a timer is Linux's own, timer_create(2).
 */
static void open_timer(struct watch *watch)
{
	struct {
		uint64_t value;
		int signal;
		int notify;
		pid_t thread;
		char rest[64 - 8 - 4 - 4 - 4]; /* sizeof(struct sigevent) of the kernel */
	} event;

	memset(&event, 0, sizeof(event));
	event.signal = WAKE;
	event.notify = 4; /* SIGEV_THREAD_ID */
	event.thread = (pid_t) syscall(SYS_gettid);
	watch->has_timer = syscall(SYS_timer_create, CLOCK_PROCESS_CPUTIME_ID, &event, &watch->timer) == 0;
}

static void close_timer(const struct watch *watch)
{
	if (watch->has_timer) {
		(void) syscall(SYS_timer_delete, watch->timer);
	}
}

/* Sleeps until the process may have used up what is left, or is to end. */
static void sleep_for(const struct watch *watch, uint64_t left)
{
	uint64_t nanoseconds = left / FASTEST, milliseconds = watch->latest;
	struct itimerspec time;
	struct timespec most;
	sigset_t wake;

	nanoseconds = nanoseconds > SHORTEST ? nanoseconds : SHORTEST;
	memset(&time, 0, sizeof(time));
	time.it_value.tv_nsec = (long) (nanoseconds < LONGEST ? nanoseconds : LONGEST);
	if ((!watch->has_timer || syscall(SYS_timer_settime, watch->timer, 0, &time, NULL) < 0)
		&& milliseconds > WITHOUT_TIMER) {
		milliseconds = WITHOUT_TIMER;
	}
	most.tv_sec = (time_t) (milliseconds / 1000);
	most.tv_nsec = (long) (milliseconds % 1000) * 1000000;
	sigemptyset(&wake);
	sigaddset(&wake, WAKE);
	(void) sigtimedwait(&wake, NULL, &most);
}

/*
 * Asks for a short time slice, so that the thread runs soon after it is woken though others are at work: Linux 6.12.
 * Before that, nothing comes of it.
 */
static void be_quick(void)
{
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime, deadline, period;
	} attributes;

	if (syscall(SYS_sched_getattr, 0, &attributes, sizeof(attributes), 0) == 0 && attributes.policy == SCHED_OTHER) {
		attributes.runtime = 100000; /* nanoseconds, the least */
		(void) syscall(SYS_sched_setattr, 0, &attributes, 0);
	}
}

static void *run(RDUMP_UNUSED void *unused)
{
	static struct watch watch; /* too large for the stack of some; there is one thread */

	(void) prctl(PR_SET_NAME, "rdump-watch");
	memset(&watch, 0, sizeof(watch));
	watch.amount = UINT64_MAX; /* so that it is looked up */
	be_quick();
	open_timer(&watch);
	while (!__atomic_load_n(&watcher.stop, __ATOMIC_SEQ_CST)) {
		sleep_for(&watch, look(&watch));
	}
	close_timer(&watch);
	return NULL;
}

/* ---- its life ---------------------------------------------------------------------------------------------------- */

/* All signals are blocked in it: they are for the threads of the process that expect them. Returns 0 or an errno. */
static int start(void)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	int err;

	sigfillset(&all);
	err = pthread_sigmask(SIG_SETMASK, &all, &before);
	if (err) {
		return err;
	}
	err = pthread_attr_init(&attributes);
	if (!err) {
		/* The C library's default is 8 MB of address space, or 128 KB. Where this is refused the default has to do. */
		(void) pthread_attr_setstacksize(&attributes, STACK_SIZE);
		err = pthread_create(&watcher.thread, &attributes, run, NULL);
		(void) pthread_attr_destroy(&attributes);
	}
	(void) pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err;
}

int rdump_watcher_start(bool (*reached)(const struct rdump_watcher_sight *sight))
{
	pid_t self = getpid(), holder = __atomic_load_n(&watcher.pid, __ATOMIC_SEQ_CST);
	int err;

	/* Of several threads that come at the same time one starts it. */
	if (holder == self
		|| !__atomic_compare_exchange_n(&watcher.pid, &holder, self, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		return 0;
	}
	watcher.stop = false;
	watcher.again = 0;
	watcher.reached = reached;
	err = start();
	watcher.failed = err != 0;
	return err;
}

bool rdump_watcher_runs(void)
{
	return __atomic_load_n(&watcher.pid, __ATOMIC_SEQ_CST) == getpid() && !watcher.failed;
}

void rdump_watcher_stop(void)
{
	if (rdump_watcher_runs()) {
		__atomic_store_n(&watcher.stop, true, __ATOMIC_SEQ_CST);
		(void) pthread_kill(watcher.thread, WAKE);
		(void) pthread_join(watcher.thread, NULL);
	}
	store(&watcher.amount, 0);
	__atomic_store_n(&watcher.pid, 0, __ATOMIC_SEQ_CST);
}
