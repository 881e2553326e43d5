#include "tree/yaml.h"

#include "base/text.h"
#include "reading.h"
#include "tree/json.h"

#include <criterion/criterion.h>

static const char *as_json(struct arena *arena, const struct value *value)
{
	static const struct json_style compact = { JSON_COMPACT, true };
	struct str out SCOPED(str_done) = STR_INIT(1 << 20);

	json_write(&out, value, &compact);
	return arena_str(arena, str_text(&out));
}

struct good {
	const char *name, *text, *json;
};

static const struct good goods[] = {
	{ "map", "a: 1\nb: {c: [x, 'y']}\n", "{\"a\":1,\"b\":{\"c\":[\"x\",\"y\"]}}" },
	{ "old words stay strings", "[yes, No, on, OFF, y, n]",
	  "[\"yes\",\"No\",\"on\",\"OFF\",\"y\",\"n\"]" },
	{ "booleans", "[true, True, FALSE, tRUE]", "[true,true,false,\"tRUE\"]" },
	{ "nulls", "[~, null, Null, NULL, '', nULL]", "[null,null,null,null,\"\",\"nULL\"]" },
	{ "integers", "[0x1F, 0o17, 017, 0b11, 1_000, +7, -0x10]", "[31,15,15,3,1000,7,-16]" },
	{ "not integers", "[0x, 0xg, 0o9, 1a, --1]",
	  "[\"0x\",\"0xg\",\"0o9\",\"1a\",\"--1\"]" },
	{ "largest", "[18446744073709551615, -9223372036854775808, 18446744073709551616]",
	  "[18446744073709551615,-9223372036854775808,1.8446744073709552e+19]" },
	{ "floats", "[1.50, .5, 5., 1e3, 09, 2.5E-3]", "[1.5,0.5,5,1000,9,0.0025]" },
	{ "no float", "[1e999, ., e5, .e5]", "[\"1e999\",\".\",\"e5\",\".e5\"]" },
	{ "special floats", "[.inf, -.INF, .nan]", "[\".inf\",\"-.INF\",\".nan\"]" },
	{ "dates are strings", "[2001-12-14, 2001-12-14 21:59:43]",
	  "[\"2001-12-14\",\"2001-12-14 21:59:43\"]" },
	{ "str tag", "[!!str 9, !!str true, !!str '', !custom 5]",
	  "[\"9\",\"true\",\"\",\"5\"]" },
	{ "other tags", "[!!int '5', !!float 1, !!bool \"true\", !!null ~]",
	  "[5,1,true,null]" },
	{ "binary tag", "!!binary aGk=", "\"hi\"" },
	{ "alias", "a: &x [1]\nb: *x\n", "{\"a\":[1],\"b\":[1]}" },
	{ "anchor named again", "[&x 1, *x, &x 2, *x]", "[1,1,2,2]" },
	{ "alias as key", "[&k a, {*k : 1}]", "[\"a\",{\"a\":1}]" },
	{ "merge", "a: &x {k: 1, l: 2}\nb: {l: 3, <<: *x}\n",
	  "{\"a\":{\"k\":1,\"l\":2},\"b\":{\"l\":3,\"k\":1}}" },
	{ "merge of a list", "[&x {k: 1}, &y {k: 2, l: 3}, {<<: [*x, *y]}]",
	  "[{\"k\":1},{\"k\":2,\"l\":3},{\"k\":1,\"l\":3}]" },
	{ "quoted merge key is a key", "{'<<': 1}", "{\"<<\":1}" },
	{ "number as key", "{1: a, true: b}", "{\"1\":\"a\",\"true\":\"b\"}" },
	{ "block forms", "a: |\n  x\n   y\nb: >-\n  x\n  y\n",
	  "{\"a\":\"x\\n y\\n\",\"b\":\"x y\"}" },
	{ "escapes", "\"a\\tb\\x41\\u00e9\\0\"", "\"a\\tbA\xc3\xa9\\u0000\"" },
	{ "carriage returns", "a: 1\r\nb:\r\n  - x\r\n", "{\"a\":1,\"b\":[\"x\"]}" },
	{ "byte order mark", "\xef\xbb\xbf"
			     "a: 1\n",
	  "{\"a\":1}" },
	{ "version 1.1", "%YAML 1.1\n---\na: 1\n", "{\"a\":1}" },
	{ "tab in the middle", "a:\tx\t\n", "{\"a\":\"x\"}" },
	{ "empty document", "---\n", "null" },
};

Test(yaml_read, understands)
{
	for (size_t i = 0; i < ARRAY_LEN(goods); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");

		cr_expect_str_eq(as_json(arena, read_one(arena, goods[i].text)), goods[i].json,
				 "%s", goods[i].name);
	}
}

struct bad {
	const char *name, *text;
	unsigned line, column;
	const char *part, *hint; /* of the text; of the hint, NULL: there is none */
};

static const struct bad bads[] = {
	{ "duplicate key", "a: 1\nb: 2\na: 3\n", 3, 1, "\"a\" is there already, in line 1", NULL },
	{ "duplicate in braces", "{x: 1, x: 2}", 1, 8, "\"x\" is there already", NULL },
	{ "duplicate merge key", "[&x {}, {<<: *x, <<: *x}]", 1, 18, "\"<<\" is there", NULL },
	{ "tab", "a:\n\tb: 1\n", 2, 1, "a tab is used as indentation", "indent with spaces" },
	{ "tab after spaces", "a:\n  b: 1\n  \tc: 1\n", 3, 0, "tab", "spaces" },
	{ "tab in a literal", "a: |\n\tx\n", 2, 1, "tab", "spaces" },
	{ "unknown anchor", "a: *x\n", 1, 4, "nothing above has the anchor \"x\"", "quotes" },
	{ "anchor in itself", "a: &x [*x]\n", 1, 8, "contains itself", NULL },
	{ "merge of text", "<<: x\n", 1, 1, "needs a map", "*name" },
	{ "merge of texts", "<<: [{}, x]\n", 1, 1, "needs a map", "*name" },
	{ "list as key", "[a]: 1\n", 1, 1, "a key must be text", "quotes" },
	{ "map as key", "? {a: b}\n: 1\n", 1, 3, "a key must be text", "quotes" },
	{ "null as key", "~: 1\n", 1, 1, "not null", NULL },
	{ "NUL in a key", "\"a\\0b\": 1\n", 1, 1, "NUL", NULL },
	{ "aliased list as key", "[&l [x], {*l : 1}]\n", 1, 11, "a list or map", NULL },
	{ "version 1.2", "%YAML 1.2\n---\na: 1\n", 1, 1, "YAML 1.2", "remove" },
	{ "version 3.0", "%YAML 3.0\n---\na: 1\n", 1, 1, "unknown version", "remove" },
	{ "not UTF-8", "a: 1\nb: \xff\n", 2, 1, "not UTF-8", "UTF-8" },
	{ "cut in a character", "a: \xe4\xb8", 1, 1, "not UTF-8", "UTF-8" },
	{ "control character", "a: 1\nb: x\x01\n", 2, 5, "U+0001", "escape" },
	{ "second colon", "a: b: c\n", 1, 5, "where no key can be", "quotes" },
	{ "bad indentation", "a:\n  b: 1\n c: 2\n", 3, 2, "key is expected", "indentation" },
	{ "open quote", "a: \"x\n", 2, 1, "no end", "quote" },
	{ "open bracket", "a: [x, y\nb: 1\n", 2, 0, "no end", "]" },
	{ "open brace", "a: {x: y\nb: 1\n", 2, 0, "no end", "}" },
	{ "unknown escape", "a: \"\\q\"\n", 1, 0, "backslash", "double" },
	{ "tag does not fit", "!!int x\n", 1, 1, "!!int does not fit", NULL },
	{ "broken binary", "!!binary '*'\n", 1, 1, "!!binary does not fit", NULL },
	{ "text after a document", "a: 1\n...\nb: 1\n", 3, 1, "outside of any", "three dashes" },
};

static int read_text(struct arena *arena, const char *text, const struct yaml_limits *limits,
		     struct err *err)
{
	struct yaml_input input = {
		.file = "in.yaml", .text = text, .len = strlen(text), .limits = limits
	};
	struct yaml_documents documents;

	return yaml_read(arena, &input, &documents, err);
}

Test(yaml_read, names_the_place_of_a_mistake)
{
	for (size_t i = 0; i < ARRAY_LEN(bads); i++) {
		const struct bad *row = &bads[i];
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct err err = ERR_INIT;

		cr_expect_lt(read_text(arena, row->text, NULL, &err), 0, "%s", row->name);
		cr_expect_eq(err.kind, ERR_INPUT, "%s", row->name);
		cr_expect_str_eq(err.file, "in.yaml", "%s", row->name);
		cr_expect_eq(err.line, row->line, "%s: line %u", row->name, err.line);
		if (row->column)
			cr_expect_eq(err.column, row->column, "%s: column %u", row->name,
				     err.column);
		cr_expect_not_null(strstr(err.text, row->part), "%s: %s", row->name, err.text);
		if (row->hint)
			cr_expect_not_null(strstr(err.hint, row->hint), "%s: %s", row->name,
					   err.hint);
		else
			cr_expect_str_empty(err.hint, "%s: %s", row->name, err.hint);
	}
}

Test(yaml_read, carries_anchors_into_the_next_document)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct yaml_documents documents =
		read_all(arena, "a: &s [x]\n---\n# nothing\n---\nb: *s\n...\n# end\n");

	cr_assert_eq(documents.len, 3);
	cr_assert(value_is_null(documents.at[1]));
	cr_assert_eq(value_get(documents.at[2], "b"), value_get(documents.at[0], "a"));
}

Test(yaml_read, finds_no_document_in_nothing)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");

	cr_assert_eq(read_all(arena, "").len, 0);
	cr_assert_eq(read_all(arena, "# only a comment\n\n").len, 0);
}

Test(yaml_read, keeps_places_and_quotes)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct value *map = read_one(arena, "a: 1\nb:\n  - 'x'\n  - y\n");
	const struct value *list = value_get(map, "b");

	cr_assert_str_eq(value_src(map).file, "in.yaml");
	cr_assert_eq(value_src(value_get(map, "a")).line, 1);
	cr_assert_eq(value_src(value_get(map, "a")).column, 4);
	cr_assert_eq(value_key_src(map, "b").line, 2);
	cr_assert_eq(value_key_src(map, "b").column, 1);
	cr_assert_eq(value_src(list).line, 3);
	cr_assert(value_was_quoted(value_at(list, 0)));
	cr_assert_not(value_was_quoted(value_at(list, 1)));
	cr_assert_eq(value_src(value_at(list, 1)).line, 4);
	cr_assert_eq(value_src(value_at(list, 1)).column, 5);
}

Test(yaml_read, remembers_merge_keys)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct value *map = read_one(arena, "a: &x {k: 1}\nb:\n  <<: *x\n");
	struct src src;

	cr_assert_not(value_has_merge_key(map, NULL));
	cr_assert(value_has_merge_key(value_get(map, "b"), &src));
	cr_assert_eq(src.line, 3);
	cr_assert_eq(src.column, 3);
}

Test(yaml_read, marks_sensitive_input)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct yaml_input input = { "in.yaml", "a: [x, 1]", 9, NULL, true };
	struct yaml_documents documents;

	cr_assert_eq(yaml_read(arena, &input, &documents, NULL), 0);

	const struct value *list = value_get(documents.at[0], "a");

	cr_assert(value_is_sensitive(value_at(list, 0)));
	cr_assert(value_is_sensitive(value_at(list, 1)));
}

struct limit {
	const char *name, *text;
	struct yaml_limits limits;
	const char *part;
};

static const struct limit limits[] = {
	{ "bytes", "a: 12345678", { 10, 9, 99 }, "11 bytes are more than the limit of 10" },
	{ "depth", "[[[[]]]]", { 99, 3, 99 }, "nested more than 3 levels deep" },
	{ "values", "[1, 2, 3, 4]", { 99, 9, 4 }, "more than 4 values" },
	{ "aliases", "[&a [1, 2], *a, *a]", { 99, 9, 9 }, "more than 9 values" },
	{ "merge", "[&a {k: 1}, {<<: [*a, *a, *a]}]", { 99, 9, 12 }, "more than 12 values" },
};

Test(yaml_read, stops_at_limits)
{
	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct err err = ERR_INIT;

		cr_expect_lt(read_text(arena, limits[i].text, &limits[i].limits, &err), 0, "%s",
			     limits[i].name);
		cr_expect_eq(err.kind, ERR_INPUT, "%s", limits[i].name);
		cr_expect_str_eq(err.file, "in.yaml", "%s", limits[i].name);
		cr_expect_not_null(strstr(err.text, limits[i].part), "%s: %s", limits[i].name,
				   err.text);
	}
}

/* Ten aliases of ten aliases: nine lines that would be a thousand million values. */
Test(yaml_read, survives_an_alias_bomb)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct str text SCOPED(str_done) = STR_INIT(1 << 20);
	struct err err = ERR_INIT;

	str_add(&text, "- &a0 [x]\n");
	for (unsigned level = 1; level < 10; level++) {
		str_addf(&text, "- &a%u [", level);
		for (unsigned i = 0; i < 10; i++)
			str_addf(&text, "*a%u,", level - 1);
		str_add(&text, "]\n");
	}
	cr_assert_lt(read_text(arena, str_text(&text), NULL, &err), 0);
	cr_assert_eq(err.kind, ERR_INPUT);
	cr_assert_lt(arena_used(arena), (size_t)1 << 20);
}

Test(yaml_read, reads_files_of_one_document)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const char *folder = TEST_DATA_DIR "/yaml/printed-1.14/";
	const char *two = arena_printf(arena, "%sstring-quoting.yaml", folder);
	const struct value *value;
	struct err err = ERR_INIT;

	cr_assert_lt(yaml_read_file(arena, two, &value, &err), 0);
	cr_assert_eq(err.kind, ERR_INPUT);
	cr_assert_str_eq(err.text, "2 documents stand where one is expected");
	cr_assert_gt(err.line, 10);
	err_clear(&err);
	cr_assert_lt(yaml_read_file(arena, "no/such.yaml", &value, &err), 0);
	cr_assert_eq(err.kind, ERR_NOT_FOUND);
	cr_assert_eq(yaml_read_file(arena, TEST_DATA_DIR "/yaml/one.yaml", &value, NULL), 0);
	cr_assert_str_eq(value_get_text(value, "name"), "cp-1");
}
