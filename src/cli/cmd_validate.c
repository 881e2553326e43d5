#include "base/fs.h"
#include "base/own.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/program.h"
#include "cli/talosctl.h"
#include "render/validate.h"

#define CONFIG_MAX ((size_t)16 << 20)
#define TEXT_MAX ((size_t)64 << 20)

struct validate_flags {
	const char *file, *mode, *as;
	bool strict;
};

static const char *const *modes(struct arena *arena)
{
	(void)arena;
	return validate_mode_names;
}

static const struct option validate_options[] = {
	{ "config", 'c', OPTION_TEXT, offsetof(struct validate_flags, file), .argument = "FILE",
	  .doc = "the machine config" },
	{ "mode", 'm', OPTION_TEXT, offsetof(struct validate_flags, mode), .argument = "MODE",
	  .offers = modes,
	  .doc = "where it is to run: metal, cloud, container or metal-agent" },
	{ "strict", 0, OPTION_FLAG, offsetof(struct validate_flags, strict),
	  .doc = "warnings about the main document are errors" },
	{ "as", 0, OPTION_CHOICE, offsetof(struct validate_flags, as), .choices = release_names,
	  .argument = "RELEASE", .doc = "whose checks are wanted; without it v1.13" },
	{ .name = NULL },
};

static void wrong_flag(struct findings *findings, const char *path, const char *fmt,
		       const char *word)
{
	finding_add(findings, FINDING_ERROR, "usage", (struct src){ NULL, 0, 0 }, path, fmt, word);
}

static void wrong_mode(struct findings *findings, const char *mode)
{
	const char *near = text_nearest(mode, validate_mode_names, VALIDATE_MODE_COUNT);

	wrong_flag(findings, "--mode", "there is no mode \"%s\"", mode);
	if (near)
		finding_hint(findings, "did you mean %s?", near);
	else
		finding_hint(findings, "metal, cloud, container or metal-agent");
}

/* The exit code: that of what kept the file from being looked at, else of what it says. */
static int judge(struct program *program, const struct validate_flags *flags,
		 struct findings *findings)
{
	struct config_input input = { .file = flags->file, .release = release_named(flags->as) };
	struct validate_options options = { .strict = flags->strict };
	struct err err = ERR_INIT;
	char *text;

	if (!flags->file)
		wrong_flag(findings, "--config", "it needs %s", "--config FILE");
	if (!flags->mode)
		wrong_flag(findings, "--mode", "it needs %s", "--mode MODE");
	else if (!validate_mode_named(flags->mode, &options.mode))
		wrong_mode(findings, flags->mode);
	if (findings->errors)
		return err_exit_code(ERR_USAGE);
	if (fs_read(program->arena, flags->file, CONFIG_MAX, &text, &input.len, &err) < 0) {
		err_at(&err, flags->file, 0, 0);
		finding_add_err(findings, "unreadable", &err);
		return err_exit_code(err.kind);
	}
	input.text = text;
	validate_text(findings, &input, &options);
	return findings->errors ? err_exit_code(ERR_INPUT) : 0;
}

static int validate_run(struct program *program, const void *data, struct err *err)
{
	const struct validate_flags *flags = data;
	struct arena *arena = program->arena;
	struct str text SCOPED(str_done) = STR_INIT(TEXT_MAX);
	struct findings *findings = arena_alloc(arena, sizeof(*findings));
	struct map_builder *map = map_begin(arena);

	(void)err;
	findings_init(findings, arena);
	program->exit_code = judge(program, flags, findings);
	for (size_t i = 0; i < findings->len; i++)
		finding_write(&text, &findings->at[i]);
	if (!findings->errors)
		str_addf(&text, "%s is valid for %s\n", flags->file, flags->mode);
	map_add(map, "ok", value_of_bool(arena, !findings->errors));
	map_add(map, "findings", findings_value(arena, findings));
	program->result = (struct result){ .value = map_end(map),
					   .text = arena_str(arena, str_text(&text)),
					   .findings = findings };
	return 0;
}

const struct command command_validate = {
	.words = "validate",
	.brief = "whether Talos would take a machine config",
	.about = "Checks the file -c as Talos does on a machine of the kind -m and prints all "
		 "that is\n"
		 "wrong, each with file, line and column.\n"
		 "Exit 3 with errors, 0 with warnings only.",
	.traits = COMMAND_FINDINGS,
	.options = validate_options,
	.size = sizeof(struct validate_flags),
	.run = validate_run,
};
