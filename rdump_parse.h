/*
 * The values of directives in php.ini: whole numbers, bytes, percent, On and Off, signals. Each function returns
 * whether the text makes sense; only then it has set the value. Blanks before and after a number are permitted.
 */
#ifndef RDUMP_PARSE_H
#define RDUMP_PARSE_H

#include "rdump_platform.h"

#include <stdbool.h>
#include <stdint.h>

/* A whole number from 0 to INT64_MAX. */
RDUMP_HIDDEN bool rdump_parse_count(const char *text, uint64_t *count);

/* Bytes, with K, M, G or T, in which case fractions are permitted: "200M", "1.5G". */
RDUMP_HIDDEN bool rdump_parse_size(const char *text, uint64_t *bytes);

/* An amount is bytes, or a part of something that is known later. */
struct rdump_amount {
	uint64_t bytes; /* where `share` is 0 */
	uint32_t share; /* in hundredths of a percent, 1 to 10000; 0 = the amount is in bytes */
};

/* Bytes as above, or percent from 0 to 100, with at most two decimals: "400M", "90%", "12.5%". "0%" is 0 bytes. */
RDUMP_HIDDEN bool rdump_parse_amount(const char *text, struct rdump_amount *amount);

/* What php.ini has for On and Off. "Off", "no" and "none" arrive there as an empty string. */
RDUMP_HIDDEN bool rdump_parse_bool(const char *text, bool *value);

/*
 * A signal: its name with or without SIG, in any case, "RTMIN+n", "RTMAX-n", or its number. A name that is known is
 * accepted even if the signal is of no use to rdump: see rdump_parse_signal_user(). The numbers of SIGRTMIN and
 * SIGRTMAX are the C library's.
 */
RDUMP_HIDDEN bool rdump_parse_signal(const char *text, int *signal);

/*
 * Who needs the signal, as the end of the sentence "... is used by": a literal; NULL where it is free.
 * sapi     the name of PHP's server interface: "cli", "fpm-fcgi"
 * threads  whether PHP is built with threads (ZTS)
 */
RDUMP_HIDDEN const char *rdump_parse_signal_user(int signal, const char *sapi, bool threads);

#endif
