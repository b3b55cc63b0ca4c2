/* The slots of a program. tests/c/run builds this one position-independent, position-dependent, and static. */
#include "check.h"
#include "../../rdump_slots.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	PARENT,
	GROUP,
	SLOTS
};

static struct rdump_slot slot[SLOTS];
static struct rdump_error failure;

static pid_t our_parent(void)
{
	return ((pid_t(*)(void)) slot[PARENT].theirs)() + 1;
}

static pid_t our_group(pid_t pid)
{
	return ((pid_t(*)(pid_t)) slot[GROUP].theirs)(pid) + 1;
}

/* In a program that is not position-independent: the address of code in it that jumps through the slot. */
static pid_t (*volatile address_of_getpgid)(pid_t);

static void program(void)
{
	/* Without these functions: with lazy binding their slots are not resolved yet. */
	pid_t parent = (pid_t) syscall(SYS_getppid), group = (pid_t) syscall(SYS_getpgid, 0);
	int status;

	address_of_getpgid = getpgid;
	slot[PARENT].name = "getppid";
	slot[PARENT].ours = (rdump_function) our_parent;
	slot[GROUP].name = "getpgid";
	slot[GROUP].ours = (rdump_function) our_group;
	status = rdump_slots_find((const void *) (uintptr_t) program, slot, SLOTS, &failure);
#ifdef STATIC
	expect(status < 0 && failure.err == ENOEXEC, "status %d, %s", status, strerror(failure.err));
#else
	expect(status == 0 && slot[PARENT].count > 0 && slot[GROUP].count > 0, "%u and %u slots, %s",
		slot[PARENT].count, slot[GROUP].count, strerror(failure.err));
	expect(rdump_slots_exchange(slot, SLOTS, &failure) == 0, "exchange: %s", strerror(failure.err));
	expect(getppid() == parent + 1 && getpgid(0) == group + 1, "%d and %d", (int) getppid(), (int) getpgid(0));
	expect(address_of_getpgid(0) == group || address_of_getpgid(0) == group + 1, "by address: %d",
		(int) address_of_getpgid(0));
	expect(rdump_slots_restore(slot, SLOTS, &failure) == 0, "restore: %s", strerror(failure.err));
#endif
	expect(getppid() == parent && getpgid(0) == group, "%d and %d", (int) getppid(), (int) getpgid(0));
}

int main(void)
{
	check("slots of the program itself", program);
	return 0;
}
