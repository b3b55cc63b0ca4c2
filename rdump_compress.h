/*
 * Compressed dumps: zstd frames, RFC 8878, made by libzstd in memory of the scratch. `zstd -d` gives the plain dump.
 * libzstd reads and writes only the buffers that it is given, never the memory that is dumped: a page that vanishes
 * there would be a SIGSEGV. It calls no malloc() here, and starts no thread.
 */
#ifndef RDUMP_COMPRESS_H
#define RDUMP_COMPRESS_H

#include "rdump_platform.h"
#include "rdump_scratch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A path that ends so is that of a compressed dump. */
#define RDUMP_COMPRESSED_SUFFIX ".zst"

/* Bytes before those of a stored frame, see rdump_compress_store(). */
#define RDUMP_STORED_HEADER 12

/* The step of an error, ENOTSUP, where a path asks for compression and rdump_compress_library() is NULL. */
#define RDUMP_NOT_COMPRESSED "compress (rdump was built without libzstd)"

struct rdump_compress {
	void *stream;          /* libzstd's state */
	unsigned char *output; /* compressed bytes, to be written where it is full, and at the end */
	size_t size;
	size_t filled;
	bool ended; /* the frame is complete in the output */
};

/* Returns whether `path` is that of a compressed dump. */
RDUMP_HIDDEN bool rdump_compress_is_wanted(const char *path);

/* Returns the version of libzstd that is in use; NULL where rdump was built without it. */
RDUMP_HIDDEN const char *rdump_compress_library(void);

/*
 * Begins a frame, with the content's checksum. `size` is that of the output buffer.
 * Returns 0; ENOTSUP without libzstd; ENOMEM where the scratch has no room for libzstd's state (1.4 MB).
 */
RDUMP_HIDDEN int rdump_compress_open(struct rdump_compress *compress, struct rdump_scratch *scratch, size_t size);

/* Says before the first byte how many will come: the frame tells it too, and another number of them is an error. */
RDUMP_HIDDEN void rdump_compress_expect(struct rdump_compress *compress, uint64_t size);

/*
 * Takes bytes until the output is full: moves `*bytes` on and lowers `*length`. With `end` it completes the frame when
 * all are taken, and sets `ended` when the output has all of it. Returns 0 or EIO, libzstd's refusal.
 */
RDUMP_HIDDEN int rdump_compress_bytes(
	struct rdump_compress *compress, const unsigned char **bytes, size_t *length, bool end);

/*
 * Writes what stands before `size` bytes, less than 128 KB, that are a frame of their own as they are: neither
 * compressed nor with a checksum, so that they can be changed in the file.
 */
RDUMP_HIDDEN void rdump_compress_store(unsigned char header[RDUMP_STORED_HEADER], uint32_t size);

#endif
