/* The file: targets, names, permissions, the budget, old temporary files, locks, the marker. */
#include "check.h"
#include "shim.h"
#include "../../rdump_file.h"
#include "../../rdump_marker.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MB ((uint64_t) 1 << 20)

static struct rdump_file file;
static struct rdump_error error;

static const char *why(void)
{
	static char text[512];

	snprintf(text, sizeof(text), "cannot %s: %s", error.step ? error.step : "(no step)", strerror(error.err));
	return text;
}

/* Opens, creates and commits a file without writing to it. Returns the result of rdump_file_create(). */
static int make(const char *path, uint64_t size, uint64_t budget)
{
	int status;

	memset(&error, 0, sizeof(error));
	if (rdump_file_open(&file, path, &error) < 0) {
		return -1;
	}
	status = rdump_file_create(&file, size, budget, &error);
	if (status == 0) {
		status = rdump_file_commit(&file, size, &error);
	}
	rdump_file_close(&file);
	return status;
}

static void must_make(const char *path, uint64_t size, uint64_t budget)
{
	expect(make(path, size, budget) == 0, "%s: %s", path, why());
}

/* The number of temporary files in a folder. */
static int count_parts(void)
{
	const char *list = list_folder(".");
	int count = 0;

	while ((list = strstr(list, RDUMP_TEMPORARY_SUFFIX " ")) != NULL) {
		count++;
		list++;
	}
	return count;
}

/* ---- the target -------------------------------------------------------------------------------------------------- */

static void refused(const char *path, int err)
{
	static char before[16384];
	int descriptors = count_descriptors();

	snprintf(before, sizeof(before), "%s", list_folder("."));
	expect(make(path, 100, 0) < 0 && error.err == err, "%.40s: %s instead of %s", path, why(), strerror(err));
	expect(error.path == path && error.step, "the error does not name the path");
	expect(!strcmp(before, list_folder(".")), "%.40s: the folder was\n%s and is\n%s", path, before, list_folder("."));
	expect(count_descriptors() == descriptors, "%.40s: a descriptor leaks", path);
}

static void odd_targets(void)
{
	struct sockaddr_un address = {AF_UNIX, "socket"};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	expect(mkdir("folder", 0755) == 0 && mkfifo("fifo", 0644) == 0 && symlink("file", "link") == 0
			&& symlink("nowhere", "dangling") == 0 && symlink("folder", "way") == 0
			&& bind(fd, (struct sockaddr *) &address, sizeof(address)) == 0,
		"%s", strerror(errno));
	put_file("file", "content", 7);
	refused("", ENOENT);
	refused("folder", EISDIR);
	refused("folder/", EISDIR);
	refused("new/", EISDIR);
	refused("folder/new/", EISDIR);
	refused("/", EISDIR);
	refused(".", EISDIR);
	refused("..", EISDIR);
	refused("folder/.", EISDIR);
	refused("folder/..", EISDIR);
	refused("fifo", ENXIO);
	refused("socket", ENXIO);
	/* A new device if it can be created: a broken build that runs as root would replace the machine's. */
	refused(mknod("device", S_IFCHR | 0600, makedev(1, 3)) == 0 ? "device" : "/dev/null", ENXIO);
	refused("link", ELOOP);
	refused("dangling", ELOOP);
	refused("file/x", ENOTDIR);
	refused("nowhere/x", ENOENT);
	expect(file_is("file", "content", 7), "what the link leads to has changed");
	/* A symlink in the path of the folder is allowed. */
	must_make("way/x", 100, 0);
	expect(access("folder/x", F_OK) == 0, "not where the way leads");
	must_make("./file", 100, 0);
	must_make("folder/../file", 100, 0);
	must_make("folder//y", 100, 0);
}

static void names(void)
{
	char name[300], path[6000];

	memset(name, 'n', sizeof(name));
	name[255] = '\0';
	must_make(name, 100, 0);
	name[255] = 'n';
	name[256] = '\0';
	refused(name, ENAMETOOLONG);
	snprintf(path, sizeof(path), "./%s", name);
	refused(path, ENAMETOOLONG);
	memset(path, 'n', 3000);
	path[3000] = '\0';
	refused(path, ENAMETOOLONG);
	must_make(" ", 100, 0);
	must_make("a\nb\"c'\\", 100, 0);
	must_make("...", 100, 0);
	must_make("\xff\xfe", 100, 0);

	memset(path, '/', sizeof(path));
	memcpy(path, ".", 1);
	strcpy(path + 4090, "/last");
	expect(strlen(path) == 4095, "%zu", strlen(path));
	must_make(path, 100, 0);
	expect(access("last", F_OK) == 0, "a path of 4,095 bytes did not lead here");
	strcpy(path + 4090, "/last1");
	refused(path, ENAMETOOLONG);
	memset(path, '/', sizeof(path));
	memcpy(path, ".", 1);
	strcpy(path + 4995, "/last");
	refused(path, ENAMETOOLONG);
}

/* Whoever writes to a standard stream that is closed must not write to the dump. */
static void streams_that_are_closed(void)
{
	int kept[3];

	for (int i = 0; i < 3; i++) {
		kept[i] = fcntl(i, F_DUPFD_CLOEXEC, 10);
		(void) close(i);
	}
	expect(rdump_file_open(&file, "x", &error) == 0 && rdump_file_create(&file, 10, 10 * MB, &error) == 0, "%s", why());
	expect(file.fd > 2 && (fcntl(file.fd, F_GETFD) & FD_CLOEXEC), "descriptor %d", file.fd);
	expect(flock(file.fd, LOCK_EX | LOCK_NB) == 0 && rdump_file_commit(&file, 10, &error) == 0, "%s", why());
	rdump_file_close(&file);
	for (int i = 0; i < 3; i++) {
		(void) dup2(kept[i], i);
	}
}

static void replaces(void)
{
	struct stat before, now;
	char bytes[8] = "";
	int old, flags;

	put_file("x.rdump", "earlier", 7);
	expect(stat("x.rdump", &before) == 0 && link("x.rdump", "another name") == 0, "%s", strerror(errno));
	old = open("x.rdump", O_RDONLY | O_CLOEXEC);
	umask(0);
	expect(
		rdump_file_open(&file, "x.rdump", &error) == 0 && rdump_file_create(&file, 100, 0, &error) == 0, "%s", why());
	expect(file_is("x.rdump", "earlier", 7), "the earlier file has changed before there is a new one");
	expect(fstat(file.fd, &now) == 0 && (now.st_mode & 07777) == 0600 && now.st_size == 100,
		"mode %o, %lld bytes in the making", (unsigned) now.st_mode, (long long) now.st_size);
	flags = fcntl(file.fd, F_GETFD);
	expect((flags & FD_CLOEXEC) && (fcntl(file.folder.fd, F_GETFD) & FD_CLOEXEC), "not close-on-exec");
	expect(count_parts() == 1 && !strstr(file.temporary, RDUMP_SUFFIX " "), "temporary files: %s", list_folder("."));
	expect(rdump_file_commit(&file, 64, &error) == 0, "%s", why());
	rdump_file_close(&file);
	expect(stat("x.rdump", &now) == 0 && now.st_ino != before.st_ino && now.st_size == 64
			&& (now.st_mode & 07777) == 0600 && now.st_nlink == 1,
		"mode %o, %lld bytes", (unsigned) now.st_mode, (long long) now.st_size);
	expect(read(old, bytes, 8) == 7 && !memcmp(bytes, "earlier", 7), "who holds the earlier file reads something else");
	expect(file_is("another name", "earlier", 7), "another name of the earlier file leads to something else");
	expect(count_parts() == 0, "left behind:\n%s", list_folder("."));
	umask(0777);
	must_make("y.rdump", 10, 0);
	expect(
		stat("y.rdump", &now) == 0 && (now.st_mode & 07777) == 0600, "mode %o with umask 777", (unsigned) now.st_mode);
}

/* The target is checked again before it is replaced. */
static void target_that_changes(void)
{
	static const char *const kind[] = {"folder", "link", "fifo"};
	static const int expected[] = {EISDIR, ELOOP, ENXIO};

	for (int i = 0; i < 3; i++) {
		expect(
			rdump_file_open(&file, kind[i], &error) == 0 && rdump_file_create(&file, 100, 0, &error) == 0, "%s", why());
		if (i == 0) {
			expect(mkdir(kind[i], 0755) == 0, "%s", strerror(errno));
		} else if (i == 1) {
			expect(symlink("elsewhere", kind[i]) == 0, "%s", strerror(errno));
		} else {
			expect(mkfifo(kind[i], 0600) == 0, "%s", strerror(errno));
		}
		expect(rdump_file_commit(&file, 100, &error) < 0 && error.err == expected[i], "%s: %s", kind[i], why());
		rdump_file_close(&file);
		expect(count_parts() == 0, "left behind:\n%s", list_folder("."));
	}
	expect(access("elsewhere", F_OK) < 0, "written through a link");
}

static void folder_that_moves(void)
{
	char here[PATH_MAX];
	const char *path;

	expect(mkdir("old", 0755) == 0 && rdump_file_open(&file, "old/x", &error) == 0, "%s", why());
	expect(
		rename("old", "new") == 0 && mkdir("old", 0755) == 0 && getcwd(here, sizeof(here) - 4), "%s", strerror(errno));
	path = rdump_folder_path(&file.folder);
	strcat(here, "/new");
	expect(path && !strcmp(path, here), "it is %s, not %s", path, here);
	expect(rdump_file_create(&file, 10, 0, &error) == 0 && rdump_file_commit(&file, 10, &error) == 0, "%s", why());
	rdump_file_close(&file);
	expect(access("new/x", F_OK) == 0 && access("old/x", F_OK) < 0, "not in the folder that was opened");
}

static void close_is_quiet(void)
{
	expect(rdump_file_open(&file, "x", &error) == 0 && rdump_file_create(&file, 10, 0, &error) == 0, "%s", why());
	errno = 4711;
	unlink(file.temporary);
	errno = 4711;
	rdump_file_close(&file);
	expect(errno == 4711, "errno is %d", errno);
	rdump_file_close(&file); /* a second time does nothing */
	expect(!*list_folder("."), "left behind:\n%s", list_folder("."));
}

/* ---- permissions ------------------------------------------------------------------------------------------------- */

static void be_nobody(void)
{
	expect(setresgid(65534, 65534, 65534) == 0 && setresuid(65534, 65534, 65534) == 0, "%s", strerror(errno));
}

static void need_root(void)
{
	if (geteuid() != 0) {
		skip("only root can be somebody else");
	}
}

static void permissions(void)
{
	need_root();
	expect(mkdir("closed", 0700) == 0 && mkdir("listed", 0755) == 0, "mkdir");
	be_nobody();
	refused("closed/x", EACCES);
	refused("listed/x", EACCES);
	expect(error.step && strstr(error.step, "create"), "%s", why());
}

/* Files may be put into it, but not listed: no budget can be kept there, and a dump can. */
static void drop_box(void)
{
	struct stat status;

	need_root();
	expect(mkdir("box", 0755) == 0 && chmod("box", 01733) == 0, "mkdir");
	put_file("box/.rdump-00000000000000000000000000000000.part", "left over", 9);
	be_nobody();
	must_make("box/x.rdump", 100, 0);
	expect(stat("box/x.rdump", &status) == 0 && status.st_size == 100 && status.st_uid == 65534, "%s", strerror(errno));
	expect(make("box/y.rdump", 100, 100 * MB) < 0 && error.err == EACCES, "with a budget: %s", why());
	expect(stat("box/y.rdump", &status) < 0, "a dump without a budget that could be kept");
}

/* A sticky folder with another user's file at the target: the kernel refuses to replace it, and nothing is left. */
static void sticky_folder(void)
{
	need_root();
	expect(mkdir("sticky", 0755) == 0 && chmod("sticky", 01777) == 0, "mkdir");
	put_file("sticky/x.rdump", "root's", 6);
	be_nobody();
	expect(make("sticky/x.rdump", 100, 0) < 0 && error.err == EPERM, "%s", why());
	expect(file_is("sticky/x.rdump", "root's", 6), "the other user's file has changed");
	expect(!strchr(strchr(list_folder("sticky"), '\n') + 1, '\n'), "left behind:\n%s", list_folder("sticky"));
}

static void mount_tmpfs(const char *options, unsigned long flags)
{
	need_root();
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0) {
		skip("no mount namespace: %s", strerror(errno));
	}
	expect(mkdir("mounted", 0755) == 0, "mkdir");
	if (mount("rdump", "mounted", "tmpfs", flags, options) < 0) {
		skip("no tmpfs: %s", strerror(errno));
	}
	expect(chdir("mounted") == 0, "chdir");
}

static void read_only(void)
{
	mount_tmpfs("size=1m", MS_RDONLY);
	refused("x", EROFS);
}

/* No space: refused before a byte is written. */
static void full_disk(void)
{
	mount_tmpfs("size=64k", 0);
	put_file("x.rdump", "earlier", 7);
	expect(make("x.rdump", 128 * 1024, 0) < 0 && error.err == ENOSPC && strstr(error.step, "room"), "%s", why());
	expect(file_is("x.rdump", "earlier", 7) && count_parts() == 0, "the folder holds\n%s", list_folder("."));
	/* The earlier file needs its space until it is replaced. */
	must_make("x.rdump", 32 * 1024, 0);
}

/* ---- the budget -------------------------------------------------------------------------------------------------- */

static void budget(void)
{
	must_make("a.rdump", 3 * MB, 10 * MB);
	must_make("b.rdump", 3 * MB, 10 * MB);
	expect(make("c.rdump", 4 * MB + 1, 10 * MB) == 1, "one byte too many was written");
	expect(file.others.sizes == 6 * MB, "the others are said to take %llu", (unsigned long long) file.others.sizes);
	expect(access("c.rdump", F_OK) < 0 && count_parts() == 0, "a skipped dump left something");
	must_make("c.rdump", 4 * MB, 10 * MB); /* to the byte */
	expect(make("d.rdump", 1, 10 * MB) == 1, "over the budget by one byte");
	must_make("c.rdump", 4 * MB, 10 * MB); /* the file that is replaced does not count */
	must_make("c.rdump", 2 * MB, 10 * MB);
	must_make("d.rdump", 2 * MB, 10 * MB);
	expect(make("e.rdump", 11 * MB, 10 * MB) == 1, "larger than the budget");
	expect(make("e.rdump", UINT64_MAX / 2, 10 * MB) == 1, "far larger than the budget");
	must_make("d.rdump", 2 * MB, 0); /* no budget */
	must_make("e.rdump", 20 * MB, 0);
	expect(make("d.rdump", 1, 10 * MB) == 1, "others that break the budget");
}

/* Other names, links, folders and markers do not count. */
static void budget_counts_dumps_only(void)
{
	must_make("big", 50 * MB, 0);
	must_make("a.rdump.done", 5 * MB, 0);
	must_make("rdump", 5 * MB, 0);
	expect(symlink("big", "link.rdump") == 0 && mkdir("folder.rdump", 0755) == 0, "%s", strerror(errno));
	must_make("folder.rdump/inner.rdump", 50 * MB, 0);
	must_make("a.rdump", 10 * MB, 10 * MB);
	must_make(".rdump", 1 * MB, 11 * MB); /* the ending alone is the name of a dump too */
	expect(make("b.rdump", 1, 11 * MB) == 1, "a dump called .rdump was not counted");
}

/* Temporary files count too. */
static void budget_counts_the_making(void)
{
	struct rdump_file other;

	expect(rdump_file_open(&other, "a.rdump", &error) == 0 && rdump_file_create(&other, 6 * MB, 10 * MB, &error) == 0,
		"%s", why());
	expect(make("b.rdump", 5 * MB, 10 * MB) == 1, "a file in the making was not counted");
	must_make("b.rdump", 4 * MB, 10 * MB);
	expect(rdump_file_commit(&other, 6 * MB, &error) == 0, "%s", why());
	rdump_file_close(&other);
	expect(make("c.rdump", 1, 10 * MB) == 1, "over the budget");
}

static void budget_while_growing(void)
{
	must_make("a.rdump", 5 * MB, 10 * MB);
	expect(rdump_file_open(&file, "b.rdump", &error) == 0 && rdump_file_create(&file, 1 * MB, 10 * MB, &error) == 0,
		"%s", why());
	expect(rdump_file_grow(&file, 5 * MB, &error) == 0 && file.reserved == 5 * MB, "%s", why());
	expect(
		rdump_file_grow(&file, 5 * MB + 1, &error) < 0 && error.err == EDQUOT, "it grew beyond the budget: %s", why());
	expect(file.reserved == 5 * MB, "%llu are reserved", (unsigned long long) file.reserved);
	rdump_file_close(&file);
	expect(!strstr(list_folder("."), "b.rdump") && count_parts() == 0, "left behind:\n%s", list_folder("."));
}

static int start_line[2], finished[2];

static void one_of_twenty(void *context)
{
	char name[32], byte;
	int status;

	close(start_line[1]);
	expect(read(start_line[0], &byte, 1) == 0, "the start"); /* until all of them are ready */
	snprintf(name, sizeof(name), "%d.rdump", *(int *) context);
	expect(rdump_file_open(&file, name, &error) == 0, "%s", why());
	status = rdump_file_create(&file, 3 * MB, 20 * MB, &error);
	expect(status >= 0, "%s", why());
	if (status == 0) {
		status = rdump_file_commit(&file, 3 * MB, &error);
		expect(status == 0, "%s", why());
		expect(write(finished[1], "x", 1) == 1, "write");
	}
	rdump_file_close(&file);
}

/* Twenty at once: never more than the budget, and the budget is used. */
static void budget_of_twenty(void)
{
	pid_t child[20];
	char made[20];
	int count;

	expect(pipe(start_line) == 0 && pipe(finished) == 0, "pipe");
	for (int i = 0; i < 20; i++) {
		child[i] = start_child(one_of_twenty, &i);
	}
	close(start_line[0]);
	close(start_line[1]);
	for (int i = 0; i < 20; i++) {
		end_child(child[i]);
	}
	fcntl(finished[0], F_SETFL, O_NONBLOCK);
	count = (int) read(finished[0], made, sizeof(made));
	expect(count == 6, "%d dumps of 3 MB within 20 MB", count);
	expect(count_parts() == 0, "left behind:\n%s", list_folder("."));
}

/* ---- what must stay free ---------------------------------------------------------------------------------------- */

/* Creates a dump's file of `size` bytes that leaves so much free, without its blocks. Returns what create() does. */
static int create_beside(const char *path, uint64_t size, uint64_t bytes, uint32_t share)
{
	expect(rdump_file_open(&file, path, &error) == 0, "%s: %s", path, why());
	file.min_free.bytes = bytes;
	file.min_free.share = share;
	return rdump_file_create(&file, size, 0, &error);
}

static int fits_beside(uint64_t size, uint64_t bytes, uint32_t share)
{
	int status = create_beside("x.rdump", size, bytes, share);

	rdump_file_close(&file);
	return status;
}

static void min_free(void)
{
	mount_tmpfs("size=16m", 0);
	expect(fits_beside(8 * MB, 8 * MB, 0) == 0, "8 MB of 16 leave 8: %s", why());
	expect(fits_beside(8 * MB, 8 * MB + 1, 0) == 1, "8 MB of 16 do not leave 8 and a byte");
	expect(file.kept_free == 8 * MB + 1 && file.available == 16 * MB, "%llu must stay, %llu are free",
		(unsigned long long) file.kept_free, (unsigned long long) file.available);
	expect(fits_beside(8 * MB - 1, 8 * MB, 0) == 0 && fits_beside(8 * MB + 1, 8 * MB, 0) == 1, "a byte is a block");
	expect(fits_beside(1, 0, 0) == 0 && fits_beside(16 * MB, 0, 0) == 0, "nothing must stay free: %s", why());
	expect(fits_beside(1, 17 * MB, 0) == 1, "more than there is");
	expect(fits_beside(12 * MB, 0, 2500) == 0 && fits_beside(12 * MB + 1, 0, 2500) == 1, "25 %% are 4 MB");
	expect(fits_beside(1, 0, 10000) == 1, "100 %%");
	expect(fits_beside(UINT64_MAX / 4, 1, 0) == 1 && fits_beside(1, UINT64_MAX, 0) == 1, "large numbers");
	/* The file to be replaced takes its room until then. */
	put_file("x.rdump", calloc(1, 4 * MB), 4 * MB);
	expect(fits_beside(8 * MB, 4 * MB, 0) == 0 && fits_beside(8 * MB + 1, 4 * MB, 0) == 1, "beside the earlier file");
	expect(count_parts() == 0, "left behind:\n%s", list_folder("."));
}

/* What another dump in the folder has reserved is not free, though the file system has found no block for it. */
static void min_free_counts_the_making(void)
{
	struct rdump_file other;

	mount_tmpfs("size=16m", 0);
	expect(create_beside("a.rdump", 6 * MB, 10 * MB, 0) == 0, "%s", why());
	other = file;
	expect(fits_beside(2 * MB, 8 * MB, 0) == 0 && fits_beside(2 * MB + 1, 8 * MB, 0) == 1, "beside 6 MB reserved");
	expect(file.available == 10 * MB, "%llu are free", (unsigned long long) file.available);
	expect(fallocate(other.fd, 0, 0, 6 * MB) == 0, "fallocate: %s", strerror(errno));
	expect(fits_beside(2 * MB, 8 * MB, 0) == 0 && fits_beside(2 * MB + 1, 8 * MB, 0) == 1, "beside 6 MB in blocks");
	/* While it grows, its own blocks do not count a second time. */
	expect(rdump_file_grow(&other, 6 * MB, &error) == 0, "%s", why());
	other.min_free.bytes = 8 * MB;
	expect(rdump_file_grow(&other, 8 * MB, &error) == 0, "%s", why());
	expect(rdump_file_grow(&other, 8 * MB + 1, &error) < 0 && error.err == ENOSPC, "it grew: %s", why());
	rdump_file_close(&other);
}

static int decided[2], release[2];

/* Keeps what it has reserved until all have decided, without a block. */
static void one_of_twenty_beside(void *context)
{
	char byte, path[32];
	int status;

	snprintf(path, sizeof(path), "%d.rdump", *(int *) context);
	close(release[1]);
	status = create_beside(path, 3 * MB, 20 * MB, 0);
	expect(status >= 0, "%s", why());
	expect(write(decided[1], status == 0 ? "x" : "-", 1) == 1 && read(release[0], &byte, 1) == 0, "%s",
		strerror(errno));
	rdump_file_close(&file);
}

/* Twenty at once: no two of them take the same room. */
static void min_free_of_twenty(void)
{
	pid_t child[20];
	char made;
	int count = 0;

	mount_tmpfs("size=40m", 0);
	expect(pipe(decided) == 0 && pipe(release) == 0, "pipe");
	for (int i = 0; i < 20; i++) {
		child[i] = start_child(one_of_twenty_beside, &i);
	}
	for (int i = 0; i < 20; i++) {
		expect(read(decided[0], &made, 1) == 1, "read");
		count += made == 'x';
	}
	close(release[1]);
	for (int i = 0; i < 20; i++) {
		end_child(child[i]);
	}
	expect(count == 6, "%d dumps of 3 MB, of 40 MB, 20 of which stay free", count);
}

/* ---- left-overs -------------------------------------------------------------------------------------------------- */

/* The name of a temporary file that a process of this boot made in this folder. */
static const char *name_of_ours(int number)
{
	static char name[64];
	struct rdump_folder folder;

	expect(rdump_folder_open(&folder, ".", 1) == 0, "%s", strerror(errno));
	expect(strlen(folder.origin) == 16, "the folder's origin is \"%s\"", folder.origin);
	rdump_folder_close(&folder);
	snprintf(name, sizeof(name), ".rdump-%s%016x.part", folder.origin, (unsigned) number);
	return name;
}

/* One of another host, of another boot of this one, or of a process that uses another mount of the folder. */
#define FOREIGN ".rdump-0123456789abcdef0123456789abcdef.part"

static int child_ready[2];

static void make_and_wait(void *context)
{
	expect(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0, "prctl"); /* so that it ends if the case fails */
	expect(
		rdump_file_open(&file, context, &error) == 0 && rdump_file_create(&file, 2 * MB, 0, &error) == 0, "%s", why());
	expect(write(child_ready[1], "x", 1) == 1, "write");
	for (;;) {
		pause();
	}
}

static pid_t start_writer(char *name)
{
	pid_t child;
	char byte;

	expect(pipe(child_ready) == 0, "pipe");
	child = start_child(make_and_wait, name);
	expect(read(child_ready[0], &byte, 1) == 1, "the writer did not start");
	return child;
}

static void kill_child(pid_t child)
{
	int status;

	expect(kill(child, SIGKILL) == 0 && waitpid(child, &status, 0) == child, "%s", strerror(errno));
}

static void left_overs(void)
{
	static char first[] = "first.rdump", second[] = "second.rdump";
	pid_t killed = start_writer(first), living = start_writer(second);
	struct stat status;

	expect(count_parts() == 2, "in the making:\n%s", list_folder("."));
	kill_child(killed);
	expect(count_parts() == 2, "the kernel cleared up by itself?\n%s", list_folder("."));
	must_make("a.rdump", 10, 0);
	expect(count_parts() == 1, "the left-over is there, or the file in the making is not:\n%s", list_folder("."));
	/* Even if another process has locked the folder, or a budget needs the space. */
	expect(
		make("b.rdump", 1 * MB, 3 * MB + 9) == 1 && file.others.sizes == 2 * MB + 10, "the living one was not counted");
	kill_child(living);
	must_make("b.rdump", 1 * MB, 1 * MB + 10);
	expect(count_parts() == 0 && stat("second.rdump", &status) < 0, "left over:\n%s", list_folder("."));
}

/* Files with similar names are not removed. */
static void look_alikes(void)
{
	static const char *const name[] = {
		".rdump-0123456789abcdef0123456789abcdeF.part",
		".rdump-0123456789abcdef0123456789abcde.part",
		".rdump-0123456789abcdef0123456789abcdef0.part",
		".rdump-0123456789abcdef0123456789abcdef.par",
		".rdump-0123456789abcdef0123456789abcdef.parts",
		"xrdump-0123456789abcdef0123456789abcdef.part",
		".rdump-.part",
		"rdump-0123456789abcdef0123456789abcdef.part",
		".rdump-0123456789abcdef0123456789abcdeg.part",
		".rdump-x123456789abcdef0123456789abcdef.part",
	};
	size_t count = sizeof(name) / sizeof(*name);

	for (size_t i = 0; i < count; i++) {
		put_file(name[i], "mine", 4);
	}
	put_file("target", "mine", 4);
	expect(mkdir(".rdump-11111111111111111111111111111111.part", 0755) == 0
			&& mkfifo(".rdump-22222222222222222222222222222222.part", 0644) == 0
			&& symlink("target", ".rdump-33333333333333333333333333333333.part") == 0
			&& symlink("nowhere", ".rdump-44444444444444444444444444444444.part") == 0,
		"%s", strerror(errno));
	put_file(name_of_ours(1), "left over", 9);
	must_make("a.rdump", 10, 0);
	for (size_t i = 0; i < count; i++) {
		expect(file_is(name[i], "mine", 4), "%s was removed", name[i]);
	}
	expect(file_is("target", "mine", 4) && strstr(list_folder("."), ".rdump-1111")
			&& strstr(list_folder("."), ".rdump-2222") && strstr(list_folder("."), ".rdump-3333")
			&& strstr(list_folder("."), ".rdump-4444"),
		"the folder holds\n%s", list_folder("."));
	expect(access(name_of_ours(1), F_OK) < 0, "the left-over is still there");
	/* The target itself may have such a name. */
	must_make(".rdump-55555555555555555555555555555555.part", 10, 0);
}

/* More entries than one getdents64() returns. */
static void crowded_folder(void)
{
	char name[64];

	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "%08d-of-a-thousand.rdump", i);
		put_file(i % 2 ? name : name_of_ours(i), "12345678", 8);
	}
	expect(make("x.rdump", 1000, 500 * 8 + 999) == 1 && file.others.sizes == 500 * 8, "the others take %llu",
		(unsigned long long) file.others.sizes);
	must_make("x.rdump", 1000, 500 * 8 + 1000);
	for (int i = 0; i < 1000; i += 2) {
		expect(access(name_of_ours(i), F_OK) < 0, "a left-over is still there");
	}
}

static ino_t inode_of(const char *path)
{
	struct stat status;

	expect(stat(path, &status) == 0, "%s: %s", path, strerror(errno));
	return status.st_ino;
}

/* Makes a dump with a given age of FOREIGN, and a given delay of the file system's clock. */
static void make_beside(time_t age, time_t behind)
{
	ino_t inode = inode_of(FOREIGN);

	shim_arm();
	shim.old_inode = inode;
	shim.age = age;
	shim.behind = behind;
	must_make("a.rdump", 10, 0);
	shim_disarm();
}

/* Another host may be writing it, and its lock may not be visible here: only its age counts. */
static void of_another_host(void)
{
	static const struct timespec long_ago[2] = {{1000000000, 0}, {1000000000, 0}};
	struct timespec later[2] = {{time(NULL) + RDUMP_LEFTOVER_AGE, 0}, {time(NULL) + RDUMP_LEFTOVER_AGE, 0}};

	put_file(FOREIGN, "being written", 13);
	make_beside(0, 0);
	expect(access(FOREIGN, F_OK) == 0, "a file that was written just now was removed");
	expect(make("b.rdump", 10, 32) == 1 && file.others.sizes == 23, "it does not count: %llu",
		(unsigned long long) file.others.sizes);
	make_beside(0, 7200);
	expect(access(FOREIGN, F_OK) == 0, "it was removed because this host's clock is not that of the file system");
	make_beside(RDUMP_LEFTOVER_AGE - 600, -7200);
	expect(access(FOREIGN, F_OK) == 0, "it was removed after less than an hour");
	expect(utimensat(AT_FDCWD, FOREIGN, long_ago, 0) == 0, "%s", strerror(errno));
	make_beside(0, 0);
	expect(access(FOREIGN, F_OK) == 0, "it was removed for its mtime, which anybody can set");
	expect(utimensat(AT_FDCWD, FOREIGN, later, 0) == 0, "%s", strerror(errno));
	make_beside(RDUMP_LEFTOVER_AGE + 60, 0);
	expect(access(FOREIGN, F_OK) == 0, "it was removed for its ctime, and was written a minute ago");
	expect(utimensat(AT_FDCWD, FOREIGN, long_ago, 0) == 0, "%s", strerror(errno));
	make_beside(RDUMP_LEFTOVER_AGE + 60, 7200);
	expect(access(FOREIGN, F_OK) < 0, "it is still there after an hour without a write");
}

/* Old, but locked: it is being written. */
static void old_and_locked(void)
{
	int fd;

	put_file(FOREIGN, "being written", 13);
	fd = open(FOREIGN, O_RDONLY | O_CLOEXEC);
	expect(fd >= 0 && flock(fd, LOCK_EX) == 0, "%s", strerror(errno));
	make_beside(2 * RDUMP_LEFTOVER_AGE, 0);
	expect(access(FOREIGN, F_OK) == 0, "a file that is locked was removed");
}

/* Without the kernel's boot id the origin of a file is not known. */
static void unknown_boot(void)
{
	char ours[64], first[RDUMP_TEMPORARY_SIZE];

	snprintf(ours, sizeof(ours), "%s", name_of_ours(1));
	put_file(ours, "left over", 9);
	shim_replace("/proc/sys/kernel/random/boot_id", NULL, ENOENT);
	must_make("a.rdump", 10, 0);
	expect(access(ours, F_OK) == 0, "a file of unknown origin was removed");
	expect(rdump_file_open(&file, "x", &error) == 0 && rdump_file_create(&file, 10, 0, &error) == 0, "%s", why());
	strcpy(first, file.temporary);
	rdump_file_close(&file);
	expect(rdump_file_open(&file, "x", &error) == 0 && rdump_file_create(&file, 10, 0, &error) == 0, "%s", why());
	expect(strncmp(first, file.temporary, sizeof(RDUMP_TEMPORARY_PREFIX) + 15), "two names begin alike: %s", first);
	rdump_file_close(&file);
	shim_restore();
	must_make("a.rdump", 10, 0);
	expect(access(ours, F_OK) < 0, "it is still there when the boot is known");
}

/* No memory for a lock, or no lock server: the dump is written, and the next one does not take it for a left-over. */
static void lock_that_fails(void)
{
	struct rdump_file second;

	shim_arm();
	shim.only = "flock";
	shim.fail_at = 1;
	shim.err = ENOLCK;
	expect(rdump_file_open(&file, "a.rdump", &error) == 0 && rdump_file_create(&file, 10, 0, &error) == 0, "%s", why());
	shim_disarm();
	expect(rdump_file_open(&second, "b.rdump", &error) == 0 && rdump_file_create(&second, 10, 0, &error) == 0, "%s",
		why());
	expect(access(file.temporary, F_OK) == 0, "another dump removed it");
	expect(rdump_file_commit(&file, 10, &error) == 0 && rdump_file_commit(&second, 10, &error) == 0, "%s", why());
	rdump_file_close(&file);
	rdump_file_close(&second);
}

/* An error that NFS tells when a descriptor is closed, where there is no descriptor for a copy. */
static void error_without_descriptor(void)
{
	expect(rdump_file_open(&file, "x.rdump", &error) == 0 && rdump_file_create(&file, 10, 0, &error) == 0, "%s", why());
	shim_arm();
	shim.only = "fcntl";
	shim.fail_from = 1;
	shim.err = EMFILE;
	shim.fsync_err = EIO;
	expect(rdump_file_commit(&file, 10, &error) < 0 && error.err == EIO, "written, though not to the disk: %s", why());
	shim_disarm();
	rdump_file_close(&file);
	expect(access("x.rdump", F_OK) < 0 && count_parts() == 0, "the folder holds\n%s", list_folder("."));
}

/* Sparse files of others may be as long as they like: their sum is more than any budget. */
static void budget_does_not_wrap(void)
{
	static const char *const name[] = {"1.rdump", "2.rdump", "3.rdump"};
	static const off_t size[] = {INT64_MAX - 4095, INT64_MAX - 4095, 8192};

	mount_tmpfs("size=1m", 0);
	for (int i = 0; i < 3; i++) {
		put_file(name[i], "", 0);
		if (truncate(name[i], size[i]) < 0) {
			skip("no file of %lld bytes: %s", (long long) size[i], strerror(errno));
		}
	}
	expect(make("x.rdump", 10, MB) == 1 && file.others.sizes == UINT64_MAX, "others: %llu",
		(unsigned long long) file.others.sizes);
}

/* Two mounts of a file system: a lock may be visible in one of them only. */
static void origin_of_a_mount(void)
{
	char here[RDUMP_TEMPORARY_SIZE];

	strcpy(here, name_of_ours(1));
	mount_tmpfs("size=1m", 0);
	expect(strcmp(here, name_of_ours(1)), "the same origin in another file system: %s", here);
}

static void locks_of_nfs(void)
{
	put_file(name_of_ours(1), "left over", 9);
	shim_arm();
	shim.nfs_locks = true;
	must_make("a.rdump", 10, 0);
	shim_disarm();
	expect(count_parts() == 0, "left behind:\n%s", list_folder("."));
}

/* Old files have filled the file system: they are removed for the next dump. */
static void left_over_fills_disk(void)
{
	struct statfs status;
	int inodes;

	mount_tmpfs("size=1m,nr_inodes=20", 0);
	put_file(name_of_ours(1), "left over", 9);
	expect(statfs(".", &status) == 0, "statfs");
	inodes = (int) status.f_ffree;
	for (int i = 0; i < inodes; i++) {
		char name[16];
		snprintf(name, sizeof(name), "%d", i);
		put_file(name, "", 0);
	}
	must_make("a.rdump", 10, 0);
	expect(count_parts() == 0, "left behind:\n%s", list_folder("."));
}

/* ---- temporary names --------------------------------------------------------------------------------------------- */

/* If the chosen name exists, another one is chosen. If all of them exist, it is an error. */
static void names_in_the_way(void)
{
	shim_arm();
	shim.only = "openat";
	shim.fail_at = 1;
	shim.err = EEXIST;
	must_make("x.rdump", 10, 0);
	expect(shim.failed && shim.calls >= 2, "no second try");
	shim_fail("openat", EEXIST);
	expect(
		make("y.rdump", 10, 0) < 0 && error.err == EEXIST && shim.calls < 1000, "%s after %d tries", why(), shim.calls);
	shim_fail("getrandom", ENOSYS);
	must_make("z.rdump", 10, 0);
	expect(shim.failed != NULL, "getrandom() was not asked");
	shim_disarm();
	expect(count_parts() == 0, "left behind:\n%s", list_folder("."));
}

/* Does the name show the upper bytes of an address, in either order? */
static bool shows(const char *name, const void *address)
{
	uint64_t value = (uint64_t) (uintptr_t) address >> 16;
	char forwards[9], backwards[9];

	snprintf(forwards, sizeof(forwards), "%08x", (unsigned) value);
	snprintf(backwards, sizeof(backwards), "%08x", __builtin_bswap32((unsigned) value));
	return strstr(name, forwards) || strstr(name, backwards);
}

/* Other users can read the names in a folder: no name shows an address of this process. */
static void names_without_getrandom(void)
{
	char name[3][RDUMP_TEMPORARY_SIZE];

	for (int i = 0; i < 3; i++) {
		if (i == 1) {
			shim_replace("/proc/sys/kernel/random/uuid", NULL, ENOENT);
		}
		shim_fail("getrandom", ENOSYS);
		expect(rdump_file_open(&file, "x", &error) == 0 && rdump_file_create(&file, 10, 0, &error) == 0, "%s", why());
		shim_disarm();
		expect(shim.failed != NULL, "getrandom() was not asked");
		strcpy(name[i], file.temporary);
		rdump_file_close(&file);
		expect(!shows(name[i], &i) && !shows(name[i], &file) && !shows(name[i], stdout),
			"%s shows an address near %p, %p or %p", name[i], (void *) &i, (void *) &file, (void *) stdout);
		for (int k = 0; k < i; k++) {
			expect(strcmp(name[k] + 23, name[i] + 23), "twice the same: %s", name[i]);
		}
	}
}

/* Another dump removes a new temporary file before it is locked: another name is chosen. */
static char seen_part[64];

static void steal(const char *call)
{
	if (strcmp(call, "flock") || seen_part[0]) {
		return;
	}
	const char *list = list_folder("."), *part = strstr(list, RDUMP_TEMPORARY_PREFIX);
	if (part) {
		snprintf(seen_part, sizeof(seen_part), "%.*s", (int) strcspn(part, " "), part);
		unlink(seen_part);
	}
}

static void stolen_before_locked(void)
{
	shim_arm();
	shim.before = steal;
	must_make("x.rdump", 10, 0);
	shim_disarm();
	expect(seen_part[0], "no moment to steal it");
	expect(access("x.rdump", F_OK) == 0 && count_parts() == 0, "the folder holds\n%s", list_folder("."));
}

/* Some FUSE file systems report no link count: the file has not been removed. */
static void no_links(void)
{
	shim_arm();
	shim.no_links = true;
	must_make("x.rdump", 10, 0);
	shim_disarm();
}

/* ---- what is of no effect ---------------------------------------------------------------------------------------- */

static void mode_of_no_effect(void)
{
	static const unsigned mode[] = {0755, 0644, 0640, 0604, 0610, 0602, 0400, 0};
	static char before[16384];

	put_file("x.rdump", "earlier", 7);
	snprintf(before, sizeof(before), "%s", list_folder("."));
	for (size_t i = 0; i < sizeof(mode) / sizeof(*mode); i++) {
		shim_arm();
		shim.mode = S_IFREG | mode[i];
		expect(
			make("x.rdump", 10, i % 2 ? MB : 0) < 0 && error.err == ENOTSUP && !strcmp(error.step, "give mode 0600 to"),
			"%o: %s", mode[i], why());
		shim.only = "fchmod";
		shim.fail_from = 1;
		shim.err = EPERM;
		expect(make("x.rdump", 10, 0) < 0 && error.err == EPERM && error.path && !strcmp(error.path, "x.rdump"),
			"%o: %s", mode[i], why());
		shim_disarm();
		expect(
			!strcmp(before, list_folder(".")), "%o: the folder was\n%s and is\n%s", mode[i], before, list_folder("."));
	}
	/* Only the owner has access, and chmod is refused: that is right. FAT can be mounted so that all files are 0700. */
	shim_arm();
	shim.mode = S_IFREG | 0700;
	shim.only = "fchmod";
	shim.fail_from = 1;
	shim.err = EPERM;
	must_make("x.rdump", 10, 0);
	shim_disarm();
}

static void marker_mode_of_no_effect(void)
{
	expect(rdump_file_open(&file, "x.rdump", &error) == 0, "%s", why());
	shim_arm();
	shim.mode = S_IFREG | 0644;
	expect(rdump_marker_create(&file, &error) < 0 && error.err == ENOTSUP
			&& !strcmp(error.step, "give mode 0600 to the marker of"),
		"%s", why());
	shim_disarm();
	rdump_file_close(&file);
	expect(!*list_folder("."), "left behind:\n%s", list_folder("."));
}

static int allocations;

static void count_allocations(const char *call)
{
	allocations += !strcmp(call, "fallocate");
}

/* Blocks that are allocated in advance are useless on a tmpfs, and not compressed on btrfs. */
static void allocate_where_it_helps(void)
{
	static const long disk = 0xef53, none[] = {0x9123683e, 0x01021994};

	for (int i = 0; i < 3; i++) {
		allocations = 0;
		shim_arm();
		shim.file_system = i < 2 ? none[i] : disk;
		shim.before = count_allocations;
		expect(rdump_file_open(&file, "x", &error) == 0 && rdump_file_create(&file, 8192, 0, &error) == 0
				&& rdump_file_allocate(&file, 0, 8192, &error) == (i < 2),
			"%s", why());
		shim_disarm();
		rdump_file_close(&file);
		expect(allocations == (i == 2), "%d allocations on file system %d", allocations, i);
	}
}

/* ---- locks ------------------------------------------------------------------------------------------------------- */

static int count_locks;

static void hold_lock(void)
{
	int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	expect(fd >= 0 && flock(fd, LOCK_EX) == 0, "flock: %s", strerror(errno));
	count_locks++;
}

/* A user who can read the folder can lock it forever. Here nanosleep() returns at once, and the clock advances. */
static void held_lock(void)
{
	hold_lock();
	for (int nap = 1; nap <= 100; nap *= 10) {
		shim_arm();
		shim.no_sleep = true;
		shim.nap = nap;
		expect(make("y.rdump", 10, 10 * MB) < 0 && error.err == EWOULDBLOCK && strstr(error.step, "lock"), "%s", why());
		expect(shim.slept >= 9 * (int64_t) 1000000000 && shim.slept <= 12 * (int64_t) 1000000000, "%d naps of %d ms",
			shim.sleeps, nap);
		shim_disarm();
	}
	expect(access("y.rdump", F_OK) < 0 && count_parts() == 0, "left behind:\n%s", list_folder("."));
}

/* Without a budget a dump does not wait. It removes old files all the same. */
static void held_lock_without_budget(void)
{
	hold_lock();
	put_file(name_of_ours(1), "left over", 9);
	shim_arm();
	shim.no_sleep = true;
	must_make("x.rdump", 10, 0);
	expect(shim.sleeps == 0, "it waited %d times", shim.sleeps);
	shim_disarm();
	expect(count_parts() == 0, "left behind:\n%s", list_folder("."));
}

static void let_go(const char *call)
{
	static int tries;

	if (!strcmp(call, "flock") && ++tries == 20) {
		expect(flock(count_locks, LOCK_UN) == 0, "unlock");
	}
}

/* A lock that is released in time. */
static void lock_let_go(void)
{
	int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	expect(flock(fd, LOCK_EX) == 0, "flock");
	count_locks = fd;
	shim_arm();
	shim.before = let_go;
	must_make("x.rdump", 10, 10 * MB);
	shim_disarm();
}

/* A dump releases its lock, whatever its result is. */
static void locks_are_given_back(void)
{
	int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	must_make("x.rdump", 10, 10 * MB);
	expect(flock(fd, LOCK_EX | LOCK_NB) == 0 && flock(fd, LOCK_UN) == 0, "after a dump: %s", strerror(errno));
	expect(rdump_file_open(&file, "y.rdump", &error) == 0 && rdump_file_create(&file, 10, 10 * MB, &error) == 0, "%s",
		why());
	expect(flock(fd, LOCK_EX | LOCK_NB) == 0 && flock(fd, LOCK_UN) == 0, "while one is written: %s", strerror(errno));
	expect(rdump_file_grow(&file, 20 * MB, &error) < 0, "it grew");
	expect(flock(fd, LOCK_EX | LOCK_NB) == 0 && flock(fd, LOCK_UN) == 0, "after it did not grow: %s", strerror(errno));
	expect(mkdir("y.rdump", 0755) == 0 && rdump_file_commit(&file, 10, &error) < 0, "it was committed");
	expect(flock(fd, LOCK_EX | LOCK_NB) == 0 && flock(fd, LOCK_UN) == 0, "after it was not committed: %s",
		strerror(errno));
	rdump_file_close(&file);
	expect(make("z.rdump", 20 * MB, 10 * MB) == 1 && flock(fd, LOCK_EX | LOCK_NB) == 0, "after a skipped dump: %s",
		strerror(errno));
}

/* ---- the marker -------------------------------------------------------------------------------------------------- */

static void marker(void)
{
	struct stat status;
	char name[300], marked[400];

	umask(0);
	expect(rdump_file_open(&file, "x.rdump", &error) == 0, "%s", why());
	expect(rdump_marker_remove(&file, &error) == 0, "no marker: %s", why());
	expect(rdump_marker_create(&file, &error) == 0, "%s", why());
	expect(stat("x.rdump.done", &status) == 0 && status.st_size == 0 && (status.st_mode & 07777) == 0600, "mode %o",
		(unsigned) status.st_mode);
	expect(rdump_marker_create(&file, &error) == 0, "as another dump to this target makes it: %s", why());
	expect(chmod("x.rdump.done", 0644) == 0 && rdump_marker_create(&file, &error) < 0 && error.err == EEXIST,
		"a marker that others may read: %s", why());
	put_file("x.rdump.done", "content", 7);
	expect(chmod("x.rdump.done", 0600) == 0 && rdump_marker_create(&file, &error) < 0 && error.err == EEXIST,
		"a file that is not a marker: %s", why());
	expect(rdump_marker_remove(&file, &error) == 0 && rdump_marker_create(&file, &error) == 0, "%s", why());
	put_file("target", "mine", 4);
	expect(rdump_marker_remove(&file, &error) == 0 && stat("x.rdump.done", &status) < 0, "%s", why());
	/* A link is removed, not followed. */
	expect(symlink("target", "x.rdump.done") == 0 && rdump_marker_create(&file, &error) < 0, "made through a link");
	expect(rdump_marker_remove(&file, &error) == 0 && file_is("target", "mine", 4), "%s", why());
	expect(mkdir("x.rdump.done", 0755) == 0 && rdump_marker_remove(&file, &error) < 0 && strstr(error.step, "marker"),
		"a folder: %s", why());
	rdump_file_close(&file);

	memset(name, 'n', sizeof(name));
	name[250] = '\0';
	expect(rdump_file_open(&file, name, &error) == 0 && rdump_marker_remove(&file, &error) == 0
			&& rdump_marker_create(&file, &error) == 0,
		"%s", why());
	rdump_file_close(&file);
	snprintf(marked, sizeof(marked), "%s.done", name);
	expect(access(marked, F_OK) == 0, "the longest marker");
	name[250] = 'n';
	name[251] = '\0';
	expect(rdump_file_open(&file, name, &error) == 0, "%s", why());
	expect(rdump_marker_remove(&file, &error) < 0 && error.err == ENAMETOOLONG, "%s", why());
	expect(rdump_marker_create(&file, &error) < 0 && error.err == ENAMETOOLONG, "%s", why());
	rdump_file_close(&file);
}

int main(void)
{
	check("targets that are not regular files", odd_targets);
	check("names and paths of every length", names);
	check("an earlier file is replaced by a new one of mode 0600", replaces);
	check("standard streams that are closed", streams_that_are_closed);
	check("a target that changes during the dump", target_that_changes);
	check("a folder that is renamed during the dump", folder_that_moves);
	check("closing a file twice is harmless", close_is_quiet);
	check("folders without permission", permissions);
	check("a folder that can be written but not listed", drop_box);
	check("another user's file in a sticky folder", sticky_folder);
	check("a read-only file system", read_only);
	check("a full tmpfs", full_disk);
	check("budget: exact to the byte", budget);
	check("budget: only dumps count", budget_counts_dumps_only);
	check("budget: temporary files count", budget_counts_the_making);
	check("budget: a dump that grows", budget_while_growing);
	check("budget: twenty processes at the same time", budget_of_twenty);
	check("what must stay free: exact to the block", min_free);
	check("what must stay free: what others have reserved is not", min_free_counts_the_making);
	check("what must stay free: twenty processes at the same time", min_free_of_twenty);
	check("old files: those of killed processes are removed, others are kept", left_overs);
	check("old files: files with similar names are kept", look_alikes);
	check("old files: one that another host may write is kept for an hour", of_another_host);
	check("old files: one that is old and locked", old_and_locked);
	check("old files: without a boot id", unknown_boot);
	check("old files: the origin in the name is that of one mount", origin_of_a_mount);
	check("old files: NFS, where a lock needs a descriptor for writing", locks_of_nfs);
	check("old files: they fill the file system", left_over_fills_disk);
	check("a folder with a thousand files", crowded_folder);
	check("temporary names that exist already", names_in_the_way);
	check("temporary names without getrandom()", names_without_getrandom);
	check("another dump removes the temporary file before it is locked", stolen_before_locked);
	check("a temporary file that cannot be locked", lock_that_fails);
	check("an error that close() tells, and no free descriptor", error_without_descriptor);
	check("budget: sparse files of any length", budget_does_not_wrap);
	check("a file system that reports no link count", no_links);
	check("a file system where chmod has no effect", mode_of_no_effect);
	check("a marker where chmod has no effect", marker_mode_of_no_effect);
	check("blocks are allocated in advance where that helps", allocate_where_it_helps);
	check("a folder that another process keeps locked", held_lock);
	check("a folder that another process keeps locked, without a budget", held_lock_without_budget);
	check("a lock that is released in time", lock_let_go);
	check("the lock of the folder is released", locks_are_given_back);
	check("marker", marker);
	return 0;
}
