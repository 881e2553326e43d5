#include "convert/letter.h"

#include "base/own.h"

static bool is_more(const char *at, size_t count)
{
	for (size_t i = 1; i <= count; i++)
		if (((unsigned char)at[i] & 0xc0) != 0x80)
			return false;
	return true;
}

uint32_t letter_take(const char *at, size_t left, size_t *len)
{
	static const struct {
		unsigned char first, last, mask;
		uint32_t least;
	} forms[] = { { 0, 0x7f, 0x7f, 0 },
		      { 0xc2, 0xdf, 0x1f, 0x80 },
		      { 0xe0, 0xef, 0x0f, 0x800 },
		      { 0xf0, 0xf4, 0x07, 0x10000 } };
	unsigned char first = (unsigned char)*at;

	*len = 1;
	for (size_t more = 0; more < ARRAY_LEN(forms); more++) {
		if (first < forms[more].first || first > forms[more].last)
			continue;
		if (more >= left || !is_more(at, more))
			return LETTER_BAD;

		uint32_t letter = first & forms[more].mask;
		for (size_t i = 1; i <= more; i++)
			letter = letter << 6 | ((unsigned char)at[i] & 0x3f);
		if (letter < forms[more].least || letter > 0x10ffff ||
		    (letter >= 0xd800 && letter <= 0xdfff))
			return LETTER_BAD;
		*len = more + 1;
		return letter;
	}
	return LETTER_BAD;
}

size_t letter_put(uint32_t letter, char to[static 4])
{
	size_t more = letter < 0x80 ? 0 : letter < 0x800 ? 1
				  : letter < 0x10000	 ? 2
							 : 3;
	static const unsigned char lead[] = { 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = more; i > 0; i--) {
		to[i] = (char)(0x80 | (letter & 0x3f));
		letter >>= 6;
	}
	to[0] = (char)(lead[more] | letter);
	return more + 1;
}

struct span {
	uint32_t from, to;
};

static bool is_in(const struct span *span, size_t count, uint32_t letter)
{
	for (size_t i = 0; i < count; i++)
		if (letter >= span[i].from && letter <= span[i].to)
			return true;
	return false;
}

bool letter_is_word(uint32_t letter)
{
	static const struct span ascii[] = {
		{ '0', '9' },
		{ 'A', 'Z' },
		{ '_', '_' },
		{ 'a', 'z' },
	};
	/* Beyond ASCII: signs, punctuation, symbols, private use; what is left is letters. */
	static const struct span signs[] = {
		{ 0x80, 0xa9 },
		{ 0xab, 0xb4 },
		{ 0xb6, 0xb9 },
		{ 0xbb, 0xbf },
		{ 0xd7, 0xd7 },
		{ 0xf7, 0xf7 },
		{ 0x2c2, 0x36f },
		{ 0x2000, 0x2bff },
		{ 0x3000, 0x3004 },
		{ 0x3008, 0x3030 },
		{ 0xd800, 0xf8ff },
		{ 0xfe00, 0xfe6f },
		{ 0xff00, 0xff0f },
		{ 0xfff0, 0xffff },
		{ 0x1f000, 0x1faff },
		{ 0xe0000, 0x10ffff },
	};

	if (letter < 0x80)
		return is_in(ascii, ARRAY_LEN(ascii), letter);
	return !is_in(signs, ARRAY_LEN(signs), letter);
}

bool letter_is_space(uint32_t letter)
{
	static const struct span spaces[] = {
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

	return is_in(spaces, ARRAY_LEN(spaces), letter);
}

/* Runs of small letters and how far their capitals are; a distance of 1 is pairs, the capital
 * even or (odd set) odd. */
static const struct {
	uint32_t from, to, capital;
	bool odd;
} cases[] = {
	{ 'a', 'z', 'A', false },
	{ 0xe0, 0xf6, 0xc0, false },
	{ 0xf8, 0xfe, 0xd8, false },
	{ 0x100, 0x12f, 0, false },
	{ 0x132, 0x137, 0, false },
	{ 0x139, 0x148, 0, true },
	{ 0x14a, 0x177, 0, false },
	{ 0x179, 0x17e, 0, true },
	{ 0x3b1, 0x3c1, 0x391, false },
	{ 0x3c3, 0x3cb, 0x3a3, false },
	{ 0x430, 0x44f, 0x410, false },
	{ 0x450, 0x45f, 0x400, false },
	{ 0x460, 0x481, 0, false },
	{ 0x48a, 0x4bf, 0, false },
	{ 0x4d0, 0x52f, 0, false },
};

uint32_t letter_upper(uint32_t letter)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (letter < cases[i].from || letter > cases[i].to)
			continue;
		if (cases[i].capital)
			return letter - cases[i].from + cases[i].capital;
		return letter % 2 == (cases[i].odd ? 0 : 1) ? letter - 1 : letter;
	}
	return letter == 0xff ? 0x178 : letter;
}

uint32_t letter_lower(uint32_t letter)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint32_t capital = cases[i].capital ? cases[i].capital : cases[i].from;

		if (letter < capital || letter - capital > cases[i].to - cases[i].from)
			continue;
		if (cases[i].capital)
			return letter - capital + cases[i].from;
		return letter % 2 == (cases[i].odd ? 1 : 0) ? letter + 1 : letter;
	}
	return letter == 0x178 ? 0xff : letter;
}
