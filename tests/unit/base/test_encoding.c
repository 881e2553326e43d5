#include "base/text.h"
#include "base/utf8.h"

#include <criterion/criterion.h>
#include <string.h>

Test(encoding, base64_goes_both_ways)
{
	static const struct {
		const char *plain, *standard, *url;
	} rows[] = {
		{ "", "", "" },
		{ "f", "Zg==", "Zg==" },
		{ "fo", "Zm8=", "Zm8=" },
		{ "foo", "Zm9v", "Zm9v" },
		{ "foob", "Zm9vYg==", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy", "Zm9vYmFy" },
		{ "\xfb\xff\xfe", "+//+", "-__-" },
		{ "\xff\xff", "//8=", "__8=" },
	};
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t len = strlen(rows[i].plain), back = 99;

		cr_assert_str_eq(base64_encode(arena, rows[i].plain, len), rows[i].standard);
		cr_assert_str_eq(base64url_encode(arena, rows[i].plain, len), rows[i].url);

		unsigned char *plain = base64_decode(arena, rows[i].standard, &back);
		cr_assert_not_null(plain, "%s", rows[i].standard);
		cr_assert_eq(back, len);
		cr_assert_str_eq((char *)plain, rows[i].plain);
	}
}

Test(encoding, base64_carries_every_byte_at_every_length)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	unsigned char bytes[256];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 167 + 13);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		size_t back = 0;
		const char *text = base64_encode(arena, bytes, len);
		unsigned char *plain = base64_decode(arena, text, &back);

		cr_assert_not_null(plain);
		cr_assert_eq(back, len);
		cr_assert_eq(memcmp(plain, bytes, len), 0);
	}
}

Test(encoding, base64_tolerates_line_breaks_only)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	size_t len = 0;

	cr_assert_str_eq((char *)base64_decode(arena, "\nZm9v\r\nYm\nE\n=\n", &len), "fooba");
	cr_assert_eq(len, 5);
}

Test(encoding, refuses_what_is_no_base64)
{
	static const char *const rows[] = {
		"Z",
		"Zg",
		"Zg=",
		"Zm8",
		"Zg===",
		"=",
		"==",
		"===",
		"====",
		"Z===",
		"Zg==Zg==",
		"Zm8=Zg==",
		"Zm8==",
		"Zg=a",
		"Zm 9v",
		"Zm9v ",
		"-__-",
		"Zm9v\t",
		"Zm9\x80",
		"Zm9v=",
		"Zm9v====",
		"Zm9v==",
	};
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t len = 42;

		cr_assert_null(base64_decode(arena, rows[i], &len), "%s", rows[i]);
		cr_assert_eq(len, 42, "%s", rows[i]);
	}
}

Test(encoding, hex_is_lower_case)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");

	cr_assert_str_eq(hex_encode(arena, "", 0), "");
	cr_assert_str_eq(hex_encode(arena, "\0\x7f\xab\xff", 4), "007fabff");
}

Test(encoding, knows_utf8)
{
	static const struct {
		const char *name, *text;
		bool valid;
	} rows[] = {
		{ "empty", "", true },
		{ "ascii", "abc", true },
		{ "two bytes", "\xc2\x80\xdf\xbf", true },
		{ "three bytes", "\xe0\xa0\x80\xef\xbf\xbf", true },
		{ "before the surrogates", "\xed\x9f\xbf", true },
		{ "after the surrogates", "\xee\x80\x80", true },
		{ "four bytes", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", true },
		{ "lone continuation", "\x80", false },
		{ "overlong two", "\xc0\xaf", false },
		{ "overlong two again", "\xc1\xbf", false },
		{ "overlong three", "\xe0\x9f\xbf", false },
		{ "overlong four", "\xf0\x8f\xbf\xbf", false },
		{ "first surrogate", "\xed\xa0\x80", false },
		{ "last surrogate", "\xed\xbf\xbf", false },
		{ "too high", "\xf4\x90\x80\x80", false },
		{ "far too high", "\xf5\x80\x80\x80", false },
		{ "no first byte", "\xff", false },
		{ "cut after one", "a\xc3", false },
		{ "cut after two", "\xe2\x82", false },
		{ "cut after three", "\xf0\x9f\x98", false },
		{ "broken third", "\xe2\x82\x41", false },
		{ "broken fourth", "\xf0\x9f\x98\xc0", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		cr_assert_eq(utf8_is_valid(rows[i].text, strlen(rows[i].text)), rows[i].valid, "%s",
			     rows[i].name);
	cr_assert(utf8_is_valid("a\0b", 3));
	cr_assert_not(utf8_is_valid("\xc3\xa9", 1));
}
