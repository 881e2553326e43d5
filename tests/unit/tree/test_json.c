#include "tree/json.h"

#include "base/own.h"
#include "reading.h"

#include <criterion/criterion.h>

struct trip {
	const char *name, *in, *out;
};

static const struct trip trips[] = {
	{ "scalars", "[ \"a\", 1, -2, true, false, null ]", "[\"a\",1,-2,true,false,null]" },
	{ "order", "{\"b\": 1, \"a\": {\"z\": [], \"y\": {}}}",
	  "{\"b\":1,\"a\":{\"z\":[],\"y\":{}}}" },
	{ "limits", "[9223372036854775807,-9223372036854775808]",
	  "[9223372036854775807,-9223372036854775808]" },
	{ "reals", "[1.50, 1e3, 1e22, 0.1]", "[1.5,1000,1e+22,0.1]" },
	{ "escapes", "\"\\u0000\\n\\\"\\\\\\u00e9\\u007f\\/\"",
	  "\"\\u0000\\n\\\"\\\\\xc3\xa9\\u007f/\"" },
	{ "numbers in quotes", "\"1\"", "\"1\"" },
	{ "pair", "\"\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\"" },
};

static const struct json_style compact = { JSON_COMPACT, false };

Test(json, reads_and_writes)
{
	for (size_t i = 0; i < ARRAY_LEN(trips); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct str out SCOPED(str_done) = STR_INIT(1 << 16);
		const struct value *value = NULL;
		struct err err = ERR_INIT;

		cr_assert_eq(json_read(arena, "x", trips[i].in, strlen(trips[i].in), &value, &err),
			     0, "%s: %s", trips[i].name, err.text);
		json_write(&out, value, &compact);
		cr_expect_str_eq(str_text(&out), trips[i].out, "%s", trips[i].name);
		cr_expect_str_eq(value_src(value).file, "x");
	}
}

struct bad {
	const char *name, *text, *part;
	unsigned line;
};

static const struct bad bads[] = {
	{ "empty", "", "ends too early", 1 },
	{ "open list", "[1,\n2", "ends too early", 2 },
	{ "duplicate key", "{\"a\": 1,\n\"a\": 2}", "twice", 2 },
	{ "more than one", "1 2", "follows the end", 1 },
	{ "comment", "/* */ 1", "not JSON", 1 },
	{ "comma at the end", "[1,]", "not JSON", 1 },
	{ "too large", "18446744073709551616", "too large", 1 },
	{ "not UTF-8", "\"\xff\"", "not UTF-8", 1 },
	{ "NUL in a key", "{\"\\u0000\": 1}", "NUL", 1 },
};

Test(json, refuses_what_is_not_strict)
{
	for (size_t i = 0; i < ARRAY_LEN(bads); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		const struct value *value;
		struct err err = ERR_INIT;

		cr_expect_lt(json_read(arena, "x.json", bads[i].text, strlen(bads[i].text), &value,
				       &err),
			     0, "%s", bads[i].name);
		cr_expect_eq(err.kind, ERR_INPUT, "%s", bads[i].name);
		cr_expect_str_eq(err.file, "x.json", "%s", bads[i].name);
		cr_expect_eq(err.line, bads[i].line, "%s: %u", bads[i].name, err.line);
		cr_expect_not_null(strstr(err.text, bads[i].part), "%s: %s", bads[i].name,
				   err.text);
	}
}

Test(json, stops_at_its_depth)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct str text SCOPED(str_done) = STR_INIT(1 << 20);
	const struct value *value;
	struct err err = ERR_INIT;

	str_pad(&text, '[', 100);
	str_pad(&text, ']', 100);
	cr_assert_eq(json_read(arena, "x", text.at, text.len, &value, &err), 0, "%s", err.text);
	str_clear(&text);
	str_pad(&text, '[', 100000);
	cr_assert_lt(json_read(arena, "x", text.at, text.len, &value, &err), 0);
	str_clear(&text);
	str_pad(&text, '[', 101);
	str_pad(&text, ']', 101);
	cr_assert_lt(json_read(arena, "x", text.at, text.len, &value, &err), 0);
	cr_assert_eq(err.kind, ERR_INPUT);
}

Test(json, writes_numbers_of_yaml_in_decimal)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct str out SCOPED(str_done) = STR_INIT(1 << 16);

	json_write(&out, read_one(arena, "[0x1F, 0o17, .5, 5., 1_0, .inf, Yes, True]"), &compact);
	cr_assert_str_eq(str_text(&out), "[31,15,0.5,5,10,\".inf\",\"Yes\",true]");
	str_clear(&out);
	json_write(&out, value_of_u64(arena, UINT64_MAX), &compact);
	cr_assert_str_eq(str_text(&out), "18446744073709551615");
	str_clear(&out);
	json_write(&out, value_strn(arena, "a\xff", 2), &compact);
	cr_assert_str_eq(str_text(&out), "\"a\\ufffd\"");
}

Test(json, indents)
{
	static const struct json_style indented = { JSON_INDENTED, false };
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct str out SCOPED(str_done) = STR_INIT(1 << 16);

	json_write(&out, read_one(arena, "{a: [1, {b: []}], c: {}}"), &indented);
	cr_assert_str_eq(str_text(&out), "{\n  \"a\": [\n    1,\n    {\n      \"b\": []\n    }\n"
					 "  ],\n  \"c\": {}\n}");
}

Test(json, stars_what_is_sensitive)
{
	static const struct json_style shown = { JSON_COMPACT, true };
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct str out SCOPED(str_done) = STR_INIT(1 << 16);
	struct list_builder *list = list_begin(arena);

	list_add(list, value_with_sensitive(arena, value_str(arena, "abc")));
	list_add(list, value_with_sensitive(arena, value_of_bool(arena, true)));

	const struct value *value = list_end(list);

	json_write(&out, value, &compact);
	cr_assert_str_eq(str_text(&out), "[\"***\",\"***\"]");
	str_clear(&out);
	json_write(&out, value, &shown);
	cr_assert_str_eq(str_text(&out), "[\"abc\",true]");
}
