#include "tree/finding.h"

#include "base/own.h"
#include "base/str.h"
#include "tree/json.h"

#include <criterion/criterion.h>

static void add_three(struct findings *findings)
{
	finding_add(findings, FINDING_ERROR, "late", (struct src){ "b.yaml", 2, 1 }, "x", "late");
	finding_add(findings, FINDING_WARNING, "early", (struct src){ "a.yaml", 9, 1 }, "y",
		    "number %d", 5);
	finding_hint(findings, "use %s", "6");
	finding_add(findings, FINDING_ERROR, "same", (struct src){ "b.yaml", 2, 1 }, "", "same");
}

Test(finding, counts_and_sorts_by_place)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct findings findings;

	findings_init(&findings, arena);
	add_three(&findings);
	cr_assert_eq(findings.errors, 2);
	cr_assert_eq(findings.warnings, 1);
	findings_sort(&findings);
	cr_assert_str_eq(findings.at[0].id, "early");
	cr_assert_str_eq(findings.at[0].text, "number 5");
	cr_assert_str_eq(findings.at[0].hint, "use 6");
	cr_assert_str_eq(findings.at[1].id, "late");
	cr_assert_str_eq(findings.at[2].id, "same");
	finding_add(&findings, FINDING_NOTE, "more", (struct src){ 0 }, NULL, "after sorting");
	cr_assert_eq(findings.len, 4);
	cr_assert_str_eq(findings.at[3].path, "");
}

Test(finding, turns_into_one_error)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct findings findings;
	struct err err = ERR_INIT;

	findings_init(&findings, arena);
	cr_assert_eq(findings_err(&findings, &err), 0);
	finding_add(&findings, FINDING_WARNING, "w", (struct src){ 0 }, "", "only a warning");
	cr_assert_eq(findings_err(&findings, &err), 0);
	add_three(&findings);
	cr_assert_lt(findings_err(&findings, &err), 0);
	cr_assert_eq(err.kind, ERR_INPUT);
	cr_assert_str_eq(err.text, "late (and 1 more)");
	cr_assert_str_eq(err.file, "b.yaml");
	cr_assert_eq(err.line, 2);
	cr_assert_str_empty(err.hint);
}

Test(finding, comes_from_an_error)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct findings findings;
	struct err err = ERR_INIT, back = ERR_INIT;

	findings_init(&findings, arena);
	err_set(&err, ERR_INPUT, "a tab");
	err_at(&err, "c.yaml", 7, 2);
	err_hint(&err, "use spaces");
	finding_add_err(&findings, "syntax", &err);
	cr_assert_lt(findings_err(&findings, &back), 0);
	cr_assert_str_eq(back.text, "a tab");
	cr_assert_str_eq(back.hint, "use spaces");
	cr_assert_str_eq(back.file, "c.yaml");
	cr_assert_eq(back.column, 2);
}

Test(finding, is_data)
{
	static const struct json_style compact = { JSON_COMPACT, false };
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct str out SCOPED(str_done) = STR_INIT(1 << 16);
	struct findings findings;

	findings_init(&findings, arena);
	finding_add(&findings, FINDING_WARNING, "w", (struct src){ "a", 1, 2 }, "p[0]", "t");
	finding_hint(&findings, "h");
	finding_add(&findings, FINDING_NOTE, "n", (struct src){ 0 }, "", "t");
	json_write(&out, findings_value(arena, &findings), &compact);
	cr_assert_str_eq(str_text(&out),
			 "[{\"id\":\"w\",\"severity\":\"warning\",\"file\":\"a\",\"line\":1,"
			 "\"column\":2,\"path\":\"p[0]\",\"text\":\"t\",\"hint\":\"h\"},"
			 "{\"id\":\"n\",\"severity\":\"note\",\"file\":null,\"line\":null,"
			 "\"column\":null,\"path\":\"\",\"text\":\"t\",\"hint\":null}]");
}
