/* A cursor in a line of text. See rdump_text.h. */
#include "rdump_text.h"

bool rdump_text_hex(struct rdump_text *text, uint64_t *value)
{
	size_t start = text->at;

	*value = 0;
	for (; text->at < text->length && text->at - start <= 16; text->at++) {
		char c = text->line[text->at];

		if (c >= '0' && c <= '9') {
			*value = *value << 4 | (uint64_t) (c - '0');
		} else if (c >= 'a' && c <= 'f') {
			*value = *value << 4 | (uint64_t) (c - 'a' + 10);
		} else {
			break;
		}
	}
	return text->at > start && text->at - start <= 16;
}

bool rdump_text_put_hex(char *digits, size_t length, uint64_t value)
{
	if (length < 16 && value >> (4 * length)) {
		return false;
	}
	for (; length-- > 0; value >>= 4) {
		digits[length] = "0123456789abcdef"[value & 15];
	}
	return true;
}

bool rdump_text_decimal(struct rdump_text *text, uint64_t *value)
{
	size_t start = text->at;

	*value = 0;
	for (; text->at < text->length && text->line[text->at] >= '0' && text->line[text->at] <= '9'; text->at++) {
		uint64_t digit = (uint64_t) (text->line[text->at] - '0');

		if (*value > (UINT64_MAX - digit) / 10) {
			return false;
		}
		*value = *value * 10 + digit;
	}
	return text->at > start;
}

bool rdump_text_char(struct rdump_text *text, char c)
{
	if (text->at >= text->length || text->line[text->at] != c) {
		return false;
	}
	text->at++;
	return true;
}

void rdump_text_blanks(struct rdump_text *text)
{
	while (text->at < text->length && text->line[text->at] == ' ') {
		text->at++;
	}
}
