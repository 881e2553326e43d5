#include "tree/path.h"

#include "base/own.h"
#include "reading.h"

#include <criterion/criterion.h>

static const char *const tree = "a: {b: [x, {c: y}], 'd.e/f': z, 'q\"': w}\nl: [[1, 2]]\n";

struct found {
	const char *path, *text; /* NULL: absent */
};

static const struct found founds[] = {
	{ "a.b[0]", "x" },
	{ "a.b[1].c", "y" },
	{ "a[\"d.e/f\"]", "z" },
	{ "a[\"q\\\"\"]", "w" },
	{ "l[0][1]", "2" },
	{ "a.b[2]", NULL },
	{ "a.b.c", NULL },
	{ "a[0]", NULL },
	{ "nothing.at.all", NULL },
	{ "a.b[1].c[0]", NULL },
};

Test(path, finds_values)
{
	for (size_t i = 0; i < ARRAY_LEN(founds); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		const struct value *value;
		struct err err = ERR_INIT;
		struct path path;

		cr_assert_eq(path_parse(arena, founds[i].path, &path, &err), 0, "%s", err.text);
		value = path_get(read_one(arena, tree), &path);
		if (founds[i].text)
			cr_expect_str_eq(value_text(value), founds[i].text, "%s", founds[i].path);
		else
			cr_expect_null(value, "%s", founds[i].path);
	}
}

Test(path, refuses_what_is_none)
{
	static const char *const bads[] = { ".a", "a..b", "a[", "a[x]", "a[-1]", "a[1",
					    "a[\"x]", "a[\"x\"", "a[0]b", "a.", "a]" };

	for (size_t i = 0; i < ARRAY_LEN(bads); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct err err = ERR_INIT;
		struct path path;

		cr_expect_lt(path_parse(arena, bads[i], &path, &err), 0, "%s", bads[i]);
		cr_expect_eq(err.kind, ERR_USAGE, "%s", bads[i]);
		cr_expect_not_null(strstr(err.text, bads[i]), "%s", err.text);
	}
}

Test(path, of_the_root_is_empty)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct value *root = read_one(arena, tree);
	struct path path;

	cr_assert_eq(path_parse(arena, "", &path, NULL), 0);
	cr_assert_eq(path_get(root, &path), root);
}

static void collect(void *context, const char *path, const struct value *leaf)
{
	const char *text = value_text(leaf);
	const char *other = value_is_map(leaf) ? "{}" : value_is_list(leaf) ? "[]"
									    : "null";

	str_addf(context, "%s=%s\n", path, text ? text : other);
}

Test(path, walks_the_leaves_in_order)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct str out SCOPED(str_done) = STR_INIT(1 << 16);

	path_each(arena, read_one(arena, "{b: [1, [], {}], a: ~, 'c.d': x, '': y}"), "n", collect,
		  &out);
	cr_assert_str_eq(str_text(&out),
			 "n.b[0]=1\nn.b[1]=[]\nn.b[2]={}\nn.a=null\nn[\"c.d\"]=x\nn[\"\"]=y\n");
}

Test(path, texts_can_be_parsed_again)
{
	static const char *const keys[] = { "a", "a.b", "x y", "q\"r\\s", "", "[0]" };

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		const char *text = path_index(arena, path_key(arena, "top", keys[i]), 7);
		struct err err = ERR_INIT;
		struct path path;

		cr_assert_eq(path_parse(arena, text, &path, &err), 0, "%s", err.text);
		cr_expect_eq(path.len, 3);
		cr_expect_str_eq(path.at[1].key, keys[i]);
		cr_expect_eq(path.at[2].index, 7);
	}
	struct arena *arena OWNED(arena_free) = arena_new("test");

	cr_assert_str_eq(path_key(arena, "", "a"), "a");
}

Test(path, of_steps)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct path_step none = { .key = "" }, document = { .key = "LinkConfig[eth0]" };
	const struct path_step list = { .up = &none, .key = "a.b" };
	const struct path_step item = { .up = &list, .index = 12 };
	const struct path_step leaf = { .up = &item, .key = "c" };
	const struct path_step field = { .up = &document, .key = "mtu" };

	cr_expect_str_eq(path_of(arena, NULL), "");
	cr_expect_str_eq(path_of(arena, &none), "");
	cr_expect_str_eq(path_of(arena, &leaf), "[\"a.b\"][12].c");
	cr_expect_str_eq(path_of(arena, &document), "LinkConfig[eth0]");
	cr_expect_str_eq(path_of(arena, &field), "LinkConfig[eth0].mtu");
}
