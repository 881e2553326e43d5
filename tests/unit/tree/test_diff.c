#include "tree/diff.h"

#include "base/own.h"
#include "reading.h"

#include <criterion/criterion.h>

struct change {
	const char *name, *before, *after, *expected;
};

static const struct change changes[] = {
	{ "nothing", "{a: [1, {b: c}]}", "{a: [1, {b: c}]}", "" },
	{ "order of keys", "{a: 1, b: 2}", "{b: 2, a: 1}", "" },
	{ "leaf", "{a: {b: 1}}", "{a: {b: 2}}", "~a.b" },
	{ "type", "{a: 1}", "{a: '1'}", "~a" },
	{ "added subtree", "{}", "{a: {b: {c: 1}}}", "+a" },
	{ "removed subtree", "{a: {b: 1}, c: 2}", "{c: 2}", "-a" },
	{ "added null", "{}", "{a: ~}", "+a" },
	{ "null to text", "{a: ~}", "{a: x}", "~a" },
	{ "longer list", "[1, 2]", "[1, 3, 4]", "~[1]+[2]" },
	{ "shorter list", "{a: [1, 2]}", "{a: [1]}", "-a[1]" },
	{ "kind", "{a: [1]}", "{a: {b: 1}}", "~a" },
	{ "all three", "{a: 1, b: 2}", "{b: 3, c: 4}", "-a~b+c" },
	{ "root", "1", "2", "~" },
};

Test(diff, lists_what_changed)
{
	static const char marks[] = {
		[DIFF_ADDED] = '+',
		[DIFF_CHANGED] = '~',
		[DIFF_REMOVED] = '-',
	};

	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct str out SCOPED(str_done) = STR_INIT(1 << 16);
		struct diff diff;

		value_diff(arena, read_one(arena, changes[i].before),
			   read_one(arena, changes[i].after), &diff);
		for (size_t k = 0; k < diff.len; k++) {
			const struct diff_entry *entry = &diff.at[k];
			str_addf(&out, "%c%s", marks[entry->change], entry->path);
			cr_expect_eq(!entry->before, entry->change == DIFF_ADDED);
			cr_expect_eq(!entry->after, entry->change == DIFF_REMOVED);
		}
		cr_expect_str_eq(str_text(&out), changes[i].expected, "%s", changes[i].name);
	}
}

Test(diff, takes_nothing_for_either_side)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct value *value = read_one(arena, "{a: 1}");
	struct diff diff;

	value_diff(arena, NULL, NULL, &diff);
	cr_assert_eq(diff.len, 0);
	value_diff(arena, NULL, value, &diff);
	cr_assert_eq(diff.len, 1);
	cr_assert_eq(diff.at[0].change, DIFF_ADDED);
	cr_assert_str_eq(diff.at[0].path, "");
}
