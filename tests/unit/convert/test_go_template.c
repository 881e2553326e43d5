#include "convert/go_template.h"

#include "base/own.h"
#include "tree/yaml.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct go_type string_type = { .kind = GO_STRING };
static const struct go_type bool_pointer = { .kind = GO_BOOL, .pointer = true };
static const struct go_type strings_type = { .kind = GO_LIST, .item = &string_type };
static const struct go_type labels_type = { .kind = GO_MAP, .item = &string_type };
static const struct go_field disk_fields[] = { { "Path", "path", &string_type } };
static const struct go_type disk_type = {
	.kind = GO_STRUCT, .pointer = true, .name = "disk", .field = disk_fields, .fields = 1
};
static const struct go_field inner_fields[] = { { "Token", "token", &string_type } };
static const struct go_type inner_type = {
	.kind = GO_STRUCT, .name = "inner", .field = inner_fields, .fields = 1
};
static const struct go_field fields[] = {
	{ "Type", "type", &string_type },
	{ "Debug", "debug", &bool_pointer },
	{ "Names", "names", &strings_type },
	{ "Labels", "labels", &labels_type },
	{ "Disk", "disk", &disk_type },
	{ "Spare", "spare", &disk_type },
	{ "Inner", NULL, &inner_type },
	{ "Absent", "absent", &bool_pointer },
};
static const struct go_type machine = {
	.kind = GO_STRUCT, .name = "machine", .field = fields, .fields = ARRAY_LEN(fields)
};

static const char data[] = "type: worker\ndebug: false\nnames: [a, b]\nlabels: {x: '1'}\n"
			   "disk: {path: /dev/sda}\ntoken: t0k\n";

static int render(struct arena *arena, const char *text, bool typed, struct str *out,
		  struct err *err)
{
	struct yaml_input input = { .file = "data", .text = data, .len = strlen(data) };
	struct yaml_documents documents;
	bool sensitive;
	struct go_template template = { .sensitive = &sensitive,
					.file = "patch.yaml",
					.line = 10,
					.column = 5,
					.text = text,
					.len = strlen(text) };

	input.sensitive = true;
	cr_assert_eq(yaml_read(arena, &input, &documents, NULL), 0);
	template.data = documents.at[0];
	template.type = typed ? &machine : NULL;
	template.strict = !typed;
	return go_template_render(arena, &template, out, err);
}

static const struct {
	const char *name, *text, *out; /* out: NULL for an error */
} typed[] = {
	{ "a field", "{{ .Type }}", "worker" },
	{ "a field of an embedded struct", "{{ .Token }}{{ .Inner.Token }}", "t0kt0k" },
	{ "a pointer that is there is true", "{{ if .Debug }}y{{ else }}n{{ end }}", "y" },
	{ "a pointer prints what it points to", "{{ .Debug }}", "false" },
	{ "a nil pointer is false", "{{ if .Absent }}y{{ else }}n{{ end }}", "n" },
	{ "a nil pointer prints as nil", "{{ .Absent }}", "<nil>" },
	{ "a pointer is no bool to eq", "{{ eq .Debug false }}", NULL },
	{ "a pointer is followed for a bool", "{{ ternary 1 2 .Debug }}", "2" },
	{ "a pointer to a struct", "{{ .Disk.Path }}", "/dev/sda" },
	{ "a field of a nil pointer", "{{ .Spare.Path }}", NULL },
	{ "with a nil pointer", "{{ with .Spare }}{{ .Path }}{{ else }}none{{ end }}", "none" },
	{ "a list", "{{ range .Names }}{{ . | upper }}{{ end }}{{ join \"-\" .Names }}", "ABa-b" },
	{ "a map", "{{ .Labels.x }} {{ .Labels.y }} {{ index .Labels \"y\" }}|", "1 <no value> |" },
	{ "a map of strings is none of anything", "{{ get .Labels \"x\" }}", NULL },
	{ "a field that is not there", "{{ .type }}", NULL },
	{ "a whole struct", "{{ . }}", NULL },
	{ "a kind", "{{ kindOf .Debug }} {{ typeOf .Labels }}", "ptr map[string]string" },
};

Test(go_template, knows_structs)
{
	for (size_t i = 0; i < ARRAY_LEN(typed); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct str out SCOPED(str_done) = STR_INIT(1 << 16);
		struct err err = ERR_INIT;
		int rc = render(arena, typed[i].text, true, &out, &err);

		cr_assert_eq(rc, typed[i].out ? 0 : -1, "%s: %s", typed[i].name, err.text);
		if (typed[i].out)
			cr_assert_str_eq(str_text(&out), typed[i].out, "%s", typed[i].name);
	}
}

static const struct {
	const char *text, *says;
	unsigned line, column;
} bad[] = {
	{ "a\n {{ nosuch 1 }}", "there is no function nosuch", 11, 5 },
	{ "{{ now }}", "the function now is not there: it gives another text every time", 10, 8 },
	{ "{{ env \"HOME\" }}",
	  "the function env is not there: templates see the data and nothing else", 10, 8 },
	{ "{{ call .type }}", "the function call is not there: data hold no functions", 10, 8 },
	{ "x\nyy{{ .nope }}", "there is no nope", 11, 6 },
	{ "{{ .type.x }}", "string has no field x", 10, 8 },
	{ "{{ $x }}", "the variable $x is not declared", 10, 8 },
	{ "{{ upper 3 }}", "upper takes a string here and not int", 10, 14 },
	{ "{{ upper }}", "upper takes 1 arguments and not 0", 10, 8 },
	{ "{{ if 1 }}", "the template ends in a list that has no end", 10, 15 },
	{ "{{ fail .type }}", "the template says that this must not be", 10, 8 },
	{ "{{ template \"t\" }}", "no template \"t\" is defined", 10, 8 },
	{ "{{define \"t\"}}{{template \"t\"}}{{end}}{{template \"t\"}}",
	  "templates call each other too deeply", 10, 21 },
	{ "{{ range until 1000 }}{{ range until 1000 }}{{ range until 9 }}{{ end }}{{ end }}"
	  "{{ end }}",
	  "the template takes more than 1000000 steps", 10, 0 },
	{ "{{ repeat 1000000 \"ab\" }}", "a text is longer than 1048576 bytes", 10, 8 },
	{ "{{ until 1000000000 }}", "more than 100000 numbers are counted", 10, 8 },
	{ "{{ $d := dict }}{{ set $d \"a\" (list $d) }}", "a map cannot be put into itself", 10,
	  24 },
};

Test(go_template, refuses_with_a_place)
{
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct str out SCOPED(str_done) = STR_INIT(1 << 20);
		struct err err = ERR_INIT;

		cr_assert_eq(render(arena, bad[i].text, false, &out, &err), -1, "%s", bad[i].text);
		cr_assert_eq(err.kind, ERR_INPUT);
		cr_assert_str_eq(err.text, bad[i].says);
		cr_assert_str_eq(err.file, "patch.yaml");
		cr_assert_eq(err.line, bad[i].line, "%s: line %u", bad[i].text, err.line);
		if (bad[i].column)
			cr_assert_eq(err.column, bad[i].column, "%s: column %u", bad[i].text,
				     err.column);
	}
}

Test(go_template, nests_to_a_limit)
{
	/* Actions within each other, and parentheses. */
	for (size_t i = 0; i < 2; i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct str text SCOPED(str_done) = STR_INIT(1 << 20);
		struct str out SCOPED(str_done) = STR_INIT(1 << 16);
		struct err err = ERR_INIT;

		str_add(&text, "{{");
		for (size_t j = 0; j < 5000; j++)
			str_add(&text, i == 0 ? "if 1}}{{" : "(");
		str_add(&text, i == 0 ? "1}}" : "1");
		for (size_t j = 0; j < 5000; j++)
			str_add(&text, i == 0 ? "{{end}}" : ")");
		str_add(&text, "}}");
		cr_assert_eq(render(arena, str_text(&text), false, &out, &err), -1);
		cr_assert_str_eq(err.text, "the template is nested too deeply");
	}
}

Test(go_template, an_output_that_is_too_long_is_refused)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct str out SCOPED(str_done) = STR_INIT(8);
	struct err err = ERR_INIT;

	cr_assert_eq(render(arena, "{{ range until 9 }}ab{{ end }}", false, &out, &err), -1);
	cr_assert_str_eq(err.text, "the template makes more than 8 bytes");
}

Test(go_template, says_when_it_looked_at_a_secret)
{
	static const struct {
		const char *text;
		bool sensitive;
	} rows[] = { { "plain", false }, { "{{ .Token }}", true } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct str out SCOPED(str_done) = STR_INIT(1 << 16);
		struct yaml_input input = {
			.file = "data", .text = data, .len = strlen(data), .sensitive = true
		};
		struct yaml_documents documents;
		bool sensitive = !rows[i].sensitive;
		struct go_template template = { .file = "t",
						.text = rows[i].text,
						.len = strlen(rows[i].text),
						.type = &machine,
						.sensitive = &sensitive };

		cr_assert_eq(yaml_read(arena, &input, &documents, NULL), 0);
		template.data = documents.at[0];
		cr_assert_eq(go_template_render(arena, &template, &out, NULL), 0);
		cr_assert_eq(sensitive, rows[i].sensitive);
	}
}

Test(go_template, is_told_by_its_braces)
{
	cr_assert(go_template_is("a {{ .x }}"));
	cr_assert(go_template_is("}}"));
	cr_assert_not(go_template_is("{ a }"));
}
