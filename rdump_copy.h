/*
 * Bytes on their way into the file: small values through a buffer, runs of memory straight from where they are, or
 * through the kernel's copy of the address space. Into a compressed file all of them go through the buffer.
 */
#ifndef RDUMP_COPY_H
#define RDUMP_COPY_H

#include "rdump_behind.h"
#include "rdump_compress.h"
#include "rdump_error.h"
#include "rdump_file.h"
#include "rdump_memory.h"
#include "rdump_scratch.h"

/* What stands before the bytes of a region in the file. */
struct rdump_region {
	uint64_t address;
	uint64_t size;
};

struct rdump_copy {
	struct rdump_file *file;
	struct rdump_error *error;
	uint64_t size; /* bytes written to the file so far */
	uint64_t page_size;

	unsigned char *buffer;
	size_t buffer_size;
	size_t buffered;

	struct iovec *vector; /* bytes on their way from where they are: headers of regions, and runs */
	struct rdump_region *header;
	const unsigned char *zeros; /* a few of them */
	int vectors;
	int headers;
	uint64_t vectored; /* bytes in all vectors */

	bool safe_read; /* runs are read through the kernel's copy of the address space */
	struct rdump_memory memory;

	struct rdump_behind behind; /* as rdump_copy_open() leaves it, it writes as usual */

	bool compressed;
	struct rdump_compress compress;
	uint64_t shift; /* bytes in the file before those that rdump_copy_correct() can change */
	uint64_t step;  /* what a compressed file is made larger by */
};

/*
 * Begins to write to `file`. `error` is where the functions below say why they failed, until the end.
 * safe_read  read memory by process_vm_readv(2) and from /proc/self/mem, as far as they are permitted, not by write(2)
 * The file is compressed where its name says so; its memory is read so in any case, at last through a pipe.
 * Errors: ENOMEM where the scratch is used up; ENOTSUP, a compressed file without libzstd; those of pipe2(2).
 * rdump_copy_close() must follow in any case.
 */
RDUMP_HIDDEN int rdump_copy_open(struct rdump_copy *copy, struct rdump_scratch *scratch, struct rdump_file *file,
	bool safe_read, struct rdump_error *error);
RDUMP_HIDDEN void rdump_copy_close(struct rdump_copy *copy);

/*
 * Says how many bytes will come; `exact` where there can be neither more nor fewer. Returns how many to reserve in the
 * file: these, or a quarter for a compressed file. One that needs more reserves it while it is written, and any file
 * returns what is left over when it is committed.
 */
RDUMP_HIDDEN uint64_t rdump_copy_expect(struct rdump_copy *copy, uint64_t size, bool exact);

/* Writes bytes, a u32, a u64, a string with its length before it. */
RDUMP_HIDDEN int rdump_copy_bytes(struct rdump_copy *copy, const void *bytes, size_t length);
RDUMP_HIDDEN int rdump_copy_u32(struct rdump_copy *copy, uint32_t value);
RDUMP_HIDDEN int rdump_copy_u64(struct rdump_copy *copy, uint64_t value);
RDUMP_HIDDEN int rdump_copy_string(struct rdump_copy *copy, const char *string, size_t length);

/*
 * Begins a region, whose `size` bytes must follow. Errors: those of write(2), as for the next two.
 */
RDUMP_HIDDEN int rdump_copy_region(struct rdump_copy *copy, uint64_t address, uint64_t size);

/*
 * Writes the memory [begin, end). A page that cannot be read by any way is written as zeros: another thread unmapped or
 * protected it, or its file was truncated. Never raises a signal.
 */
RDUMP_HIDDEN int rdump_copy_memory(struct rdump_copy *copy, uint64_t begin, uint64_t end);

/* Writes zeros: where that saves blocks, by not writing there. A compressed file has them in it. */
RDUMP_HIDDEN int rdump_copy_zeros(struct rdump_copy *copy, uint64_t length);

/*
 * Lets rdump_copy_correct() change the bytes written so far, which must still fit into the buffer. In a compressed file
 * they become a frame of their own that is not compressed.
 */
RDUMP_HIDDEN int rdump_copy_correctable(struct rdump_copy *copy);

/* Replaces bytes, `at` bytes from the beginning. Errors: those of pwrite(2). */
RDUMP_HIDDEN int rdump_copy_correct(struct rdump_copy *copy, uint64_t at, const void *bytes, size_t length);

/* Writes what is still on its way. Nothing can be written after it. */
RDUMP_HIDDEN int rdump_copy_flush(struct rdump_copy *copy);

#endif
