#include "cli/commands.h"
#include "cli/operation.h"

struct plan_options {
	const char *out;
};

static const struct option plan_flags[] = {
	{ "out", 0, OPTION_TEXT, offsetof(struct plan_options, out), .argument = "FILE",
	  .doc = "save the plan, for `talforge run FILE`; 0600" },
	{ .name = NULL },
};

static int cmd_plan(struct program *program, const void *data, struct err *err)
{
	const struct plan_options *options = data;

	program->work = WORK_PLAN;
	program->plan_file = options->out;
	return program->command->run(program, program->options, err);
}

const struct command command_plan = {
	.words = "plan",
	.brief = "any changing command as a plan that is shown and saved, not run",
	.about = "Stands in front of a command: `talforge plan up --out up.plan`. It looks at the "
		 "nodes and\n"
		 "changes nothing. Exit 2 when the plan would change something. `talforge run` "
		 "carries a saved\n"
		 "plan out exactly, as long as the files are the same.",
	.traits = COMMAND_PREFIX,
	.options = plan_flags,
	.size = sizeof(struct plan_options),
	.run = cmd_plan,
};

struct run_options {
	const char *file;
};

static const struct positional run_positionals[] = {
	{ "FILE", offsetof(struct run_options, file), .doc = "a plan that `talforge plan` saved" },
	{ .name = NULL },
};

static int cmd_run(struct program *program, const void *data, struct err *err)
{
	const struct run_options *options = data;

	return operation_run_file(program, options->file, err);
}

const struct command command_run = {
	.words = "run",
	.brief = "carry out a saved plan exactly",
	.about = "The plan must be for this cluster, made from the same files, and unchanged since "
		 "it was\n"
		 "saved. Steps that find their work done are skipped.",
	.traits = COMMAND_CHANGES,
	.positionals = run_positionals,
	.size = sizeof(struct run_options),
	.run = cmd_run,
};
