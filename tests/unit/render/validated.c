#include "unit/render/validated.h"

#include "base/own.h"
#include "base/str.h"

#include <criterion/criterion.h>
#include <string.h>

static void say(struct str *out, const struct findings *findings)
{
	for (size_t i = 0; i < findings->len; i++) {
		const struct finding *finding = &findings->at[i];

		str_addf(out, "\n\t%u:%u: %s: %s", finding->src.line, finding->src.column,
			 finding->path, finding->text);
	}
}

static void add_ids(struct str *out, const struct findings *findings)
{
	for (size_t i = 0; i < findings->len; i++) {
		str_add(out, i ? " " : "");
		str_add(out, findings->at[i].severity == FINDING_WARNING ? "~" : "");
		str_add(out, findings->at[i].id);
	}
}

static void check_row(const struct validated *row, enum release release)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct str ids SCOPED(str_done) = STR_INIT(4096), what SCOPED(str_done) = STR_INIT(65536);
	struct config_input input = { "config.yaml", row->text, strlen(row->text), release };
	struct validate_options options = { .mode = row->mode };
	struct findings findings;

	findings_init(&findings, arena);
	validate_text(&findings, &input, &options);
	add_ids(&ids, &findings);
	say(&what, &findings);
	cr_expect_str_eq(str_text(&ids), row->ids, "%s\nfound %s, not %s:%s", row->text,
			 str_text(&ids), row->ids, str_text(&what));
	for (size_t i = 0; i < findings.len; i++)
		cr_expect(findings.at[i].src.line, "%s\n%s has no place", row->text,
			  findings.at[i].id);
	if (!findings.len)
		return;
	if (row->path)
		cr_expect_str_eq(findings.at[0].path, row->path, "%s\n%s is at %s, not %s",
				 row->text, findings.at[0].id, findings.at[0].path, row->path);
	if (row->line)
		cr_expect_eq(findings.at[0].src.line, row->line, "%s\n%s is in line %u, not %u",
			     row->text, findings.at[0].id, findings.at[0].src.line, row->line);
}

void validated_check(const struct validated *rows, size_t count, enum release release)
{
	for (size_t i = 0; i < count; i++)
		check_row(&rows[i], release);
}
