#include "convert/yaml_reprint.h"

#include "base/own.h"

#include <criterion/criterion.h>
#include <string.h>

Test(yaml_reprint, styles_are_kept_and_comments_are_not)
{
	static const struct {
		const char *name, *from, *to;
	} rows[] = {
		{ "a comment", "# one\na: b # two\n", "a: b\n" },
		{ "quotes", "a: \"b\"\nc: 'd'\ne: f\n", "a: \"b\"\nc: 'd'\ne: f\n" },
		{ "four spaces", "a:\n    b:\n        c: d\n", "a:\n  b:\n    c: d\n" },
		{ "a list", "a:\n- b\n- c: d\n  e: f\n", "a:\n  - b\n  - c: d\n    e: f\n" },
		{ "a list in a list", "- - a\n  - b\n- c\n", "- - a\n  - b\n- c\n" },
		{ "flow", "a: {b: [c,   d], \"e\": f}\n", "a: {b: [c, d], \"e\": f}\n" },
		{ "literal", "a: |\n    b\n     c\nd: |-\n  e\n", "a: |\n  b\n   c\nd: |-\n  e\n" },
		{ "nothing", "a:\nb: ~\nc: null\n", "a:\nb: ~\nc: null\n" },
		{ "empty", "a: {}\nb: []\n", "a: {}\nb: []\n" },
		{ "numbers as they are", "a: 0o644\nb: 1.50\nc: yes\n",
		  "a: 0o644\nb: 1.50\nc: yes\n" },
		{ "documents", "a: b\n---\n# x\nc: d\n", "a: b\n---\nc: d\n" },
		{ "a plain text", "just words\n", "just words\n" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct str text SCOPED(str_done) = STR_INIT(4096);
		const char *from = rows[i].from;
		const struct yaml_input input = { "t.yaml", from, strlen(from), NULL, false };
		struct err err = ERR_INIT;

		cr_assert_eq(yaml_reprint(arena, &input, &text, &err), 0, "%s: %s", rows[i].name,
			     err.text);
		cr_expect_str_eq(str_text(&text), rows[i].to, "%s:\n%s", rows[i].name,
				 str_text(&text));
	}
}

Test(yaml_reprint, one_scalar_is_printed_in_its_style)
{
	static const struct {
		const char *name, *from, *to;
	} rows[] = {
		{ "plain", "k: a b", "a b" },
		{ "single", "k: 'it''s'", "'it''s'" },
		{ "double", "k: \"a\\tb\"", "\"a\\tb\"" },
		{ "literal", "k: |\n      a\n      b\n", "|\n  a\n  b" },
		{ "folded", "k: >-\n  a\n  b\n", ">-\n  a b" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct str text SCOPED(str_done) = STR_INIT(4096);
		const char *from = rows[i].from;
		const struct yaml_input input = { "t.yaml", from, strlen(from), NULL, false };
		struct yaml_documents documents;

		cr_assert_eq(yaml_read(arena, &input, &documents, NULL), 0, "%s", rows[i].name);
		yaml_reprint_scalar(arena, &input, value_get(documents.at[0], "k"), &text);
		cr_expect_str_eq(str_text(&text), rows[i].to, "%s:\n%s", rows[i].name,
				 str_text(&text));
	}
}
