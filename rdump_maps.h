/*
 * What this process has mapped, proc_pid_maps(5), and the class of each mapping: which of its pages a dump holds.
 */
#ifndef RDUMP_MAPS_H
#define RDUMP_MAPS_H

#include "rdump_error.h"
#include "rdump_scratch.h"

#include <stdint.h>

/* Which pages of a mapping a dump holds. */
enum rdump_class {
	RDUMP_CLASS_NONE,
	RDUMP_CLASS_WHOLE,
	RDUMP_CLASS_PRESENT, /* private memory: pages that this process has, in RAM or swapped out */
	RDUMP_CLASS_CHANGED, /* private, from a file, read-only: pages that are no longer the file's (RELRO) */
	RDUMP_CLASS_RESIDENT /* shared memory: pages that any process has put there */
};

/* A part of a mapping's line. */
struct rdump_span {
	uint16_t at;
	uint16_t length;
};

/* A mapping: one line of /proc/self/maps. */
struct rdump_mapping {
	uint64_t begin;
	uint64_t end;
	uint64_t inode;
	uint64_t anonymous; /* smaps "Anonymous:", bytes */
	uint64_t swap;      /* smaps "Swap:", bytes */
	uint64_t rss;       /* smaps "Rss:", bytes */
	const char *line;   /* the kernel's line, without its end; the spans point into it */
	struct rdump_span begin_text;
	struct rdump_span end_text;
	struct rdump_span permissions; /* four bytes: r w x and p (private) or s (shared), or - */
	struct rdump_span offset;
	struct rdump_span device;
	struct rdump_span name; /* may be empty */
	bool accounted;         /* rss, anonymous and swap are known */
	bool excluded;          /* VmFlags io, pf or dd: device memory, or its owner asked not to dump it */
	bool hugetlb;           /* VmFlags ht; such pages are in none of the three counts */
	uint8_t class;          /* enum rdump_class */
	bool full_only;         /* a lean dump has no page of it */
};

/* This process's mappings. */
struct rdump_maps {
	struct rdump_mapping *mapping; /* in address order, not overlapping */
	uint32_t count;
	struct rdump_mapping *latest; /* while the list is read: the mapping that the next fields belong to */
	struct rdump_scratch *scratch;
	unsigned char *work;    /* RDUMP_MAPS_WORK bytes: the list's text, and what the kernel says about pages */
	bool quick;             /* it is a list without the counts of smaps */
	uint64_t memory_device; /* st_dev of the kernel's own tmpfs: memfd, System V and anonymous shared memory */
};

#define RDUMP_MAPS_WORK ((size_t) 128 * 1024)

/*
 * Takes in a mapping's line of /proc/self/maps or smaps (the two are the same), `length` bytes without the newline.
 * `line` must outlive `mapping`. Returns 0, or -1 where the line is not one.
 */
RDUMP_HIDDEN int rdump_maps_parse_line(struct rdump_mapping *mapping, const char *line, size_t length);

/* Takes in one of the lines that follow it in smaps ("Swap:   0 kB"). Ignores a line that it has no use for. */
RDUMP_HIDDEN void rdump_maps_parse_field(struct rdump_mapping *mapping, const char *line, size_t length);

/*
 * Returns which pages of `mapping` a dump holds.
 * full    every readable mapping, not only what cannot be read back from the files on disk
 * memory  the mapping's file, if it has one and it is unlinked, is in memory (a tmpfs) and not on a disk
 */
RDUMP_HIDDEN enum rdump_class rdump_maps_classify(const struct rdump_mapping *mapping, bool full, bool memory);

/*
 * Reads this process's mappings from /proc/self/smaps, or /proc/self/maps where there is none, and decides about each.
 * With `quick` from /proc/self/maps, because for smaps the kernel visits each page: no mapping is accounted, excluded
 * or known to be on huge pages then, so more may be taken for a part of the dump.
 * Errors: no /proc (ENOENT), no descriptor (EMFILE), more mappings than the scratch holds (ENOMEM), a line that is not
 * a mapping's (EBADMSG).
 */
RDUMP_HIDDEN int rdump_maps_open(
	struct rdump_maps *maps, struct rdump_scratch *scratch, bool full, bool quick, struct rdump_error *error);

/* Returns the resident bytes of the process, -1 where they are not known. */
RDUMP_HIDDEN int64_t rdump_maps_rss(const struct rdump_maps *maps);

#endif
