/*
 * Fuzzes the reader of /proc/self/smaps. Whatever that file contains, the mappings are in order, within their lines and
 * classified, or the reader refuses the file.
 *
 * The first byte of an input says how large the scratch is, and how many bytes of the rest a read() returns.
 *   tests/c/fuzz SECONDS            with libFuzzer (clang)
 *   fuzz_maps FILE ...              compiled with -DREPLAY: the inputs, and the same variations of each
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <unistd.h>

static ssize_t read_input(int fd, void *buffer, size_t length);

/* The input of the reader. */
#define read read_input
#include "../../rdump_maps.c"
#undef read
#include "../../rdump_pages.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static struct {
	const uint8_t *bytes;
	size_t length;
	size_t at;
	size_t most; /* bytes per read() */
} input;

static ssize_t read_input(int fd, void *buffer, size_t length)
{
	size_t part = input.length - input.at;

	(void) fd;
	part = part < length ? part : length;
	part = part < input.most ? part : input.most;
	memcpy(buffer, input.bytes + input.at, part);
	input.at += part;
	return (ssize_t) part;
}

static void must(bool holds, const char *what)
{
	if (!holds) {
		fprintf(stderr, "broken: %s\n", what);
		abort();
	}
}

static void check_span(
	const struct rdump_mapping *mapping, size_t length, struct rdump_span span, size_t shortest, size_t longest)
{
	(void) mapping;
	must((size_t) span.at + span.length <= length, "a part lies outside of its line");
	must(span.length >= shortest && span.length <= longest, "a part is too short or too long");
}

static uint64_t value_of(const struct rdump_mapping *mapping, struct rdump_span span)
{
	char digits[17] = "";

	memcpy(digits, mapping->line + span.at, span.length);
	must(strspn(digits, "0123456789abcdef") == span.length, "an address is not of hex digits");
	return strtoull(digits, NULL, 16);
}

static void check_mapping(const struct rdump_mapping *mapping, uint64_t previous_end)
{
	size_t length = (size_t) mapping->name.at + mapping->name.length;

	check_span(mapping, length, mapping->begin_text, 1, 16);
	check_span(mapping, length, mapping->end_text, 1, 16);
	check_span(mapping, length, mapping->permissions, 4, 4);
	check_span(mapping, length, mapping->offset, 1, 16);
	check_span(mapping, length, mapping->device, 3, 33);
	must(mapping->begin < mapping->end, "an empty mapping");
	must(mapping->begin >= previous_end, "mappings overlap, or are out of order");
	must(value_of(mapping, mapping->begin_text) == mapping->begin, "the text of the beginning does not say what it is");
	must(value_of(mapping, mapping->end_text) == mapping->end, "the text of the end does not say what it is");
	must(mapping->line[mapping->permissions.at] == 'r' || mapping->class == RDUMP_CLASS_NONE,
		"an unreadable mapping is to be read");
	must(!mapping->excluded || mapping->class == RDUMP_CLASS_NONE, "an excluded mapping is to be dumped");
	must(!memchr(mapping->line, '\n', length), "a line with a newline");
}

static int ignore_run(void *context, const struct rdump_run *run)
{
	uint64_t begin = run->begin, end = run->end;
	uint64_t *previous = context;

	must(begin < end && begin >= *previous, "runs overlap, or are out of order");
	*previous = end;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static unsigned char memory[RDUMP_MAPS_WORK + 65536];
	struct rdump_scratch scratch = {memory, memory + sizeof(memory), memory, memory + sizeof(memory), false};
	struct rdump_maps maps;
	struct rdump_pages pages;
	struct rdump_error error = {NULL, NULL, 0};
	uint64_t previous = 0;
	int status;

	if (length == 0) {
		return 0;
	}
	input.bytes = bytes + 1;
	input.length = length - 1;
	input.at = 0;
	input.most = bytes[0] & 3 ? RDUMP_MAPS_WORK : (size_t) (bytes[0] >> 2) + 1;
	if (bytes[0] & 4) {
		scratch.high = scratch.begin + RDUMP_MAPS_WORK + 1024;
	}
	memset(&maps, 0, sizeof(maps));
	maps.scratch = &scratch;
	maps.memory_device = makedev(0, 1);
	maps.work = rdump_scratch_low(&scratch, RDUMP_MAPS_WORK);
	status = read_list(&maps, -1, "the input", &error);
	must(status == 0 || (status == -1 && error.step && error.path && error.err), "a failure without a reason");
	must(scratch.low <= scratch.high && scratch.high <= scratch.end, "the scratch is overdrawn");
	for (uint32_t i = 0; i < maps.count; i++) {
		struct rdump_mapping *mapping = &maps.mapping[i];
		bool memory_file = (bytes[0] & 8) && lies_in_memory(&maps, mapping);
		mapping->class = (uint8_t) rdump_maps_classify(mapping, bytes[0] & 16, memory_file);
		check_mapping(mapping, previous);
		previous = mapping->end;
		/* These addresses do not exist: the reader must not ask the kernel about them. */
		mapping->class = mapping->class == RDUMP_CLASS_NONE ? RDUMP_CLASS_NONE : RDUMP_CLASS_WHOLE;
	}
	previous = 0;
	memset(&pages, 0, sizeof(pages));
	pages.maps = &maps;
	pages.pagemap = -1;
	pages.page_size = 4096;
	(void) rdump_pages_runs(&pages, ignore_run, &previous);
	return 0;
}

#ifdef REPLAY
# define VARIATIONS 2000 /* of each input */
# define LONGEST ((size_t) 1 << 20)

static uint64_t random_state = 88172645463325252;

static uint64_t next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* In a block of exactly its size, so that an access after its end is detected. */
static void run(const uint8_t *bytes, size_t length)
{
	uint8_t *copy = malloc(length ? length : 1);

	memcpy(copy, bytes, length);
	(void) LLVMFuzzerTestOneInput(copy, length);
	free(copy);
}

static size_t vary(uint8_t *bytes, size_t length)
{
	static const char odd[] = "\n -:0f/rwxps\0\377";
	size_t changes = next_random() % 4 + 1;

	while (changes-- > 0 && length > 0) {
		size_t at = next_random() % length, size = next_random() % 40 % (length - at + 1);
		switch (next_random() % 5) {
			case 0:
				bytes[at] = (uint8_t) next_random();
				break;
			case 1:
				bytes[at] = (uint8_t) odd[next_random() % (sizeof(odd) - 1)];
				break;
			case 2:
				memmove(bytes + at, bytes + at + size, length - at - size);
				length -= size;
				break;
			case 3:
				memmove(bytes + next_random() % (length - size + 1), bytes + at, size);
				break;
			default:
				length = next_random() % 8 ? length : at;
				break;
		}
	}
	return length;
}

int main(int count, char **name)
{
	static uint8_t original[LONGEST], varied[LONGEST];

	for (int i = 1; i < count; i++) {
		FILE *file = fopen(name[i], "rb");
		size_t length;

		if (!file) {
			perror(name[i]);
			return 1;
		}
		length = fread(original, 1, LONGEST, file);
		fclose(file);
		run(original, length);
		for (int variation = 0; variation < VARIATIONS; variation++) {
			memcpy(varied, original, length);
			run(varied, vary(varied, length));
		}
	}
	printf("ok - %sthe reader of smaps on the fuzzer's corpus (%d inputs and %d variations of each)\n",
		getenv("CHECK_PREFIX") ? getenv("CHECK_PREFIX") : "", count - 1, VARIATIONS);
	return 0;
}
#endif
