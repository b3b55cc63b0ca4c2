/*
 * A hostile process, and an observer. Each runs until it gets a SIGTERM, then prints what it did.
 *   neighbour attack FOLDER VICTIM ELSEWHERE SEED   creates symlinks, hard links, directories and FIFOs at
 *                                                   FOLDER/target.rdump, and removes the temporary files of dumps
 *   neighbour swap PARENT VICTIM ELSEWHERE SEED     replaces PARENT/folder by a symlink to ELSEWHERE, and back
 *   neighbour watch FOLDER UID                      checks each file of UID in FOLDER, whenever something changes there
 *   neighbour lock FOLDER                           holds a lock on the folder
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define TARGET "target.rdump"

static volatile sig_atomic_t over;
static unsigned long done; /* attacks that succeeded, or files that were checked */

static void on_term(int signal)
{
	(void) signal;
	over = 1;
}

static bool is_temporary(const char *name)
{
	return !strncmp(name, ".rdump-", 7) && strncmp(name + 7, "00000000", 8);
}

/* The temporary file of a dump, if there is one. The names that this program creates begin with zeros. */
static bool find_temporary(char *name, size_t size)
{
	DIR *folder = opendir(".");
	struct dirent *entry;
	bool found = false;

	while (folder && (entry = readdir(folder)) != NULL) {
		if (is_temporary(entry->d_name)) {
			snprintf(name, size, "%s", entry->d_name);
			found = true;
		}
	}
	if (folder) {
		closedir(folder);
	}
	return found;
}

static void clear(const char *name)
{
	if (unlink(name) < 0 && (errno == EISDIR || errno == EPERM)) {
		rmdir(name);
	}
}

/* Puts something else at `name`. */
static bool put_in_the_way(const char *name, const char *victim, const char *elsewhere, unsigned what)
{
	char path[4096];
	int fd;

	switch (what % 7) {
		case 0:
			return symlink(victim, name) == 0;
		case 1:
			return link(victim, name) == 0;
		case 2:
			return mkdir(name, 0777) == 0;
		case 3:
			return mkfifo(name, 0666) == 0;
		case 4:
			snprintf(path, sizeof(path), "%s/new", elsewhere);
			return symlink(path, name) == 0;
		case 5:
			return symlink(elsewhere, name) == 0;
		default:
			fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
			if (fd >= 0) {
				close(fd);
			}
			return fd >= 0;
	}
}

static int attack(const char *folder, const char *victim, const char *elsewhere, unsigned seed)
{
	char name[300], aside[64];
	char ours[24]
		= ".rdump-0000000000000000"; /* what the names of this boot and folder begin with, once one was seen */

	if (chdir(folder) < 0) {
		perror(folder);
		return 2;
	}
	while (!over) {
		unsigned what = (unsigned) rand_r(&seed);
		switch (what / 16 % 4) {
			case 0:
				done += put_in_the_way(TARGET, victim, elsewhere, what);
				break;
			case 1: /* replaces it by rename(2) */
				snprintf(aside, sizeof(aside), "aside-%d", getpid());
				clear(aside);
				if (put_in_the_way(aside, victim, elsewhere, what)) {
					done += rename(aside, TARGET) == 0;
				}
				clear(aside);
				break;
			case 2: /* the temporary file, as soon as it exists */
				for (int i = 0; i < 1000 && !find_temporary(name, sizeof(name)); i++) {
					*name = '\0';
				}
				if (*name) {
					memcpy(ours, name, sizeof(ours) - 1);
				}
				if (*name && what & 1) {
					clear(name);
				} else if (*name) {
					snprintf(aside, sizeof(aside), "stolen-%d", getpid());
					done += rename(name, aside) == 0;
					clear(aside);
				}
				done += *name && put_in_the_way(name, victim, elsewhere, what / 64);
				break;
			default: /* names that look like left-overs */
				snprintf(name, sizeof(name), "%s%016x.part", ours, what % 4);
				clear(name);
				done += put_in_the_way(name, victim, elsewhere, what / 64);
		}
		/* Some dumps begin during the swap, some end during it, some are not affected. */
		usleep(what / 1024 % 1000);
		clear(TARGET);
		usleep(what / 2048 % 4000);
	}
	clear(TARGET);
	for (unsigned i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "%s%016x.part", ours, i);
		clear(name);
	}
	return 0;
}

static int swap(const char *parent, const char *elsewhere, unsigned seed)
{
	if (chdir(parent) < 0) {
		perror(parent);
		return 2;
	}
	while (!over) {
		if (rename("folder", "folder.away") == 0 && symlink(elsewhere, "folder") == 0) {
			done++;
			usleep((unsigned) rand_r(&seed) % 2000);
			unlink("folder");
		}
		rename("folder.away", "folder");
		usleep((unsigned) rand_r(&seed) % 2000);
	}
	return 0;
}

static void look(const char *name, uid_t user)
{
	struct stat status;

	if (lstat(name, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == user) {
		done++;
		if ((status.st_mode & 07777) != 0600) {
			printf("seen %s with mode %o\n", name, status.st_mode & 07777);
			fflush(stdout);
		}
	}
}

static int watch(const char *folder, uid_t user)
{
	char buffer[65536] __attribute__((aligned(8)));
	struct pollfd wait = {inotify_init1(IN_NONBLOCK), POLLIN, 0};

	if (chdir(folder) < 0 || wait.fd < 0
		|| inotify_add_watch(wait.fd, ".", IN_CREATE | IN_ATTRIB | IN_MOVED_TO | IN_MODIFY | IN_OPEN) < 0) {
		perror(folder);
		return 2;
	}
	while (!over) {
		ssize_t got = poll(&wait, 1, 100) > 0 ? read(wait.fd, buffer, sizeof(buffer)) : 0;
		for (ssize_t at = 0; at < got;) {
			const struct inotify_event *event = (const struct inotify_event *) (buffer + at);
			if (event->len) {
				look(event->name, user);
			}
			at += (ssize_t) (sizeof(*event) + event->len);
		}
	}
	return 0;
}

static int lock(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY);

	if (fd < 0 || flock(fd, LOCK_EX) < 0) {
		perror(folder);
		return 2;
	}
	puts("locked");
	fflush(stdout);
	while (!over) {
		pause();
	}
	return 0;
}

int main(int count, char **argument)
{
	struct sigaction action = {.sa_handler = on_term};
	int status = 2;

	sigaction(SIGTERM, &action, NULL);
	umask(0);
	if (count == 6 && !strcmp(argument[1], "attack")) {
		status = attack(argument[2], argument[3], argument[4], (unsigned) atoi(argument[5]));
	} else if (count == 6 && !strcmp(argument[1], "swap")) {
		status = swap(argument[2], argument[4], (unsigned) atoi(argument[5]));
	} else if (count == 4 && !strcmp(argument[1], "watch")) {
		status = watch(argument[2], (uid_t) atoi(argument[3]));
	} else if (count == 3 && !strcmp(argument[1], "lock")) {
		status = lock(argument[2]);
	}
	printf("%lu\n", done);
	return status;
}
