#include "tree/yaml.h"

#include "base/fs.h"
#include "base/text.h"
#include "reading.h"

#include <criterion/criterion.h>

static const struct yaml_style style_1_13 = { .indent = 4 };
static const struct yaml_style style_1_14 = { .indent = 4, .single_words = true };
static const struct yaml_style style_two = { .indent = 2 };
static const struct yaml_style style_flat = { .indent = 2, .flat_lists = true };

static const struct value *with_bare_args(struct arena *arena, const struct value *value, bool bare)
{
	if (value_is_map(value)) {
		struct map_builder *map = map_begin(arena);
		for (size_t i = 0; i < value_len(value); i++) {
			const char *key = value_key_at(value, i);
			bool inside = bare || text_equal(key, "extraArgs");
			map_add(map, key, with_bare_args(arena, value_at(value, i), inside));
		}
		return map_end(map);
	}
	if (value_is_list(value)) {
		struct list_builder *list = list_begin(arena);
		for (size_t i = 0; i < value_len(value); i++)
			list_add(list, with_bare_args(arena, value_at(value, i), bare));
		return list_end(list);
	}
	return bare && value_is_str(value) ? value_with_bare(arena, value) : value;
}

/* Everything the field's tool printed reads and prints as the same bytes. */
static void reprint_folder(const char *folder, const struct yaml_style *style, size_t at_least)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const char *path = fs_join(arena, TEST_DATA_DIR "/yaml", folder);
	struct fs_names names;

	cr_assert_eq(fs_list(arena, path, ".yaml", &names, NULL), 0);
	cr_assert_geq(names.len, at_least);
	for (size_t i = 0; i < names.len; i++) {
		struct str out SCOPED(str_done) = STR_INIT(1 << 20);
		struct yaml_input input = { .file = names.at[i] };
		struct yaml_documents documents;
		struct err err = ERR_INIT;
		char *text;

		cr_assert_eq(fs_read(arena, fs_join(arena, path, names.at[i]), 1 << 20, &text,
				     &input.len, &err),
			     0, "%s", err.text);
		input.text = text;
		cr_assert_eq(yaml_read(arena, &input, &documents, &err), 0, "%s:%u: %s",
			     names.at[i], err.line, err.text);
		for (size_t k = 0; k < documents.len; k++)
			documents.at[k] = with_bare_args(arena, documents.at[k], false);
		yaml_write_all(&out, documents.at, documents.len, style);
		cr_expect_str_eq(str_text(&out), text, "%s", names.at[i]);
	}
}

Test(yaml_write, prints_what_talosctl_1_13_prints)
{
	reprint_folder("printed-1.13", &style_1_13, 60);
}

Test(yaml_write, prints_what_talosctl_1_14_prints)
{
	reprint_folder("printed-1.14", &style_1_14, 10);
}

Test(yaml_write, prints_what_a_json_patch_of_talosctl_prints)
{
	reprint_folder("printed-json-patch", &style_flat, 5);
}

struct quoting {
	const char *name, *text;
	size_t len; /* 0: up to the NUL */
	const char *expected;
};

static const struct quoting quotings[] = {
	{ "plain", "cp-1", 0, "cp-1" },
	{ "empty", "", 0, "\"\"" },
	{ "space", " ", 0, "' '" },
	{ "leading space", " a", 0, "' a'" },
	{ "trailing space", "a ", 0, "'a '" },
	{ "integer", "12", 0, "\"12\"" },
	{ "octal", "0o17", 0, "\"0o17\"" },
	{ "not octal", "0o9", 0, "0o9" },
	{ "date", "2020-01-01", 0, "\"2020-01-01\"" },
	{ "no date", "2020-13-01", 0, "2020-13-01" },
	{ "time of day in UTC", "2001-12-14T21:59:43Z", 0, "\"2001-12-14T21:59:43Z\"" },
	{ "february 30", "2020-02-30", 0, "2020-02-30" },
	{ "merge", "<<", 0, "\"<<\"" },
	{ "tilde", "~", 0, "\"~\"" },
	{ "question mark", "?", 0, "'?'" },
	{ "question mark in front", "?x", 0, "?x" },
	{ "colon in front", ":x", 0, ":x" },
	{ "colon at the end", "x:", 0, "'x:'" },
	{ "comment", "a #b", 0, "'a #b'" },
	{ "no comment", "a#b", 0, "a#b" },
	{ "tab", "a\tb", 0, "\"a\\tb\"" },
	{ "NUL", "a\0b", 3, "\"a\\0b\"" },
	{ "delete", "a\x7f", 0, "\"a\\x7F\"" },
	{ "byte order mark", "\xef\xbb\xbf"
			     "a",
	  0, "\"\\uFEFFa\"" },
	{ "line separator", "a\xe2\x80\xa8"
			    "b",
	  0, "\"a\\Lb\"" },
	{ "beyond 16 bits", "\xf0\x9f\x98\x80", 0, "\"\\U0001F600\"" },
	{ "accent", "\xc3\xa9t\xc3\xa9", 0, "\xc3\xa9t\xc3\xa9" },
	{ "not UTF-8", "\xff\xfe", 0, "!!binary //4=" },
	{ "document mark", "--- a", 0, "'--- a'" },
	{ "apostrophes", "'a' # 'b'", 0, "'''a'' # ''b'''" },
	{ "a word of old", "no", 0, "\"no\"" },
	{ "another, in capitals", "ON", 0, "\"ON\"" },
	{ "one letter of old", "y", 0, "\"y\"" },
	{ "one letter of none", "x", 0, "x" },
	{ "nothing", "Null", 0, "\"Null\"" },
	{ "a truth", "false", 0, "\"false\"" },
	{ "short and no word", "nope", 0, "nope" },
	{ "short with a first letter of none", "crt", 0, "crt" },
	{ "colon within", "a:b", 0, "a:b" },
	{ "address", "https://[::1]:6443/x", 0, "https://[::1]:6443/x" },
	{ "colon before a space", "a: b", 0, "'a: b'" },
	{ "colon before a line", "ab:\nc", 0, "|-\n    ab:\n    c" },
	{ "comma", "a,b", 0, "a,b" },
	{ "equals at the end", "TFMwdA==", 0, "TFMwdA==" },
	{ "MAC address to base 60", "00:11:22:33:44:55", 0, "\"00:11:22:33:44:55\"" },
	{ "MAC address", "00:11:22:33:44:ff", 0, "00:11:22:33:44:ff" },
};

Test(yaml_write, quotes_only_what_needs_it)
{
	for (size_t i = 0; i < ARRAY_LEN(quotings); i++) {
		const struct quoting *row = &quotings[i];
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct str out SCOPED(str_done) = STR_INIT(1 << 10);
		size_t len = row->len ? row->len : strlen(row->text);

		yaml_write(&out, value_strn(arena, row->text, len), &style_1_13);
		cr_expect_str_eq(str_text(&out), arena_printf(arena, "%s\n", row->expected), "%s",
				 row->name);

		const struct value *back = read_one(arena, str_text(&out));
		cr_expect(value_is_str(back), "%s", row->name);
		cr_expect_eq(value_text_len(back), len, "%s", row->name);
		cr_expect_eq(memcmp(value_text(back), row->text, len), 0, "%s", row->name);
	}
}

struct block {
	const char *name, *text, *in_map, *in_list;
};

static const struct block blocks[] = {
	{ "one end", "a\nb\n", "k: |\n    a\n    b\n", "- |\n  a\n  b\n" },
	{ "no end", "a\nb", "k: |-\n    a\n    b\n", "- |-\n  a\n  b\n" },
	{ "more ends", "a\n\n", "k: |+\n    a\n\n", "- |+\n  a\n\n" },
	{ "only ends", "\n", "k: |+\n\n", "- |+\n\n" },
	{ "leading space", " a\nb\n", "k: |4\n     a\n    b\n", "- |2\n   a\n  b\n" },
	{ "leading tab", "\ta\nb\n", "k: |4\n    \ta\n    b\n", "- |2\n  \ta\n  b\n" },
	{ "blank first", "\n\na\n", "k: |\n\n\n    a\n", "- |\n\n\n  a\n" },
	{ "blank, then space", "\n a\n", "k: |4\n\n     a\n", "- |2\n\n   a\n" },
	{ "space before the end", "a \nb", "k: \"a \\nb\"\n", "- \"a \\nb\"\n" },
	{ "carriage return", "a\r\nb", "k: \"a\\r\\nb\"\n", "- \"a\\r\\nb\"\n" },
};

static void check_printed(struct arena *arena, const struct value *value, const char *expected,
			  const char *name)
{
	struct str out SCOPED(str_done) = STR_INIT(1 << 16);

	yaml_write(&out, value, &style_1_13);
	cr_expect_str_eq(str_text(&out), expected, "%s", name);
	cr_expect(value_equal(read_one(arena, str_text(&out)), value), "%s", name);
}

Test(yaml_write, prints_lines_as_blocks)
{
	for (size_t i = 0; i < ARRAY_LEN(blocks); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct map_builder *map = map_begin(arena);
		struct list_builder *list = list_begin(arena);

		map_add(map, "k", value_str(arena, blocks[i].text));
		check_printed(arena, map_end(map), blocks[i].in_map, blocks[i].name);
		list_add(list, value_str(arena, blocks[i].text));
		check_printed(arena, list_end(list), blocks[i].in_list, blocks[i].name);
	}
}

struct layout {
	const char *name;
	const struct yaml_style *style;
	const char *expected;
};

static const struct layout layouts[] = {
	{ "talosctl", &style_1_13,
	  "a:\n    - b: 1\n      c:\n        - x\n        - - z\n          - {}\n    - []\n" },
	{ "two columns", &style_two,
	  "a:\n  - b: 1\n    c:\n      - x\n      - - z\n        - {}\n  - []\n" },
	{ "flat lists", &style_flat,
	  "a:\n- b: 1\n  c:\n  - x\n  - - z\n    - {}\n- []\n" },
};

Test(yaml_write, follows_the_style)
{
	for (size_t i = 0; i < ARRAY_LEN(layouts); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct str out SCOPED(str_done) = STR_INIT(1 << 16);
		const struct value *value =
			read_one(arena, "a: [{b: 1, c: [x, [z, {}]]}, []]\n");

		yaml_write(&out, value, layouts[i].style);
		cr_expect_str_eq(str_text(&out), layouts[i].expected, "%s", layouts[i].name);
		cr_expect(value_equal(read_one(arena, str_text(&out)), value), "%s",
			  layouts[i].name);
	}
}

Test(yaml_write, quotes_keys_like_texts)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct map_builder *map = map_begin(arena);

	map_add(map, "n", value_of_int(arena, 1));
	map_add(map, "1", value_null(arena));
	map_add(map, "a: b", value_of_bool(arena, true));
	map_add(map, "two\nlines", value_of_double(arena, 0.5));
	check_printed(arena, map_end(map),
		      "\"n\": 1\n\"1\": null\n'a: b': true\n? |-\n    two\n    lines\n: 0.5\n",
		      "keys");
}

Test(yaml_write, puts_what_a_long_key_holds_behind_its_colon)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct map_builder *map = map_begin(arena), *outer = map_begin(arena);
	static const struct yaml_style flat = { .indent = 2, .flat_lists = true };
	struct str out SCOPED(str_done) = STR_INIT(1 << 16);

	map_add(map, "a\nb", read_one(arena, "{c: [1], d: e}"));
	map_add(map, "\r", read_one(arena, "[x, \"y\\nz\"]"));
	map_add(map, " a\n", read_one(arena, "\"y\\nz\""));
	map_add(outer, "k", map_end(map));

	const struct value *value = map_end(outer);

	check_printed(arena, value,
		      "k:\n"
		      "    ? |-\n        a\n        b\n"
		      "    :   c:\n            - 1\n        d: e\n"
		      "    ? \"\\r\"\n"
		      "    :   - x\n        - |-\n          y\n          z\n"
		      "    ? |4\n         a\n"
		      "    : |-\n        y\n        z\n",
		      "behind the colon");
	yaml_write(&out, value, &flat);
	cr_assert(text_starts(str_text(&out), "k:\n  ? |-\n    a\n    b\n  : c:\n    - 1\n"));
	cr_assert(value_equal(read_one(arena, str_text(&out)), value));
}

Test(yaml_write, marks_keys_too_long_for_readers)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct map_builder *map = map_begin(arena), *inner = map_begin(arena);
	struct str out SCOPED(str_done) = STR_INIT(1 << 16);
	char key[1501] = "";

	memset(key, 'k', sizeof(key) - 1);
	map_add(inner, key, read_one(arena, "[a, {b: c}]"));
	map_add(map, key, map_end(inner));

	const struct value *value = map_end(map);

	yaml_write(&out, value, &style_1_13);
	cr_assert(text_starts(str_text(&out), "? kkk"));
	cr_assert(value_equal(read_one(arena, str_text(&out)), value));
}

Test(yaml_write, stars_what_is_sensitive)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct yaml_style stars = { .indent = 4, .stars = true };
	struct str out SCOPED(str_done) = STR_INIT(1 << 16);
	struct map_builder *map = map_begin(arena);

	map_add(map, "token", value_with_sensitive(arena, value_str(arena, "abcdef")));
	map_add(map, "number", value_with_sensitive(arena, value_of_int(arena, 4711)));
	map_add(map, "name", value_str(arena, "cp-1"));

	const struct value *value = map_end(map);

	yaml_write(&out, value, &stars);
	cr_assert_str_eq(str_text(&out), "token: '***'\nnumber: '***'\nname: cp-1\n");
	str_clear(&out);
	yaml_write(&out, value, &yaml_style_talos);
	cr_assert_str_eq(str_text(&out), "token: abcdef\nnumber: 4711\nname: cp-1\n");
}

Test(yaml_write, separates_documents)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct str out SCOPED(str_done) = STR_INIT(1 << 16);
	const struct value *documents[] = { value_null(arena), value_str(arena, "a"),
					    list_end(list_begin(arena)) };

	yaml_write_all(&out, documents, ARRAY_LEN(documents), &style_1_13);
	cr_assert_str_eq(str_text(&out), "null\n---\na\n---\n[]\n");
}
