#include "render/key_order.h"

#include "base/own.h"

#include <criterion/criterion.h>

Test(key_order, is_that_of_talos)
{
	static const char *const sorted[] = {
		".x",
		"_x",
		"1",
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
		"net.ipv4.x",
		"node-role.kubernetes.io/x",
		"node.kubernetes.io/x",
		"\xc3\xa9",
	};

	for (size_t i = 0; i < ARRAY_LEN(sorted); i++) {
		for (size_t k = 0; k < ARRAY_LEN(sorted); k++) {
			int order = key_order_compare(sorted[i], sorted[k]);
			int wanted = i < k ? -1 : i > k;
			cr_assert_eq((order > 0) - (order < 0), wanted, "%s and %s", sorted[i],
				     sorted[k]);
		}
	}
}

Test(key_order, keeps_values_with_their_keys)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct map_builder *map = map_begin(arena);

	map_add(map, "b", value_str(arena, "2"));
	map_add(map, "a", value_str(arena, "1"));
	const struct value *sorted = key_order_sorted(arena, map_end(map));
	cr_assert_str_eq(value_key_at(sorted, 0), "a");
	cr_assert_str_eq(value_text(value_at(sorted, 0)), "1");
	cr_assert_str_eq(value_text(value_at(sorted, 1)), "2");
	cr_assert_eq(value_len(sorted), 2);
}

/* In JSON patches each of these comes before the next, and the last before the first. */
Test(key_order, is_one_and_the_same_where_it_goes_round)
{
	static const char *const keys[] = { "1W", "222", "1055" };
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct value *first = NULL;

	for (size_t i = 0; i < 6; i++) {
		struct map_builder *map = map_begin(arena);
		size_t at = i % 3, next = i < 3 ? 1 : 2;

		for (size_t k = 0; k < 3; k++, at = (at + next) % 3)
			map_add(map, keys[at], value_str(arena, keys[at]));

		const struct value *sorted = key_order_json_sorted(arena, map_end(map));
		first = first ? first : sorted;
		cr_assert_eq(value_len(sorted), 3);
		for (size_t k = 0; k < 3; k++)
			cr_assert_str_eq(value_key_at(sorted, k), value_key_at(first, k), "%zu", i);
	}
}
