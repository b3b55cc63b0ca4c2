/* The RDUMP format, and its bytes from memory to the file. See php_rdump.h. */
#ifndef _GNU_SOURCE
# define _GNU_SOURCE
#endif
#define RDUMP_WITHOUT_PHP
#include "php_rdump.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* Stays in the processor's caches; and the file system is quicker with long writes. */
#define BUFFER_SIZE ((size_t) 512 * 1024)
#define RESERVE_BUFFER_SIZE ((size_t) 128 * 1024)

/* Each run takes two: its header and its bytes. 1024 is what one writev(2) may have (UIO_MAXIOV). */
#define MAX_VECTORS 1024

struct run_header {
	uint64_t address;
	uint64_t size;
};

/* What is on its way into the file. Either the buffer or the vectors hold something, never both. */
struct output {
	struct rdump_file *file;
	struct rdump_error *error;
	uint64_t size; /* bytes written so far */
	uint64_t page_size;

	unsigned char *buffer;
	size_t buffer_size;
	size_t buffered;

	struct iovec *vector;
	struct run_header *header;
	int vectors;

	bool safe_read;
	bool can_readv; /* process_vm_readv(2) is there */
	int memory;     /* /proc/self/mem, or -1 */
};

/* ---- getting bytes out ------------------------------------------------------------------------------------------- */

/* Sees to it that `length` more bytes may be written: the budget holds for what other threads add meanwhile as well. */
static int make_room(struct output *output, uint64_t length)
{
	uint64_t size = output->size + length;

	if (!output->file->budget || size <= output->file->reserved) {
		return 0;
	}
	return rdump_file_grow(output->file, size, output->error);
}

static int write_failed(struct output *output, ssize_t result)
{
	/* A file takes at least one byte or says why not; were it otherwise, better an error than a loop. */
	return rdump_fail(output->error, "write", output->file->path, result < 0 ? errno : EIO);
}

/* Writes bytes of our own, which cannot fault. */
static int write_bytes(struct output *output, const void *bytes, size_t length)
{
	const unsigned char *at = bytes;

	if (make_room(output, length) < 0) {
		return -1;
	}
	while (length > 0) {
		ssize_t written = write(output->file->fd, at, length);
		if (written < 0 && errno == EINTR) {
			continue;
		}
		if (written <= 0) {
			return write_failed(output, written);
		}
		at += written;
		length -= (size_t) written;
		output->size += (uint64_t) written;
	}
	return 0;
}

static int flush_buffer(struct output *output)
{
	size_t length = output->buffered;

	output->buffered = 0;
	return write_bytes(output, output->buffer, length);
}

static int put(struct output *output, const void *bytes, size_t length)
{
	const unsigned char *at = bytes;

	while (length > 0) {
		size_t part = output->buffer_size - output->buffered;
		if (part == 0) {
			if (flush_buffer(output) < 0) {
				return -1;
			}
			continue;
		}
		part = part < length ? part : length;
		memcpy(output->buffer + output->buffered, at, part);
		output->buffered += part;
		at += part;
		length -= part;
	}
	return 0;
}

static int put_u32(struct output *output, uint32_t value)
{
	return put(output, &value, sizeof(value));
}

static int put_u64(struct output *output, uint64_t value)
{
	return put(output, &value, sizeof(value));
}

static int put_string(struct output *output, const char *string, size_t length)
{
	return put_u32(output, (uint32_t) length) < 0 ? -1 : put(output, string, length);
}

/* ---- runs, straight from memory ---------------------------------------------------------------------------------- */

/* Drops `written` bytes from the front of the vectors. Returns the index of the first one that still holds some. */
static int advance(struct output *output, int first, size_t written)
{
	output->size += written;
	for (; first < output->vectors && written >= output->vector[first].iov_len; first++) {
		written -= output->vector[first].iov_len;
	}
	if (first < output->vectors) {
		output->vector[first].iov_base = (char *) output->vector[first].iov_base + written;
		output->vector[first].iov_len -= written;
	}
	return first;
}

/*
 * Writes zeros for the rest of the page at the front of vector `first`: another thread unmapped or protected it, or its
 * file was truncated. Returns how many, or -1.
 */
static ssize_t write_zeros(struct output *output, const struct iovec *vector)
{
	static const unsigned char zeros[4096];
	uint64_t in_page = (uint64_t) (uintptr_t) vector->iov_base & (output->page_size - 1);
	uint64_t length = output->page_size - in_page;

	length = length < vector->iov_len ? length : vector->iov_len;
	length = length < sizeof(zeros) ? length : sizeof(zeros);
	return write(output->file->fd, zeros, (size_t) length);
}

static int flush_vectors(struct output *output)
{
	uint64_t length = 0;
	int first = 0;

	for (int i = 0; i < output->vectors; i++) {
		length += output->vector[i].iov_len;
	}
	if (make_room(output, length) < 0) {
		return -1;
	}
	while (first < output->vectors) {
		ssize_t written = writev(output->file->fd, output->vector + first, output->vectors - first);
		if (written < 0 && errno == EFAULT) {
			written = write_zeros(output, &output->vector[first]);
		}
		if (written < 0 && errno == EINTR) {
			continue;
		}
		if (written <= 0) {
			return write_failed(output, written);
		}
		first = advance(output, first, (size_t) written);
	}
	output->vectors = 0;
	return 0;
}

static int put_run_directly(struct output *output, uint64_t begin, uint64_t end)
{
	struct run_header *header = &output->header[output->vectors / 2];
	struct iovec *vector = &output->vector[output->vectors];

	header->address = begin;
	header->size = end - begin;
	vector[0].iov_base = header;
	vector[0].iov_len = sizeof(*header);
	vector[1].iov_base = (void *) (uintptr_t) begin;
	vector[1].iov_len = (size_t) (end - begin);
	output->vectors += 2;
	return output->vectors < MAX_VECTORS ? 0 : flush_vectors(output);
}

/* ---- runs, through the kernel's copy of the address space --------------------------------------------------------- */

static ssize_t readv_memory(void *buffer, size_t length, uint64_t address)
{
	struct iovec local = {buffer, length}, remote = {(void *) (uintptr_t) address, length};

	return process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
}

/*
 * As read(2): the bytes got, or -1 with errno. process_vm_readv() copies them once where /proc/self/mem copies them twice; but
 * the latter also reads a page that has been made unreadable, so it has the last word.
 */
static ssize_t read_memory(const struct output *output, void *buffer, size_t length, uint64_t address)
{
	ssize_t got = output->can_readv ? readv_memory(buffer, length, address) : -1;

	return got <= 0 && output->memory >= 0 ? pread(output->memory, buffer, length, (off_t) address) : got;
}

/* No memory there any more, as /proc/self/mem (EIO) and process_vm_readv() (EFAULT) put it, or past the end (0 bytes). */
static bool is_gone(ssize_t got)
{
	return got == 0 || errno == EIO || errno == EFAULT;
}

static int put_run_safely(struct output *output, uint64_t begin, uint64_t end)
{
	struct run_header header = {begin, end - begin};

	if (put(output, &header, sizeof(header)) < 0) {
		return -1;
	}
	while (begin < end) {
		size_t room = output->buffer_size - output->buffered;
		size_t length = end - begin < room ? (size_t) (end - begin) : room;
		ssize_t got;

		if (room == 0) {
			if (flush_buffer(output) < 0) {
				return -1;
			}
			continue;
		}
		got = read_memory(output, output->buffer + output->buffered, length, begin);
		if (got < 0 && errno == EINTR) {
			continue;
		}
		if (got <= 0) {
			uint64_t in_page = begin & (output->page_size - 1);
			if (!is_gone(got)) {
				return rdump_fail(output->error, "read the memory for", output->file->path, errno);
			}
			got = (ssize_t) (length < output->page_size - in_page ? length : output->page_size - in_page);
			memset(output->buffer + output->buffered, 0, (size_t) got);
		}
		output->buffered += (size_t) got;
		begin += (uint64_t) got;
	}
	return 0;
}

/* Opens the ways to read safely. Where there is none (a seccomp filter), write(2) from the address is as crash-safe. */
static void open_memory(struct output *output)
{
	uint64_t word;
	uint64_t address = (uint64_t) (uintptr_t) &word;

	output->can_readv = readv_memory(&word, sizeof(word), address) == (ssize_t) sizeof(word);
	output->memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	if (output->memory >= 0 && pread(output->memory, &word, sizeof(word), (off_t) address) != (ssize_t) sizeof(word)) {
		(void) close(output->memory);
		output->memory = -1;
	}
	output->safe_read = output->can_readv || output->memory >= 0;
}

/* ---- the format -------------------------------------------------------------------------------------------------- */

/*
 * The file is padded so that pages in memory become pages in the file: copied askew they take up to twice the time. The
 * format has one place for that: module globals of a name that no reader knows.
 */
#define ALIGNMENT 4096
#define PADDING_NAME "padding-00"
#define PADDING_LONGEST 200 /* a name; some readers may not like long ones */
#define PADDING_SMALLEST (4 + strlen(PADDING_NAME) + 8)
#define PADDING_LARGEST (4 + PADDING_LONGEST + 8)

static uint32_t padding_count(size_t padding)
{
	return (uint32_t) ((padding + PADDING_LARGEST - 1) / PADDING_LARGEST);
}

/* `padding` bytes, 0 or at least PADDING_SMALLEST, in entries of about the same size. */
static int put_padding(struct output *output, size_t padding, uint64_t address)
{
	char name[PADDING_LONGEST];

	memset(name, '.', sizeof(name));
	memcpy(name, PADDING_NAME, strlen(PADDING_NAME));
	for (uint32_t left = padding_count(padding); left > 0; left--) {
		size_t size = padding / left;
		name[strlen(PADDING_NAME) - 2] = (char) ('0' + left / 10);
		name[strlen(PADDING_NAME) - 1] = (char) ('0' + left % 10);
		if (put_string(output, name, size - 4 - 8) < 0 || put_u64(output, address) < 0) {
			return -1;
		}
		padding -= size;
	}
	return 0;
}

/* What put_header() writes. */
static uint64_t header_size(const struct rdump_request *request, size_t padding)
{
	return 8 + 4 + (4 + strlen(request->process.tag)) + 8 + 8 + 8 + 8 + 4 + (4 + strlen("basic_globals") + 8) + padding + 4 + 4;
}

/* What put_mapping() writes, all of them. */
static uint64_t table_size(const struct rdump_maps *maps)
{
	uint64_t size = 0;

	for (uint32_t i = 0; i < maps->count; i++) {
		const struct rdump_mapping *mapping = &maps->mapping[i];
		size += 4 + mapping->begin_text.length + 4 + mapping->end_text.length + 4 + mapping->offset.length + 4
			+ 4 + mapping->device.length + 8 + 4 + mapping->name.length;
	}
	return size;
}

/* Resident bytes, from the second number of /proc/self/statm, proc_pid_statm(5); -1 where it cannot be read. */
static int64_t read_rss(uint64_t page_size)
{
	char text[128], *at = text;
	int64_t pages = 0;
	ssize_t length;
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		return -1;
	}
	length = read(fd, text, sizeof(text) - 1);
	(void) close(fd);
	if (length <= 0) {
		return -1;
	}
	text[length] = '\0';
	at += strcspn(at, " ");
	if (at[0] != ' ' || at[1] < '0' || at[1] > '9') {
		return -1;
	}
	for (at++; *at >= '0' && *at <= '9'; at++) {
		pages = pages * 10 + (*at - '0');
	}
	return pages * (int64_t) page_size;
}

static int put_header(struct output *output, const struct rdump_process *process, size_t padding, int64_t rss, uint32_t mappings, uint32_t regions)
{
	if (put(output, "RDUMP\0\0", 8) < 0
		|| put_u32(output, RDUMP_FORMAT_VERSION) < 0
		|| put_string(output, process->tag, strlen(process->tag)) < 0
		|| put_u64(output, (uint64_t) getpid()) < 0
		|| put_u64(output, process->executor_globals) < 0
		|| put_u64(output, process->compiler_globals) < 0
		|| put_u64(output, (uint64_t) rss) < 0
		|| put_u32(output, 1 + padding_count(padding)) < 0
		|| put_string(output, "basic_globals", strlen("basic_globals")) < 0
		|| put_u64(output, process->basic_globals) < 0
		|| put_padding(output, padding, process->executor_globals) < 0
		|| put_u32(output, mappings) < 0
		|| put_u32(output, regions) < 0) {
		return -1;
	}
	return 0;
}

static int put_span(struct output *output, const char *line, struct rdump_span span)
{
	return put_string(output, line + span.at, span.length);
}

static int put_mapping(struct output *output, const struct rdump_mapping *mapping)
{
	const char *permissions = mapping->line + mapping->permissions.at;
	unsigned char flags[4];

	for (int i = 0; i < 3; i++) {
		flags[i] = permissions[i] != '-';
	}
	flags[3] = permissions[3] == 'p';
	if (put_span(output, mapping->line, mapping->begin_text) < 0
		|| put_span(output, mapping->line, mapping->end_text) < 0
		|| put_span(output, mapping->line, mapping->offset) < 0
		|| put(output, flags, sizeof(flags)) < 0
		|| put_span(output, mapping->line, mapping->device) < 0
		|| put_u64(output, mapping->inode) < 0
		|| put_span(output, mapping->line, mapping->name) < 0) {
		return -1;
	}
	return 0;
}

/* ---- the dump ---------------------------------------------------------------------------------------------------- */

/* As many runs as are remembered, so that the kernel need not be asked twice. Few processes have more. */
#define KEPT_RUNS 4096

struct run {
	uint64_t begin;
	uint64_t end;
};

/* What the runs come to: counted before the first byte is written. */
struct plan {
	uint64_t size; /* headers of the regions included */
	uint32_t regions;
	uint64_t placed[ALIGNMENT / sizeof(struct run_header)]; /* bytes, by how many headers stand before them */
	size_t padding;                                         /* bytes */
	struct run *kept;                                       /* the first KEPT_RUNS of them; NULL where there was no memory for them */
};

static int plan_run(void *context, uint64_t begin, uint64_t end)
{
	struct plan *plan = context;

	plan->size += sizeof(struct run_header) + (end - begin);
	plan->placed[plan->size / sizeof(struct run_header) % (ALIGNMENT / sizeof(struct run_header))] += end - begin;
	if (plan->kept && plan->regions < KEPT_RUNS) {
		plan->kept[plan->regions].begin = begin;
		plan->kept[plan->regions].end = end;
	}
	plan->regions++;
	return 0;
}

/* Chooses the padding by which most bytes are aligned. `size` is that of what stands before the first run, without it. */
static void choose_padding(struct plan *plan, uint64_t size)
{
	size_t best = 0;

	for (size_t i = 1; i < sizeof(plan->placed) / sizeof(*plan->placed); i++) {
		best = plan->placed[i] > plan->placed[best] ? i : best;
	}
	plan->padding = (size_t) (-(size + best * sizeof(struct run_header)) % ALIGNMENT);
	if (plan->padding > 0 && plan->padding < PADDING_SMALLEST) {
		plan->padding += ALIGNMENT;
	}
}

struct pass {
	struct output *output;
	uint32_t regions;
};

static int write_run(void *context, uint64_t begin, uint64_t end)
{
	struct pass *pass = context;

	pass->regions++;
	return pass->output->safe_read ? put_run_safely(pass->output, begin, end) : put_run_directly(pass->output, begin, end);
}

/* Hands the planned runs to write_run(), or where there are too many what the kernel says now. */
static int write_runs(struct pass *pass, struct rdump_maps *maps, const struct plan *plan)
{
	int status = 0;

	if (!plan->kept || plan->regions > KEPT_RUNS) {
		return rdump_maps_runs(maps, write_run, pass);
	}
	for (uint32_t i = 0; i < plan->regions && status == 0; i++) {
		status = write_run(pass, plan->kept[i].begin, plan->kept[i].end);
	}
	return status;
}

/* Other threads may have changed the number of regions since it was planned: it stands 4 bytes before the table. */
static int correct_regions(struct output *output, const struct rdump_request *request, size_t padding, uint32_t regions)
{
	off_t at = (off_t) header_size(request, padding) - 4;
	ssize_t written;

	do {
		written = pwrite(output->file->fd, &regions, sizeof(regions), at);
	} while (written < 0 && errno == EINTR);
	return written == (ssize_t) sizeof(regions) ? 0 : write_failed(output, written);
}

static int write_dump(struct output *output, const struct rdump_request *request, struct rdump_maps *maps, int64_t rss, const struct plan *plan)
{
	struct pass pass = {output, 0};

	if (put_header(output, &request->process, plan->padding, rss, maps->count, plan->regions) < 0) {
		return -1;
	}
	for (uint32_t i = 0; i < maps->count; i++) {
		if (put_mapping(output, &maps->mapping[i]) < 0) {
			return -1;
		}
	}
	if (!output->safe_read && flush_buffer(output) < 0) {
		return -1;
	}
	if (write_runs(&pass, maps, plan) < 0 || flush_vectors(output) < 0 || flush_buffer(output) < 0) {
		return -1;
	}
	return pass.regions == plan->regions ? 0 : correct_regions(output, request, plan->padding, pass.regions);
}

static int prepare_output(struct output *output, struct rdump_scratch *scratch)
{
	output->buffer_size = scratch->mapped ? BUFFER_SIZE : RESERVE_BUFFER_SIZE;
	output->buffer = rdump_scratch_low(scratch, output->buffer_size);
	output->vector = rdump_scratch_low(scratch, MAX_VECTORS * sizeof(*output->vector));
	output->header = rdump_scratch_low(scratch, MAX_VECTORS / 2 * sizeof(*output->header));
	if (!output->buffer || !output->vector || !output->header) {
		return rdump_fail(output->error, "find memory to write", output->file->path, ENOMEM);
	}
	return 0;
}

/* From the list of mappings to the renamed file. Returns 1 where the budget has no room, 0 or -1. */
static int make_dump(const struct rdump_request *request, struct output *output, struct rdump_scratch *scratch, struct rdump_result *result)
{
	struct rdump_file *file = output->file;
	struct rdump_maps maps;
	struct plan plan = {0};
	int64_t rss;
	int status;

	if (prepare_output(output, scratch) < 0) {
		return -1;
	}
	rss = read_rss(output->page_size);
	status = rdump_maps_open(&maps, scratch, request->full, &result->error);
	if (status == 0) {
		plan.kept = rdump_scratch_low(scratch, KEPT_RUNS * sizeof(*plan.kept));
		(void) rdump_maps_runs(&maps, plan_run, &plan);
		choose_padding(&plan, header_size(request, 0) + table_size(&maps));
		result->size = header_size(request, plan.padding) + table_size(&maps) + plan.size;
		status = rdump_file_create(file, result->size, request->budget, &result->error);
	}
	if (status == 0 && request->marker) {
		status = rdump_file_unmark(file, &result->error);
	}
	if (status == 0) {
		status = rdump_file_allocate(file, &result->error);
	}
	if (status == 0) {
		status = write_dump(output, request, &maps, rss, &plan);
	}
	if (status == 0) {
		result->size = output->size;
		status = rdump_file_commit(file, output->size, &result->error);
	}
	rdump_maps_close(&maps);
	return status;
}

/* Holds off what can be held off. Not what the thread's own doing raises: blocked, that would end the process unsaid. */
static void hold_signals(sigset_t *before)
{
	static const int own[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS};
	sigset_t held;

	sigfillset(&held);
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++) {
		sigdelset(&held, own[i]);
	}
	/* On Linux this is the calling thread's mask; pthread_sigmask() would need libpthread on an older glibc. */
	(void) sigprocmask(SIG_BLOCK, &held, before);
}

/* Lets signals through again, but for the SIGXFSZ of a write past RLIMIT_FSIZE: that has been told as EFBIG. */
static void release_signals(const sigset_t *before, bool was_pending)
{
	static const struct timespec at_once = {0, 0};
	sigset_t file_size;

	sigemptyset(&file_size);
	sigaddset(&file_size, SIGXFSZ);
	if (!was_pending) {
		while (sigtimedwait(&file_size, NULL, &at_once) < 0 && errno == EINTR) {
		}
	}
	(void) sigprocmask(SIG_SETMASK, before, NULL);
}

void rdump_write(const struct rdump_request *request, struct rdump_file *file, struct rdump_result *result)
{
	static const struct rdump_result blank;
	struct rdump_scratch scratch;
	struct output output = {0};
	sigset_t before, pending;
	bool was_pending;
	int status;

	*result = blank;
	hold_signals(&before);
	was_pending = sigpending(&pending) == 0 && sigismember(&pending, SIGXFSZ) == 1;
	rdump_scratch_take(&scratch);

	output.file = file;
	output.error = &result->error;
	output.page_size = (uint64_t) sysconf(_SC_PAGESIZE);
	output.safe_read = request->safe_read;
	output.memory = -1;
	if (output.safe_read) {
		open_memory(&output);
	}
	status = make_dump(request, &output, &scratch, result);
	result->outcome = status == 0 ? RDUMP_WRITTEN : RDUMP_FAILED;
	if (status > 0) {
		result->outcome = RDUMP_SKIPPED;
	}
	result->others = file->others;
	if (output.memory >= 0) {
		(void) close(output.memory);
	}

	rdump_scratch_give(&scratch);
	if (status == 0 && request->marker) {
		(void) rdump_file_mark(file, &result->error);
	} else if (status < 0 && request->marker) {
		/* It may have failed before the old marker's turn came: there is none after a failure. */
		struct rdump_error ignored;
		(void) rdump_file_unmark(file, &ignored);
	}
	rdump_file_close(file);
	release_signals(&before, was_pending);
}
