#include "cli/commands.h"
#include "cli/program.h"
#include "ops/declared.h"

static void count_words(struct str *out, size_t count, const char *noun)
{
	str_addf(out, "%s%zu %s%s", out->len ? ", " : "", count, noun, count == 1 ? "" : "s");
}

static const char *summary(struct arena *arena, const struct findings *findings)
{
	struct str text SCOPED(str_done) = STR_INIT(200);
	size_t notes = findings->len - findings->errors - findings->warnings;

	if (findings->errors)
		count_words(&text, findings->errors, "error");
	if (findings->warnings)
		count_words(&text, findings->warnings, "warning");
	if (notes)
		count_words(&text, notes, "note");
	return arena_str(arena, text.len ? str_text(&text) : "nothing is wrong");
}

/* Schedules, time zones and expressions of the key `upgrade`; a cluster that is wrong otherwise
 * cannot be asked. */
static void check_upgrade(struct program *program)
{
	const struct cluster *cluster = workspace_cluster(program->workspace, NULL);
	const struct declared_place place = { ZONE_FOLDER, program_wall(program) };
	struct declared_gates gates;

	if (cluster)
		upgrade_check(program->arena, cluster, &place, &gates, &program->findings);
}

/* What is in a file that no key opens is not known to be wrong. */
static enum err_kind kind_of_errors(struct program *program)
{
	struct err why = ERR_INIT;

	if (!workspace_cluster(program->workspace, &why) && why.kind == ERR_AUTH)
		return ERR_AUTH;
	return ERR_INPUT;
}

static int check_run(struct program *program, const void *options, struct err *err)
{
	struct arena *arena = program->arena;
	struct str text SCOPED(str_done) = STR_INIT((size_t)64 << 20);
	struct map_builder *map = map_begin(arena);

	(void)options;
	if (program_workspace(program, err) < 0)
		return -1;

	const struct findings *findings = program_findings(program);
	check_upgrade(program);
	workspace_check_secrets(program->workspace, &program->findings);
	findings_sort(&program->findings);
	for (size_t i = 0; i < findings->len; i++)
		finding_write(&text, &findings->at[i]);
	map_add(map, "findings", findings_value(arena, findings));
	program->result = (struct result){ .value = map_end(map),
					   .text = arena_str(arena, str_text(&text)),
					   .findings = findings };
	program->exit_code = findings->errors ? err_exit_code(kind_of_errors(program)) : 0;
	if (program_format(program) == FORMAT_TABLE)
		say_note(&program->say, "%s", summary(arena, findings));
	return 0;
}

const struct command command_check = {
	.words = "check",
	.brief = "every finding in the files of the workspace",
	.about = "Reads cluster.yaml, nodes.yaml, the versions, the patches and the secrets "
		 "bundle, and\n"
		 "prints all that is wrong with them, each with file, line and column. Nothing is "
		 "asked\n"
		 "of the network.\n"
		 "Exit 3 with errors, 7 where a key for one of the files is missing, 0 with "
		 "warnings only.",
	.traits = COMMAND_FINDINGS,
	.run = check_run,
};
