#include "cli/commands.h"
#include "cli/operation.h"

static int cmd_up(struct program *program, const void *options, struct err *err)
{
	const struct operation_call call = { .operation = &operation_up };

	(void)options;
	return operation_run(program, &call, err);
}

const struct command command_up = {
	.words = "up",
	.brief = "everything from bare nodes to a healthy cluster",
	.about = "Looks at all nodes, plans what is missing (write the machine configs, install, "
		 "bootstrap\n"
		 "etcd, fetch the kubeconfig, wait until all is healthy), shows the plan, asks, "
		 "and runs it.\n"
		 "Nodes that are part of the cluster are left as they are, so it can be run again "
		 "at any\n"
		 "time. Every step is recorded first: after a crash the same command goes on where "
		 "it was.\n"
		 "Ctrl-C finishes what has begun and stops; a second one cancels.",
	.traits = COMMAND_CHANGES,
	.run = cmd_up,
};

struct resume_options {
	const char *run;
};

static const struct positional resume_positionals[] = {
	{ "RUN", offsetof(struct resume_options, run), .optional = true,
	  .doc = "the run's id; without it the newest that is not finished" },
	{ .name = NULL },
};

static int cmd_resume(struct program *program, const void *data, struct err *err)
{
	const struct resume_options *options = data;

	return operation_resume(program, options->run, err);
}

const struct command command_resume = {
	.words = "resume",
	.brief = "go on with a run that was interrupted or failed",
	.about = "Runs what is left of the saved plan of an earlier run. A run whose files changed "
		 "since,\n"
		 "or that belongs to another cluster, is refused.",
	.traits = COMMAND_CHANGES,
	.positionals = resume_positionals,
	.size = sizeof(struct resume_options),
	.run = cmd_resume,
};
