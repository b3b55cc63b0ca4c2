/* See reader.h. */
#include "reader.h"
#include "../../rdump_compress.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef RDUMP_WITH_ZSTD
# define ZSTD_STATIC_LINKING_ONLY
# include <zstd.h>
#endif

struct cursor {
	const unsigned char *file;
	size_t size, at;
};

static const unsigned char *take(struct cursor *cursor, size_t length, const char *what)
{
	expect(length <= cursor->size - cursor->at, "the file ends within %s", what);
	cursor->at += length;
	return cursor->file + cursor->at - length;
}

static uint32_t take_u32(struct cursor *cursor, const char *what)
{
	uint32_t value;

	memcpy(&value, take(cursor, sizeof(value), what), sizeof(value));
	return value;
}

static uint64_t take_u64(struct cursor *cursor, const char *what)
{
	uint64_t value;

	memcpy(&value, take(cursor, sizeof(value), what), sizeof(value));
	return value;
}

static void take_string(struct cursor *cursor, char *string, size_t size, const char *what)
{
	uint32_t length = take_u32(cursor, what);

	expect(length < size, "%s has %u bytes", what, length);
	memcpy(string, take(cursor, length, what), length);
	string[length] = '\0';
}

static uint64_t address_of(const char *digits, const char *what)
{
	expect(strlen(digits) >= 8 && strspn(digits, "0123456789abcdef") == strlen(digits), "%s is \"%s\"", what, digits);
	return strtoull(digits, NULL, 16);
}

static bool take_flag(struct cursor *cursor)
{
	unsigned char flag = *take(cursor, 1, "a flag");

	expect(flag <= 1, "a flag is %d", flag);
	return flag == 1;
}

static void read_mapping(struct cursor *cursor, struct reader_mapping *mapping, uint64_t previous_end)
{
	static char name[65536];

	take_string(cursor, mapping->begin, sizeof(mapping->begin), "the beginning of a mapping");
	take_string(cursor, mapping->end, sizeof(mapping->end), "the end of a mapping");
	take_string(cursor, mapping->offset, sizeof(mapping->offset), "the offset of a mapping");
	mapping->readable = take_flag(cursor);
	mapping->writable = take_flag(cursor);
	mapping->executable = take_flag(cursor);
	mapping->private = take_flag(cursor);
	take_string(cursor, mapping->device, sizeof(mapping->device), "the device of a mapping");
	expect(strchr(mapping->device, ':') != NULL, "a device \"%s\"", mapping->device);
	mapping->inode = take_u64(cursor, "the inode of a mapping");
	take_string(cursor, name, sizeof(name), "the name of a mapping");
	mapping->name = strdup(name);
	mapping->first = address_of(mapping->begin, "the beginning of a mapping");
	mapping->last = address_of(mapping->end, "the end of a mapping");
	(void) address_of(mapping->offset, "the offset of a mapping");
	expect(mapping->first >= previous_end && mapping->first < mapping->last, "mapping %s-%s is out of order",
		mapping->begin, mapping->end);
}

/* Do the mappings cover all of it, without a gap, and is all of it readable? */
static bool is_mapped(const struct reader *reader, uint64_t begin, uint64_t end)
{
	for (uint32_t i = 0; i < reader->mappings && begin < end; i++) {
		if (reader->mapping[i].first <= begin && begin < reader->mapping[i].last && reader->mapping[i].readable) {
			begin = reader->mapping[i].last;
		}
	}
	return begin >= end;
}

/*
 * A full dump keeps what only it holds, files that are there and that this process has not changed, apart from the
 * rest. Does one of the two mappings that meet at an address belong to those, and the other not?
 */
static bool is_border(const struct reader *reader, uint64_t address)
{
	int meeting = 0, only_full = 0;

	for (uint32_t i = 0; i < reader->mappings; i++) {
		const struct reader_mapping *mapping = &reader->mapping[i];
		size_t length = strlen(mapping->name);
		bool deleted = length > 10 && !strcmp(mapping->name + length - 10, " (deleted)");

		if (mapping->first == address || mapping->last == address) {
			meeting++;
			only_full += mapping->inode != 0 && !deleted && !(mapping->private && mapping->writable);
		}
	}
	return meeting == 2 && only_full > 0;
}

static void take_global(const char *name, uint64_t address, const char *wanted, uint64_t *global)
{
	if (!strcmp(name, wanted)) {
		expect(!*global, "%s twice", name);
		*global = address;
	}
}

/* Puts what a compressed file holds into its place in memory. libzstd compares the checksums. */
static void unpack(struct reader *reader, const char *path)
{
#ifdef RDUMP_WITH_ZSTD
	unsigned long long most = ZSTD_decompressBound(reader->file, reader->size);
	unsigned char *content;
	size_t size;

	expect(most > 0 && most < (1ULL << 40), "%s: not of zstd", path);
	content = mmap(NULL, most, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	expect(content != MAP_FAILED, "mmap: %s", strerror(errno));
	size = ZSTD_decompress(content, most, reader->file, reader->size);
	expect(!ZSTD_isError(size), "%s: %s", path, ZSTD_getErrorName(size));
	munmap((void *) (uintptr_t) reader->file, reader->size);
	expect(mremap(content, most, size, 0) == content, "mremap: %s", strerror(errno));
	reader->file = content;
	reader->size = size;
#else
	(void) reader;
	expect(false, "%s: there is no libzstd to read it with", path);
#endif
}

void reader_open(struct reader *reader, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint64_t page_size = (uint64_t) sysconf(_SC_PAGESIZE), previous_end = 0;
	struct cursor cursor;
	struct stat status;
	char name[256];

	memset(reader, 0, sizeof(*reader));
	expect(fd >= 0 && fstat(fd, &status) == 0, "%s: %s", path, strerror(errno));
	expect(status.st_size > 0 && (status.st_mode & 07777) == 0600, "%s: mode %o, %lld bytes", path,
		(unsigned) status.st_mode, (long long) status.st_size);
	reader->size = (size_t) status.st_size;
	reader->file = mmap(NULL, reader->size, PROT_READ, MAP_PRIVATE, fd, 0);
	expect(reader->file != MAP_FAILED, "mmap %s: %s", path, strerror(errno));
	close(fd);
	if (rdump_compress_is_wanted(path)) {
		unpack(reader, path);
	}
	cursor.file = reader->file;
	cursor.size = reader->size;
	cursor.at = 0;

	expect(!memcmp(take(&cursor, 8, "the magic"), "RDUMP\0\0", 8), "%s: the magic", path);
	expect(take_u32(&cursor, "the version") == 3, "the version");
	take_string(&cursor, reader->tag, sizeof(reader->tag), "the tag");
	reader->pid = take_u64(&cursor, "the pid");
	reader->executor_globals = take_u64(&cursor, "EG");
	reader->compiler_globals = take_u64(&cursor, "CG");
	reader->rss = (int64_t) take_u64(&cursor, "the RSS");
	/* A reader ignores names that it does not know. */
	for (uint32_t left = take_u32(&cursor, "the number of module globals"); left > 0; left--) {
		uint64_t address;
		take_string(&cursor, name, sizeof(name), "the name of module globals");
		address = take_u64(&cursor, "the address of module globals");
		expect(*name && address, "module globals \"%s\" at %llx", name, (unsigned long long) address);
		take_global(name, address, "basic_globals", &reader->basic_globals);
		take_global(name, address, "module_registry", &reader->module_registry);
		take_global(name, address, "tsrm_ls_cache", &reader->tsrm_ls_cache);
	}
	reader->mappings = take_u32(&cursor, "the number of mappings");
	reader->regions = take_u32(&cursor, "the number of regions");
	expect(reader->mappings < reader->size && reader->regions < reader->size, "more mappings or regions than bytes");
	reader->mapping = calloc(reader->mappings + 1, sizeof(*reader->mapping));
	reader->region = calloc(reader->regions + 1, sizeof(*reader->region));
	for (uint32_t i = 0; i < reader->mappings; i++) {
		read_mapping(&cursor, &reader->mapping[i], previous_end);
		previous_end = reader->mapping[i].last;
	}
	previous_end = 0;
	for (uint32_t i = 0; i < reader->regions; i++) {
		struct reader_region *region = &reader->region[i];
		region->address = take_u64(&cursor, "the address of a region");
		region->size = take_u64(&cursor, "the size of a region");
		region->bytes = take(&cursor, region->size, "a region");
		expect(region->size > 0 && region->address % page_size == 0 && region->size % page_size == 0,
			"region %u is not of whole pages", i);
		expect(region->address >= previous_end, "region %u overlaps the one before, or is out of order", i);
		expect(i == 0 || region->address != previous_end || is_border(reader, previous_end),
			"region %u touches the one before: cut without need", i);
		previous_end = region->address + region->size;
		expect(is_mapped(reader, region->address, previous_end), "region %u at %llx lies outside of the mappings", i,
			(unsigned long long) region->address);
	}
	expect(cursor.at == cursor.size, "%zu bytes follow the last region", cursor.size - cursor.at);
}

void reader_close(struct reader *reader)
{
	for (uint32_t i = 0; i < reader->mappings; i++) {
		free(reader->mapping[i].name);
	}
	free(reader->mapping);
	free(reader->region);
	munmap((void *) (uintptr_t) reader->file, reader->size);
}

const void *reader_at(const struct reader *reader, const void *address, size_t length)
{
	uint64_t begin = (uintptr_t) address;

	for (uint32_t i = 0; i < reader->regions; i++) {
		const struct reader_region *region = &reader->region[i];
		if (begin >= region->address && begin - region->address < region->size) {
			uint64_t offset = begin - region->address;
			return length <= region->size - offset ? region->bytes + offset : NULL;
		}
	}
	return NULL;
}

size_t reader_held(const struct reader *reader, const void *begin, size_t length)
{
	uint64_t first = (uintptr_t) begin, last = first + length;
	size_t held = 0;

	for (uint32_t i = 0; i < reader->regions; i++) {
		uint64_t from = reader->region[i].address, to = from + reader->region[i].size;
		from = from > first ? from : first;
		to = to < last ? to : last;
		held += from < to ? (size_t) (to - from) : 0;
	}
	return held;
}

size_t reader_search(const struct reader *reader, const void *needle, size_t length)
{
	size_t found = 0;

	for (uint32_t i = 0; i < reader->regions; i++) {
		const unsigned char *at = reader->region[i].bytes, *end = at + reader->region[i].size;
		while ((at = memmem(at, (size_t) (end - at), needle, length)) != NULL) {
			found++;
			at++;
		}
	}
	return found;
}

const struct reader_mapping *reader_mapping_at(const struct reader *reader, const void *address)
{
	for (uint32_t i = 0; i < reader->mappings; i++) {
		if (reader->mapping[i].first == (uintptr_t) address) {
			return &reader->mapping[i];
		}
	}
	return NULL;
}
