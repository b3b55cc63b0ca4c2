/*
 * Runs a program behind a seccomp filter that refuses system calls:
 *     launch NAME[,NAME ...] ERRNO PROGRAM [ARGUMENT ...]
 * NAME is scan (the ioctl PAGEMAP_SCAN), unprotect (mprotect() for reading and writing), process_vm_readv, mincore,
 * memfd_create, getrandom, flock, statfs, timer_create, clone or clone3.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SCAN_REQUEST 0xc0606610u

/* Where `argument` is not 0, only calls with this `value` of it, counted from 0. */
static const struct {
	const char *name;
	unsigned call;
	unsigned argument;
	unsigned value;
} calls[] = {
	{"scan", SYS_ioctl, 1, SCAN_REQUEST},
	{"unprotect", SYS_mprotect, 2, PROT_READ | PROT_WRITE},
	{"process_vm_readv", SYS_process_vm_readv, 0, 0},
	{"mincore", SYS_mincore, 0, 0},
	{"memfd_create", SYS_memfd_create, 0, 0},
	{"getrandom", SYS_getrandom, 0, 0},
	{"flock", SYS_flock, 0, 0},
	{"statfs", SYS_statfs, 0, 0},
	{"timer_create", SYS_timer_create, 0, 0},
	{"clone", SYS_clone, 0, 0},
	{"clone3", SYS_clone3, 0, 0},
};

int main(int count, char **argument)
{
	struct sock_filter filter[64];
	struct sock_fprog program = {0, filter};
	unsigned refuse;
	char *names, *name;

	if (count < 4) {
		fputs("usage: launch NAME[,NAME ...] ERRNO PROGRAM [ARGUMENT ...]\n", stderr);
		return 2;
	}
	refuse = SECCOMP_RET_ERRNO | ((unsigned) atoi(argument[2]) & SECCOMP_RET_DATA);
	names = strdup(argument[1]);
	for (name = strtok(names, ","); name; name = strtok(NULL, ",")) {
		size_t i = 0;
		while (i < sizeof(calls) / sizeof(*calls) && strcmp(calls[i].name, name)) {
			i++;
		}
		if (i == sizeof(calls) / sizeof(*calls)) {
			fprintf(stderr, "launch: unknown call %s\n", name);
			return 2;
		}
		filter[program.len++]
			= (struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
		if (calls[i].argument) {
			filter[program.len++] = (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i].call, 0, 3);
			filter[program.len++]
				= (struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					offsetof(struct seccomp_data, args) + calls[i].argument * sizeof(__u64));
			filter[program.len++] = (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i].value, 0, 1);
		} else {
			filter[program.len++] = (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i].call, 0, 1);
		}
		filter[program.len++] = (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, refuse);
	}
	filter[program.len++] = (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	free(names);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) {
		perror("launch");
		return 2;
	}
	execvp(argument[3], argument + 3);
	perror(argument[3]);
	return 127;
}
