/* An object that calls the C library, for slots_test.c. tests/c/run links it in each of the ways that there are. */
#include <unistd.h>

pid_t object_parent(void);
pid_t object_group(pid_t pid);
void *object_group_address(void);
pid_t object_own(void);

pid_t object_parent(void)
{
	return getppid();
}

pid_t object_group(pid_t pid)
{
	return getpgid(pid);
}

/* The function's address is in a slot of another kind than its calls go through. */
void *object_group_address(void)
{
	union {
		pid_t (*function)(pid_t);
		void *address;
	} group = {getpgid};

	return group.address;
}

/* A function of its own is called through a slot as well, because another object's may come before it. */
pid_t object_own(void)
{
	return object_parent();
}
