/* The reader of the list of mappings: lines, fields, classes, and lists that are recorded, invalid or very long. */
#include "check.h"
#include "shim.h"
#include "../../rdump_maps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIST "list"

/* ---- lines ------------------------------------------------------------------------------------------------------- */

static bool span_is(const struct rdump_mapping *mapping, struct rdump_span span, const char *text)
{
	return span.length == strlen(text) && !memcmp(mapping->line + span.at, text, span.length);
}

static void lines(void)
{
	static const struct {
		const char *line, *begin, *end, *permissions, *offset, *device, *name;
		uint64_t first, last, inode;
	} good[] = {
		{"00400000-00452000 r-xp 00001000 fd:01 1234   /usr/bin/a", "00400000", "00452000", "r-xp", "00001000", "fd:01",
			"/usr/bin/a", 0x400000, 0x452000, 1234},
		{"7f0000000000-7f0000001000 rw-p 00000000 00:00 0 ", "7f0000000000", "7f0000001000", "rw-p", "00000000",
			"00:00", "", 0x7f0000000000, 0x7f0000001000, 0},
		{"7f0000000000-7f0000001000 ---s 00000000 00:00 0", "7f0000000000", "7f0000001000", "---s", "00000000", "00:00",
			"", 0x7f0000000000, 0x7f0000001000, 0},
		{"0-ffffffffffffffff rwxs ffffffffffffffff 103:fffff 18446744073709551615 x", "0", "ffffffffffffffff", "rwxs",
			"ffffffffffffffff", "103:fffff", "x", 0, UINT64_MAX, UINT64_MAX},
		{"ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]", "ffffffffff600000",
			"ffffffffff601000", "--xp", "00000000", "00:00", "[vsyscall]", 0xffffffffff600000, 0xffffffffff601000, 0},
		{"00400000-00452000 r--p 00000000 fe:00 7 /a b  \"c\" 'd' \\012 (deleted) (deleted)", "00400000", "00452000",
			"r--p", "00000000", "fe:00", "/a b  \"c\" 'd' \\012 (deleted) (deleted)", 0x400000, 0x452000, 7},
		{"00400000-00452000 r--p 00000000 fe:00 7 /\xff\xfe\x01", "00400000", "00452000", "r--p", "00000000", "fe:00",
			"/\xff\xfe\x01", 0x400000, 0x452000, 7},
		{"00400000-00452000 rw-p 00000000 00:00 0          [anon: a b]", "00400000", "00452000", "rw-p", "00000000",
			"00:00", "[anon: a b]", 0x400000, 0x452000, 0},
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		struct rdump_mapping mapping;
		memset(&mapping, 0xff, sizeof(mapping));
		expect(rdump_maps_parse_line(&mapping, good[i].line, strlen(good[i].line)) == 0, "refused: %s", good[i].line);
		expect(mapping.begin == good[i].first && mapping.end == good[i].last, "addresses of %s", good[i].line);
		expect(mapping.inode == good[i].inode, "inode of %s", good[i].line);
		expect(span_is(&mapping, mapping.begin_text, good[i].begin) && span_is(&mapping, mapping.end_text, good[i].end)
				&& span_is(&mapping, mapping.permissions, good[i].permissions)
				&& span_is(&mapping, mapping.offset, good[i].offset)
				&& span_is(&mapping, mapping.device, good[i].device) && span_is(&mapping, mapping.name, good[i].name),
			"parts of %s", good[i].line);
		expect(!mapping.accounted && !mapping.excluded && !mapping.hugetlb && !mapping.swap && !mapping.rss
				&& !mapping.anonymous,
			"left from before: %s", good[i].line);
	}
}

static void hostile_lines(void)
{
	static const char *const bad[] = {
		"",
		" ",
		"\n",
		"-",
		"0",
		"0-",
		"0-1",
		"0-1 ",
		"0-1 r",
		"0-1 rw-p",
		"0-1 rw-p ",
		"0-1 rw-p 0",
		"0-1 rw-p 0 ",
		"0-1 rw-p 0 0",
		"0-1 rw-p 0 0:",
		"0-1 rw-p 0 0:0",
		"0-1 rw-p 0 0:0 ",
		"0-1 rw-p 0 0:0 x",
		"0-1 rw-p 0 0:0 0x",
		"0-1 rw-p 0 0:0 -1",
		"0-1 rw-p 0 0:0 18446744073709551616",
		"0-1 rw-p 0 0:0 99999999999999999999999999",
		"1-1 rw-p 0 0:0 0",
		"2-1 rw-p 0 0:0 0",
		"00000000000000001-2 rw-p 0 0:0 0",
		"0-10000000000000000 rw-p 0 0:0 0",
		"0-1 rw-p 00000000000000000 0:0 0",
		"0-1 rw-p 0 00000000000000000:0 0",
		"0-1 rw-p 0 0:00000000000000000 0",
		"0x0-1 rw-p 0 0:0 0",
		"A-B rw-p 0 0:0 0",
		"g-h rw-p 0 0:0 0",
		" 0-1 rw-p 0 0:0 0",
		"0 -1 rw-p 0 0:0 0",
		"0--1 rw-p 0 0:0 0",
		"0-1  rw-p 0 0:0 0",
		"0-1 rw-x 0 0:0 0",
		"0-1 wr-p 0 0:0 0",
		"0-1 rwxp- 0 0:0 0",
		"0-1 rw- 0 0:0 0",
		"0-1 rw-P 0 0:0 0",
		"0-1 \0rwp 0 0:0 0",
		"0-1 rw-p 0 0:0\t0",
		"0-1 rw-p 0 0.0 0",
		"0-1 rw-p  0 0:0 0",
		"0-1\trw-p 0 0:0 0",
		"Rss:                   4 kB",
		"VmFlags: rd",
		"Name: 0-1 rw-p 0 0:0 0",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct rdump_mapping mapping;
		expect(rdump_maps_parse_line(&mapping, bad[i], strlen(bad[i])) < 0, "accepted: %s", bad[i]);
	}
}

static bool parts_within(const struct rdump_mapping *mapping, size_t length)
{
	const struct rdump_span part[] = {
		mapping->begin_text, mapping->end_text, mapping->permissions, mapping->offset, mapping->device, mapping->name};

	for (size_t i = 0; i < sizeof(part) / sizeof(*part); i++) {
		if ((size_t) part[i].at + part[i].length > length || (part[i].length == 0 && i != 5)) {
			return false;
		}
	}
	return mapping->begin < mapping->end;
}

/* In its own block, so that a sanitizer or valgrind detects an access after its end. */
static int parse_copy(const char *line, size_t length)
{
	char *copy = malloc(length ? length : 1);
	struct rdump_mapping mapping;
	int status;

	memcpy(copy, line, length);
	status = rdump_maps_parse_line(&mapping, copy, length);
	expect(status < 0 || parts_within(&mapping, length), "parts outside of the line: %.*s", (int) length, line);
	free(copy);
	return status;
}

static void damaged_lines(void)
{
	static const char line[]
		= "7f04f1f30000-7f04f1f38000 r--p 00002000 fe:00 1163268                    /srv/app/lib.so (deleted)";
	char damaged[sizeof(line)];
	size_t accepted = 0;

	for (size_t length = 0; length < sizeof(line); length++) {
		accepted += parse_copy(line, length) == 0;
	}
	/* from "...fe:00 1" on, each of these is a line */
	expect(accepted == strlen(line) - strlen("7f04f1f30000-7f04f1f38000 r--p 00002000 fe:00 ") + 0,
		"%zu shortened lines were accepted", accepted);
	for (size_t at = 0; at < sizeof(line) - 1; at++) {
		for (int byte = 0; byte < 256; byte++) {
			memcpy(damaged, line, sizeof(line));
			damaged[at] = (char) byte;
			(void) parse_copy(damaged, sizeof(line) - 1);
		}
	}
}

static void long_lines(void)
{
	static const char start[] = "00400000-00452000 r-xp 00000000 fd:01 1234 ";
	static char line[70000];
	struct rdump_mapping mapping;

	memset(line, 'x', sizeof(line));
	memcpy(line, start, strlen(start));
	expect(rdump_maps_parse_line(&mapping, line, 65535) == 0 && mapping.name.length == 65535 - strlen(start),
		"a line of 65535 bytes");
	expect(rdump_maps_parse_line(&mapping, line, 65536) < 0, "a line of 65536 bytes was accepted");
	expect(rdump_maps_parse_line(&mapping, line, sizeof(line)) < 0, "a line of 70000 bytes was accepted");
}

/* ---- fields ------------------------------------------------------------------------------------------------------ */

static struct rdump_mapping with_fields(const char *line, const char *fields)
{
	struct rdump_mapping mapping;

	expect(rdump_maps_parse_line(&mapping, line, strlen(line)) == 0, "refused: %s", line);
	while (*fields) {
		size_t length = strcspn(fields, "\n");
		char *copy = malloc(length ? length : 1);
		memcpy(copy, fields, length);
		rdump_maps_parse_field(&mapping, copy, length);
		free(copy);
		fields += length + (fields[length] == '\n');
	}
	return mapping;
}

#define ANONYMOUS_LINE "7f0000000000-7f0000001000 rw-p 00000000 00:00 0 "

static void fields(void)
{
	struct rdump_mapping mapping = with_fields(ANONYMOUS_LINE,
		"Size: 99 kB\nRss:                   1 kB\nAnonymous:   2 kB\nAnonHugePages: 77 kB\nSwap:     3 kB\nSwapPss: "
		"88 kB\nVmFlags: rd wr mr mw me ac sd");

	expect(mapping.rss == 1024 && mapping.anonymous == 2048 && mapping.swap == 3072 && mapping.accounted,
		"the three counts");
	expect(!mapping.excluded && !mapping.hugetlb, "flags that say nothing");
	mapping = with_fields(ANONYMOUS_LINE, "Rss: 4 kB\nAnonymous: 4 kB");
	expect(!mapping.accounted, "accounted for without Swap");
	mapping = with_fields(
		ANONYMOUS_LINE, "SwapPss: 4 kB\nRssFile: 4 kB\nAnonymousX: 4 kB\nswap: 4 kB\n Swap: 4 kB\nSwap\nX");
	expect(!mapping.accounted && !mapping.swap && !mapping.rss && !mapping.anonymous, "look-alikes were taken");
}

static void flags(void)
{
	static const struct {
		const char *line;
		bool excluded, hugetlb;
	} row[] = {
		{"VmFlags: rd wr dd", true, false},
		{"VmFlags: dd", true, false},
		{"VmFlags:dd", true, false},
		{"VmFlags: rd io", true, false},
		{"VmFlags: pf rd ", true, false},
		{"VmFlags: rd ht", false, true},
		{"VmFlags: ht dd ht", true, true},
		{"VmFlags: ", false, false},
		{"VmFlags:", false, false},
		{"VmFlags", false, false},
		{"VmFlags: d", false, false},
		{"VmFlags: rd d", false, false},
		{"VmFlags: rd wr mr mw me ms gd nr um uw nh ac hg sd", false, false},
		{"Flags: dd", false, false},
		{"vmflags: dd", false, false},
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		struct rdump_mapping mapping = with_fields(ANONYMOUS_LINE, row[i].line);
		expect(mapping.excluded == row[i].excluded && mapping.hugetlb == row[i].hugetlb, "%s", row[i].line);
	}
}

/* A count that cannot be read must mean "some": with 0, pages would be missing. */
static void strange_counts(void)
{
	static const char *const strange[] = {"Swap:", "Swap: ", "Swap: kB", "Swap: -1 kB", "Swap: 18446744073709551616 kB",
		"Swap: 18446744073709551615 kB", "Swap: 99999999999999999999999 kB", "Swap:\t4 kB",
		"Swap: 18014398509481984 kB"};

	for (size_t i = 0; i < sizeof(strange) / sizeof(*strange); i++) {
		struct rdump_mapping mapping = with_fields(ANONYMOUS_LINE, strange[i]);
		expect(mapping.accounted && mapping.swap > 0, "%s counts as none", strange[i]);
	}
	expect(with_fields(ANONYMOUS_LINE, "Swap: 18014398509481983 kB").swap == UINT64_C(18446744073709550592),
		"the largest count");
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

#define AT "7f0000000000-7f0000009000 "
#define NONE RDUMP_CLASS_NONE
#define WHOLE RDUMP_CLASS_WHOLE
#define PRESENT RDUMP_CLASS_PRESENT
#define CHANGED RDUMP_CLASS_CHANGED
#define RESIDENT RDUMP_CLASS_RESIDENT

/* The class of each mapping, lean and full. `memory`: whether an unlinked file is in memory, as the kernel says. */
static void table(void)
{
	static const struct {
		const char *line, *fields;
		bool memory;
		enum rdump_class lean, full;
	} row[] = {
		/* anonymous, heap, stack, .bss: pages that exist */
		{AT "rw-p 00000000 00:00 0 ", "", false, PRESENT, PRESENT},
		{AT "rw-p 00000000 00:00 0 [heap]", "", false, PRESENT, PRESENT},
		{AT "rw-p 00000000 00:00 0 [stack]", "", false, PRESENT, PRESENT},
		{AT "rw-p 00000000 00:00 0 [anon:zend_alloc]", "", false, PRESENT, PRESENT},
		{AT "r--p 00000000 00:00 0 ", "", false, PRESENT, PRESENT},
		{AT "rwxp 00000000 00:00 0 ", "", false, PRESENT, PRESENT},
		{AT "rw-p 00000000 00:10 99 /anon_hugepage (deleted)", "VmFlags: rd wr ht", false, PRESENT, PRESENT},
		{AT "rw-p 00000000 00:00 0 [vheap]", "", false, PRESENT, PRESENT},
		{AT "rw-p 00000000 00:06 4 /dev/zero", "", false, PRESENT, PRESENT},
		/* shared anonymous, memfd, SysV, unlinked: pages that exist, read-only or not */
		{AT "rw-s 00000000 00:01 1121 /dev/zero (deleted)", "", true, RESIDENT, RESIDENT},
		{AT "r--s 00000000 00:01 1121 /dev/zero (deleted)", "", true, RESIDENT, RESIDENT},
		{AT "rw-s 00000000 00:01 1121 [anon_shmem:opcache]", "", true, RESIDENT, RESIDENT},
		{AT "r--s 00000000 00:01 1121 [anon_shmem:opcache]", "", true, RESIDENT, RESIDENT},
		{AT "rwxs 00000000 00:01 1162 /memfd:jit (deleted)", "", true, RESIDENT, RESIDENT},
		{AT "rw-s 00000000 00:01 6 /SYSV00000000 (deleted)", "", true, RESIDENT, RESIDENT},
		{AT "rw-s 00000000 00:01 0 /SYSV00000000 (deleted)", "", true, RESIDENT, RESIDENT},
		{AT "rw-s 00000000 00:01 0 /SYSV00000000 (deleted)", "", false, RESIDENT, RESIDENT},
		{AT "rw-s 00000000 00:1c 7 /dev/shm/x (deleted)", "", true, RESIDENT, RESIDENT},
		{AT "rw-s 00000000 00:00 0 ", "", false, RESIDENT, RESIDENT}, /* a kernel that shows it without a file */
		{AT "rw-s 00000000 fe:00 7 /srv/x (deleted)", "", false, WHOLE,
			WHOLE}, /* on a disk: mincore() sees only the page cache */
		{AT "rw-s 00000000 00:01 7 /anon_hugepage (deleted)", "VmFlags: rd wr sh ht", true, WHOLE, WHOLE},
		/* private, from a file */
		{AT "rw-p 00000000 fe:00 7 /usr/bin/php", "", false, WHOLE, WHOLE},
		{AT "r--p 00000000 fe:00 7 /usr/bin/php", "", false, CHANGED, WHOLE},
		{AT "r-xp 00000000 fe:00 7 /usr/bin/php", "", false, CHANGED, WHOLE},
		{AT "rw-p 00000000 fe:00 7 /usr/bin/php (deleted)", "", false, WHOLE, WHOLE},
		{AT "r--p 00000000 fe:00 7 /usr/bin/php (deleted)", "", false, WHOLE, WHOLE},
		{AT "r-xp 00000000 fe:00 7 /usr/bin/php (deleted)", "", false, WHOLE, WHOLE},
		{AT "r--p 00000000 fe:00 7 /(deleted)", "", false, CHANGED, WHOLE},
		{AT "r--p 00000000 fe:00 7 /x (deleted)x", "", false, CHANGED, WHOLE},
		/* shared, from a file on disk */
		{AT "rw-s 00000000 fe:00 7 /srv/data", "", false, NONE, WHOLE},
		{AT "r--s 00000000 fe:00 7 /srv/data", "", false, NONE, WHOLE},
		{AT "rw-s 00000000 00:1c 7 /dev/shm/x", "", true, NONE, WHOLE},
		/* never */
		{AT "-w-p 00000000 00:00 0 ", "", false, NONE, NONE},
		{AT "---p 00000000 00:00 0 ", "", false, NONE, NONE},
		{AT "--xp 00000000 fe:00 7 /usr/bin/php", "", false, NONE, NONE},
		{AT "---s 00000000 00:01 7 /memfd:x (deleted)", "", true, NONE, NONE},
		{AT "rw-p 00000000 00:00 0 ", "VmFlags: rd wr dd", false, NONE, NONE},
		{AT "rw-s 00000000 00:01 7 /dev/zero (deleted)", "VmFlags: rd wr dd", true, NONE, NONE},
		{AT "rw-s 00000000 00:05 7 /dev/gpu", "VmFlags: rd wr io", false, NONE, NONE},
		{AT "rw-p 00000000 fe:00 7 /usr/bin/php", "VmFlags: rd wr pf", false, NONE, NONE},
		{AT "r--p 00000000 00:00 0 [vvar]", "", false, NONE, NONE},
		{AT "r--p 00000000 00:00 0 [vvar_vclock]", "", false, NONE, NONE},
		{AT "r-xp 00000000 00:00 0 [vdso]", "", false, NONE, NONE},
		{AT "r-xp 00000000 00:00 0 [vsyscall]", "", false, NONE, NONE},
		/* by inode, not by name: a file can have any name */
		{AT "rw-p 00000000 fe:00 7 [vdso]", "", false, WHOLE, WHOLE},
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		struct rdump_mapping mapping = with_fields(row[i].line, row[i].fields);
		enum rdump_class lean = rdump_maps_classify(&mapping, false, row[i].memory),
						 full = rdump_maps_classify(&mapping, true, row[i].memory);
		expect(lean == row[i].lean, "lean: %s %s: %d instead of %d", row[i].line, row[i].fields, (int) lean,
			(int) row[i].lean);
		expect(full == row[i].full, "full: %s %s: %d instead of %d", row[i].line, row[i].fields, (int) full,
			(int) row[i].full);
	}
}

/* ---- lists ------------------------------------------------------------------------------------------------------- */

static struct rdump_scratch scratch;
static struct rdump_maps maps;
static struct rdump_error error;

/* Reads the list at `path` as if it were smaps. */
static int read_file(const char *path, bool full)
{
	int status;

	rdump_scratch_take(&scratch);
	shim_replace("/proc/self/smaps", path, 0);
	shim_replace("/proc/self/maps", path, 0); /* read if smaps is empty */
	memset(&error, 0, sizeof(error));
	status = rdump_maps_open(&maps, &scratch, full, false, &error);
	expect(status == 0 || (error.step && error.path && error.err), "a failure without a reason");
	return status;
}

static int read_text(const char *text, size_t length)
{
	put_file(LIST, text, length);
	return read_file(LIST, false);
}

static void done(void)
{
	rdump_scratch_give(&scratch);
	shim_restore();
}

static const char *source_folder(void)
{
	const char *folder = getenv("CHECK_SOURCE");

	expect(folder != NULL, "CHECK_SOURCE is not set");
	return folder;
}

static void check_classes(const char *recording, bool full, const char *expected)
{
	static const char letter[] = {'-', 'W', 'p', 'c', 'r'};
	char path[4096], classes[256] = "";

	snprintf(path, sizeof(path), "%s/recorded/%s", source_folder(), recording);
	expect(read_file(path, full) == 0, "%s: cannot %s: %s", recording, error.step, strerror(error.err));
	expect(maps.count < sizeof(classes), "%u mappings", maps.count);
	for (uint32_t i = 0; i < maps.count; i++) {
		classes[i] = letter[maps.mapping[i].class];
		expect(maps.mapping[i].accounted, "mapping %u is not accounted for", i);
	}
	expect(
		!strcmp(classes, expected), "%s, %s: %s instead of %s", recording, full ? "full" : "lean", classes, expected);
	done();
}

/* php 8.2 on Debian 12 with opcache. In order: opcache's memory; the program's header, code, tables, RELRO, .data; the
 * heap; .bss; libsodium's .data; the kernel's pages, among which the stack */
static void recorded_php(void)
{
	check_classes("php.smaps", false, "rccccWppW---p-");
	check_classes("php.smaps", true, "rWWWWWppW---p-");
}

/* Kernel 6.18. In order: DONTDUMP; touched; PROT_NONE; SysV; shared anonymous; memfd; a deleted library, tables and
 * code; a shared file; .bss and the like; a file with an odd name; [vvar]s; [vdso]; the stack; [vsyscall] */
static void recorded_kinds(void)
{
	check_classes("kinds.smaps", false, "-p-rrrWW-ppcp---p-");
	check_classes("kinds.smaps", true, "-p-rrrWWWppWp---p-");
}

static void check_one(uint32_t i, uint64_t begin, uint64_t end, const char *begin_text)
{
	expect(i < maps.count, "only %u mappings", maps.count);
	expect(maps.mapping[i].begin == begin && maps.mapping[i].end == end, "mapping %u is %llx-%llx", i,
		(unsigned long long) maps.mapping[i].begin, (unsigned long long) maps.mapping[i].end);
	expect(span_is(&maps.mapping[i], maps.mapping[i].begin_text, begin_text), "the text of mapping %u: %.*s", i,
		(int) maps.mapping[i].begin_text.length, maps.mapping[i].line + maps.mapping[i].begin_text.at);
}

/* Other threads map while the list is read: a mapping may appear again, extended over the one before. */
static void overlaps(void)
{
	static const char text[]
		= "00400000-00500000 r--p 00000000 fd:01 7 /srv/a\nSwap: 0 kB\n"
		  "00480000-00600000 rw-p 00000000 00:00 0 \nSwap: 8 kB\n"                  /* overlaps the one before: cut */
		  "00500000-00580000 rw-p 00000000 00:00 0 gone\nSwap: 4 kB\nVmFlags: dd\n" /* seen before: ignored, with its
																					   fields */
		  "00600000-00700000 rw-p 00000000 00:00 0 \n"                              /* adjacent: kept */
		  "00600000-00700000 rw-p 00000000 00:00 0 gone\n"
		  "00000000-00800000 rw-p 00000000 00:00 0 \n"
		  "7f0000000000-7f0000001000 rw-p 00000000 00:00 0 \n"
		  "00900000-7f0000002000 rw-p 00000000 00:00 0 gone\n" /* the cut address has too many digits for the line */
		  "7f0000000000-7f0000003000 rw-p 00000000 00:00 0 last\n"
		  "7f0000002000-7f0000005000 r--p 0000f000 fd:01 7 /srv/b\n"; /* begins later in its file as well */

	expect(read_text(text, strlen(text)) == 0, "cannot %s: %s", error.step, strerror(error.err));
	check_one(0, 0x400000, 0x500000, "00400000");
	check_one(1, 0x500000, 0x600000, "00500000");
	check_one(2, 0x600000, 0x700000, "00600000");
	check_one(3, 0x700000, 0x800000, "00700000");
	check_one(4, 0x7f0000000000, 0x7f0000001000, "7f0000000000");
	check_one(5, 0x7f0000001000, 0x7f0000003000, "7f0000001000");
	check_one(6, 0x7f0000003000, 0x7f0000005000, "7f0000003000");
	expect(span_is(&maps.mapping[6], maps.mapping[6].offset, "00010000"), "the offset of what is cut");
	expect(maps.count == 7, "%u mappings", maps.count);
	expect(maps.mapping[1].swap == 8192, "the fields of a dropped mapping went to the one before");
	expect(!maps.mapping[1].excluded, "the flags of a dropped mapping went to the one before");
	done();
}

static void hostile_lists(void)
{
	static const struct {
		const char *text;
		int err; /* 0: accepted */
		uint32_t count;
	} row[] = {
		{"", ENODATA, 0},
		{"\n", EBADMSG, 0},
		{"0-1 rw-p 0 0:0 0", EBADMSG, 0}, /* no newline at the end: it may be incomplete */
		{"0-1 rw-p 0 0:0 0\n", 0, 1},
		{"0-1 rw-p 0 0:0 0\n\n", EBADMSG, 1},
		{"0-1 rw-p 0 0:0 0\nx\n", EBADMSG, 1},
		{"0-1 rw-p 0 0:0 0\r\n", EBADMSG, 0},
		{"Rss: 4 kB\nVmFlags: dd\n", ENODATA, 0},
		{"Rss: 4 kB\n0-1 rw-p 0 0:0 0\n", 0, 1},
		{"0-1 rw-p 0 0:0 0\n<html>\n", EBADMSG, 1},
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		int status = read_text(row[i].text, strlen(row[i].text));
		expect(status == (row[i].err ? -1 : 0) && error.err == row[i].err, "list %zu: %d, %s", i, status,
			strerror(error.err));
		expect(row[i].err || maps.count == row[i].count, "list %zu: %u mappings", i, maps.count);
		done();
	}
	expect(read_text("0-1 rw-p 0 0:0 0 a\0b\n", 20 + 1) == 0 && maps.mapping[0].name.length == 3, "a name with a NUL");
	done();
}

static bool is_deleted_file(const struct rdump_mapping *mapping)
{
	return mapping->name.length > 10
		&& !memcmp(mapping->line + mapping->name.at + mapping->name.length - 10, " (deleted)", 10);
}

static void overlong_lists(void)
{
	static const size_t length[]
		= {60000, 65535, 65536, RDUMP_MAPS_WORK - 1, RDUMP_MAPS_WORK, RDUMP_MAPS_WORK + 1, 3 * RDUMP_MAPS_WORK};
	static char text[3 * RDUMP_MAPS_WORK + 200];
	static const char start[] = "00400000-00500000 r--p 00000000 fd:01 7 ";

	for (size_t i = 0; i < sizeof(length) / sizeof(*length); i++) {
		memset(text, 'x', sizeof(text));
		memcpy(text, start, strlen(start));
		text[length[i]] = '\n';
		expect(read_text(text, length[i] + 1) == 0 && maps.count == 1, "a line of %zu bytes: %s", length[i],
			strerror(error.err));
		expect(
			(size_t) maps.mapping[0].name.at + maps.mapping[0].name.length == (length[i] < 65535 ? length[i] : 65535),
			"a line of %zu bytes has a name of %u", length[i], maps.mapping[0].name.length);
		done();
		/* The mark of a deleted file is kept. */
		memcpy(text + length[i] - 10, " (deleted)", 10);
		expect(read_text(text, length[i] + 1) == 0 && is_deleted_file(&maps.mapping[0]),
			"a deleted file's line of %zu bytes", length[i]);
		done();
		expect(read_text(text, length[i]) < 0 && error.err == EBADMSG,
			"a line of %zu bytes without an end was accepted", length[i]);
		done();
	}
	/* A field of any length that fits. */
	memset(text, 'x', sizeof(text));
	memcpy(text, "0-1 rw-p 0 0:0 0\nX", 18);
	text[100000] = '\n';
	expect(read_text(text, 100001) == 0 && maps.count == 1, "a field of 100000 bytes");
	done();
}

static char *many_mappings(unsigned count, size_t *length)
{
	char *text = malloc((size_t) count * 80);

	*length = 0;
	for (unsigned i = 0; i < count; i++) {
		*length += (size_t) sprintf(text + *length, "%012lx-%012lx rw-p 00000000 00:00 0 \nSwap: %u kB\n",
			0x7f0000000000 + i * 0x2000ul, 0x7f0000000000 + i * 0x2000ul + 0x1000, i);
	}
	return text;
}

static size_t scratch_in_use(void)
{
	return (size_t) (scratch.low - scratch.begin) + (size_t) (scratch.end - scratch.high);
}

static void many(void)
{
	size_t length, few_bytes, used;
	char *text = many_mappings(1000, &length);

	expect(read_text(text, length) == 0 && maps.count == 1000, "1000 mappings: %u", maps.count);
	few_bytes = scratch_in_use() - RDUMP_MAPS_WORK;
	done();
	free(text);
	text = many_mappings(65000, &length);
	expect(read_text(text, length) == 0 && maps.count == 65000, "65000 mappings: %u", maps.count);
	for (uint32_t i = 0; i < maps.count; i++) {
		expect(maps.mapping[i].begin == 0x7f0000000000 + i * 0x2000ul && maps.mapping[i].swap == i * 1024ul,
			"mapping %u", i);
	}
	used = scratch_in_use() - RDUMP_MAPS_WORK;
	expect(used == 65 * few_bytes, "65000 mappings take %zu bytes of scratch, 1000 take %zu", used, few_bytes);
	done();
	free(text);
}

/* If mmap() fails there is the reserve: enough for the default limit of mappings. With more, there is an error. */
static void little_scratch(void)
{
	size_t length;
	char *text = many_mappings(150000, &length);

	put_file(LIST, text, length);
	shim_fail("mmap", ENOMEM);
	expect(read_file(LIST, false) < 0 && error.err == ENOMEM, "150000 mappings in the reserve");
	expect(!scratch.mapped && scratch.end - scratch.begin >= 15 << 20, "the reserve has %td bytes",
		scratch.end - scratch.begin);
	expect(scratch.low <= scratch.high, "the scratch is overdrawn");
	shim_disarm();
	done();
	shim_fail("mmap", ENOMEM);
	put_file(LIST, text, (size_t) (strchr(text + length / 150000 * 65530, '\n') - text) + 1);
	expect(read_file(LIST, false) == 0 && maps.count >= 65000, "%u mappings in the reserve: %s", maps.count,
		strerror(error.err));
	shim_disarm();
	done();
	free(text);
}

/* A read() may return any number of bytes, and may be interrupted. */
static char served_in_pieces[65536];
static size_t piece_calls;

static void in_pieces(void)
{
	char path[4096];
	uint32_t count;

	snprintf(path, sizeof(path), "%s/recorded/kinds.smaps", source_folder());
	expect(read_file(path, false) == 0, "whole: %s", strerror(error.err));
	count = maps.count;
	memcpy(served_in_pieces, maps.mapping, count * sizeof(*maps.mapping));
	done();

	shim_fail("read", SHIM_SHORT);
	expect(read_file(path, false) == 0, "a byte at a time: %s", strerror(error.err));
	piece_calls = (size_t) shim.calls;
	shim_disarm();
	expect(piece_calls > 1000, "not read in pieces");
	expect(maps.count == count, "%u mappings", maps.count);
	for (uint32_t i = 0; i < count; i++) {
		struct rdump_mapping before, now = maps.mapping[i];
		memcpy(&before, served_in_pieces + i * sizeof(before), sizeof(before));
		before.line = now.line = NULL;
		expect(!memcmp(&before, &now, sizeof(now)), "mapping %u", i);
	}
	done();

	for (int at = 1; at <= 2; at++) {
		shim_arm();
		shim.only = "read";
		shim.fail_at = at;
		shim.err = EINTR;
		expect(read_file(path, false) == 0 && maps.count == count && shim.failed, "interrupted at read %d", at);
		shim_disarm();
		done();
		shim_arm();
		shim.only = "read";
		shim.fail_at = at;
		shim.err = EIO;
		if (at == 1) {
			/* smaps gives nothing: maps is read. */
			expect(read_file(path, false) == 0 && maps.count == count && shim.failed, "no fall-back to maps: %s",
				strerror(error.err));
		} else {
			expect(
				read_file(path, false) < 0 && error.err == EIO && shim.failed, "an error at read %d is not told", at);
		}
		shim_disarm();
		done();
	}
}

static void without_smaps(void)
{
	static const char *const line = "7f0000000000-7f0000001000 rw-p 00000000 00:00 0 only in maps\n";

	put_file("maps", line, strlen(line));
	put_file("rubbish", "rubbish\n", 8);
	put_file("empty", "", 0);
	for (int i = 0; i < 4; i++) {
		static const char *const instead[] = {NULL, NULL, "rubbish", "empty"};
		static const int err[] = {ENOENT, EACCES, 0, 0};
		rdump_scratch_take(&scratch);
		shim_replace("/proc/self/smaps", instead[i], err[i]);
		shim_replace("/proc/self/maps", "maps", 0);
		expect(rdump_maps_open(&maps, &scratch, false, false, &error) == 0 && maps.count == 1,
			"%d: no fall-back to maps", i);
		expect(!maps.mapping[0].accounted, "%d: accounted for by maps", i);
		rdump_scratch_give(&scratch);
	}

	/* Without a free descriptor there is an error, not a smaller list. */
	rdump_scratch_take(&scratch);
	shim_replace("/proc/self/smaps", NULL, EMFILE);
	expect(rdump_maps_open(&maps, &scratch, false, false, &error) < 0 && error.err == EMFILE
			&& !strcmp(error.path, "/proc/self/smaps"),
		"EMFILE");
	rdump_scratch_give(&scratch);

	rdump_scratch_take(&scratch);
	shim_replace("/proc/self/smaps", NULL, ENOENT);
	shim_replace("/proc/self/maps", NULL, ENOENT);
	expect(rdump_maps_open(&maps, &scratch, false, false, &error) < 0 && error.err == ENOENT
			&& !strcmp(error.path, "/proc/self/maps"),
		"no /proc");
	done();
}

/* The kernel's own text for a file with such a name, 4 KB of it. */
static void real_odd_names(void)
{
	static const char *const part = "a b  \"c\" 'd' \n \\ \t (deleted)";
	char name[256], path[4096] = "", expected[16384] = "";
	size_t length = 0;
	bool found = false;
	int fd;
	void *memory;

	if (check_emulated()) {
		skip("an emulator writes this list by itself");
	}
	memset(name, 'n', sizeof(name));
	memcpy(name, part, strlen(part));
	name[200] = '\0';
	while (strlen(path) + strlen(name) + 1 < 3900) {
		expect(mkdir(name, 0755) == 0 && chdir(name) == 0, "mkdir: %s", strerror(errno));
		strcat(path, name);
		strcat(path, "/");
	}
	fd = open("f", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	expect(fd >= 0 && ftruncate(fd, 4096) == 0, "open: %s", strerror(errno));
	memory = mmap(NULL, (size_t) sysconf(_SC_PAGESIZE), PROT_READ, MAP_PRIVATE, fd, 0);
	expect(memory != MAP_FAILED, "mmap: %s", strerror(errno));
	strcat(path, "f");
	for (const char *at = path; *at; at++) {
		/* the kernel escapes only the newline */
		length += (size_t) sprintf(expected + length, *at == '\n' ? "\\012" : "%c", *at);
	}
	rdump_scratch_take(&scratch);
	expect(
		rdump_maps_open(&maps, &scratch, false, false, &error) == 0, "cannot %s: %s", error.step, strerror(error.err));
	for (uint32_t i = 0; i < maps.count; i++) {
		const struct rdump_mapping *mapping = &maps.mapping[i];
		if (mapping->begin == (uintptr_t) memory) {
			found = mapping->name.length > length
				&& !memcmp(mapping->line + mapping->name.at + mapping->name.length - length, expected, length);
			expect(mapping->class == RDUMP_CLASS_CHANGED, "its class is %d", mapping->class);
		}
	}
	expect(found, "the name is not in the list");
	done();
}

int main(void)
{
	check("the line of a mapping, each part of it", lines);
	check("invalid lines are refused", hostile_lines);
	check("a line cut at any place, and with any byte at any place", damaged_lines);
	check("lines of 65,535 bytes and more", long_lines);
	check("the fields of smaps that are used, and similar ones", fields);
	check("VmFlags", flags);
	check("a count that cannot be read means some", strange_counts);
	check("the class of each kind of mapping, lean and full", table);
	check("a recorded list of php, lean and full", recorded_php);
	check("a recorded list of every kind of mapping, lean and full", recorded_kinds);
	check("mappings that overlap are cut", overlaps);
	check("invalid lists are refused", hostile_lists);
	check("a line that is too long is shortened", overlong_lists);
	check("65,000 mappings; the scratch grows with their number only", many);
	check("more mappings than fit into the reserve", little_scratch);
	check("a list that is read byte by byte, is interrupted, or fails", in_pieces);
	check("no smaps, no /proc, no descriptor", without_smaps);
	check("names with spaces, quotes, newlines, 4 KB long", real_odd_names);
	return 0;
}
