/* An object that calls the C library, for slots_test.c. tests/c/run links it in several ways. */
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

/* The address of the function is in another kind of slot than the one for its calls. */
void *object_group_address(void)
{
	union {
		pid_t (*function)(pid_t);
		void *address;
	} group = {getpgid};

	return group.address;
}

/* A function of this object is called through a slot too, because one of another object may replace it. */
pid_t object_own(void)
{
	return object_parent();
}
