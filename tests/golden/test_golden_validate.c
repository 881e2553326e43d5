#include "golden/cases.h"

#include "base/text.h"
#include "render/validate.h"
#include "tree/json.h"

#include <criterion/criterion.h>
#include <string.h>

/* A fault may be told in several lines: headings end in a colon, the rest of an expression's fault
 * begins with a bar, and of unknown keys only the innermost count. */
static size_t faults_in(const struct value *lines)
{
	size_t faults = 0;

	for (size_t i = 0; i < value_len(lines); i++) {
		const char *line = value_text(value_at(lines, i));

		faults += !text_ends(line, ":") && !text_starts(line, " |");
	}
	return faults;
}

static void say(struct golden_case *c, const struct findings *findings)
{
	for (size_t i = 0; i < findings->len; i++) {
		const struct finding *finding = &findings->at[i];

		str_addf(c->why, "\n\t%s:%u:%u: %s %s: %s [%s]",
			 finding->src.file ? finding->src.file : "-", finding->src.line,
			 finding->src.column, finding_severity_name(finding->severity),
			 finding->path, finding->text, finding->id);
	}
}

/* Every error of a file has a place in it. */
static bool are_placed(struct golden_case *c, const struct findings *findings)
{
	for (size_t i = 0; i < findings->len; i++) {
		if (findings->at[i].src.line)
			continue;
		str_addf(c->why, "no place: %s", findings->at[i].text);
		return false;
	}
	return true;
}

static bool check(struct golden_case *c, enum release release)
{
	struct config_input input = { .file = "config.yaml", .release = release };
	struct validate_options options = { .strict = value_bool(value_get(c->args, "strict"),
								 false) };
	char *mode = arena_str(c->arena, golden_file(c, "mode", NULL));
	const char *text = golden_file(c, "expected.json", NULL);
	const struct value *expected;
	struct findings findings;

	mode[strcspn(mode, "\n")] = '\0';
	input.text = golden_file(c, "config.yaml", &input.len);
	if (json_read(c->arena, "expected.json", text, strlen(text), &expected, NULL) < 0)
		return false;
	findings_init(&findings, c->arena);
	if (!validate_mode_named(mode, &options.mode))
		return !value_bool(value_get(expected, "ok"), true);
	validate_text(&findings, &input, &options);

	size_t errors = faults_in(value_get(expected, "errors"));
	size_t warnings = faults_in(value_get(expected, "warnings"));
	if (value_bool(value_get(expected, "ok"), false) != (findings.errors == 0) ||
	    findings.errors != errors || findings.warnings != warnings) {
		str_addf(c->why, "%zu errors and %zu warnings, not %zu and %zu", findings.errors,
			 findings.warnings, errors, warnings);
		say(c, &findings);
		return false;
	}
	return are_placed(c, &findings);
}

static bool is_for(const struct value *args, const char *tool)
{
	const struct value *others = value_get(args, "same_result_with");

	if (text_equal(value_get_text(args, "tool"), tool))
		return true;
	for (size_t i = 0; i < value_len(others); i++)
		if (text_equal(value_text(value_at(others, i)), tool))
			return true;
	return false;
}

static bool run_case(struct golden_case *c)
{
	return (!is_for(c->args, "1.13") || check(c, RELEASE_1_13)) &&
	       (!is_for(c->args, "1.14") || check(c, RELEASE_1_14));
}

Test(golden, validate, .timeout = 60)
{
	static const char *const pending[] = { NULL };
	const struct golden golden = { .group = "validate", .run = run_case, .pending = pending };

	golden_run(&golden);
}
