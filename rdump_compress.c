/* Compressed dumps. See rdump_compress.h. */
#include "rdump_compress.h"

#include <errno.h>
#include <string.h>

#ifdef RDUMP_WITH_ZSTD
# define ZSTD_STATIC_LINKING_ONLY /* ZSTD_initStaticCCtx() */
# include <zstd.h>
#endif

bool rdump_compress_is_wanted(const char *path)
{
	size_t length = strlen(path), suffix = strlen(RDUMP_COMPRESSED_SUFFIX);

	return length >= suffix && !strcmp(path + length - suffix, RDUMP_COMPRESSED_SUFFIX);
}

static unsigned char *put_number(unsigned char *to, uint32_t value, int bytes)
{
	for (int i = 0; i < bytes; i++) {
		*to++ = (unsigned char) (value >> 8 * i);
	}
	return to;
}

/* RFC 8878, 3.1.1: the content's size has 4 bytes, there is one segment, and its one block is raw. */
void rdump_compress_store(unsigned char header[RDUMP_STORED_HEADER], uint32_t size)
{
	unsigned char *to = put_number(header, 0xfd2fb528, 4);

	to = put_number(to, 0xa0, 1);
	to = put_number(to, size, 4);
	(void) put_number(to, size << 3 | 1, 3);
}

#ifdef RDUMP_WITH_ZSTD

/* See benchmarks/NOTES.md: the next levels take much longer for a file that is little smaller. */
# define LEVEL 1

const char *rdump_compress_library(void)
{
	return ZSTD_versionString();
}

int rdump_compress_open(struct rdump_compress *compress, struct rdump_scratch *scratch, size_t size)
{
	size_t state_size = ZSTD_estimateCStreamSize(LEVEL);
	void *state = rdump_scratch_low(scratch, state_size);

	memset(compress, 0, sizeof(*compress));
	compress->size = size;
	compress->output = rdump_scratch_low(scratch, size);
	compress->stream = state ? ZSTD_initStaticCCtx(state, state_size) : NULL;
	/* The reset sets the defaults: libzstd leaves that out here. */
	if (!compress->stream || !compress->output
		|| ZSTD_isError(ZSTD_CCtx_reset(compress->stream, ZSTD_reset_session_and_parameters))
		|| ZSTD_isError(ZSTD_CCtx_setParameter(compress->stream, ZSTD_c_compressionLevel, LEVEL))
		|| ZSTD_isError(ZSTD_CCtx_setParameter(compress->stream, ZSTD_c_checksumFlag, 1))) {
		return ENOMEM;
	}
	return 0;
}

void rdump_compress_expect(struct rdump_compress *compress, uint64_t size)
{
	(void) ZSTD_CCtx_setPledgedSrcSize(compress->stream, size); /* fails only in the middle of a frame */
}

int rdump_compress_bytes(struct rdump_compress *compress, const unsigned char **bytes, size_t *length, bool end)
{
	ZSTD_inBuffer in = {*bytes, *length, 0};
	ZSTD_outBuffer out = {compress->output, compress->size, compress->filled};
	size_t left = 1;

	while (out.pos < out.size && (in.pos < in.size || (end && left > 0))) {
		left = ZSTD_compressStream2(compress->stream, &out, &in, end ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(left)) {
			return EIO;
		}
	}
	*bytes += in.pos;
	*length -= in.pos;
	compress->filled = out.pos;
	compress->ended = end && left == 0;
	return 0;
}

#else

const char *rdump_compress_library(void)
{
	return NULL;
}

int rdump_compress_open(
	struct rdump_compress *compress, RDUMP_UNUSED struct rdump_scratch *scratch, RDUMP_UNUSED size_t size)
{
	memset(compress, 0, sizeof(*compress));
	return ENOTSUP;
}

void rdump_compress_expect(RDUMP_UNUSED struct rdump_compress *compress, RDUMP_UNUSED uint64_t size)
{
}

int rdump_compress_bytes(RDUMP_UNUSED struct rdump_compress *compress, RDUMP_UNUSED const unsigned char **bytes,
	RDUMP_UNUSED size_t *length, RDUMP_UNUSED bool end)
{
	return EIO;
}

#endif
