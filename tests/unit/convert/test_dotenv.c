#include "convert/dotenv.h"

#include "base/own.h"

#include <criterion/criterion.h>
#include <string.h>

static int parse(struct arena *arena, const char *file, const struct value **out, struct err *err)
{
	const struct dotenv_text text = {
		.file = "talenv.yaml", .text = file, .len = strlen(file), .sensitive = true
	};

	return dotenv_read(arena, &text, out, err);
}

Test(dotenv, values_know_their_line_and_are_secret)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct value *env;

	cr_assert_eq(parse(arena, "---\r\n# c\r\nA: 1\r\n\r\n---\r\nB: two\r\n", &env, NULL), 0);
	cr_assert_eq(value_len(env), 2);
	cr_assert_str_eq(value_key_at(env, 0), "A");
	cr_assert_eq(value_src(value_get(env, "A")).line, 3);
	cr_assert_eq(value_src(value_get(env, "B")).line, 6);
	cr_assert_str_eq(value_get_text(env, "B"), "two");
	cr_assert(value_is_sensitive(value_get(env, "B")));
	cr_assert(value_is_str(value_get(env, "A")));
}

Test(dotenv, the_last_value_holds)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct value *env;

	cr_assert_eq(parse(arena, "A=1\nA=2\nB=$A\n", &env, NULL), 0);
	cr_assert_str_eq(value_get_text(env, "A"), "2");
	cr_assert_str_eq(value_get_text(env, "B"), "2");
}

Test(dotenv, refuses_with_a_line_and_without_the_value)
{
	static const struct {
		const char *file, *says;
		unsigned line;
	} rows[] = {
		{ "---\nA=1\nx-y=s3cret\n", "a line is neither NAME=value nor NAME: value", 3 },
		{ "A=1\nB='s3cret\n", "a value begins with a quote and does not end", 2 },
		{ "A\nB=s3cret\n", "a line is neither NAME=value nor NAME: value", 1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct err err = ERR_INIT;
		const struct value *env;

		cr_assert_eq(parse(arena, rows[i].file, &env, &err), -1, "%s", rows[i].file);
		cr_assert_eq(err.kind, ERR_INPUT);
		cr_assert_str_eq(err.text, rows[i].says);
		cr_assert_eq(err.line, rows[i].line, "%s: %u", rows[i].file, err.line);
		cr_assert_str_eq(err.file, "talenv.yaml");
	}
}
