#include "base/utf8.h"

#include "base/own.h"

/* Which first bytes begin a character, how long it is, and what its second byte may be: the narrow
 * ranges exclude overlong forms, surrogates and what lies beyond U+10FFFF. */
static const struct {
	unsigned char first, last, len, second_first, second_last;
} utf8_rows[] = {
	{ 0x00, 0x7f, 1, 0x00, 0x00 },
	{ 0xc2, 0xdf, 2, 0x80, 0xbf },
	{ 0xe0, 0xe0, 3, 0xa0, 0xbf },
	{ 0xe1, 0xec, 3, 0x80, 0xbf },
	{ 0xed, 0xed, 3, 0x80, 0x9f },
	{ 0xee, 0xef, 3, 0x80, 0xbf },
	{ 0xf0, 0xf0, 4, 0x90, 0xbf },
	{ 0xf1, 0xf3, 4, 0x80, 0xbf },
	{ 0xf4, 0xf4, 4, 0x80, 0x8f },
};

/* Bytes of the character at `at`, 0 when it is none. */
static size_t utf8_len(const unsigned char *at, size_t left)
{
	size_t row = 0;

	while (row < ARRAY_LEN(utf8_rows) && at[0] > utf8_rows[row].last)
		row++;
	if (row == ARRAY_LEN(utf8_rows) || at[0] < utf8_rows[row].first)
		return 0;

	size_t len = utf8_rows[row].len;
	if (len > left)
		return 0;
	if (len > 1 && (at[1] < utf8_rows[row].second_first || at[1] > utf8_rows[row].second_last))
		return 0;
	for (size_t i = 2; i < len; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	}
	return len;
}

bool utf8_is_valid(const char *text, size_t len)
{
	const unsigned char *at = (const unsigned char *)text;

	for (size_t i = 0; i < len;) {
		size_t step = utf8_len(at + i, len - i);
		if (step == 0)
			return false;
		i += step;
	}
	return true;
}

uint32_t utf8_take(const char *at, size_t left, size_t *bytes)
{
	static const unsigned char masks[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	const unsigned char *text = (const unsigned char *)at;
	size_t len = utf8_len(text, left);
	uint32_t point = text[0] & masks[len];

	*bytes = len ? len : 1;
	for (size_t i = 1; i < len; i++)
		point = point << 6 | (text[i] & 0x3f);
	return len ? point : UTF8_BAD;
}

size_t utf8_put(uint32_t point, char out[static 4])
{
	if (point < 0x80) {
		out[0] = (char)point;
		return 1;
	}
	size_t len = point < 0x800 ? 2 : point < 0x10000 ? 3
							 : 4;
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = len - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (point & 0x3f));
		point >>= 6;
	}
	out[0] = (char)(lead[len] | point);
	return len;
}

bool utf8_is_space(uint32_t point)
{
	static const uint32_t spaces[][2] = {
		{ '\t', '\r' },
		{ ' ', ' ' },
		{ 0x85, 0x85 },
		{ 0xa0, 0xa0 },
		{ 0x1680, 0x1680 },
		{ 0x2000, 0x200a },
		{ 0x2028, 0x2029 },
		{ 0x202f, 0x202f },
		{ 0x205f, 0x205f },
		{ 0x3000, 0x3000 },
	};

	for (size_t i = 0; i < ARRAY_LEN(spaces); i++)
		if (point >= spaces[i][0] && point <= spaces[i][1])
			return true;
	return false;
}
