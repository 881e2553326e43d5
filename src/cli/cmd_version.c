#include "cli/commands.h"
#include "cli/program.h"
#include "version.h"

static int version_run(struct program *program, const void *options, struct err *err)
{
	struct map_builder *map = map_begin(program->arena);

	(void)options;
	(void)err;
	map_add(map, "talforge", value_str(program->arena, TALFORGE_VERSION));
	program->result = (struct result){ .value = map_end(map),
					   .text = "talforge " TALFORGE_VERSION };
	return 0;
}

const struct command command_version = {
	.words = "version",
	.brief = "the version of talforge",
	.run = version_run,
};
