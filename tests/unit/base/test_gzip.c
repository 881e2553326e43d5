#include "base/gzip.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#define PLENTY ((size_t)4 << 20)

static void pack(struct str *out, const void *data, size_t len)
{
	struct err err = ERR_INIT;

	cr_assert_eq(gzip_pack(data, len, out, &err), 0, "%s", err.text);
}

Test(gzip, unpacks_what_it_packed)
{
	static const size_t sizes[] = { 0, 1, 16383, 16384, 16385, 1000000 };
	struct arena *arena OWNED(arena_free) = arena_new("test");
	unsigned char *data = arena_alloc(arena, 1000000);
	uint32_t state = 1;

	for (size_t i = 0; i < 1000000; i++) {
		state = state * 1664525 + 1013904223;
		data[i] = (unsigned char)(state >> 24);
	}
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct str packed SCOPED(str_done) = STR_INIT(PLENTY);
		struct str plain SCOPED(str_done) = STR_INIT(sizes[i]);
		struct err err = ERR_INIT;

		pack(&packed, data, sizes[i]);
		cr_assert_eq(gzip_unpack(packed.at, packed.len, &plain, &err), 0, "%s", err.text);
		cr_assert_eq(plain.len, sizes[i]);
		cr_assert_eq(memcmp(str_text(&plain), data, sizes[i]), 0);
	}
}

Test(gzip, packs_the_same_bytes_every_time)
{
	struct str a SCOPED(str_done) = STR_INIT(PLENTY);
	struct str b SCOPED(str_done) = STR_INIT(PLENTY);

	pack(&a, "talos", 5);
	pack(&b, "talos", 5);
	cr_assert_eq(a.len, b.len);
	cr_assert_eq(memcmp(a.at, b.at, a.len), 0);
	cr_assert_eq(memcmp(a.at + 4, "\0\0\0\0", 4), 0, "the header holds no time");
}

Test(gzip, appends_and_takes_members_one_after_another)
{
	struct str packed SCOPED(str_done) = STR_INIT(PLENTY);
	struct str plain SCOPED(str_done) = STR_INIT(100);

	pack(&packed, "one,", 4);
	pack(&packed, "", 0);
	pack(&packed, "two", 3);
	str_add(&plain, "before:");
	cr_assert_eq(gzip_unpack(packed.at, packed.len, &plain, NULL), 0);
	cr_assert_str_eq(str_text(&plain), "before:one,two");
}

static void expect_damage(const char *name, const void *data, size_t len)
{
	struct str plain SCOPED(str_done) = STR_INIT(PLENTY);
	struct err err = ERR_INIT;

	str_add(&plain, "kept");
	cr_assert_lt(gzip_unpack(data, len, &plain, &err), 0, "%s", name);
	cr_assert_eq(err.kind, ERR_REMOTE, "%s", name);
	cr_assert_str_eq(str_text(&plain), "kept", "%s", name);
}

Test(gzip, every_cut_is_noticed)
{
	struct str packed SCOPED(str_done) = STR_INIT(PLENTY);

	expect_damage("nothing at all", NULL, 0);
	pack(&packed, "some text that is long enough to be packed", 42);
	for (size_t len = 0; len < packed.len; len++)
		expect_damage("cut", packed.at, len);
	for (size_t len = 1; len < packed.len; len++) {
		struct str twice SCOPED(str_done) = STR_INIT(PLENTY);

		str_addn(&twice, packed.at, packed.len);
		str_addn(&twice, packed.at, len);
		expect_damage("second member cut", twice.at, twice.len);
	}
}

Test(gzip, damage_is_noticed)
{
	struct str packed SCOPED(str_done) = STR_INIT(PLENTY);

	pack(&packed, "some text that is long enough to be packed", 42);
	/* Bytes 4 to 9 of the header are time, flags of the packer and system: free to differ. */
	for (size_t i = 0; i < packed.len; i++) {
		if (i >= 4 && i <= 9)
			continue;
		packed.at[i] = (char)(packed.at[i] ^ 0xff);
		expect_damage("flipped byte", packed.at, packed.len);
		packed.at[i] = (char)(packed.at[i] ^ 0xff);
	}
	str_add(&packed, "trailing");
	expect_damage("trailing bytes", packed.at, packed.len);
	expect_damage("plain text", "apiVersion: v1\n", 15);
	expect_damage("zlib without gzip", "\x78\x9c\x03\x00\x00\x00\x00\x01", 8);
}

Test(gzip, the_limit_stops_a_bomb)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct str packed SCOPED(str_done) = STR_INIT(PLENTY);
	struct str plain SCOPED(str_done) = STR_INIT(100000);
	struct err err = ERR_INIT;

	pack(&packed, arena_alloc(arena, 8 << 20), 8 << 20);
	cr_assert_lt(packed.len, 10000);
	cr_assert_lt(gzip_unpack(packed.at, packed.len, &plain, &err), 0);
	cr_assert_eq(err.kind, ERR_REMOTE);
	cr_assert_str_eq(err.text, "gzip data unpacks to more than 100000 bytes");
	cr_assert_eq(plain.len, 0);
}

Test(gzip, the_limit_holds_for_packing_too)
{
	struct str packed SCOPED(str_done) = STR_INIT(20);
	struct err err = ERR_INIT;

	str_add(&packed, "kept");
	cr_assert_lt(gzip_pack("abcdefghijklmnopqrstuvwxyz", 26, &packed, &err), 0);
	cr_assert_eq(err.kind, ERR_INPUT);
	cr_assert_str_eq(str_text(&packed), "kept");
}
