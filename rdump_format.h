/*
 * Text without the C library's printf(3): no heap, no locale, no lock, little of the stack. Signal handlers may call
 * it.
 */
#ifndef RDUMP_FORMAT_H
#define RDUMP_FORMAT_H

#include "rdump_platform.h"

#include <stdarg.h>
#include <stddef.h>

/*
 * Writes to `text`, of `size` bytes, which is at least 1; what does not fit is cut. Returns the length of what it
 * wrote. Knows %s, %d, %u, %lld, %llu, with a width that pads with zeros (%02d), and %%.
 */
RDUMP_HIDDEN size_t rdump_format(char *text, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same with the arguments as a list. */
RDUMP_HIDDEN size_t rdump_format_list(char *text, size_t size, const char *format, va_list arguments)
	__attribute__((format(printf, 3, 0)));

#endif
