#include "seal/bech32.h"

#include <criterion/criterion.h>
#include <string.h>

static const unsigned char bytes[32] = { 0x00, 0xff, 0x11, 0x80, 0x7f, 0x01, 0xfe };

Test(bech32, reads_what_it_writes)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	static const char *const prefixes[] = { "age", "AGE-SECRET-KEY-", "a1b" };

	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
		for (size_t len = 0; len <= sizeof(bytes); len++) {
			const char *text = bech32_write(arena, prefixes[i], bytes, len);
			unsigned char out[sizeof(bytes)] = { 0 };

			cr_assert(bech32_read(text, prefixes[i], out, len), "%s", text);
			cr_assert_eq(memcmp(out, bytes, len), 0, "%s", text);
			cr_assert_not(bech32_read(text, prefixes[i], out, len + 1), "%s", text);
		}
}

Test(bech32, finds_every_change_of_one_letter)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	char *text = arena_str(arena, bech32_write(arena, "age", bytes, sizeof(bytes)));
	unsigned char out[sizeof(bytes)];

	for (char *at = text; *at; at++) {
		char was = *at;

		*at = was == 'q' ? 'p' : 'q';
		cr_assert_not(bech32_read(text, "age", out, sizeof(out)), "%s", text);
		*at = was;
	}
	cr_assert(bech32_read(text, "age", out, sizeof(out)));
}

static const struct {
	const char *name, *text;
} wrong[] = {
	{ "empty", "" },
	{ "no digits", "age1" },
	{ "another prefix", "agf1qqqqqqqq" },
	{ "no separator", "ageqqqqqqqqqq" },
	{ "a letter that is none", "age1bqqqqqqq" },
	{ "longer than any key",
	  "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq"
	  "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq" },
};

Test(bech32, refuses)
{
	unsigned char out[32];

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		cr_assert_not(bech32_read(wrong[i].text, "age", out, sizeof(out)), "%s",
			      wrong[i].name);
}

Test(bech32, case_must_be_that_of_the_prefix)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	char *text = arena_str(arena, bech32_write(arena, "AGE-SECRET-KEY-", bytes, 32));
	unsigned char out[32];

	cr_assert(bech32_read(text, "AGE-SECRET-KEY-", out, 32));
	text[strcspn(text, "QPZRYXGFTVDWSJNKHCEMUAL")] |= 0x20;
	cr_assert_not(bech32_read(text, "AGE-SECRET-KEY-", out, 32));
	text = arena_str(arena, bech32_write(arena, "AGE-SECRET-KEY-", bytes, 32));
	text[16 + strcspn(text + 16, "QPZRYXGFTVDWSJNKHCEMUAL")] |= 0x20;
	cr_assert_not(bech32_read(text, "AGE-SECRET-KEY-", out, 32));
}
