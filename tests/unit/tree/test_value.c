#include "tree/value.h"

#include "base/own.h"
#include "reading.h"

#include <criterion/criterion.h>
#include <stdio.h>

Test(value, answers_nothing_for_nothing)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct value *values[] = { NULL, value_null(arena), list_end(list_begin(arena)) };
	uint64_t number;
	double real;
	bool flag;

	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		cr_assert_null(value_text(values[i]));
		cr_assert_null(value_get(values[i], "a"));
		cr_assert_null(value_at(values[i], 0));
		cr_assert_null(value_key_at(values[i], 0));
		cr_assert_not(value_has(values[i], "a"));
		cr_assert_eq(value_len(values[i]), 0);
		cr_assert_eq(value_text_len(values[i]), 0);
		cr_assert_not(value_u64(values[i], &number));
		cr_assert_not(value_double(values[i], &real));
		cr_assert_not(value_truth(values[i], &flag));
		cr_assert(value_bool(values[i], true));
		cr_assert_not(value_is_sensitive(values[i]));
		cr_assert_eq(value_src(values[i]).line, 0);
	}
	cr_assert(value_is_null(NULL));
	cr_assert(value_is_null(value_str(arena, NULL)));
}

Test(value, finds_keys_in_small_and_large_maps)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (int size = 1; size < 100; size += 7) {
		struct map_builder *map = map_begin(arena);
		char key[16];

		for (int i = 0; i < size; i++) {
			snprintf(key, sizeof(key), "key%d", i);
			cr_assert_not(map_holds(map, key));
			map_add(map, key, value_of_int(arena, i));
		}
		map_add(map, "key0", value_of_int(arena, -1));

		const struct value *value = map_end(map);
		int64_t number = 0;

		cr_assert_eq(value_len(value), (size_t)size);
		cr_assert(value_i64(value_get(value, "key0"), &number));
		cr_assert_eq(number, -1);
		snprintf(key, sizeof(key), "key%d", size - 1);
		cr_assert_str_eq(value_key_at(value, (size_t)size - 1), key);
		cr_assert_eq(value_get(value, key), value_at(value, (size_t)size - 1));
		cr_assert_null(value_get(value, "key"));
	}
}

struct number {
	const char *text;
	bool fits_u64, fits_i64;
	uint64_t u64;
	int64_t i64;
};

static const struct number numbers[] = {
	{ "0", true, true, 0, 0 },
	{ "-0", true, true, 0, 0 },
	{ "-1", false, true, 0, -1 },
	{ "0x10", true, true, 16, 16 },
	{ "9223372036854775807", true, true, INT64_MAX, INT64_MAX },
	{ "9223372036854775808", true, false, UINT64_C(9223372036854775808), 0 },
	{ "-9223372036854775808", false, true, 0, INT64_MIN },
	{ "18446744073709551615", true, false, UINT64_MAX, 0 },
	{ "1.0", false, false, 0, 0 },
	{ "'1'", false, false, 0, 0 },
};

Test(value, gives_numbers_that_fit)
{
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		const struct value *value = read_one(arena, numbers[i].text);
		uint64_t u64 = 0;
		int64_t i64 = 0;

		cr_expect_eq(value_u64(value, &u64), numbers[i].fits_u64, "%s", numbers[i].text);
		cr_expect_eq(value_i64(value, &i64), numbers[i].fits_i64, "%s", numbers[i].text);
		cr_expect_eq(u64, numbers[i].u64, "%s", numbers[i].text);
		cr_expect_eq(i64, numbers[i].i64, "%s", numbers[i].text);
	}
}

struct truth {
	const char *text;
	bool taken, flag;
};

static const struct truth truths[] = {
	{ "true", true, true },
	{ "FALSE", true, false },
	{ "yes", true, true },
	{ "'yes'", true, true },
	{ "\"off\"", true, false },
	{ "n", true, false },
	{ "'true'", false, false },
	{ "1", false, false },
	{ "maybe", false, false },
};

Test(value, takes_the_truths_that_typed_fields_take)
{
	for (size_t i = 0; i < ARRAY_LEN(truths); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		bool flag = false;

		cr_expect_eq(value_truth(read_one(arena, truths[i].text), &flag), truths[i].taken,
			     "%s", truths[i].text);
		cr_expect_eq(flag, truths[i].flag, "%s", truths[i].text);
	}
}

struct pair {
	const char *name, *a, *b;
	bool equal;
};

static const struct pair pairs[] = {
	{ "order of keys", "{a: 1, b: 2}", "{b: 2, a: 1}", true },
	{ "order of entries", "[1, 2]", "[2, 1]", false },
	{ "quotes that matter", "'1'", "1", false },
	{ "quotes that do not", "'a'", "a", true },
	{ "more keys", "{a: 1}", "{a: 1, b: 2}", false },
	{ "other key", "{a: 1}", "{b: 1}", false },
	{ "null and nothing", "{a: ~}", "{}", false },
	{ "kinds", "[]", "{}", false },
	{ "depth", "{a: [{b: c}]}", "{a: [{b: c}]}", true },
};

Test(value, compares)
{
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		const struct value *a = read_one(arena, pairs[i].a);
		const struct value *b = read_one(arena, pairs[i].b);

		cr_expect_eq(value_equal(a, b), pairs[i].equal, "%s", pairs[i].name);
		cr_expect_eq(value_equal(b, a), pairs[i].equal, "%s", pairs[i].name);
	}
}

struct merge {
	const char *name, *base, *over, *expected;
};

static const struct merge merges[] = {
	{ "maps", "{a: 1, b: {c: 2}}", "{b: {d: 3}, e: 4}", "{a: 1, b: {c: 2, d: 3}, e: 4}" },
	{ "lists are replaced", "{a: [1]}", "{a: [2]}", "{a: [2]}" },
	{ "null wins", "{a: {b: 1}}", "{a: ~}", "{a: ~}" },
	{ "kinds", "[1]", "{a: 1}", "{a: 1}" },
};

Test(value, merges)
{
	for (size_t i = 0; i < ARRAY_LEN(merges); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		const struct value *merged = value_merge(arena, read_one(arena, merges[i].base),
							 read_one(arena, merges[i].over));

		cr_expect(value_equal(merged, read_one(arena, merges[i].expected)), "%s",
			  merges[i].name);
	}
}

Test(value, sets_and_removes_one_key)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct value *map = read_one(arena, "{a: 1, b: 2}");
	const struct value *three = value_of_int(arena, 3);

	cr_assert(value_equal(value_set(arena, map, "a", three),
			      read_one(arena, "{a: 3, b: 2}")));
	cr_assert(value_equal(value_set(arena, map, "c", three),
			      read_one(arena, "{a: 1, b: 2, c: 3}")));
	cr_assert(value_equal(value_set(arena, map, "a", NULL), read_one(arena, "{b: 2}")));
	cr_assert(value_equal(value_set(arena, NULL, "a", three), read_one(arena, "{a: 3}")));
	cr_assert(value_equal(map, read_one(arena, "{a: 1, b: 2}")));
}

Test(value, copies_outlive_their_origin)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct arena *origin = arena_new("origin");
	const struct value *copy =
		value_copy(arena, read_one(origin, "a: &x {k: [1, 'two']}\nb: {<<: *x}\nc: ~\n"));

	arena_free(origin);
	cr_assert(value_equal(copy, read_one(arena, "{a: {k: [1, two]}, b: {k: [1, two]}, c: ~}")));
	cr_assert_str_eq(value_src(value_get(copy, "a")).file, "in.yaml");
	cr_assert(value_was_quoted(value_at(value_get(value_get(copy, "a"), "k"), 1)));
	cr_assert(value_has_merge_key(value_get(copy, "b"), NULL));
	cr_assert_eq(value_key_src(copy, "c").line, 3);
}

struct normal {
	const char *text, *expected;
};

static const struct normal normals[] = {
	{ "0xFF", "255" },
	{ "010", "8" },
	{ "2_500", "2500" },
	{ "2e6", "2e+06" },
	{ "3.0", "3" },
	{ "1e-9", "1e-09" },
	{ "+7", "7" },
	{ "-0", "-0" },
	{ "TRUE", "true" },
	{ ".Inf", ".inf" },
	{ "'0xFF'", "0xFF" },
	{ "yes", "yes" },
};

Test(value, reduces_numbers_to_their_normal_form)
{
	for (size_t i = 0; i < ARRAY_LEN(normals); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		const struct value *value = value_normal(arena, read_one(arena, normals[i].text));

		cr_expect_str_eq(value_text(value), normals[i].expected);
		cr_expect_eq(value_src(value).line, 1);
	}
}

Test(value, changes_marks_on_copies_only)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct value *value = value_strf(arena, "cp-%d", 1);
	const struct value *secret = value_with_sensitive(arena, value);
	const struct value *placed = value_with_src(arena, secret, (struct src){ "f", 3, 4 });

	cr_assert_not(value_is_sensitive(value));
	cr_assert(value_is_sensitive(placed));
	cr_assert_eq(value_src(placed).column, 4);
	cr_assert_str_eq(value_text(placed), "cp-1");
	cr_assert(value_is_bare(value_with_bare(arena, value)));
	cr_assert_not(value_is_bare(value));
}

Test(value, a_mark_stays_until_something_is_changed)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	static const char mark;
	struct map_builder *map = map_begin(arena);

	for (unsigned i = 0; i < 40; i++)
		map_add_new(map, arena_printf(arena, "key%u", i), (struct src){ 0 },
			    value_of_u64(arena, i));

	const struct value *value = map_end(map);
	cr_assert_null(value_mark(value));
	value_set_mark(value, &mark);
	cr_assert_eq(value_mark(value), &mark);
	cr_assert_eq(value_len(value), 40);
	for (unsigned i = 0; i < 40; i++)
		cr_assert_str_eq(value_get_text(value, arena_printf(arena, "key%u", i)),
				 arena_printf(arena, "%u", i));
	cr_assert_null(value_mark(value_set(arena, value, "key1", value_null(arena))));
	cr_assert_null(value_mark(value_with_src(arena, value, (struct src){ "a", 1, 1 })));
	cr_assert_null(value_mark(value_copy(arena, value)));
	cr_assert_null(value_mark(NULL));
}

static const struct value *pair(struct arena *arena, const char *first, const struct value *a,
				const char *second, const struct value *b)
{
	struct map_builder *map = map_begin(arena);

	map_add(map, first, a);
	map_add(map, second, b);
	return map_end(map);
}

Test(value, holding_the_same_is_more_than_being_equal)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct value *one = value_str(arena, "1"), *two = value_str(arena, "2");
	const struct value *map = pair(arena, "a", one, "b", two);

	cr_assert(value_holds_same(map, map));
	cr_assert(value_holds_same(map, pair(arena, "a", one, "b", two)));
	cr_assert_not(value_holds_same(map, pair(arena, "b", two, "a", one)));
	cr_assert_not(value_holds_same(map, pair(arena, "c", one, "b", two)));
	cr_assert_not(value_holds_same(map, pair(arena, "a", value_str(arena, "1"), "b", two)));
	cr_assert_not(value_holds_same(map, value_set(arena, map, "b", NULL)));
	cr_assert_not(value_holds_same(map, one));
}
