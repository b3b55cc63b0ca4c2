/* Slots found and exchanged in objects of all kinds: slots_object.c, linked by tests/c/run. */
#include "check.h"
#include "shim.h"
#include "../../rdump_slots.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OURS 100000000 /* what the functions of this test add */

enum {
	PARENT,
	GROUP,
	SLOTS
};

static struct rdump_slot slot[SLOTS];
static struct rdump_error failure;

/* The object under test. */
static pid_t (*object_parent)(void);
static pid_t (*object_group)(pid_t pid);
static void *(*object_group_address)(void);

static pid_t our_parent(void)
{
	return ((pid_t(*)(void)) slot[PARENT].theirs)() + OURS;
}

static pid_t our_group(pid_t pid)
{
	return ((pid_t(*)(pid_t)) slot[GROUP].theirs)(pid) + OURS;
}

static void load(const char *name)
{
	const char *folder = getenv("CHECK_OBJECTS");
	char path[4096];
	void *object;

	expect(folder != NULL, "CHECK_OBJECTS is not set");
	snprintf(path, sizeof(path), "%s/%s.so", folder, name);
	object = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
	expect(object != NULL, "dlopen: %s", dlerror());
	*(void **) &object_parent = dlsym(object, "object_parent");
	*(void **) &object_group = dlsym(object, "object_group");
	*(void **) &object_group_address = dlsym(object, "object_group_address");
	expect(object_parent && object_group && object_group_address, "dlsym: %s", dlerror());
}

static void prepare(void)
{
	memset(slot, 0, sizeof(slot));
	slot[PARENT].name = "getppid";
	slot[PARENT].ours = (rdump_function) our_parent;
	slot[GROUP].name = "getpgid";
	slot[GROUP].ours = (rdump_function) our_group;
}

static const char *reason(void)
{
	static char text[512];

	snprintf(text, sizeof(text), "cannot %s %s: %s", failure.step ? failure.step : "?",
		failure.path ? failure.path : "?", strerror(failure.err));
	return text;
}

static void find(const void *inside)
{
	prepare();
	expect(rdump_slots_find(inside, slot, SLOTS, &failure) == 0, "%s", reason());
	for (int i = 0; i < SLOTS; i++) {
		expect(slot[i].count > 0, "no slot of %s", slot[i].name);
	}
	expect(slot[PARENT].theirs && ((pid_t(*)(void)) slot[PARENT].theirs)() == getppid(),
		"the function found is not getppid()");
}

static const void *address_of(pid_t (*function)(void))
{
	return (const void *) (uintptr_t) function;
}

/* The permissions of a slot's page, as /proc/self/maps has them. */
static const char *permissions(const uintptr_t *address)
{
	static char text[5];
	char line[8192];
	FILE *maps = fopen("/proc/self/maps", "r");

	expect(maps != NULL, "/proc/self/maps: %s", strerror(errno));
	while (fgets(line, sizeof(line), maps)) {
		unsigned long begin, end;
		if (sscanf(line, "%lx-%lx %4s", &begin, &end, text) == 3 && (uintptr_t) address >= begin
			&& (uintptr_t) address < end) {
			break;
		}
	}
	fclose(maps);
	return text;
}

static void permissions_are_right(void)
{
	for (int i = 0; i < SLOTS; i++) {
		for (unsigned k = 0; k < slot[i].count; k++) {
			expect(!strcmp(permissions(slot[i].place[k].address), slot[i].place[k].read_only ? "r--p" : "rw-p"),
				"a slot of %s is %s", slot[i].name, permissions(slot[i].place[k].address));
		}
	}
}

static pid_t group_by_address(void)
{
	void *address = object_group_address();
	pid_t (*group)(pid_t);

	*(void **) &group = address;
	return group(0);
}

static void object_calls(int more)
{
	expect(object_parent() == getppid() + more, "getppid() called by the object: %d, not %d",
		(int) object_parent(), (int) getppid() + more);
	expect(object_group(0) == getpgid(0) + more, "getpgid() called by the object");
	expect(group_by_address() == getpgid(0) + more, "getpgid() called by its address");
	expect(getppid() < OURS && getpgid(0) < OURS, "this program's own calls");
}

/* Finds, exchanges and restores, twice, with an object that may have used its slots before. */
static void exchange_and_restore(const char *object, bool used)
{
	load(object);
	if (used) {
		object_calls(0);
	}
	for (int round = 0; round < 2; round++) {
		find(address_of(object_parent));
		permissions_are_right();
		expect(rdump_slots_exchange(slot, SLOTS, &failure) == 0, "%s", reason());
		permissions_are_right();
		expect(rdump_slots_are_ours(slot, SLOTS), "not all slots are exchanged");
		object_calls(OURS);
		expect(rdump_slots_restore(slot, SLOTS, &failure) == 0, "%s", reason());
		permissions_are_right();
		expect(!rdump_slots_are_ours(slot, SLOTS), "slots are still exchanged");
		object_calls(0);
	}
}

static void lazy_unused(void)
{
	exchange_and_restore("lazy", false);
}

static void lazy_used(void)
{
	exchange_and_restore("lazy", true);
}

static void now_with_relro(void)
{
	exchange_and_restore("now", true);
	expect(slot[PARENT].place[0].read_only && slot[GROUP].place[0].read_only, "the slots are not read-only");
}

static void without_relro(void)
{
	exchange_and_restore("norelro", true);
	for (int i = 0; i < SLOTS; i++) {
		for (unsigned k = 0; k < slot[i].count; k++) {
			expect(!slot[i].place[k].read_only, "a slot is read-only");
		}
	}
}

static void without_plt(void)
{
	exchange_and_restore("noplt", true);
}

static void old_hash(void)
{
	exchange_and_restore("sysv", true);
}

static void no_such_slot(void)
{
	load("now");
	prepare();
	slot[PARENT].name = "getsid";
	expect(rdump_slots_find(address_of(object_parent), slot, SLOTS, &failure) == 0, "%s", reason());
	expect(slot[PARENT].count == 0 && slot[GROUP].count > 0, "%u and %u slots", slot[PARENT].count, slot[GROUP].count);
	/* A function of this program, which nothing calls through a slot. */
	slot[PARENT].name = "object_parent";
	expect(rdump_slots_find(address_of(object_parent), slot, SLOTS, &failure) == 0 && slot[PARENT].count == 0,
		"%s", reason());
	expect(rdump_slots_exchange(slot, 1, &failure) == 0 && rdump_slots_restore(slot, 1, &failure) == 0,
		"none to exchange: %s", reason());
	object_calls(0);
}

static void no_such_object(void)
{
	int here;
	void *nobodys = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const void *inside[] = {&here, nobodys, NULL};

	for (int i = 0; i < 3; i++) {
		prepare();
		expect(rdump_slots_find(inside[i], slot, SLOTS, &failure) < 0 && failure.err == ENOENT,
			"%p: %s", inside[i], reason());
	}
}

/* Each mprotect() fails once: nothing is exchanged, and read-only pages are read-only again. */
static void refused(void)
{
	bool exchanged = false;
	int call;

	load("now");
	find(address_of(object_parent));
	for (call = 1; !exchanged; call++) {
		shim_arm();
		shim.only = "mprotect";
		shim.fail_at = call;
		shim.err = EACCES;
		exchanged = rdump_slots_exchange(slot, SLOTS, &failure) == 0;
		shim_disarm();
		expect(exchanged == !shim.failed, "mprotect() number %d failed, the exchange did not", call);
		expect(exchanged || failure.err == EACCES, "call %d: %s", call, reason());
		object_calls(exchanged ? OURS : 0);
		permissions_are_right();
	}
	expect(call > 4, "only %d calls of mprotect()", call);
	/* They cannot be restored then either. */
	shim_arm();
	shim.only = "mprotect";
	shim.fail_from = 1;
	shim.err = EACCES;
	expect(rdump_slots_restore(slot, SLOTS, &failure) < 0 && failure.err == EACCES, "%s", reason());
	shim_disarm();
	object_calls(OURS);
	expect(rdump_slots_restore(slot, SLOTS, &failure) == 0, "%s", reason());
	object_calls(0);
}

/* mprotect() cannot change pages that mseal(2) has sealed. */
static void sealed(void)
{
	const long mseal = 462; /* the C libraries have no name for it yet; both machines have this number */
	uintptr_t page = (uintptr_t) sysconf(_SC_PAGESIZE);

	load("now");
	find(address_of(object_parent));
	if (syscall(mseal, (uintptr_t) slot[GROUP].place[0].address & -page, page, 0L) < 0) {
		skip("mseal: %s", strerror(errno));
	}
	expect(rdump_slots_exchange(slot, SLOTS, &failure) < 0 && failure.err == EPERM, "%s", reason());
	object_calls(0);
}

static pid_t their_parent(void)
{
	return 1;
}

static void somebody_after_us(void)
{
	load("norelro");
	find(address_of(object_parent));
	expect(rdump_slots_exchange(slot, SLOTS, &failure) == 0, "%s", reason());
	*slot[PARENT].place[0].address = (uintptr_t) their_parent;
	expect(!rdump_slots_are_ours(slot, SLOTS), "one is somebody else's");
	expect(rdump_slots_restore(slot, SLOTS, &failure) < 0 && failure.err == EBUSY, "%s", reason());
	expect(object_parent() == 1 && object_group(0) == getpgid(0), "theirs must stay, the other must be put back");
}

static int stop, rounds;

static void *call_on(void *unused)
{
	pid_t parent = getppid();

	(void) unused;
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		pid_t answer = object_parent();

		expect(answer == parent || answer == parent + OURS, "a call meanwhile: %d", (int) answer);
		__atomic_add_fetch(&rounds, 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

static void threads(void)
{
	pthread_t thread;

	load("now");
	find(address_of(object_parent));
	expect(pthread_create(&thread, NULL, call_on, NULL) == 0, "pthread_create");
	await(&rounds);
	for (int i = 0; i < 1000; i++) {
		expect(rdump_slots_exchange(slot, SLOTS, &failure) == 0, "%s", reason());
		expect(rdump_slots_restore(slot, SLOTS, &failure) == 0, "%s", reason());
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
}

#if defined(__x86_64__) || defined(__aarch64__)
static const bool known_machine = true;
#else
static const bool known_machine = false;
#endif

static void other_machine(void)
{
	skip("the relocations of this machine are not known");
}

int main(void)
{
	if (!known_machine) {
		check("slots", other_machine);
		return 0;
	}
	check("slots, lazy binding, not used before", lazy_unused);
	check("slots, lazy binding, used before", lazy_used);
	check("slots, BIND_NOW with RELRO", now_with_relro);
	check("slots, without RELRO", without_relro);
	check("slots, without a procedure linkage table", without_plt);
	check("slots, with the old hash table only", old_hash);
	check("no such slot", no_such_slot);
	check("no such object", no_such_object);
	check("mprotect() is refused", refused);
	check("a sealed page", sealed);
	check("another object exchanges a slot afterwards", somebody_after_us);
	check("other threads call while slots are exchanged", threads);
	return 0;
}
