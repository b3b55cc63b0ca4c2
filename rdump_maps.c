/* The list of mappings, and the class of each. See rdump_maps.h. */
#include "rdump_maps.h"

#include "rdump_text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#define DELETED " (deleted)"

/* ---- a line ------------------------------------------------------------------------------------------------------ */

/* Takes hex digits as rdump_text_hex() does, and notes where they are. */
static bool take_hex(struct rdump_text *text, uint64_t *value, struct rdump_span *span)
{
	bool is_hex;

	span->at = (uint16_t) text->at;
	is_hex = rdump_text_hex(text, value);
	span->length = (uint16_t) (text->at - span->at);
	return is_hex;
}

static bool take_permissions(struct rdump_text *text, struct rdump_span *span)
{
	static const char set[] = "rwx";
	const char *flags = text->line + text->at;

	if (text->length - text->at < 4) {
		return false;
	}
	for (int i = 0; i < 3; i++) {
		if (flags[i] != set[i] && flags[i] != '-') {
			return false;
		}
	}
	if (flags[3] != 'p' && flags[3] != 's') {
		return false;
	}
	span->at = (uint16_t) text->at;
	span->length = 4;
	text->at += 4;
	return true;
}

int rdump_maps_parse_line(struct rdump_mapping *mapping, const char *line, size_t length)
{
	struct rdump_text text = {line, 0, length};
	struct rdump_span major, minor;
	uint64_t ignored;

	memset(mapping, 0, sizeof(*mapping));
	if (length > UINT16_MAX
		|| !take_hex(&text, &mapping->begin, &mapping->begin_text) || !rdump_text_char(&text, '-')
		|| !take_hex(&text, &mapping->end, &mapping->end_text) || !rdump_text_char(&text, ' ')
		|| !take_permissions(&text, &mapping->permissions) || !rdump_text_char(&text, ' ')
		|| !take_hex(&text, &ignored, &mapping->offset) || !rdump_text_char(&text, ' ')
		|| !take_hex(&text, &ignored, &major) || !rdump_text_char(&text, ':')
		|| !take_hex(&text, &ignored, &minor) || !rdump_text_char(&text, ' ')
		|| !rdump_text_decimal(&text, &mapping->inode)
		|| (text.at < length && line[text.at] != ' ') || mapping->begin >= mapping->end) {
		return -1;
	}
	rdump_text_blanks(&text);
	mapping->line = line;
	mapping->device.at = major.at;
	mapping->device.length = (uint16_t) (major.length + 1 + minor.length);
	mapping->name.at = (uint16_t) text.at;
	mapping->name.length = (uint16_t) (length - text.at);
	return 0;
}

/* The two-letter flags of a "VmFlags:" line, proc_pid_smaps(5). */
static void parse_flags(struct rdump_mapping *mapping, struct rdump_text *text)
{
	for (rdump_text_blanks(text); text->at + 2 <= text->length; rdump_text_blanks(text)) {
		const char *flag = text->line + text->at;
		if (!memcmp(flag, "io", 2) || !memcmp(flag, "pf", 2) || !memcmp(flag, "dd", 2)) {
			mapping->excluded = true;
		} else if (!memcmp(flag, "ht", 2)) {
			mapping->hugetlb = true;
		}
		text->at += 2;
	}
}

static bool starts_with(const char *line, size_t length, const char *start)
{
	size_t size = strlen(start);

	return length >= size && !memcmp(line, start, size);
}

void rdump_maps_parse_field(struct rdump_mapping *mapping, const char *line, size_t length)
{
	const char *colon = memchr(line, ':', length);
	struct rdump_text text = {line, colon ? (size_t) (colon - line) + 1 : length, length};
	uint64_t *field = NULL;

	if (starts_with(line, length, "VmFlags:")) {
		parse_flags(mapping, &text);
	} else if (starts_with(line, length, "Rss:")) {
		field = &mapping->rss;
	} else if (starts_with(line, length, "Anonymous:")) {
		field = &mapping->anonymous;
	} else if (starts_with(line, length, "Swap:")) {
		field = &mapping->swap;
	}
	if (field) {
		rdump_text_blanks(&text);
		if (!rdump_text_decimal(&text, field) || *field > UINT64_MAX / 1024) {
			*field = UINT64_MAX / 1024; /* not understood: "some", which leaves nothing out */
		}
		*field *= 1024;
		mapping->accounted = mapping->accounted || field == &mapping->swap; /* the last of the three */
	}
}

/* ---- the class --------------------------------------------------------------------------------------------------- */

static bool name_is(const struct rdump_mapping *mapping, const char *name)
{
	return mapping->name.length == strlen(name)
		&& !memcmp(mapping->line + mapping->name.at, name, mapping->name.length);
}

/*
 * Has its file no name? Shared anonymous memory has none from the start, but may be given one to be seen here (PHP 8.3
 * and later).
 */
static bool is_deleted(const struct rdump_mapping *mapping)
{
	const char *name = mapping->line + mapping->name.at;
	size_t length = mapping->name.length, size = strlen(DELETED);

	return (length > size && !memcmp(name + length - size, DELETED, size)) || starts_with(name, length, "[anon_shmem:");
}

/* The kernel's own pages. Where smaps tells, [vvar] has the flags as well; the other two are known by name only. */
static bool is_kernel_page(const struct rdump_mapping *mapping)
{
	return mapping->inode == 0
		&& (name_is(mapping, "[vdso]") || name_is(mapping, "[vsyscall]")
			|| starts_with(mapping->line + mapping->name.at, mapping->name.length, "[vvar"));
}

enum rdump_class rdump_maps_classify(const struct rdump_mapping *mapping, bool full, bool memory)
{
	const char *permissions = mapping->line + mapping->permissions.at;
	bool shared = permissions[3] == 's';
	bool deleted = is_deleted(mapping);

	if (permissions[0] != 'r' || mapping->excluded || is_kernel_page(mapping)) {
		return RDUMP_CLASS_NONE;
	}
	if (shared) {
		/* An inode of 0 is a System V segment: its id stands there, and they count from 0. */
		if (deleted || mapping->inode == 0) {
			/*
			 * mincore() sees the page table alone where pages are huge, and the page cache alone where the file is on
			 * disk.
			 */
			return (memory || mapping->inode == 0) && !mapping->hugetlb ? RDUMP_CLASS_RESIDENT : RDUMP_CLASS_WHOLE;
		}
		return full ? RDUMP_CLASS_WHOLE : RDUMP_CLASS_NONE;
	}
	/*
	 * MAP_HUGETLB without a file is one to the kernel, unlinked, on its hugetlbfs. Private pages of /dev/zero are
	 * anonymous memory.
	 */
	if (mapping->inode == 0 || (deleted && mapping->hugetlb) || name_is(mapping, "/dev/zero")) {
		return RDUMP_CLASS_PRESENT;
	}
	return full || deleted || permissions[1] == 'w' ? RDUMP_CLASS_WHOLE : RDUMP_CLASS_CHANGED;
}

static bool device_of(const struct rdump_mapping *mapping, uint64_t *device)
{
	struct rdump_text text = {mapping->line, mapping->device.at, mapping->line ? (size_t) mapping->name.at : 0};
	struct rdump_span span;
	uint64_t major, minor;

	if (!take_hex(&text, &major, &span) || !rdump_text_char(&text, ':') || !take_hex(&text, &minor, &span)) {
		return false;
	}
	*device = makedev(major, minor);
	return true;
}

/*
 * The kernel keeps memfds, System V and anonymous shared memory on one tmpfs of its own. st_dev of a memfd tells which.
 */
static bool ask_memfd(uint64_t *device)
{
	struct stat status;
	bool known;
	int fd = (int) syscall(SYS_memfd_create, "rdump", 1U /* MFD_CLOEXEC */);

	if (fd < 0) {
		return false;
	}
	known = fstat(fd, &status) == 0;
	(void) close(fd);
	*device = known ? status.st_dev : 0;
	return known;
}

/* The device of the mapping that begins at `probe`, which is anonymous shared memory; 0 where it is not in the list. */
static uint64_t find_probe(const struct rdump_maps *maps, const void *probe)
{
	uint64_t device;

	for (uint32_t i = 0; i < maps->count; i++) {
		if (maps->mapping[i].begin == (uint64_t) (uintptr_t) probe && device_of(&maps->mapping[i], &device)) {
			return device;
		}
	}
	return 0;
}

/* Does the unlinked file of `mapping` lie in memory? On a tmpfs that is mounted somewhere, its folder tells. */
static bool lies_in_memory(const struct rdump_maps *maps, const struct rdump_mapping *mapping)
{
	struct statfs file_system;
	struct stat status;
	uint64_t device;
	char *folder = (char *) maps->work;
	size_t length = mapping->name.length;

	if (!device_of(mapping, &device)) {
		return false;
	}
	if (device == maps->memory_device) {
		return true;
	}
	while (length > 0 && mapping->line[mapping->name.at + length - 1] != '/') {
		length--;
	}
	if (length == 0 || length >= PATH_MAX) {
		return false;
	}
	memcpy(folder, mapping->line + mapping->name.at, length);
	folder[length] = '\0';
	return stat(folder, &status) == 0 && status.st_dev == device
		&& statfs(folder, &file_system) == 0 && file_system.f_type == RDUMP_TMPFS_MAGIC;
}

/* ---- reading the list -------------------------------------------------------------------------------------------- */

/*
 * Other threads map and unmap while the list is read, and the kernel gives it page by page: a mapping may have grown
 * over its forerunner. Returns whether anything of it is left, with what was seen before cut off.
 */
static bool cut_overlap(const struct rdump_maps *maps, struct rdump_mapping *mapping, char *line)
{
	struct rdump_text text = {line, mapping->offset.at, (size_t) mapping->offset.at + mapping->offset.length};
	uint64_t seen = maps->count ? maps->mapping[maps->count - 1].end : 0, offset;

	if (mapping->begin >= seen) {
		return true;
	}
	if (mapping->end <= seen) {
		return false;
	}
	if (mapping->inode && rdump_text_hex(&text, &offset)) {
		offset += seen - mapping->begin;
		(void) rdump_text_put_hex(line + mapping->offset.at, mapping->offset.length, offset);
	}
	mapping->begin = seen;
	return rdump_text_put_hex(line + mapping->begin_text.at, mapping->begin_text.length, seen);
}

static int add_mapping(
	struct rdump_maps *maps, const char *line, size_t length, const char *source, struct rdump_error *error)
{
	struct rdump_mapping *mapping = rdump_scratch_low(maps->scratch, sizeof(*mapping));
	char *copy = rdump_scratch_high(maps->scratch, length);

	if (!mapping || !copy) {
		return rdump_fail(error, "find memory for the list of", source, ENOMEM);
	}
	memcpy(copy, line, length);
	if (rdump_maps_parse_line(mapping, copy, length) < 0) {
		return rdump_fail(error, "understand a line of", source, EBADMSG);
	}
	if (!maps->mapping) {
		maps->mapping = mapping;
	}
	maps->latest = mapping;
	if (cut_overlap(maps, mapping, copy)) {
		maps->count++;
	} else {
		maps->scratch->low = (unsigned char *) mapping; /* free again, and a place for the fields that follow */
	}
	return 0;
}

/* A field line of smaps begins with a capital letter, a mapping's with a lower-case hex digit. */
static int take_line(
	struct rdump_maps *maps, const char *line, size_t length, const char *source, struct rdump_error *error)
{
	if (length == 0 || line[0] < 'A' || line[0] > 'Z') {
		return add_mapping(maps, line, length, source, error);
	}
	if (maps->latest) {
		rdump_maps_parse_field(maps->latest, line, length);
	}
	return 0;
}

/* Longer than a span can tell. The end of a path says whether the file is deleted: its middle is left out. */
#define LONGEST_LINE ((size_t) UINT16_MAX)

static size_t shorten(char *line, size_t length)
{
	size_t end = strlen(DELETED);

	if (length <= LONGEST_LINE) {
		return length;
	}
	memmove(line + LONGEST_LINE - end, line + length - end, end);
	return LONGEST_LINE;
}

static int read_list(struct rdump_maps *maps, int fd, const char *source, struct rdump_error *error)
{
	char *buffer = (char *) maps->work;
	size_t filled = 0;

	for (;;) {
		ssize_t got = read(fd, buffer + filled, RDUMP_MAPS_WORK - filled);
		size_t start = 0;
		const char *newline;

		if (got < 0 && errno == EINTR) {
			continue;
		}
		if (got < 0) {
			return rdump_fail(error, "read", source, errno);
		}
		if (got == 0) {
			/* no newline at the end */
			return filled ? rdump_fail(error, "understand a line of", source, EBADMSG) : 0;
		}
		filled += (size_t) got;
		while ((newline = memchr(buffer + start, '\n', filled - start)) != NULL) {
			size_t length = shorten(buffer + start, (size_t) (newline - buffer) - start);

			if (take_line(maps, buffer + start, length, source, error) < 0) {
				return -1;
			}
			start = (size_t) (newline - buffer) + 1;
		}
		memmove(buffer, buffer + start, filled - start);
		filled -= start;
		if (filled == RDUMP_MAPS_WORK) {
			filled = shorten(buffer, filled);
		}
	}
}

/* A process always has memory: an empty list is another file mounted there, or a main thread that has ended. */
static int open_and_read_list(struct rdump_maps *maps, const char *source, struct rdump_error *error)
{
	int status, fd = open(source, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		return rdump_fail(error, "open", source, errno);
	}
	status = read_list(maps, fd, source, error);
	(void) close(fd);
	return status == 0 && maps->count == 0 ? rdump_fail(error, "find a mapping in", source, ENODATA) : status;
}

/*
 * Reads the first of the lists that there is. The main thread's is empty once that has ended: then the calling
 * thread's.
 */
static int read_any_list(struct rdump_maps *maps, bool quick, struct rdump_error *error)
{
	static const char *const best_first[] = {
		"/proc/self/smaps", "/proc/thread-self/smaps", "/proc/thread-self/maps", "/proc/self/maps", NULL};
	static const char *const quick_first[] = {
		"/proc/self/maps", "/proc/thread-self/maps", "/proc/self/smaps", "/proc/thread-self/smaps", NULL};
	static const struct rdump_error none;

	for (const char *const *source = quick ? quick_first : best_first; *source; source++) {
		if (open_and_read_list(maps, *source, error) == 0) {
			*error = none; /* a dump by another list is no failure */
			return 0;
		}
		if (maps->count > 0 || error->err == EMFILE || error->err == ENFILE) {
			break;
		}
	}
	return -1;
}

/* Reads the list and finds the kernel's own tmpfs, by a mapping of it where a filter refuses memfd_create(). */
static int read_list_and_device(struct rdump_maps *maps, bool quick, struct rdump_error *error)
{
	size_t page_size = (size_t) sysconf(_SC_PAGESIZE);
	void *probe;
	int status;

	if (ask_memfd(&maps->memory_device)) {
		return read_any_list(maps, quick, error);
	}
	probe = mmap(NULL, page_size, PROT_NONE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	status = read_any_list(maps, quick, error);
	if (probe != MAP_FAILED) {
		maps->memory_device = find_probe(maps, probe);
		rdump_scratch_unmap(probe, page_size);
	}
	return status;
}

/* Does a lean dump have pages of it? Where that is not known before they are asked for: yes. */
static bool has_lean_pages(const struct rdump_mapping *mapping, bool memory)
{
	enum rdump_class class = rdump_maps_classify(mapping, false, memory);
	bool unchanged
		= class == RDUMP_CLASS_CHANGED && mapping->accounted && mapping->anonymous == 0 && mapping->swap == 0;

	return class != RDUMP_CLASS_NONE && !unchanged;
}

int rdump_maps_open(
	struct rdump_maps *maps, struct rdump_scratch *scratch, bool full, bool quick, struct rdump_error *error)
{
	memset(maps, 0, sizeof(*maps));
	maps->scratch = scratch;
	maps->quick = quick;
	maps->work = rdump_scratch_low(scratch, RDUMP_MAPS_WORK);
	if (!maps->work) {
		return rdump_fail(error, "find memory to read", "/proc/self/smaps", ENOMEM);
	}
	if (read_list_and_device(maps, quick, error) < 0) {
		return -1;
	}
	for (uint32_t i = 0; i < maps->count; i++) {
		struct rdump_mapping *mapping = &maps->mapping[i];
		bool memory = mapping->line[mapping->permissions.at + 3] == 's' && is_deleted(mapping)
			&& lies_in_memory(maps, mapping);
		mapping->class = (uint8_t) rdump_maps_classify(mapping, full, memory);
		mapping->full_only = full && !has_lean_pages(mapping, memory);
	}
	return 0;
}

/* ---- resident bytes ---------------------------------------------------------------------------------------------- */

/*
 * The second number of /proc/self/statm, proc_pid_statm(5), in bytes; -1 where it cannot be read. Before Linux 6.2 it
 * may be far too low.
 */
static int64_t read_statm(void)
{
	char line[128];
	struct rdump_text text = {line, 0, 0};
	uint64_t size, resident;
	ssize_t length;
	int fd = open("/proc/thread-self/statm", O_RDONLY | O_CLOEXEC); /* /proc/self is the main thread's */

	if (fd < 0 && (fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)) < 0) {
		return -1;
	}
	length = read(fd, line, sizeof(line));
	(void) close(fd);
	if (length <= 0) {
		return -1;
	}
	text.length = (size_t) length;
	if (!rdump_text_decimal(&text, &size) || !rdump_text_char(&text, ' ') || !rdump_text_decimal(&text, &resident)) {
		return -1;
	}
	return (int64_t) resident * (int64_t) sysconf(_SC_PAGESIZE);
}

int64_t rdump_maps_rss(const struct rdump_maps *maps)
{
	uint64_t sum = 0, own = (uint64_t) (uintptr_t) maps->scratch->begin;

	for (uint32_t i = 0; i < maps->count; i++) {
		if (!maps->mapping[i].accounted) {
			return read_statm();
		}
		sum += maps->mapping[i].begin == own ? 0 : maps->mapping[i].rss;
	}
	return (int64_t) sum;
}
