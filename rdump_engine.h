/*
 * The memory that PHP's engine has taken since start-up, for dumps that leave out what others have
 * (rdump.exclude_heap).
 */
#ifndef RDUMP_ENGINE_H
#define RDUMP_ENGINE_H

#include "php_rdump.h"
#include "rdump_error.h"
#include "rdump_exclude.h"

/*
 * Marks start-up at a process's first request, where rdump.exclude_heap is on: every extension has started then.
 * Further calls do nothing. Errors: ENOTSUP where PHP's own allocator is not in use, those of rdump_exclude_mark().
 */
RDUMP_HIDDEN int rdump_engine_activate(struct rdump_error *error);

/*
 * Adds what is kept: chunks and huge blocks of PHP's allocator, and the tables of the engine that grow outside of it.
 * Allocates nothing. Returns false where that is not known for certain; then nothing may be left out: another allocator
 * (USE_ZEND_ALLOC=0), lists of the allocator that do not agree with its own sums, an extension that was loaded by dl().
 */
RDUMP_HIDDEN bool rdump_engine_list(struct rdump_exclude *exclude);

#endif
