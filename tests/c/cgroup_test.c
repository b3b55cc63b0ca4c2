/* The memory limit of the process's cgroup: trees of files as the kernel shows them, and the machine's own. */
#include "check.h"
#include "shim.h"
#include "../../rdump_cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MB ((uint64_t) 1 << 20)

static char here[1024];
static struct rdump_cgroup group;

/* Writes a file below the case's folder, and the folders above it. */
__attribute__((format(printf, 2, 3))) static void put(const char *path, const char *format, ...)
{
	char text[8192], folder[4096];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(folder, sizeof(folder), "%.*s", (int) (slash - path), path);
		expect(mkdir(folder, 0755) == 0 || errno == EEXIST, "mkdir %s: %s", folder, strerror(errno));
	}
	put_file(path, text, strlen(text));
}

/* What /proc/self has. `%s` in the list of mounts is the case's folder. */
static void show(const char *cgroups, const char *mounts)
{
	char text[8192], *to = text;

	expect(getcwd(here, sizeof(here)) != NULL, "getcwd: %s", strerror(errno));
	for (const char *at = mounts; *at; at++) {
		if (at[0] == '%' && at[1] == 's') {
			to += sprintf(to, "%s", here);
			at++;
		} else {
			*to++ = *at;
		}
	}
	put_file("cgroups", cgroups, strlen(cgroups));
	put_file("mounts", text, (size_t) (to - text));
	shim_replace("/proc/self/cgroup", "cgroups", 0);
	shim_replace("/proc/self/mountinfo", "mounts", 0);
}

/* A folder of version 2. */
static void put_group(const char *folder, const char *limit, const char *usage, const char *stat)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/cgroup.procs", folder);
	put(path, "%s", "");
	if (limit) {
		snprintf(path, sizeof(path), "%s/memory.max", folder);
		put(path, "%s\n", limit);
	}
	if (usage) {
		snprintf(path, sizeof(path), "%s/memory.current", folder);
		put(path, "%s\n", usage);
		snprintf(path, sizeof(path), "%s/memory.stat", folder);
		put(path, "%s", stat);
	}
}

static void expect_found(uint64_t limit, const char *own, const char *folder)
{
	char path[4096];

	rdump_cgroup_find(&group);
	expect(group.limit == limit, "limit %llu, not %llu", (unsigned long long) group.limit, (unsigned long long) limit);
	snprintf(path, sizeof(path), "%s/%s", here, own);
	expect(!strcmp(group.own, path), "own %s, not %s", group.own, path);
	snprintf(path, sizeof(path), "%s/%s", here, folder);
	expect(!strcmp(group.folder, path), "folder %s, not %s", group.folder, path);
}

static void version2(void)
{
	uint64_t bytes;

	show("0::/system.slice/php-fpm.service\n",
		"22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n"
		"30 22 0:26 / %s/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n");
	put_group("cgroup", NULL, NULL, NULL);
	put_group("cgroup/system.slice", "max", "900000", "");
	put_group("cgroup/system.slice/php-fpm.service", "209715200", "150000000",
		"anon 90000000\nfile 50000000\nactive_file 20000000\ninactive_file 30000000\ninactive_file_other 7\n");
	expect_found(200 * MB, "cgroup/system.slice/php-fpm.service", "cgroup/system.slice/php-fpm.service");
	expect(rdump_cgroup_usage(&group, 1, &bytes) && bytes == 100000000, "usage %llu", (unsigned long long) bytes);
	expect(rdump_cgroup_usage(&group, 150000000, &bytes) && bytes == 100000000, "as much as that");
	expect(rdump_cgroup_usage(&group, 150000001, &bytes) && bytes == 150000000, "less than that");
	put("cgroup/system.slice/memory.max", "104857600\n");
	expect_found(100 * MB, "cgroup/system.slice/php-fpm.service", "cgroup/system.slice");
	put("cgroup/system.slice/memory.max", "max\n");
	put("cgroup/system.slice/php-fpm.service/memory.max", "max\n");
	expect_found(RDUMP_CGROUP_NO_LIMIT, "cgroup/system.slice/php-fpm.service", "cgroup/system.slice/php-fpm.service");
	put("cgroup/system.slice/php-fpm.service/memory.max", "0\n");
	expect_found(0, "cgroup/system.slice/php-fpm.service", "cgroup/system.slice/php-fpm.service");
}

/* The root of the namespace is the cgroup itself, as in most containers. */
static void version2_namespace(void)
{
	uint64_t bytes;

	show("0::/\n", "30 22 0:26 / %s/cgroup ro,nosuid - cgroup2 cgroup rw\n");
	put_group("cgroup", "536870912", "1000", "inactive_file 5000\n");
	expect_found(512 * MB, "cgroup", "cgroup");
	expect(rdump_cgroup_usage(&group, 1, &bytes) && bytes == 0, "usage %llu", (unsigned long long) bytes);
	/* A process that was moved out of the namespace is not below the mount. */
	show("0::/../other\n", "30 22 0:26 / %s/cgroup ro,nosuid - cgroup2 cgroup rw\n");
	put_group("other", "536870912", NULL, NULL);
	rdump_cgroup_find(&group);
	expect(group.limit == RDUMP_CGROUP_NO_LIMIT && !*group.own && !*group.folder, "a cgroup beside the namespace");
	expect(!rdump_cgroup_usage(&group, 1, &bytes), "its usage");
	/* A mount from before the process got its namespace. */
	show("0::/../b/c\n", "30 22 0:26 /../b %s/cgroup ro,nosuid - cgroup2 cgroup rw\n");
	put_group("cgroup/c", "1048576", NULL, NULL);
	expect_found(MB, "cgroup/c", "cgroup/c");
}

/* The memory controller is in version 1, and there is a version 2 beside it. */
static void version1(void)
{
	static const char cgroups[] = "9:name=systemd:/s\n4:cpu,memory,hugetlb:/docker/abc\n3:memory2,xmemory:/x\n0::/s\n",
					  mounts[] =
						  "31 23 0:28 / %s/cgroup rw - tmpfs tmpfs rw,mode=755\n"
						  "32 31 0:27 / %s/unified rw - cgroup2 cgroup2 rw\n"
						  "33 31 0:29 / %s/systemd rw - cgroup cgroup rw,name=systemd\n"
						  "34 31 0:30 /docker/abc %s/memory rw master:3 - cgroup cgroup rw,hugetlb,memory,cpu\n";
	uint64_t bytes;

	show(cgroups, mounts);
	put("unified/s/cgroup.procs", "%s", "");
	put("unified/s/memory.max", "1000\n");
	put("memory/cgroup.procs", "%s", "");
	put("memory/memory.limit_in_bytes", "209715200\n");
	put("memory/memory.usage_in_bytes", "150000000\n");
	expect_found(200 * MB, "memory", "memory");
	expect(!rdump_cgroup_usage(&group, 1, &bytes), "without memory.stat");
	/* One above that is not visible has less. */
	put("memory/memory.stat",
		"inactive_file 1\nactive_file 1\nhierarchical_memory_limit 104857600\n"
		"total_inactive_file 10000000\ntotal_active_file 20000000\n");
	expect_found(100 * MB, "memory", "memory");
	expect(rdump_cgroup_usage(&group, 1, &bytes) && bytes == 120000000, "usage %llu", (unsigned long long) bytes);
	put("memory/memory.limit_in_bytes", "9223372036854771712\n");
	put("memory/memory.stat", "hierarchical_memory_limit 9223372036854771712\n");
	expect_found(RDUMP_CGROUP_NO_LIMIT, "memory", "memory");
}

/* Without use_hierarchy the limit of the cgroup above does not bind. */
static void version1_flat(void)
{
	show("4:memory:/a/b\n", "34 31 0:30 / %s/memory rw - cgroup cgroup rw,memory\n");
	put("memory/a/cgroup.procs", "%s", "");
	put("memory/a/memory.limit_in_bytes", "1048576\n");
	put("memory/a/b/cgroup.procs", "%s", "");
	put("memory/a/b/memory.limit_in_bytes", "3145728\n");
	expect_found(MB, "memory/a/b", "memory/a");
	put("memory/a/b/memory.stat", "hierarchical_memory_limit 3145728\n");
	expect_found(3 * MB, "memory/a/b", "memory/a/b");
}

/* Mounts of a part of the hierarchy, strange names, and mounts that others hide. */
static void mounts(void)
{
	show("0::/a b/c:d\\e/f\n",
		"29 22 0:26 /x %s/wrong rw - cgroup2 cgroup2 rw\n"
		"29 22 0:26 /a\\040b/c:d\\134e/fg %s/wrong rw - cgroup2 cgroup2 rw\n"
		"30 22 0:26 / %s/hidden rw - cgroup2 cgroup2 rw\n"
		"31 22 0:26 /a\\040b %s/with\\040blank rw shared:1 master:2 - cgroup2 cgroup2 rw\n"
		"nonsense\n");
	put("hidden/empty", "%s", "");
	put_group("wrong", "1", NULL, NULL);
	put_group("with blank", "4194304", NULL, NULL);
	put_group("with blank/c:d\\e/f", "max", NULL, NULL);
	expect_found(4 * MB, "with blank/c:d\\e/f", "with blank");
}

static void nothing(void)
{
	static const char *const cgroups[] = {"", "\n", "0::", "garbage", "0::/a\n", "4:cpu:/a\n"};
	char *longest = malloc(20000);

	for (size_t i = 0; i < sizeof(cgroups) / sizeof(*cgroups); i++) {
		show(cgroups[i], "30 22 0:26 / %s/cgroup rw - cgroup2 cgroup2 rw\n31\n32 31 0:1 / /x rw - cgroup2\n");
		rdump_cgroup_find(&group);
		expect(group.limit == RDUMP_CGROUP_NO_LIMIT && !*group.own, "\"%s\"", cgroups[i]);
	}
	memset(longest, 'x', 20000);
	memcpy(longest, "0::/", 4);
	longest[19999] = '\n';
	put_file("cgroups", longest, 20000);
	rdump_cgroup_find(&group);
	expect(group.limit == RDUMP_CGROUP_NO_LIMIT && !*group.own, "a path that is too long");
	put_file("mounts", longest, 20000);
	put_file("cgroups", "0::/a\n", 6);
	rdump_cgroup_find(&group);
	expect(group.limit == RDUMP_CGROUP_NO_LIMIT && !*group.own, "a mount that is too long");
	shim_replace("/proc/self/mountinfo", NULL, ENOENT);
	rdump_cgroup_find(&group);
	shim_replace("/proc/self/cgroup", NULL, EACCES);
	rdump_cgroup_find(&group);
	expect(group.limit == RDUMP_CGROUP_NO_LIMIT && !*group.own, "no /proc");
	expect(rdump_cgroup_largest_other(&group, 1) == 0, "others of no cgroup");
	free(longest);
}

static void grow(void *argument)
{
	const size_t *size = argument;
	char *memory = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) {
		_exit(1);
	}
	memset(memory, 1, *size);
	raise(SIGSTOP);
}

static void sizes(void)
{
	static size_t size[2] = {24 << 20, 12 << 20};
	uint64_t before = rdump_cgroup_resident(0), self, again, largest;
	pid_t child[2];
	int status;

	for (int i = 0; i < 2; i++) {
		child[i] = start_child(grow, &size[i]);
		expect(waitpid(child[i], &status, WUNTRACED) == child[i] && WIFSTOPPED(status), "a child ended");
	}
	self = rdump_cgroup_resident(0);
	again = rdump_cgroup_resident(getpid());
	/* Kernels before 6.2 count late, and a call may touch a page of the stack for the first time. */
	expect(before > 0 && self < before + 8 * MB && again < self + 8 * MB && self < again + 8 * MB,
		"resident %llu, then %llu, before %llu", (unsigned long long) self, (unsigned long long) again,
		(unsigned long long) before);
	show("0::/\n", "30 22 0:26 / %s/cgroup rw - cgroup2 cgroup2 rw\n");
	put("cgroup/cgroup.procs", "0\n%d\n%d\n%d\nx\n", (int) getpid(), (int) child[1], (int) child[0]);
	rdump_cgroup_find(&group);
	largest = rdump_cgroup_largest_other(&group, getpid());
	expect(largest >= 22 * MB && largest == rdump_cgroup_resident(child[0]), "largest %llu",
		(unsigned long long) largest);
	expect(rdump_cgroup_largest_other(&group, child[0]) < largest, "without the largest");
	for (int i = 0; i < 2; i++) {
		kill(child[i], SIGKILL);
		(void) waitpid(child[i], &status, 0);
	}
	expect(rdump_cgroup_resident(child[0]) == 0, "of a process that has ended");
}

/* Reads a file of the machine's. Returns false where it is not there. */
static bool get(const char *folder, const char *name, char *text, size_t size)
{
	char path[8192];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		return false;
	}
	got = read(fd, text, size - 1);
	close(fd);
	text[got > 0 ? got : 0] = '\0';
	return got > 0;
}

/* What the kernel of this machine shows, in a cgroup of its own. */
static void real(void)
{
	char folder[8192], file[8300], text[64];
	uint64_t usage, again;
	pid_t child;
	int status;

	rdump_cgroup_find(&group);
	if (!*group.own) {
		skip("no cgroup with the memory controller is visible here");
	}
	/* In version 2 a cgroup that has processes cannot have children with the controller. */
	snprintf(folder, sizeof(folder), "%s/rdump-c-%d", group.version1 ? group.own : "/sys/fs/cgroup", (int) getpid());
	if (mkdir(folder, 0755) < 0) {
		skip("this user may make no cgroup: %s", strerror(errno));
	}
	snprintf(text, sizeof(text), "%llu", (unsigned long long) (64 * MB));
	snprintf(file, sizeof(file), "%s/%s", folder, group.version1 ? "memory.limit_in_bytes" : "memory.max");
	if (access(file, F_OK) < 0) {
		rmdir(folder);
		skip("no memory controller in a new cgroup");
	}
	put_file(file, text, strlen(text));
	child = fork();
	if (child == 0) {
		static char memory[8 << 20];

		snprintf(file, sizeof(file), "%s/cgroup.procs", folder);
		put_file(file, "0", 1);
		rdump_cgroup_find(&group);
		expect(group.limit == 64 * MB && !strcmp(group.own, folder) && !strcmp(group.folder, folder),
			"limit %llu of %s", (unsigned long long) group.limit, group.own);
		expect(rdump_cgroup_usage(&group, 1, &usage), "no usage");
		memset(memory, 1, sizeof(memory));
		expect(rdump_cgroup_usage(&group, 1, &again) && again >= usage + 7 * MB && again <= 64 * MB,
			"usage %llu, then %llu", (unsigned long long) usage, (unsigned long long) again);
		expect(get(group.own, "cgroup.procs", text, sizeof(text)) && atoi(text) == getpid(), "cgroup.procs: %s", text);
		expect(rdump_cgroup_largest_other(&group, getpid()) == 0, "another process");
		_exit(0);
	}
	(void) waitpid(child, &status, 0);
	for (int tries = 0; rmdir(folder) < 0 && tries < 1000; tries++) {
		usleep(10000);
	}
	expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child ended with status %d", status);
}

int main(void)
{
	check("a limit of version 2, and of the cgroup above", version2);
	check("a cgroup namespace", version2_namespace);
	check("a limit of version 1, beside version 2", version1);
	check("a limit of version 1 that does not bind those below", version1_flat);
	check("mounts of a part, strange names, hidden mounts", mounts);
	check("no cgroup, and nonsense", nothing);
	check("the size of this process, and of the largest other", sizes);
	check("a cgroup of this machine", real);
	return 0;
}
