/* Reads this process's memory through the kernel. See rdump_memory.h. */
#include "rdump_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

void rdump_memory_init(struct rdump_memory *memory)
{
	memory->opened = memory->can_readv = false;
	memory->file = memory->pipe[0] = memory->pipe[1] = -1;
}

static void close_one(int *fd)
{
	if (*fd >= 0) {
		(void) close(*fd);
		*fd = -1;
	}
}

void rdump_memory_close(struct rdump_memory *memory)
{
	close_one(&memory->file);
	close_one(&memory->pipe[0]);
	close_one(&memory->pipe[1]);
}

/* By the thread's id: the process's own main thread may have ended, and has no memory then. */
static ssize_t readv_memory(void *buffer, size_t length, uint64_t address)
{
	struct iovec local = {buffer, length}, remote = {(void *) (uintptr_t) address, length};

	return process_vm_readv((pid_t) syscall(SYS_gettid), &local, 1, &remote, 1, 0);
}

bool rdump_memory_open(struct rdump_memory *memory)
{
	uint64_t word;
	uint64_t address = (uint64_t) (uintptr_t) &word;

	if (!memory->opened) {
		memory->opened = true;
		memory->can_readv = readv_memory(&word, sizeof(word), address) == (ssize_t) sizeof(word);
		memory->file = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
		if (memory->file >= 0 && pread(memory->file, &word, sizeof(word), (off_t) address) != (ssize_t) sizeof(word)) {
			close_one(&memory->file);
		}
	}
	return memory->can_readv || memory->file >= 0 || memory->pipe[0] >= 0;
}

int rdump_memory_open_pipe(struct rdump_memory *memory)
{
	return pipe2(memory->pipe, O_CLOEXEC | O_NONBLOCK);
}

/*
 * By a pipe of our own, which is empty before and after: write(2) says EFAULT where memory is gone, and raises no
 * signal. The pipe does not block: one write takes what it has room for, a page at least. In older kernels (seen: 5.10)
 * a write that fails takes one of the pipe's 16 places, until a read frees them.
 */
static ssize_t read_by_pipe(const struct rdump_memory *memory, unsigned char *buffer, size_t length, uint64_t address)
{
	ssize_t sent = write(memory->pipe[1], (const void *) (uintptr_t) address, length);

	if (sent < 0 && errno == EAGAIN && read(memory->pipe[0], buffer, length) <= 0) {
		sent = write(memory->pipe[1], (const void *) (uintptr_t) address, length);
	}
	for (ssize_t at = 0; at < sent;) {
		ssize_t got = read(memory->pipe[0], buffer + at, (size_t) (sent - at));
		if (got < 0 && errno == EINTR) {
			continue;
		}
		if (got <= 0) {
			errno = got < 0 ? errno : EPIPE;
			return -1;
		}
		at += got;
	}
	return sent < 0 && errno == EFAULT ? 0 : sent;
}

/*
 * process_vm_readv() copies the bytes once where /proc/self/mem copies them twice. That memory is gone is EFAULT from
 * the first and EIO from the second.
 */
ssize_t rdump_memory_read(
	const struct rdump_memory *memory, void *buffer, size_t length, uint64_t address, bool alone)
{
	ssize_t got;

	do {
		if (memory->pipe[0] >= 0) {
			got = read_by_pipe(memory, buffer, length, address);
		} else if (memory->can_readv && !(alone && memory->file >= 0)) {
			got = readv_memory(buffer, length, address);
		} else {
			got = pread(memory->file, buffer, length, (off_t) address);
		}
	} while (got < 0 && errno == EINTR);
	return got < 0 && memory->pipe[0] < 0 && (errno == EIO || errno == EFAULT) ? 0 : got;
}
