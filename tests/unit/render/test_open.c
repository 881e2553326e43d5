/* What no schema knows, in a workspace: it stays, merges by its form, and is told. */
#include "render/patch.h"

#include "base/own.h"

#include <criterion/criterion.h>
#include <string.h>

#define LINK "apiVersion: v1alpha1\nkind: LinkConfig\nname: eth0\n"
#define NEW "apiVersion: v2\nkind: QuantumLinkConfig\nname: q0\n"

struct row {
	const char *name, *base, *patch, *printed;
	const char *id; /* of the one warning of the patch */
	unsigned line, column;
};

static const struct row rows[] = {
	{ "a field", LINK "mtu: 9\n", LINK "colour: {b: 0x10, a: ''}\n",
	  LINK "mtu: 9\ncolour:\n    a: \"\"\n    b: 16\n", "unknown-field", 4, 1 },
	{ "a field inside", LINK "routes: [{metric: 5}]\n", LINK "routes: [{gate: x}]\n",
	  LINK "routes:\n    - metric: 5\n    - gate: x\n", "unknown-field", 4, 11 },
	{ "a field over itself", LINK "colour: {a: 1, l: [1]}\n",
	  LINK "colour: {a: 2, b: 3, l: [2]}\n",
	  LINK "colour:\n    a: 2\n    b: 3\n    l:\n        - 1\n        - 2\n",
	  "unknown-field", 4, 1 },
	{ "a field of another form", LINK "colour: red\n", LINK "colour: [0]\n",
	  LINK "colour:\n    - 0\n", "unknown-field", 4, 1 },
	{ "a field deleted", LINK "mtu: 9\ncolour: {a: {b: 1, c: 2}}\n",
	  LINK "colour: {a: {b: {$patch: delete}}}\n",
	  LINK "mtu: 9\ncolour:\n    a:\n        c: 2\n", NULL, 0, 0 },
	{ "a document", LINK "mtu: 9\n", NEW "spin: up\n", LINK "mtu: 9\n---\n" NEW "spin: up\n",
	  "unknown-kind", 2, 7 },
	{ "a document over itself", NEW "spin: up\nof: [a]\n", NEW "spin: down\nof: [b]\n",
	  NEW "spin: down\nof:\n    - a\n    - b\n", "unknown-kind", 2, 7 },
	{ "a document with another name", NEW "spin: up\n",
	  "apiVersion: v2\nkind: QuantumLinkConfig\nname: q1\n",
	  NEW "spin: up\n---\napiVersion: v2\nkind: QuantumLinkConfig\nname: q1\n",
	  "unknown-kind", 2, 7 },
	{ "a document deleted", NEW "spin: up\n---\n" LINK "mtu: 9\n", NEW "$patch: delete\n",
	  LINK "mtu: 9\n", NULL, 0, 0 },
	{ "a key of a mapping that is kept otherwise", "machine: {future: {flux: true}}\n",
	  "machine: {type: worker}\n",
	  "version: \"\"\nmachine:\n    type: worker\n    token: \"\"\n    certSANs: []\n"
	  "    future:\n        flux: true\ncluster: null\n",
	  NULL, 0, 0 },
};

static void check_row(const struct row *row)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct str out SCOPED(str_done) = STR_INIT(1 << 16);
	struct config_input input = { "b.yaml", row->base, strlen(row->base), RELEASE_1_13, true };
	struct findings findings;
	struct patch_text text = { .name = "p.yaml",
				   .text = row->patch,
				   .len = strlen(row->patch),
				   .open = true,
				   .findings = &findings };
	struct err err = ERR_INIT;
	struct patch *patch;
	struct config config;

	findings_init(&findings, arena);
	cr_assert_eq(config_read(arena, &input, &config, &err), 0, "%s: %s", row->name, err.text);
	cr_assert_eq(patch_read(arena, &text, &patch, &err), 0, "%s: %s", row->name, err.text);
	cr_assert_eq(patch_apply(arena, &config, patch, &config, &err), 0, "%s: %s", row->name,
		     err.text);
	config_write(&out, &config);
	cr_assert_str_eq(str_text(&out), row->printed, "%s: %s", row->name, str_text(&out));
	cr_assert_eq(findings.len, row->id ? 1 : 0, "%s: %zu findings", row->name, findings.len);
	if (!row->id)
		return;
	cr_assert_str_eq(findings.at[0].id, row->id, "%s", row->name);
	cr_assert_eq(findings.at[0].severity, FINDING_WARNING);
	cr_assert_eq(findings.at[0].src.line, row->line, "%s: %u", row->name,
		     findings.at[0].src.line);
	cr_assert_eq(findings.at[0].src.column, row->column, "%s: %u", row->name,
		     findings.at[0].src.column);
}

Test(open, keeps_what_no_schema_knows)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_row(&rows[i]);
}

Test(open, takes_operations_on_unknown_fields)
{
	static const char base[] = "machine: {type: worker, future: {flux: true}}\n";
	static const char list[] = "[{op: replace, path: /machine/future/flux, value: false}]";
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct str out SCOPED(str_done) = STR_INIT(1 << 16);
	struct config_input input = { "b.yaml", base, strlen(base), RELEASE_1_13, true };
	struct patch_text text = { .name = "p.yaml",
				   .text = list,
				   .len = strlen(list),
				   .on_main = true,
				   .open = true };
	struct err err = ERR_INIT;
	struct patch *patch;
	struct config config;

	cr_assert_eq(config_read(arena, &input, &config, &err), 0, "%s", err.text);
	cr_assert_eq(patch_read(arena, &text, &patch, &err), 0, "%s", err.text);
	cr_assert_eq(patch_apply(arena, &config, patch, &config, &err), 0, "%s", err.text);
	config_write(&out, &config);
	cr_assert_not_null(strstr(str_text(&out), "future:\n        flux: false\n"), "%s",
			   str_text(&out));
}

/* An open reader is no lax one. */
Test(open, refuses_wrong_types_and_versions_still)
{
	static const char *const texts[] = {
		LINK "mtu: much\n",
		"apiVersion: v2\nkind: LinkConfig\nname: eth0\n",
		"kind: QuantumLinkConfig\nname: q0\n",
		"just: this\n",
		NEW "---\n" NEW,
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct config_input input = { "b.yaml", texts[i], strlen(texts[i]), RELEASE_1_13,
					      true };
		struct err err = ERR_INIT;
		struct config config;

		cr_assert_lt(config_read(arena, &input, &config, &err), 0, "%s", texts[i]);
		cr_assert_gt(err.line, 0, "%s", texts[i]);
	}
}
