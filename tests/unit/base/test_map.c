#include "base/map.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

Test(map, an_empty_one_has_nothing)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct map *map = map_new(arena);

	cr_assert_eq(map_len(map), 0);
	cr_assert_null(map_get(map, "x"));
	cr_assert_not(map_has(map, ""));
	cr_assert_null(map_key_at(map, 0));
	cr_assert_null(map_at(map, 0));
}

Test(map, tells_and_replaces_what_was_there)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct map *map = map_new(arena);
	char key[] = "cp-1";
	int first = 1, second = 2;

	cr_assert_not(map_put(map, key, &first));
	key[0] = 'x';
	cr_assert_eq(map_get(map, "cp-1"), &first);
	cr_assert_null(map_get(map, "xp-1"));
	cr_assert(map_put(map, "cp-1", &second));
	cr_assert_eq(map_get(map, "cp-1"), &second);
	cr_assert_eq(map_len(map), 1);
}

Test(map, a_key_may_be_empty_and_a_value_null)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct map *map = map_new(arena);

	cr_assert_not(map_put(map, "", NULL));
	cr_assert(map_has(map, ""));
	cr_assert_null(map_get(map, ""));
	cr_assert(map_put(map, "", map));
	cr_assert_eq(map_get(map, ""), map);
}

Test(map, iterates_in_insertion_order_at_any_size)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct map *map = map_new(arena);
	static char values[20000];
	char key[32];

	for (size_t i = 0; i < sizeof(values); i++) {
		snprintf(key, sizeof(key), "node-%zu", i * 7919 % sizeof(values));
		cr_assert_not(map_put(map, key, &values[i]));
	}
	cr_assert_eq(map_len(map), sizeof(values));
	for (size_t i = 0; i < sizeof(values); i++) {
		snprintf(key, sizeof(key), "node-%zu", i * 7919 % sizeof(values));
		cr_assert_str_eq(map_key_at(map, i), key);
		cr_assert_eq(map_at(map, i), &values[i]);
		cr_assert_eq(map_get(map, key), &values[i]);
	}
	cr_assert_not(map_has(map, "node-20000"));
	cr_assert_null(map_key_at(map, sizeof(values)));
}
