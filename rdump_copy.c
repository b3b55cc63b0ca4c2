/* Bytes on their way into the file. See rdump_copy.h. */
#include "rdump_copy.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* Fits into the processor's caches; and the file system is faster with long writes. */
#define BUFFER_SIZE ((size_t) 512 * 1024)
#define RESERVE_BUFFER_SIZE ((size_t) 128 * 1024)

/* 1024 is what one writev(2) may have (UIO_MAXIOV). */
#define MAX_VECTORS 1024

/* As many zeros are written at once where that is not spared: most are a page that is not on blocks of the file. */
#define ZEROS ((size_t) 8192)

/* ---- bytes of rdump's own ---------------------------------------------------------------------------------------- */

/*
 * Reserves `length` more bytes where the size was not known before: where something bounds it, which holds for what
 * other threads add meanwhile as well, and for a compressed file. That grows by steps while there is room for one.
 */
static int make_room(struct rdump_copy *copy, uint64_t length)
{
	uint64_t size = copy->size + length;
	struct rdump_error refused;

	if ((!rdump_file_is_bounded(copy->file) && !copy->compressed) || size <= copy->file->reserved) {
		return 0;
	}
	if (copy->step && rdump_file_grow(copy->file, size + copy->step, &refused) == 0) {
		return 0;
	}
	return rdump_file_grow(copy->file, size, copy->error);
}

/* Near a limit of memory the page cache must not fill up. */
static int drop_behind(struct rdump_copy *copy, bool end)
{
	int err = rdump_behind_wrote(&copy->behind, copy->file->fd, copy->size, end);

	return err ? rdump_fail(copy->error, "write", copy->file->path, err) : 0;
}

static int write_failed(struct rdump_copy *copy, ssize_t result)
{
	/* write(2) takes at least one byte or says why not; if it did neither, an error is better than a loop. */
	return rdump_fail(copy->error, "write", copy->file->path, result < 0 ? errno : EIO);
}

/* Writes bytes of rdump's own, which cannot fault. */
static int write_bytes(struct rdump_copy *copy, const void *bytes, size_t length)
{
	const unsigned char *at = bytes;

	if (make_room(copy, length) < 0) {
		return -1;
	}
	while (length > 0) {
		ssize_t written = write(copy->file->fd, at, length);
		if (written < 0 && errno == EINTR) {
			continue;
		}
		if (written <= 0) {
			return write_failed(copy, written);
		}
		at += written;
		length -= (size_t) written;
		copy->size += (uint64_t) written;
	}
	return drop_behind(copy, false);
}

/* Writes bytes by way of libzstd; with `end` the rest of the frame as well. */
static int compress_bytes(struct rdump_copy *copy, const unsigned char *bytes, size_t length, bool end)
{
	struct rdump_compress *compress = &copy->compress;

	do {
		int err = rdump_compress_bytes(compress, &bytes, &length, end);
		if (err) {
			return rdump_fail(copy->error, "compress", copy->file->path, err);
		}
		if (compress->filled == compress->size || compress->ended) {
			if (write_bytes(copy, compress->output, compress->filled) < 0) {
				return -1;
			}
			compress->filled = 0;
		}
	} while (length > 0 || (end && !compress->ended));
	return 0;
}

static int flush_buffer(struct rdump_copy *copy)
{
	size_t length = copy->buffered;

	copy->buffered = 0;
	return copy->compressed ? compress_bytes(copy, copy->buffer, length, false)
							: write_bytes(copy, copy->buffer, length);
}

int rdump_copy_bytes(struct rdump_copy *copy, const void *bytes, size_t length)
{
	const unsigned char *at = bytes;

	while (length > 0) {
		size_t part = copy->buffer_size - copy->buffered;

		if (part == 0) {
			if (flush_buffer(copy) < 0) {
				return -1;
			}
			continue;
		}
		part = part < length ? part : length;
		memcpy(copy->buffer + copy->buffered, at, part);
		copy->buffered += part;
		at += part;
		length -= part;
	}
	return 0;
}

int rdump_copy_u32(struct rdump_copy *copy, uint32_t value)
{
	return rdump_copy_bytes(copy, &value, sizeof(value));
}

int rdump_copy_u64(struct rdump_copy *copy, uint64_t value)
{
	return rdump_copy_bytes(copy, &value, sizeof(value));
}

int rdump_copy_string(struct rdump_copy *copy, const char *string, size_t length)
{
	return rdump_copy_u32(copy, (uint32_t) length) < 0 ? -1 : rdump_copy_bytes(copy, string, length);
}

/* ---- through the kernel's copy of the address space -------------------------------------------------------------- */

void rdump_copy_close(struct rdump_copy *copy)
{
	rdump_memory_close(&copy->memory);
}

static uint64_t end_of_page(const struct rdump_copy *copy, uint64_t address, uint64_t end)
{
	uint64_t next = (address | (copy->page_size - 1)) + 1;

	return next < end ? next : end;
}

/*
 * Puts memory into the buffer. A read of several pages may be refused for one of them (before Linux 3.15
 * process_vm_readv() does that): zeros replace a page only where a read of that page alone fails.
 */
static int put_memory(struct rdump_copy *copy, uint64_t begin, uint64_t end)
{
	bool alone = false;

	while (begin < end) {
		unsigned char *to = copy->buffer + copy->buffered;
		size_t room = copy->buffer_size - copy->buffered;
		size_t length = (size_t) ((alone ? end_of_page(copy, begin, end) : end) - begin);
		ssize_t got;

		if (room < copy->page_size) {
			if (flush_buffer(copy) < 0) {
				return -1;
			}
			continue;
		}
		length = length < room ? length : room;
		got = rdump_memory_read(&copy->memory, to, length, begin, alone);
		if (got < 0) {
			return rdump_fail(copy->error, "read the memory for", copy->file->path, errno);
		}
		if (got == 0 && !alone) {
			alone = true;
			continue;
		}
		alone = got == 0; /* pages that are gone often come in stretches: the next one is read alone as well */
		if (got == 0) {
			memset(to, 0, length);
			got = (ssize_t) length;
		}
		copy->buffered += (size_t) got;
		begin += (uint64_t) got;
	}
	return 0;
}

/* ---- straight from memory ---------------------------------------------------------------------------------------- */

/* Drops `written` bytes from the front of the vectors. Returns the index of the first one that still has some. */
static int advance(struct rdump_copy *copy, int first, size_t written)
{
	for (; first < copy->vectors && written >= copy->vector[first].iov_len; first++) {
		written -= copy->vector[first].iov_len;
	}
	if (first < copy->vectors) {
		copy->vector[first].iov_base = (char *) copy->vector[first].iov_base + written;
		copy->vector[first].iov_len -= written;
	}
	return first;
}

/*
 * Writes the front of a vector after EFAULT. That says only that some byte of the call could not be read: btrfs, and
 * every file system before Linux 5.16, refuses a whole piece for it. So the rest of the first page is written by
 * itself. Where that fails, it and what follows are read in another way: one system call for a page that cannot be
 * read, instead of three. Where there is no other way, zeros replace that page. Returns the bytes written, or -1.
 */
static ssize_t write_after_fault(struct rdump_copy *copy, const struct iovec *vector)
{
	uint64_t begin = (uint64_t) (uintptr_t) vector->iov_base;
	size_t length = (size_t) (end_of_page(copy, begin, begin + vector->iov_len) - begin);
	ssize_t written;

	do {
		written = write(copy->file->fd, vector->iov_base, length);
	} while (written < 0 && errno == EINTR);
	if (written > 0) {
		copy->size += (uint64_t) written;
		return written;
	}
	if (written == 0 || errno != EFAULT) {
		return write_failed(copy, written);
	}
	if (rdump_memory_open(&copy->memory) || rdump_memory_open_pipe(&copy->memory) == 0) {
		length = vector->iov_len < copy->buffer_size ? vector->iov_len : copy->buffer_size;
		if (put_memory(copy, begin, begin + length) < 0) {
			return -1;
		}
	} else {
		memset(copy->buffer, 0, length); /* the buffer has room for a page, see rdump_copy_open() */
		copy->buffered = length;
	}
	return flush_buffer(copy) < 0 ? -1 : (ssize_t) length;
}

static int flush_vectors(struct rdump_copy *copy)
{
	int first = 0;

	if (make_room(copy, copy->vectored) < 0) {
		return -1;
	}
	while (first < copy->vectors) {
		ssize_t written
			= rdump_behind_writev(&copy->behind, copy->file->fd, copy->vector + first, copy->vectors - first);

		if (written < 0 && errno == EINTR) {
			continue;
		}
		if (written < 0 && errno == EFAULT) {
			written = write_after_fault(copy, &copy->vector[first]);
			if (written < 0) {
				return -1;
			}
		} else if (written <= 0) {
			return write_failed(copy, written);
		} else {
			copy->size += (uint64_t) written;
		}
		first = advance(copy, first, (size_t) written);
		if (drop_behind(copy, false) < 0) {
			return -1;
		}
	}
	copy->vectors = copy->headers = 0;
	copy->vectored = 0;
	return 0;
}

/* The buffer holds what comes before: only one of the two has bytes on their way. */
static int put_vector(struct rdump_copy *copy, const void *bytes, uint64_t length)
{
	struct iovec *vector = &copy->vector[copy->vectors++];

	vector->iov_base = (void *) (uintptr_t) bytes;
	vector->iov_len = (size_t) length;
	copy->vectored += length;
	return copy->vectors < MAX_VECTORS && copy->headers < MAX_VECTORS / 2 ? 0 : flush_vectors(copy);
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

/* Makes ready to compress. The memory must be read into the buffer then, in one way or another. */
static int open_compressed(struct rdump_copy *copy, struct rdump_scratch *scratch)
{
	int err = rdump_compress_open(&copy->compress, scratch, copy->buffer_size);

	if (err) {
		return rdump_fail(copy->error, err == ENOTSUP ? RDUMP_NOT_COMPRESSED : "find memory to compress",
			copy->file->path, err);
	}
	copy->compressed = true;
	if (!rdump_memory_open(&copy->memory) && rdump_memory_open_pipe(&copy->memory) < 0) {
		return rdump_fail(copy->error, "open a pipe for", copy->file->path, errno);
	}
	copy->safe_read = true;
	return 0;
}

int rdump_copy_open(struct rdump_copy *copy, struct rdump_scratch *scratch, struct rdump_file *file, bool safe_read,
	struct rdump_error *error)
{
	memset(copy, 0, sizeof(*copy));
	copy->file = file;
	copy->error = error;
	copy->page_size = (uint64_t) sysconf(_SC_PAGESIZE);
	rdump_memory_init(&copy->memory);
	copy->buffer_size = scratch->mapped ? BUFFER_SIZE : RESERVE_BUFFER_SIZE;
	copy->buffer = rdump_scratch_low(scratch, copy->buffer_size);
	copy->vector = rdump_scratch_low(scratch, MAX_VECTORS * sizeof(*copy->vector));
	copy->header = rdump_scratch_low(scratch, MAX_VECTORS / 2 * sizeof(*copy->header));
	copy->zeros = rdump_scratch_low(scratch, ZEROS);
	if (!copy->buffer || !copy->vector || !copy->header || !copy->zeros) {
		return rdump_fail(error, "find memory to write", file->path, ENOMEM);
	}
	if (rdump_compress_is_wanted(file->name)) {
		return open_compressed(copy, scratch);
	}
	/* Else write(2) from the address, which raises no signal either. */
	copy->safe_read = safe_read && rdump_memory_open(&copy->memory);
	return 0;
}

uint64_t rdump_copy_expect(struct rdump_copy *copy, uint64_t size, bool exact)
{
	uint64_t quarter = size / 4 + 4096;

	if (!copy->compressed) {
		return size;
	}
	if (exact) {
		rdump_compress_expect(&copy->compress, size);
	}
	copy->step = quarter / 4;
	return quarter;
}

/* ---- corrections ------------------------------------------------------------------------------------------------- */

int rdump_copy_correctable(struct rdump_copy *copy)
{
	unsigned char header[RDUMP_STORED_HEADER];
	size_t length = copy->buffered;

	if (!copy->compressed) {
		return 0;
	}
	rdump_compress_store(header, (uint32_t) length);
	copy->shift = sizeof(header);
	copy->buffered = 0;
	return write_bytes(copy, header, sizeof(header)) < 0 ? -1 : write_bytes(copy, copy->buffer, length);
}

int rdump_copy_correct(struct rdump_copy *copy, uint64_t at, const void *bytes, size_t length)
{
	ssize_t written;

	do {
		written = pwrite(copy->file->fd, bytes, length, (off_t) (copy->shift + at));
	} while (written < 0 && errno == EINTR);
	if (written != (ssize_t) length) {
		return rdump_fail(copy->error, "write", copy->file->path, written < 0 ? errno : EIO);
	}
	return 0;
}

/* ---- runs -------------------------------------------------------------------------------------------------------- */

int rdump_copy_region(struct rdump_copy *copy, uint64_t address, uint64_t size)
{
	struct rdump_region *header = &copy->header[copy->safe_read ? 0 : copy->headers++];

	header->address = address;
	header->size = size;
	if (copy->safe_read) {
		return rdump_copy_bytes(copy, header, sizeof(*header));
	}
	return copy->buffered > 0 && flush_buffer(copy) < 0 ? -1 : put_vector(copy, header, sizeof(*header));
}

int rdump_copy_memory(struct rdump_copy *copy, uint64_t begin, uint64_t end)
{
	return copy->safe_read ? put_memory(copy, begin, end)
						   : put_vector(copy, (const void *) (uintptr_t) begin, end - begin);
}

static int flush(struct rdump_copy *copy)
{
	return flush_vectors(copy) < 0 ? -1 : flush_buffer(copy);
}

int rdump_copy_zeros(struct rdump_copy *copy, uint64_t length)
{
	uint64_t at = copy->size + copy->buffered + copy->vectored;

	if (!copy->compressed && rdump_file_saved(at, length) > 0) {
		if (flush(copy) < 0) {
			return -1;
		}
		if (lseek(copy->file->fd, (off_t) length, SEEK_CUR) >= 0) {
			copy->size += length;
			return 0;
		}
	}
	for (uint64_t part; length > 0; length -= part) {
		part = length < ZEROS ? length : ZEROS;
		if (rdump_copy_memory(copy, (uintptr_t) copy->zeros, (uintptr_t) copy->zeros + part) < 0) {
			return -1;
		}
	}
	return 0;
}

int rdump_copy_flush(struct rdump_copy *copy)
{
	int status = copy->compressed ? compress_bytes(copy, copy->buffer, copy->buffered, true) : flush(copy);

	return status < 0 ? -1 : drop_behind(copy, true);
}
