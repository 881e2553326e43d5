#include "tree/key_order.h"

#include "base/own.h"
#include "reading.h"

#include <criterion/criterion.h>

static const char *const ordered[] = {
	".x",
	"_x",
	"1",
	"2",
	"10",
	"A",
	"B",
	"a",
	"a-b",
	"a.b",
	"a_b",
	"a1",
	"a1b",
	"a01",
	"a2",
	"a10",
	"aB",
	"ab",
	"b.c",
	"b/c",
	"net.core.y",
	"net.ipv4.tcp_9",
	"net.ipv4.tcp_10",
	"x-1",
	"x2",
	"x10",
	"z",
	"\xc3\xa9",
};

Test(key_order, is_that_of_the_tools)
{
	for (size_t i = 0; i < ARRAY_LEN(ordered); i++) {
		cr_expect_eq(key_compare(ordered[i], ordered[i]), 0, "%s", ordered[i]);
		for (size_t k = i + 1; k < ARRAY_LEN(ordered); k++) {
			cr_expect_lt(key_compare(ordered[i], ordered[k]), 0, "%s < %s", ordered[i],
				     ordered[k]);
			cr_expect_gt(key_compare(ordered[k], ordered[i]), 0, "%s > %s", ordered[k],
				     ordered[i]);
		}
	}
	cr_expect_lt(key_compare("a", "ab"), 0);
	cr_expect_lt(key_compare("a19", "a100"), 0);
}

Test(key_order, sorts_at_every_level)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct str out SCOPED(str_done) = STR_INIT(1 << 16);
	const struct value *value =
		value_sorted(arena, read_one(arena, "{x10: 1, x2: [{b: 1, B: &m {l: 1}}], x: "
						    "{k: ~, <<: *m}}"));

	yaml_write(&out, value, &yaml_style_talos);
	cr_assert_str_eq(str_text(&out), "x:\n    k: null\n    l: 1\nx2:\n    - B:\n"
					 "        l: 1\n      b: 1\nx10: 1\n");
	cr_assert(value_has_merge_key(value_get(value, "x"), NULL));
	cr_assert_eq(value_src(value_get(value, "x10")).column, 7);
}
