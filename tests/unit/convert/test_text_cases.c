#include "text_case.h"

#include "base/fs.h"
#include "base/own.h"
#include "tree/json.h"

#include <criterion/criterion.h>
#include <string.h>

#define CASES_MAX ((size_t)4 << 20)

/* The results in cases.json are those of Go: tests/peer/template/run.sh asks it. */
Test(text_cases, are_answered_as_go_does)
{
	struct arena *arena OWNED(arena_free) = arena_new("cases");
	char *text;
	size_t len;
	const struct value *tree, *cases;
	size_t refused = 0;

	cr_assert_eq(fs_read(arena, TEST_DATA_DIR "/template/cases.json", CASES_MAX, &text, &len,
			     NULL),
		     0);
	cr_assert_eq(json_read(arena, "cases.json", text, len, &tree, NULL), 0);
	cases = value_get(tree, "cases");
	cr_assert_gt(value_len(cases), 300);
	for (size_t i = 0; i < value_len(cases); i++) {
		const struct value *row = value_at(cases, i);
		bool env = strcmp(value_get_text(row, "kind"), "substitute") == 0;
		const struct value *whole =
			value_set(arena, row, "data", value_get(tree, env ? "env" : "data"));
		const char *want = value_get_text(row, "result");
		struct err err = ERR_INIT;
		const char *got = text_case_run(arena, whole, &err);

		if (strcmp(want, "ERROR") == 0) {
			cr_assert_null(got, "%s gives %s", value_get_text(row, "text"), got);
			cr_assert_eq(err.kind, ERR_INPUT, "%s", value_get_text(row, "text"));
			cr_assert_str_eq(err.file, "case");
			refused++;
			continue;
		}
		cr_assert_not_null(got, "%s: %s", value_get_text(row, "text"), err.text);
		if (strcmp(value_get_text(row, "kind"), "dotenv") == 0) {
			const struct value *a, *b;

			cr_assert_eq(json_read(arena, "", want, strlen(want), &a, NULL), 0);
			cr_assert_eq(json_read(arena, "", got, strlen(got), &b, NULL), 0);
			cr_assert(value_equal(a, b), "%s gives %s", value_get_text(row, "text"),
				  got);
			continue;
		}
		cr_assert_str_eq(got, want, "%s gives %s", value_get_text(row, "text"), got);
	}
	cr_assert_gt(refused, 80);
}
