/* The RDUMP format, and the lead through a dump. See rdump_writer.h. */
#include "rdump_writer.h"

#include "rdump_copy.h"
#include "rdump_maps.h"
#include "rdump_marker.h"
#include "rdump_pages.h"
#include "rdump_plan.h"
#include "rdump_scratch.h"
#include "rdump_undisturbed.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- the format -------------------------------------------------------------------------------------------------- */

/*
 * The file is padded so that pages in memory become pages in the file: to copy them otherwise takes up to twice the
 * time. The format has one place for that: module globals of a name that no reader knows.
 */
#define ALIGNMENT 4096
#define PADDING_NAME "padding-00"
#define PADDING_LONGEST 200 /* a name; some readers may not like long ones */
#define PADDING_SMALLEST (4 + strlen(PADDING_NAME) + 8)
#define PADDING_LARGEST (4 + PADDING_LONGEST + 8)

static uint32_t padding_count(size_t padding)
{
	return (uint32_t) ((padding + PADDING_LARGEST - 1) / PADDING_LARGEST);
}

/* `padding` bytes, 0 or at least PADDING_SMALLEST, in entries of about the same size. */
static int put_padding(struct rdump_copy *copy, size_t padding, uint64_t address)
{
	char name[PADDING_LONGEST];

	memset(name, '.', sizeof(name));
	memcpy(name, PADDING_NAME, strlen(PADDING_NAME));
	for (uint32_t left = padding_count(padding); left > 0; left--) {
		size_t size = padding / left;
		name[strlen(PADDING_NAME) - 2] = (char) ('0' + left / 10);
		name[strlen(PADDING_NAME) - 1] = (char) ('0' + left % 10);
		if (rdump_copy_string(copy, name, size - 4 - 8) < 0 || rdump_copy_u64(copy, address) < 0) {
			return -1;
		}
		padding -= size;
	}
	return 0;
}

struct module_globals {
	const char *name;
	uint64_t address;
};

/* Fills in those that are not left out. Returns their number. */
static uint32_t list_globals(const struct rdump_process *process, struct module_globals list[3])
{
	const struct module_globals all[] = {
		{"basic_globals", process->basic_globals},
		{"module_registry", process->module_registry},
		{"tsrm_ls_cache", process->tsrm_ls_cache},
	};
	uint32_t count = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		if (all[i].address) {
			list[count++] = all[i];
		}
	}
	return count;
}

/* What put_header() writes. */
static uint64_t header_size(const struct rdump_request *request, size_t padding)
{
	struct module_globals list[3];
	uint64_t size = 8 + 4 + (4 + strlen(request->process.tag)) + 8 + 8 + 8 + 8 + 4 + padding + 4 + 4;

	for (uint32_t i = list_globals(&request->process, list); i > 0; i--) {
		size += 4 + strlen(list[i - 1].name) + 8;
	}
	return size;
}

/* What put_mapping() writes, all of them. */
static uint64_t table_size(const struct rdump_maps *maps)
{
	uint64_t size = 0;

	for (uint32_t i = 0; i < maps->count; i++) {
		const struct rdump_mapping *mapping = &maps->mapping[i];
		size += 4 + mapping->begin_text.length + 4 + mapping->end_text.length + 4 + mapping->offset.length + 4
			+ 4 + mapping->device.length + 8 + 4 + mapping->name.length;
	}
	return size;
}

static int put_globals(struct rdump_copy *copy, const struct rdump_process *process, size_t padding)
{
	struct module_globals list[3];
	uint32_t count = list_globals(process, list);

	if (rdump_copy_u32(copy, count + padding_count(padding)) < 0) {
		return -1;
	}
	for (uint32_t i = 0; i < count; i++) {
		if (rdump_copy_string(copy, list[i].name, strlen(list[i].name)) < 0
			|| rdump_copy_u64(copy, list[i].address) < 0) {
			return -1;
		}
	}
	return put_padding(copy, padding, process->executor_globals);
}

static int put_header(struct rdump_copy *copy, const struct rdump_process *process, size_t padding, int64_t rss,
	uint32_t mappings, uint32_t regions)
{
	if (rdump_copy_bytes(copy, "RDUMP\0\0", 8) < 0
		|| rdump_copy_u32(copy, RDUMP_FORMAT_VERSION) < 0
		|| rdump_copy_string(copy, process->tag, strlen(process->tag)) < 0
		|| rdump_copy_u64(copy, process->pid ? process->pid : (uint64_t) syscall(SYS_getpid)) < 0
		|| rdump_copy_u64(copy, process->executor_globals) < 0
		|| rdump_copy_u64(copy, process->compiler_globals) < 0
		|| rdump_copy_u64(copy, (uint64_t) rss) < 0
		|| put_globals(copy, process, padding) < 0
		|| rdump_copy_u32(copy, mappings) < 0
		|| rdump_copy_u32(copy, regions) < 0) {
		return -1;
	}
	return 0;
}

static int put_span(struct rdump_copy *copy, const char *line, struct rdump_span span)
{
	return rdump_copy_string(copy, line + span.at, span.length);
}

static int put_mapping(struct rdump_copy *copy, const struct rdump_mapping *mapping)
{
	const char *permissions = mapping->line + mapping->permissions.at;
	unsigned char flags[4];

	for (int i = 0; i < 3; i++) {
		flags[i] = permissions[i] != '-';
	}
	flags[3] = permissions[3] == 'p';
	if (put_span(copy, mapping->line, mapping->begin_text) < 0
		|| put_span(copy, mapping->line, mapping->end_text) < 0
		|| put_span(copy, mapping->line, mapping->offset) < 0
		|| rdump_copy_bytes(copy, flags, sizeof(flags)) < 0
		|| put_span(copy, mapping->line, mapping->device) < 0
		|| rdump_copy_u64(copy, mapping->inode) < 0
		|| put_span(copy, mapping->line, mapping->name) < 0) {
		return -1;
	}
	return 0;
}

/*
 * Chooses the padding by which the largest region is aligned. `size` is that of what stands before the regions, without
 * padding.
 */
static size_t choose_padding(const struct rdump_plan *plan, uint64_t size)
{
	size_t padding = (size_t) (-(size + plan->before) % ALIGNMENT);

	return padding > 0 && padding < PADDING_SMALLEST ? padding + ALIGNMENT : padding;
}

/* ---- the dump ---------------------------------------------------------------------------------------------------- */

/* A dump on its way. */
struct dump {
	const struct rdump_request *request;
	struct rdump_file *file;
	struct rdump_result *result;
	struct rdump_scratch scratch;
	struct rdump_copy copy;
	struct rdump_maps maps;
	struct rdump_pages pages;
	struct rdump_exclude exclude;
	struct rdump_plan plan;
	size_t padding;   /* bytes */
	uint64_t regions; /* where they begin, in bytes from the beginning of the file */
};

static void choose_what_to_leave_out(struct dump *dump)
{
	const struct rdump_request *request = dump->request;
	unsigned char *low = dump->scratch.low;

	if (request->full || !request->list_kept) {
		return;
	}
	rdump_exclude_open(&dump->exclude, &dump->scratch);
	if (request->list_kept(&dump->exclude) && rdump_exclude_close(&dump->exclude)) {
		dump->pages.exclude = &dump->exclude;
	} else {
		dump->scratch.low = low;
		dump->result->not_excluded = true;
	}
}

/* Finds out what the dump is going to be; `quickly`: about. end() must follow in any case. */
static int begin(struct dump *dump, const struct rdump_request *request, struct rdump_file *file, bool quickly,
	struct rdump_result *result)
{
	static const struct rdump_result blank;
	uint64_t size;
	int status;

	*result = blank;
	dump->request = request;
	dump->file = file;
	dump->result = result;
	dump->pages.pagemap = -1;
	rdump_scratch_take(&dump->scratch);
	status = rdump_copy_open(&dump->copy, &dump->scratch, file, request->safe_read, &result->error);
	dump->copy.behind.on = request->near_limit;
	if (status < 0 || rdump_maps_open(&dump->maps, &dump->scratch, request->full, quickly, &result->error) < 0) {
		return -1;
	}
	rdump_pages_open(&dump->pages, &dump->maps);
	dump->pages.vm_stack = request->vm_stack;
	choose_what_to_leave_out(dump);
	rdump_plan_runs(&dump->plan, &dump->pages, &dump->maps);
	size = header_size(request, 0) + table_size(&dump->maps);
	dump->padding = choose_padding(&dump->plan, size);
	dump->regions = size + dump->padding;
	size = dump->regions + dump->plan.size;
	result->size = rdump_copy_expect(&dump->copy, size, !dump->pages.asked_twice);
	return 0;
}

static void end(struct dump *dump)
{
	rdump_pages_close(&dump->pages);
	rdump_copy_close(&dump->copy);
	rdump_scratch_give(&dump->scratch);
}

/* Creates the file, with room for the dump. Returns 1 where there is no room that it may take, 0 or -1. */
static int create(struct dump *dump)
{
	const struct rdump_request *request = dump->request;
	struct rdump_error *error = &dump->result->error;
	int status;

	dump->file->min_free = request->min_free;
	dump->file->memory = !request->near_limit ? 0 : request->left ? request->left
																  : 1;
	dump->file->holes = dump->copy.compressed ? 0 : rdump_plan_holes(&dump->plan, dump->regions);
	status = rdump_file_create(dump->file, dump->result->size, request->budget, error);
	if (status != 0) {
		return status;
	}
	if (rdump_plan_allocate(&dump->plan, dump->regions, dump->file, error) < 0) {
		return -1;
	}
	return request->marker ? rdump_marker_remove(dump->file, error) : 0;
}

static int put_dump(struct dump *dump)
{
	struct rdump_copy *copy = &dump->copy;
	const struct rdump_process *process = &dump->request->process;
	const struct rdump_maps *maps = &dump->maps;
	const struct rdump_plan *plan = &dump->plan;
	int64_t rss = process->pid ? process->rss : rdump_maps_rss(maps);
	uint32_t regions;

	if (put_header(copy, process, dump->padding, rss, maps->count, plan->regions) < 0
		|| (dump->pages.asked_twice && rdump_copy_correctable(copy) < 0)) {
		return -1;
	}
	for (uint32_t i = 0; i < maps->count; i++) {
		if (put_mapping(copy, &maps->mapping[i]) < 0) {
			return -1;
		}
	}
	if (rdump_plan_write(plan, &dump->pages, copy, &regions) < 0 || rdump_copy_flush(copy) < 0) {
		return -1;
	}
	if (regions == plan->regions) {
		return 0;
	}
	/* The runs were asked for again, and other threads had changed their number: it stands 4 bytes before the table. */
	return rdump_copy_correct(copy, header_size(dump->request, dump->padding) - 4, &regions, sizeof(regions));
}

/* From the created file to the renamed one. */
static int write_file(struct dump *dump)
{
	if (put_dump(dump) < 0) {
		return -1;
	}
	dump->result->size = dump->copy.size;
	return rdump_file_commit(dump->file, dump->copy.size, &dump->result->error);
}

static enum rdump_outcome outcome_of(int status)
{
	return status == 0 ? RDUMP_WRITTEN : (status > 0 ? RDUMP_SKIPPED : RDUMP_FAILED);
}

void rdump_write_finish(const struct rdump_request *request, struct rdump_file *file, struct rdump_result *result)
{
	struct rdump_error ignored;

	result->others = file->others.sizes;
	result->kept_free = file->kept_free;
	result->available = file->available;
	if (request->marker && result->outcome == RDUMP_WRITTEN) {
		(void) rdump_marker_create(file, &result->error);
	} else if (request->marker && result->outcome == RDUMP_FAILED) {
		(void) rdump_marker_remove(file, &ignored); /* it may have failed before the old marker was removed */
	}
	rdump_file_close(file);
}

static int prepare(struct rdump_request *request, struct rdump_file *file, bool quickly, struct rdump_result *result)
{
	struct dump dump;
	int status = begin(&dump, request, file, quickly, result);

	if (status == 0) {
		request->process.pid = (uint64_t) syscall(SYS_getpid);
		request->process.rss = rdump_maps_rss(&dump.maps);
		status = create(&dump);
	}
	end(&dump);
	return status;
}

static bool is_too_large(int status, const struct rdump_result *result)
{
	int err = result->error.err;

	return status > 0 || (status < 0 && (err == ENOSPC || err == EDQUOT || err == EFBIG));
}

/*
 * smaps takes as long as half of a copy: a process that is going to be copied does without, and only asks it where what
 * is known otherwise is too large for the room that there is.
 */
int rdump_write_prepare(struct rdump_request *request, struct rdump_file *file, struct rdump_result *result)
{
	struct rdump_undisturbed before;
	bool quickly;
	int status;

	rdump_undisturbed_begin(&before);
	quickly = rdump_pages_can_scan();
	status = prepare(request, file, quickly, result);
	if (quickly && is_too_large(status, result)) {
		rdump_file_discard(file);
		status = prepare(request, file, false, result);
	}
	if (status != 0) {
		result->outcome = outcome_of(status);
		rdump_write_finish(request, file, result);
	}
	rdump_undisturbed_end(&before, request->unwanted);
	return status == 0 ? 0 : -1;
}

void rdump_write(const struct rdump_request *request, struct rdump_file *file, struct rdump_result *result)
{
	struct dump dump;
	struct rdump_undisturbed before;
	int status;

	rdump_undisturbed_begin(&before);
	status = begin(&dump, request, file, false, result);
	if (status == 0 && file->fd < 0) {
		status = create(&dump);
	} else if (status == 0) {
		rdump_file_shrink(file, result->size); /* rdump_write_prepare() may have taken it for larger */
	}
	if (status == 0) {
		status = write_file(&dump);
	}
	end(&dump);
	result->outcome = outcome_of(status);
	rdump_write_finish(request, file, result);
	rdump_undisturbed_end(&before, request->unwanted);
}
