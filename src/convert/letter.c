#include "convert/letter.h"

#include "base/own.h"

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
