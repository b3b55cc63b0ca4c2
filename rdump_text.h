/*
 * A cursor in a line of text that the kernel wrote. Functions that take something advance the cursor over it, and
 * return whether it was there.
 */
#ifndef RDUMP_TEXT_H
#define RDUMP_TEXT_H

#include "rdump_platform.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rdump_text {
	const char *line;
	size_t at;
	size_t length;
};

/* Takes 1 to 16 hex digits, lower case, and their value. */
RDUMP_HIDDEN bool rdump_text_hex(struct rdump_text *text, uint64_t *value);

/* The other way: writes `value` in so many digits, with zeros before it. Returns false where these do not suffice. */
RDUMP_HIDDEN bool rdump_text_put_hex(char *digits, size_t length, uint64_t value);

/* Takes decimal digits and their value. Returns false as well where that is larger than 64 bits. */
RDUMP_HIDDEN bool rdump_text_decimal(struct rdump_text *text, uint64_t *value);

/* Takes one character. */
RDUMP_HIDDEN bool rdump_text_char(struct rdump_text *text, char c);

/* Skips blanks, also none. */
RDUMP_HIDDEN void rdump_text_blanks(struct rdump_text *text);

#endif
