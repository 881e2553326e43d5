#include "cli/out.h"

#include <criterion/criterion.h>

static struct result sample(struct arena *arena)
{
	static const struct column columns[] = { { "name", "NAME" }, { "token", "TOKEN" }, { 0 } };
	struct list_builder *rows = list_begin(arena);
	struct map_builder *row = map_begin(arena);
	struct map_builder *map = map_begin(arena);

	map_add(row, "name", value_str(arena, "cp-1"));
	map_add(row, "token", value_with_sensitive(arena, value_str(arena, "hunter2")));
	list_add(rows, map_end(row));
	map_add(map, "nodes", list_end(rows));
	return (struct result){ .value = map_end(map),
				.rows = "nodes",
				.columns = columns,
				.text = "one node" };
}

static void check(enum format format, bool show_secrets, const char *expected)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct str out SCOPED(str_done) = STR_INIT(10000);
	const struct result result = sample(arena);
	const struct result_style style = { "status", format, show_secrets };

	result_write(&out, &result, &style);
	cr_assert_str_eq(str_text(&out), expected);
}

Test(out, prints_one_result_in_every_format)
{
	check(FORMAT_TABLE, false, "NAME  TOKEN\ncp-1  ***\none node\n");
	check(FORMAT_JSON, false,
	      "{\"kind\":\"status\",\"version\":1,"
	      "\"nodes\":[{\"name\":\"cp-1\",\"token\":\"***\"}]}\n");
	check(FORMAT_JSON, true,
	      "{\"kind\":\"status\",\"version\":1,"
	      "\"nodes\":[{\"name\":\"cp-1\",\"token\":\"hunter2\"}]}\n");
	check(FORMAT_YAML, true,
	      "kind: status\nversion: 1\nnodes:\n  - name: cp-1\n    token: hunter2\n");
}

Test(out, writes_findings_with_place_and_hint)
{
	static const struct {
		struct finding finding;
		const char *expected;
	} table[] = {
		{ { "bad-key", "a", FINDING_ERROR, { "x.yaml", 2, 3 }, "no", "yes" },
		  "x.yaml:2:3: error: no [bad-key]\n  hint: yes\n" },
		{ { "old", "", FINDING_WARNING, { "x.yaml", 0, 0 }, "old", NULL },
		  "x.yaml: warning: old [old]\n" },
		{ { "odd", "", FINDING_NOTE, { NULL, 0, 0 }, "odd", NULL }, "note: odd [odd]\n" },
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct str out SCOPED(str_done) = STR_INIT(1000);

		finding_write(&out, &table[i].finding);
		cr_assert_str_eq(str_text(&out), table[i].expected);
	}
}
