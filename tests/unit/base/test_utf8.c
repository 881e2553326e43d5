#include "base/utf8.h"

#include "base/own.h"

#include <criterion/criterion.h>
#include <string.h>

Test(utf8, takes_one_character_and_never_what_is_behind_the_end)
{
	static const struct {
		const char *name, *text;
		size_t left;
		uint32_t point;
		size_t bytes;
	} rows[] = {
		{ "a letter", "az", 2, 'a', 1 },
		{ "two bytes", "\xc3\xbcz", 3, 0xfc, 2 },
		{ "three", "\xe2\x82\xac", 3, 0x20ac, 3 },
		{ "four", "\xf0\x9f\x98\x80", 4, 0x1f600, 4 },
		{ "the last one", "\xf4\x8f\xbf\xbf", 4, 0x10ffff, 4 },
		{ "a NUL", "\0a", 2, 0, 1 },
		{ "cut short", "\xe2\x82\xac", 2, UTF8_BAD, 1 },
		{ "cut by another letter", "\xe2z\xac", 3, UTF8_BAD, 1 },
		{ "a byte of the middle", "\xac", 1, UTF8_BAD, 1 },
		{ "too long a form", "\xc0\xaf", 2, UTF8_BAD, 1 },
		{ "too long a form of three", "\xe0\x80\xaf", 3, UTF8_BAD, 1 },
		{ "half a pair", "\xed\xa0\x80", 3, UTF8_BAD, 1 },
		{ "beyond Unicode", "\xf4\x90\x80\x80", 4, UTF8_BAD, 1 },
		{ "no UTF-8 at all", "\xff", 1, UTF8_BAD, 1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t bytes;

		cr_assert_eq(utf8_take(rows[i].text, rows[i].left, &bytes), rows[i].point, "%s",
			     rows[i].name);
		cr_assert_eq(bytes, rows[i].bytes, "%s", rows[i].name);
	}
}

Test(utf8, puts_what_it_takes)
{
	for (uint32_t point = 0; point <= 0x10ffff; point++) {
		char text[4];
		size_t bytes = utf8_put(point, text), taken;
		bool pair = point >= 0xd800 && point <= 0xdfff;

		cr_assert_eq(utf8_is_valid(text, bytes), !pair, "%x", point);
		cr_assert_eq(utf8_take(text, bytes, &taken), pair ? UTF8_BAD : point, "%x", point);
		cr_assert_eq(taken, pair ? 1 : bytes, "%x", point);
	}
}

Test(utf8, knows_white_space)
{
	static const uint32_t spaces[] = { '\t', '\n', ' ', 0x85, 0xa0,
					   0x1680, 0x2003, 0x2028, 0x202f, 0x3000 };
	static const uint32_t others[] = { 0, 8, 'a', 0x86, 0x200b, 0xfeff, UTF8_BAD };

	for (size_t i = 0; i < ARRAY_LEN(spaces); i++)
		cr_assert(utf8_is_space(spaces[i]), "%x", spaces[i]);
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		cr_assert_not(utf8_is_space(others[i]), "%x", others[i]);
}
