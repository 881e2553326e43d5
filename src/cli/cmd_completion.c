#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/program.h"

#include <string.h>

#define SCRIPT_MAX ((size_t)1 << 20)

static const char *const shells[] = { "bash", "zsh", "fish", NULL };

struct completion_options {
	const char *shell;
};

static const struct positional completion_positionals[] = {
	{ "SHELL", offsetof(struct completion_options, shell), .choices = shells,
	  .doc = "bash, zsh or fish" },
	{ .name = NULL },
};

static int completion_run(struct program *program, const void *data, struct err *err)
{
	const struct completion_options *options = data;
	struct str text SCOPED(str_done) = STR_INIT(SCRIPT_MAX);
	struct map_builder *map = map_begin(program->arena);

	(void)err;
	if (strcmp(options->shell, "fish") == 0)
		completion_fish(&text);
	else if (strcmp(options->shell, "zsh") == 0)
		completion_zsh(&text);
	else
		completion_bash(&text);
	map_add(map, "script", value_str(program->arena, str_text(&text)));
	program->result = (struct result){ .value = map_end(map),
					   .text = arena_str(program->arena, str_text(&text)) };
	return 0;
}

const struct command command_completion = {
	.words = "completion",
	.brief = "completion script for a shell",
	.about = "For bash: source <(talforge completion bash)",
	.positionals = completion_positionals,
	.size = sizeof(struct completion_options),
	.run = completion_run,
};
