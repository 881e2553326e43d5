#include "tree/template.h"

#include "reading.h"

#include <criterion/criterion.h>
#include <string.h>

static const char context[] = "name: home\n"
			      "html: <a & \"b\">\n"
			      "nothing: null\n"
			      "empty: []\n"
			      "no: false\n"
			      "zero: 0\n"
			      "node: {name: cp-1, role: {short: c}}\n"
			      "nodes: [{name: a}, {name: b}]\n"
			      "numbers: [1, 2, 3]\n";

static const struct {
	const char *name, *text, *out;
} good[] = {
	{ "plain text", "a } { b\n", "a } { b\n" },
	{ "a variable", "[{{name}}] [{{ name }}]", "[home] [home]" },
	{ "nothing is escaped", "{{html}} {{{html}}} {{&html}} {{& html }}",
	  "<a & \"b\"> <a & \"b\"> <a & \"b\"> <a & \"b\">" },
	{ "null is empty", "[{{nothing}}]", "[]" },
	{ "dotted names", "{{node.role.short}}", "c" },
	{ "a map is a scope", "{{#node}}{{name}}{{/node}}", "cp-1" },
	{ "outer scopes are seen", "{{#node}}{{#nodes}}{{role.short}}{{/nodes}}{{/node}}", "cc" },
	{ "the first part decides the scope", "{{#nodes}}{{node.name}} {{/nodes}}", "cp-1 cp-1 " },
	{ "a list", "{{#nodes}}{{name}},{{/nodes}}", "a,b," },
	{ "the value itself", "{{#numbers}}<{{.}}>{{/numbers}}", "<1><2><3>" },
	{ "an empty list", "{{#empty}}x{{/empty}}{{^empty}}y{{/empty}}", "y" },
	{ "false", "{{#no}}x{{/no}}{{^no}}y{{/no}}", "y" },
	{ "zero is a value", "{{#zero}}x{{/zero}}", "x" },
	{ "what is absent", "{{#gone}}x{{/gone}}{{^gone}}y{{/gone}}", "y" },
	{ "a scalar as a section", "{{#name}}{{.}}!{{/name}}", "home!" },
	{ "comments", "a{{! b\nc }}d", "ad" },
	{ "lines of their own go", "a\n  {{#nodes}}  \n- {{name}}\n  {{/nodes}}\nb\n",
	  "a\n- a\n- b\nb\n" },
	{ "and with carriage returns", "a\r\n{{! x }}\r\nb\r\n", "a\r\nb\r\n" },
	{ "at both ends", "{{#node}}\nx\n{{/node}}", "x\n" },
	{ "comments over lines", "a\n{{!\n x\n}}\nb\n", "a\nb\n" },
	{ "variables keep their line", "{{name}}\n{{name}}\n", "home\nhome\n" },
	{ "two on a line do not", "a {{#node}} {{/node}}\n", "a  \n" },
	{ "sections in sections",
	  "{{#nodes}}\n{{#numbers}}\n{{name}}{{.}}\n{{/numbers}}\n{{/nodes}}\n",
	  "a1\na2\na3\nb1\nb2\nb3\n" },
};

static int render(struct str *out, const char *text, const struct value *map, bool show,
		  struct err *err)
{
	const struct template_input input = { .file = "x.mustache",
					      .text = text,
					      .len = strlen(text),
					      .context = map,
					      .show_sensitive = show };

	return template_render(out, &input, err);
}

Test(template, prints_what_the_specification_says)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct value *map = read_one(arena, context);

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct str out SCOPED(str_done) = STR_INIT(1000);
		struct err err = ERR_INIT;

		cr_assert_eq(render(&out, good[i].text, map, false, &err), 0, "%s: %s",
			     good[i].name, err.text);
		cr_assert_str_eq(str_text(&out), good[i].out, "%s", good[i].name);
	}
}

static const struct {
	const char *name, *text, *error;
	unsigned line;
} bad[] = {
	{ "a name that nobody defined", "a\n{{namf}}", "there is no value \"namf\"", 2 },
	{ "a dotted one", "{{node.size}}", "there is no value \"node.size\"", 1 },
	{ "a map as text", "{{node}}", "\"node\" is no text", 1 },
	{ "a tag without an end", "a\nb {{name", "a tag does not end", 2 },
	{ "a section without an end", "{{#node}}\n", "the section \"node\" does not end", 1 },
	{ "sections that cross", "{{#node}}{{#nodes}}\n{{/node}}{{/nodes}}",
	  "nothing named \"node\" is open here", 2 },
	{ "an end of nothing", "{{/node}}", "nothing named \"node\" is open here", 1 },
	{ "a partial", "\n\n{{> x}}", "templates have no partials", 3 },
	{ "other delimiters", "{{=<% %>=}}", "templates keep the delimiters {{ and }}", 1 },
	{ "no name", "{{ }}", "a tag has no name", 1 },
	{ "two names", "{{a b}}", "a tag has a name without spaces", 1 },
};

Test(template, faults_have_their_line)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct value *map = read_one(arena, context);

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct str out SCOPED(str_done) = STR_INIT(1000);
		struct err err = ERR_INIT;

		cr_assert_lt(render(&out, bad[i].text, map, false, &err), 0, "%s", bad[i].name);
		cr_assert_eq(err.kind, ERR_INPUT);
		cr_assert_str_eq(err.text, bad[i].error, "%s", bad[i].name);
		cr_assert_eq(err.line, bad[i].line, "%s", bad[i].name);
		cr_assert_str_eq(err.file, "x.mustache");
	}
}

Test(template, sensitive_values_are_starred_unless_asked_for)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct map_builder *map = map_begin(arena);
	struct str hidden SCOPED(str_done) = STR_INIT(100);
	struct str shown SCOPED(str_done) = STR_INIT(100);

	map_add(map, "key", value_with_sensitive(arena, value_str(arena, "hunter2")));

	const struct value *values = map_end(map);

	cr_assert_eq(render(&hidden, "key {{key}}", values, false, NULL), 0);
	cr_assert_str_eq(str_text(&hidden), "key ***");
	cr_assert_eq(render(&shown, "key {{key}}", values, true, NULL), 0);
	cr_assert_str_eq(str_text(&shown), "key hunter2");
}

Test(template, sections_have_a_deepest_level)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct value *map = read_one(arena, context);
	struct str text SCOPED(str_done) = STR_INIT(10000);
	struct str out SCOPED(str_done) = STR_INIT(100);
	struct err err = ERR_INIT;

	for (int i = 0; i < 40; i++)
		str_add(&text, "{{#node}}");
	cr_assert_lt(render(&out, str_text(&text), map, false, &err), 0);
	cr_assert_not_null(strstr(err.text, "more than 32"));
}

Test(template, the_limit_of_the_output_holds)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct value *map = read_one(arena, context);
	struct str out SCOPED(str_done) = STR_INIT(10);
	struct err err = ERR_INIT;

	cr_assert_lt(render(&out, "{{#nodes}}more than that{{/nodes}}", map, false, &err), 0);
	cr_assert_eq(err.kind, ERR_INPUT);
}
