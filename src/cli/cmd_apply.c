#include "base/clock.h"
#include "cli/commands.h"
#include "cli/operation.h"
#include "ops/apply.h"

struct apply_flags {
	struct words node;
	const char *mode;
	uint64_t trial;
};

static const struct apply_flags standard = { .mode = "auto", .trial = MINUTE };

static const struct option flags[] = {
	{ "mode", 0, OPTION_CHOICE, offsetof(struct apply_flags, mode), .argument = "MODE",
	  .choices = apply_ways,
	  .doc = "auto reboots where a change needs it, no-reboot refuses that, staged changes "
		 "nothing before the next boot, try lets the node take it back; without it auto" },
	{ "trial", 0, OPTION_DURATION, offsetof(struct apply_flags, trial), .argument = "D",
	  .doc = "with --mode try: how long the node keeps it; without it 1m" },
	{ .name = NULL },
};

static const struct positional positionals[] = {
	{ "NODE", offsetof(struct apply_flags, node), .many = true,
	  .doc = "names, addresses or roles; without one all nodes" },
	{ .name = NULL },
};

static int cmd_apply(struct program *program, const void *data, struct err *err)
{
	const struct apply_flags *mine = data;
	struct apply_options options = { .trial = mine->trial };
	struct operation_call call = { .operation = &operation_apply, .options = &options };

	if (apply_way_named(mine->mode, &options.way) < 0)
		return err_set(err, ERR_USAGE, "there is no mode \"%s\"", mine->mode);
	if (options.way == APPLY_ON_TRIAL && options.trial < SECOND)
		return err_set(err, ERR_USAGE, "--trial takes at least 1s");
	if (operation_nodes(program, &mine->node, &call.only, err) < 0)
		return -1;
	return operation_run(program, &call, err);
}

const struct command command_apply = {
	.words = "apply",
	.brief = "configs to the nodes that differ from what is rendered",
	.about = "Shows what changes on each node and whether it needs a reboot, asks, and sends\n"
		 "the rendered configs. Control planes come one after the other, each only while\n"
		 "etcd is well; then workers, of which --max-parallel reboot at once. A node that\n"
		 "reboots is drained before and checked after it. A node without a config is\n"
		 "installed. Hand edits that would be lost are named. What a node runs well on is\n"
		 "kept: `rollback NODE --config` goes back to the one before.",
	.traits = COMMAND_CHANGES | COMMAND_NODES,
	.options = flags,
	.positionals = positionals,
	.size = sizeof(struct apply_flags),
	.standard = &standard,
	.run = cmd_apply,
};
