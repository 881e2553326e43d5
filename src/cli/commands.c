#include "cli/commands.h"

const struct command *const commands[] = {
	&command_init,
	&command_check,
	&command_version,
	NULL,
};
