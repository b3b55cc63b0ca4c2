/* The memory that PHP's engine has taken. See rdump_engine.h. */
#ifdef HAVE_CONFIG_H
# include "config.h"
#endif

#include "rdump_engine.h"

#include "rdump_memory.h"

#include <errno.h>

#define CHUNK ((uint64_t) 2 << 20) /* ZEND_MM_CHUNK_SIZE */

static uint32_t modules; /* at start-up */

int rdump_engine_activate(struct rdump_error *error)
{
	if (!RDUMP_G(exclude_heap) || modules) {
		return 0;
	}
	modules = zend_hash_num_elements(&module_registry);
	if (!is_zend_mm()) {
		return rdump_fail(error, "find the memory of PHP's own allocator", "(it is not in use)", ENOTSUP);
	}
	return rdump_exclude_mark(error);
}

/* ---- the allocator ----------------------------------------------------------------------------------------------- */

/*
 * The structs are in Zend/zend_alloc.c and in no header. From 7.0 to 8.5 they begin so: a chunk, which is aligned to
 * its size, with the address of its heap and that of the next chunk; the first chunk has the heap in it. In the heap,
 * the list of huge blocks stands before the address of the first chunk. The sums below tell if that is so.
 */
struct chunk {
	uint64_t heap;
	uint64_t next;
};

struct huge_block {
	uint64_t begin;
	uint64_t size;
	uint64_t next;
};

#define HEAP_LISTS ((uint64_t) 32 + 30 * 8) /* behind the lists of free slots, at least */
#define HEAP_LONGEST ((uint64_t) 1024)
#define MOST_BLOCKS ((uint32_t) 1 << 20)

/* Not by the address itself: after a crash the lists may lead anywhere. */
static bool read_at(const struct rdump_memory *memory, uint64_t address, void *to, size_t size)
{
	return rdump_memory_read(memory, to, size, address, false) == (ssize_t) size;
}

static bool list_chunks(
	struct rdump_exclude *exclude, const struct rdump_memory *memory, uint64_t heap, uint64_t *sum)
{
	uint64_t first = heap & ~(CHUNK - 1);
	struct chunk chunk = {0, first};

	for (uint32_t count = 0; count < MOST_BLOCKS; count++) {
		uint64_t address = chunk.next;

		if (address % CHUNK != 0 || !read_at(memory, address, &chunk, sizeof(chunk)) || chunk.heap != heap) {
			return false;
		}
		rdump_exclude_keep(exclude, address, address + CHUNK);
		*sum += CHUNK;
		if (chunk.next == first) {
			return true;
		}
	}
	return false;
}

static bool list_huge_blocks(
	struct rdump_exclude *exclude, const struct rdump_memory *memory, uint64_t heap, uint64_t *sum)
{
	uint64_t first = heap & ~(CHUNK - 1), at = heap + HEAP_LISTS, word[2] = {0, 0};
	struct huge_block block;

	while (at < heap + HEAP_LONGEST && read_at(memory, at, word, sizeof(word)) && word[1] != first) {
		at += sizeof(uint64_t);
	}
	if (word[1] != first) {
		return false;
	}
	for (uint32_t count = 0; word[0] != 0; word[0] = block.next) {
		if (++count > MOST_BLOCKS || !read_at(memory, word[0], &block, sizeof(block)) || block.begin % CHUNK != 0
			|| block.size == 0) {
			return false;
		}
		rdump_exclude_keep(exclude, block.begin, block.begin + block.size);
		*sum += block.size;
	}
	return true;
}

/* PHP's own sum has the chunks that it keeps for later as well. */
static bool list_allocator(struct rdump_exclude *exclude, const struct rdump_memory *memory)
{
	uint64_t heap = (uint64_t) (uintptr_t) zend_mm_get_heap(), sum = 0, own = zend_memory_usage(1);

	return list_chunks(exclude, memory, heap, &sum) && list_huge_blocks(exclude, memory, heap, &sum) && sum <= own
		&& (own - sum) % CHUNK == 0;
}

/* ---- tables ------------------------------------------------------------------------------------------------------ */

static void keep_table(struct rdump_exclude *exclude, const HashTable *table)
{
	if (table) {
		rdump_exclude_keep(exclude, (uint64_t) (uintptr_t) table, (uint64_t) (uintptr_t) (table + 1));
		rdump_exclude_keep(exclude, (uint64_t) (uintptr_t) HT_GET_DATA_ADDR(table),
			(uint64_t) (uintptr_t) table->arData + (uint64_t) table->nTableSize * sizeof(Bucket));
	}
}

/* Persistent connections and streams: what a resource leads to is its extension's. All of them have a key. */
static bool keep_resources(struct rdump_exclude *exclude, const struct rdump_memory *memory, const HashTable *table)
{
	keep_table(exclude, table);
	for (uint32_t i = 0; i < table->nNumUsed; i++) {
		Bucket bucket;
		uint64_t key, resource;
		size_t length;

		if (!read_at(memory, (uint64_t) (uintptr_t) (table->arData + i), &bucket, sizeof(bucket))) {
			return false;
		}
		key = (uint64_t) (uintptr_t) bucket.key;
		resource = (uint64_t) (uintptr_t) Z_PTR(bucket.val);
		if (Z_TYPE(bucket.val) == IS_UNDEF) {
			continue;
		}
		if (!read_at(memory, key + offsetof(zend_string, len), &length, sizeof(length))) {
			return false;
		}
		rdump_exclude_keep(exclude, key, key + offsetof(zend_string, val) + length + 1);
		rdump_exclude_keep(exclude, resource, resource + sizeof(zend_resource));
	}
	return true;
}

/* A table of pointers that grows by realloc(). Some versions have up to 4,096 more before it, and an odd address. */
static void keep_map_ptr(struct rdump_exclude *exclude)
{
#if PHP_VERSION_ID >= 70400
	uint64_t base = (uint64_t) (uintptr_t) CG(map_ptr_base) & ~(uint64_t) 7, more = 2 * 4096 * sizeof(void *);

	rdump_exclude_keep(exclude, base - more, base + CG(map_ptr_size) * sizeof(void *) + more);
#endif
}

static bool list(struct rdump_exclude *exclude, const struct rdump_memory *memory)
{
	if (!list_allocator(exclude, memory) || !keep_resources(exclude, memory, &EG(persistent_list))) {
		return false;
	}
	keep_table(exclude, EG(function_table));
	keep_table(exclude, EG(class_table));
	keep_table(exclude, EG(zend_constants));
	keep_table(exclude, EG(ini_directives));
	keep_table(exclude, CG(auto_globals));
	keep_table(exclude, &module_registry);
	keep_map_ptr(exclude);
	return true;
}

bool rdump_engine_list(struct rdump_exclude *exclude)
{
	struct rdump_memory memory;
	bool listed;

	if (!rdump_exclude_is_marked() || !is_zend_mm() || zend_hash_num_elements(&module_registry) != modules) {
		return false;
	}
	rdump_memory_init(&memory);
	listed = (rdump_memory_open(&memory) || rdump_memory_open_pipe(&memory) == 0) && list(exclude, &memory);
	rdump_memory_close(&memory);
	return listed;
}
