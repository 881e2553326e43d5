#include "ops/label_selector.h"

#include "base/own.h"
#include "tree/yaml.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct value *yaml(struct arena *arena, const char *text)
{
	const struct yaml_input input = { .file = "f", .text = text, .len = strlen(text) };
	struct yaml_documents documents;

	cr_assert_eq(yaml_read(arena, &input, &documents, NULL), 0, "%s", text);
	return documents.len > 0 ? documents.at[0] : NULL;
}

static const struct {
	const char *selector, *labels;
	int matches; /* -1: the selector is refused */
} rows[] = {
	{ "{}", "{}", 1 },
	{ "{}", "{a: b}", 1 },
	{ "matchLabels: {a: b}", "{a: b, c: d}", 1 },
	{ "matchLabels: {a: b}", "{a: c}", 0 },
	{ "matchLabels: {a: b, c: d}", "{a: b}", 0 },
	{ "matchLabels: {a: ''}", "{a: ''}", 1 },
	{ "matchLabels: {a: ''}", "{}", 0 },
	{ "matchExpressions: [{key: a, operator: In, values: [b, c]}]", "{a: c}", 1 },
	{ "matchExpressions: [{key: a, operator: In, values: [b, c]}]", "{a: d}", 0 },
	{ "matchExpressions: [{key: a, operator: In, values: [b, c]}]", "{}", 0 },
	{ "matchExpressions: [{key: a, operator: NotIn, values: [b]}]", "{a: b}", 0 },
	{ "matchExpressions: [{key: a, operator: NotIn, values: [b]}]", "{a: c}", 1 },
	{ "matchExpressions: [{key: a, operator: NotIn, values: [b]}]", "{}", 1 },
	{ "matchExpressions: [{key: a, operator: Exists}]", "{a: ''}", 1 },
	{ "matchExpressions: [{key: a, operator: Exists}]", "{}", 0 },
	{ "matchExpressions: [{key: a, operator: DoesNotExist}]", "{}", 1 },
	{ "matchExpressions: [{key: a, operator: DoesNotExist}]", "{a: x}", 0 },
	{ "{matchLabels: {a: b}, matchExpressions: [{key: c, operator: Exists}]}", "{a: b}", 0 },
	{ "matchExpressions: [{key: a, operator: In}]", "{}", -1 },
	{ "matchExpressions: [{key: a, operator: Exists, values: [b]}]", "{}", -1 },
	{ "matchExpressions: [{key: a, operator: Gt, values: ['1']}]", "{}", -1 },
	{ "matchExpressions: [{operator: Exists}]", "{}", -1 },
	{ "matchLabels: {a: [b]}", "{}", -1 },
	{ "matchLabel: {a: b}", "{}", -1 },
	{ "[a]", "{}", -1 },
};

Test(label_selector, matches_or_not)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct label_selector selector;
		struct findings findings;

		findings_init(&findings, arena);
		int r = label_selector_read(yaml(arena, rows[i].selector), "s", &selector,
					    &findings);

		cr_assert_eq(r, rows[i].matches < 0 ? -1 : 0, "%s", rows[i].selector);
		if (r == 0)
			cr_assert_eq(label_selector_matches(&selector,
							    yaml(arena, rows[i].labels)),
				     rows[i].matches, "%s on %s", rows[i].selector,
				     rows[i].labels);
	}
}
