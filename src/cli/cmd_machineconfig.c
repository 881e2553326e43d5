#include "base/fs.h"
#include "cli/commands.h"
#include "cli/program.h"
#include "cli/talosctl.h"

#define CONFIG_MAX ((size_t)16 << 20)
#define OUTPUT_MAX ((size_t)64 << 20)

struct patch_options {
	const char *file, *output, *as;
	struct words patches;
};

static const struct option patch_flags[] = {
	{ "patch", 'p', OPTION_REPEAT, offsetof(struct patch_options, patches), .argument = "@FILE",
	  .doc = "a patch: @FILE or the text itself; in the order given" },
	{ "output", 'o', OPTION_TEXT, offsetof(struct patch_options, output), .argument = "FILE",
	  .no_env = true, .empty = true, .doc = "where to write it, mode 0600; without it stdout" },
	{ "as", 0, OPTION_CHOICE, offsetof(struct patch_options, as), .choices = release_names,
	  .argument = "RELEASE", .doc = "whose behaviour is wanted; without it v1.13" },
	{ .name = NULL },
};

static const struct positional patch_positionals[] = {
	{ "FILE", offsetof(struct patch_options, file), .doc = "the machine config" },
	{ .name = NULL },
};

static int patch_run(struct program *program, const void *data, struct err *err)
{
	const struct patch_options *options = data;
	struct config_input input = { .file = options->file,
				      .release = release_named(options->as) };
	struct str text SCOPED(str_done) = STR_INIT(OUTPUT_MAX);
	struct findings traps;
	struct patch_list list = { .traps = &traps };
	char *content;

	findings_init(&traps, program->arena);
	if (fs_read(program->arena, options->file, CONFIG_MAX, &content, &input.len, err) < 0 ||
	    patches_from(program->arena, &options->patches, input.release, &list, err) < 0)
		return -1;
	input.text = content;

	const struct patches patches = { list.at, list.len };
	if (patch_file(program->arena, &input, &patches, &text, err) < 0)
		return -1;
	traps_say(&program->say, &traps);
	if (flag_is_given(options->output))
		return output_file_write(&(struct output_file){ .path = options->output,
								.text = str_text(&text),
								.len = text.len,
								.force = true,
								.folder = true },
					 err);
	str_addc(&text, '\n');
	return program_print_text(&text, err);
}

const struct command command_machineconfig_patch = {
	.words = "machineconfig patch",
	.brief = "patch a machine config, as talosctl does",
	.about = "Strategic merge patches and RFC 6902 lists, in order. Prints the result.",
	.traits = COMMAND_OWN_OUTPUT,
	.options = patch_flags,
	.positionals = patch_positionals,
	.size = sizeof(struct patch_options),
	.run = patch_run,
};
