/* A strict reader of the RDUMP format, version 3. What the format does not allow fails the case. */
#ifndef READER_H
#define READER_H

#include "check.h"

struct reader_mapping {
	char begin[17], end[17], offset[17], device[40];
	uint64_t first, last;
	bool readable, writable, executable, private;
	uint64_t inode;
	char *name;
};

struct reader_region {
	uint64_t address;
	uint64_t size;
	const unsigned char *bytes;
};

struct reader {
	const unsigned char *file;
	size_t size;
	char tag[4];
	uint64_t pid, executor_globals, compiler_globals, basic_globals, module_registry, tsrm_ls_cache;
	int64_t rss;
	uint32_t mappings, regions;
	struct reader_mapping *mapping;
	struct reader_region *region;
};

/* Reads the whole file strictly; unpacked where its name ends in .zst. */
void reader_open(struct reader *reader, const char *path);
void reader_close(struct reader *reader);

/* The `length` bytes at an address, or NULL where no one region holds all of them. */
const void *reader_at(const struct reader *reader, const void *address, size_t length);

/* How many bytes of [begin, begin + length) are in the dump. */
size_t reader_held(const struct reader *reader, const void *begin, size_t length);

/* How often the bytes are found in all regions. */
size_t reader_search(const struct reader *reader, const void *needle, size_t length);

/* The mapping that begins at an address, or NULL. */
const struct reader_mapping *reader_mapping_at(const struct reader *reader, const void *address);

#endif
