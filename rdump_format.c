/* Text without the C library's printf(3). See rdump_format.h. */
#include "rdump_format.h"

#include <stdbool.h>
#include <string.h>

struct output {
	char *at;
	size_t left; /* without the NUL byte */
};

static void put(struct output *output, const char *text, size_t length)
{
	if (length > output->left) {
		length = output->left;
	}
	memcpy(output->at, text, length);
	output->at += length;
	output->left -= length;
}

static void put_number(struct output *output, unsigned long long value, bool negative, size_t width)
{
	char digits[3 * sizeof(value)];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char) ('0' + value % 10);
		value /= 10;
	} while (value > 0 || (sizeof(digits) - at < width && at > 1));
	if (negative) {
		digits[--at] = '-';
	}
	put(output, digits + at, sizeof(digits) - at);
}

static void put_signed(struct output *output, long long value, size_t width)
{
	put_number(output, value < 0 ? -(unsigned long long) value : (unsigned long long) value, value < 0, width);
}

size_t rdump_format_list(char *text, size_t size, const char *format, va_list arguments)
{
	struct output output = {text, size - 1};

	for (const char *at = format; *at;) {
		size_t plain = strcspn(at, "%"), width = 0;
		const char *string;

		put(&output, at, plain);
		at += plain;
		if (!*at) {
			break;
		}
		for (at++; *at >= '0' && *at <= '9'; at++) {
			width = width * 10 + (size_t) (*at - '0');
		}
		if (!strncmp(at, "ll", 2)) {
			at += 2;
			if (*at == 'd') {
				put_signed(&output, va_arg(arguments, long long), width);
			} else {
				put_number(&output, va_arg(arguments, unsigned long long), false, width);
			}
		} else if (*at == 'd') {
			put_signed(&output, va_arg(arguments, int), width);
		} else if (*at == 'u') {
			put_number(&output, va_arg(arguments, unsigned), false, width);
		} else if (*at == 's') {
			string = va_arg(arguments, const char *);
			put(&output, string, strlen(string));
		} else {
			put(&output, "%", 1);
		}
		at += *at != '\0';
	}
	*output.at = '\0';
	return (size_t) (output.at - text);
}

size_t rdump_format(char *text, size_t size, const char *format, ...)
{
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	length = rdump_format_list(text, size, format, arguments);
	va_end(arguments);
	return length;
}
