#include "cli/commands.h"

const struct command *const commands[] = {
	&command_init,
	&command_check,
	&command_up,
	&command_runs,
	&command_resume,
	&command_version,
	NULL,
};
