#include "ops/waves.h"

#include "base/own.h"
#include "base/str.h"

#include <criterion/criterion.h>

#define NODES_MAX 8

/* clang-format off */
static const struct {
	const char *name, *budget;
	struct wave_node nodes[NODES_MAX];
	const char *order; /* waves parted by "|"; NULL: refused */
	const char *says;
} rows[] = {
	{ "control planes alone and first, the leader last", "2", { { "w-1", false, false, true,
	  NULL }, { "cp-1", true, true, true, NULL }, { "cp-3", true, false, true, NULL }, {
	  "w-2", false, false, true, NULL }, { "cp-2", true, false, true, NULL } },
	  "cp-2|cp-3|cp-1|w-1 w-2", NULL },
	{ "as people order names", "1", { { "w-10", false, false, true, NULL }, { "w-9", false,
	  false, true, NULL }, { "w-2", false, false, true, NULL } }, "w-2|w-9|w-10", NULL },
	{ "no budget is one", NULL, { { "b", false, false, true, NULL }, { "a", false, false,
	  true, NULL } }, "a|b", NULL },
	{ "a percentage counts all workers, at least one", "10%", { { "b", false, false, true,
	  NULL }, { "a", false, false, true, NULL } }, "a|b", NULL },
	{ "also those that do not change", "50%", { { "a", false, false, true, NULL }, { "b",
	  false, false, true, NULL }, { "c", false, false, false, NULL }, { "d", false, false,
	  false, NULL }, { "cp", true, false, false, NULL } }, "a b", NULL },
	{ "the last wave is what is left", "3", { { "a", false, false, true, NULL }, { "b", false,
	  false, true, NULL }, { "c", false, false, true, NULL }, { "d", false, false, true, NULL
	  } }, "a b c|d", NULL },
	{ "a budget does not widen the control planes", "100%", { { "cp-1", true, false, true,
	  NULL }, { "cp-2", true, false, true, NULL } }, "cp-1|cp-2", NULL },
	{ "nothing changes", "1", { { "a", false, false, false, "for good" } }, "", NULL },
	{ "a locked one", "1", { { "a", false, false, true, "disk swap" } }, NULL,
	  "a is locked: disk swap" },
	{ "no budget at all", "none", { { "a", false, false, true, NULL } }, NULL,
	  "\"none\" is no number of nodes" },
};
/* clang-format on */

static void print(struct str *out, const struct waves *waves, const struct wave_node *nodes)
{
	for (size_t i = 0; i < waves->len; i++) {
		const struct wave *wave = &waves->at[i];

		str_add(out, i > 0 ? "|" : "");
		for (size_t k = 0; k < wave->len; k++)
			str_addf(out, "%s%s", k > 0 ? " " : "", nodes[wave->at[k]].name);
		cr_assert_eq(wave->control, nodes[wave->at[0]].control);
	}
}

Test(waves, order)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct str text SCOPED(str_done) = STR_INIT(1000);
		struct waves waves;
		struct err err = ERR_INIT;
		size_t count = 0;

		while (count < NODES_MAX && rows[i].nodes[count].name)
			count++;
		int r = waves_plan(arena, rows[i].nodes, count, rows[i].budget, &waves, &err);

		cr_assert_eq(r, rows[i].order ? 0 : -1, "%s: %s", rows[i].name, err.text);
		if (!rows[i].order) {
			cr_assert_str_eq(err.text, rows[i].says, "%s", rows[i].name);
			continue;
		}
		print(&text, &waves, rows[i].nodes);
		cr_assert_str_eq(str_text(&text), rows[i].order, "%s", rows[i].name);
	}
}
