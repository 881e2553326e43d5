#include "base/str.h"

#include "base/own.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

Test(str, is_empty_text_before_anything_is_added)
{
	struct str str SCOPED(str_done) = STR_INIT(10);

	cr_assert_str_eq(str_text(&str), "");
	cr_assert_eq(str.len, 0);
	str_add(&str, "");
	cr_assert_str_eq(str_text(&str), "");
	str_addn(&str, NULL, 0);
	cr_assert_eq(str.len, 0);
	cr_assert_not(str.full);
}

Test(str, adds_in_every_way)
{
	struct str str SCOPED(str_done) = STR_INIT(1 << 20);

	str_add(&str, "a");
	str_addn(&str, "bcd", 2);
	str_addc(&str, 'd');
	str_pad(&str, '.', 3);
	str_addf(&str, "%u-%s", 7u, "x");
	cr_assert_str_eq(str_text(&str), "abcd...7-x");
	cr_assert_eq(str.len, 10);
}

Test(str, keeps_nul_bytes)
{
	struct str str SCOPED(str_done) = STR_INIT(100);

	str_addn(&str, "a\0b", 3);
	str_addc(&str, '\0');
	str_add(&str, "c");
	cr_assert_eq(str.len, 5);
	cr_assert_eq(memcmp(str.at, "a\0b\0c", 6), 0);
}

Test(str, what_would_pass_the_limit_is_dropped_whole)
{
	struct str str SCOPED(str_done) = STR_INIT(5);

	str_add(&str, "abc");
	str_add(&str, "def");
	cr_assert(str.full);
	cr_assert_str_eq(str_text(&str), "abc");
	str_addf(&str, "%s", "defg");
	cr_assert_str_eq(str_text(&str), "abc");
	str_pad(&str, 'x', SIZE_MAX);
	cr_assert_str_eq(str_text(&str), "abc");
	str_add(&str, "de");
	cr_assert_str_eq(str_text(&str), "abcde");
	cr_assert(str.full);
	str_addc(&str, 'f');
	cr_assert_str_eq(str_text(&str), "abcde");
}

Test(str, a_text_as_long_as_the_limit_fits)
{
	struct str str SCOPED(str_done) = STR_INIT(5);

	str_add(&str, "abcde");
	cr_assert_not(str.full);
	cr_assert_str_eq(str_text(&str), "abcde");
}

Test(str, a_limit_of_nothing_takes_nothing)
{
	struct str str SCOPED(str_done) = STR_INIT(0);

	str_addc(&str, 'x');
	cr_assert(str.full);
	cr_assert_str_eq(str_text(&str), "");
}

Test(str, lives_without_a_limit)
{
	struct str str SCOPED(str_done);

	str_init(&str, SIZE_MAX);
	for (unsigned i = 0; i < 100000; i++)
		str_addf(&str, "%05u", i);
	cr_assert_eq(str.len, 500000);
	cr_assert_not(str.full);
	cr_assert_eq(memcmp(str.at + 5 * 99999, "99999", 6), 0);
	str_pad(&str, 'x', SIZE_MAX - str.len);
	cr_assert(str.full);
	cr_assert_eq(str.len, 500000);
}

Test(str, drops_from_the_front)
{
	static const struct {
		const char *name;
		size_t count;
		const char *left;
	} rows[] = {
		{ "nothing", 0, "abcdef" },
		{ "some", 2, "cdef" },
		{ "all", 6, "" },
		{ "more than all", SIZE_MAX, "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str str SCOPED(str_done) = STR_INIT(10);

		str_drop(&str, rows[i].count);
		str_add(&str, "abcdef");
		str_drop(&str, rows[i].count);
		cr_assert_str_eq(str_text(&str), rows[i].left, "%s", rows[i].name);
		cr_assert_eq(str.len, strlen(rows[i].left), "%s", rows[i].name);
	}
}

Test(str, cuts_at_the_end)
{
	struct str str SCOPED(str_done) = STR_INIT(10);

	str_cut(&str, 0);
	str_add(&str, "abcdef");
	str_cut(&str, 100);
	cr_assert_str_eq(str_text(&str), "abcdef");
	str_cut(&str, 2);
	cr_assert_str_eq(str_text(&str), "ab");
	cr_assert_eq(str.len, 2);
}

Test(str, clearing_keeps_the_memory_and_forgets_that_it_was_full)
{
	struct str str SCOPED(str_done) = STR_INIT(3);

	str_add(&str, "abc");
	str_add(&str, "d");
	const char *before = str.at;
	str_clear(&str);
	cr_assert_eq(str.at, before);
	cr_assert_not(str.full);
	cr_assert_str_eq(str_text(&str), "");
}

Test(str, is_empty_again_when_done)
{
	struct str str = STR_INIT(3);

	str_add(&str, "abc");
	str_add(&str, "d");
	str_done(&str);
	cr_assert_null(str.at);
	cr_assert_eq(str.len, 0);
	cr_assert_eq(str.cap, 0);
	cr_assert_eq(str.max, 3);
	cr_assert_not(str.full);
	str_done(&str);
	str_done(NULL);
}
