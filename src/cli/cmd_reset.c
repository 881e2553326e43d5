#include "cli/commands.h"
#include "cli/operation.h"
#include "ops/reset.h"

struct reset_flags {
	struct words nodes, user_volumes;
	const char *confirm;
	bool full, no_drain;
};

static const struct option reset_options[] = {
	{ "full", 0, OPTION_FLAG, offsetof(struct reset_flags, full),
	  .doc = "wipe the whole system disk, the operating system with it" },
	{ "confirm", 0, OPTION_TEXT, offsetof(struct reset_flags, confirm),
	  .argument = "CLUSTER-NAME", .no_env = true,
	  .doc = "the cluster's name; --full needs it, also with --yes" },
	{ "user-volume", 0, OPTION_LIST, offsetof(struct reset_flags, user_volumes),
	  .argument = "NAME",
	  .doc = "wipe that user volume too; may be repeated" },
	{ "no-drain", 0, OPTION_FLAG, offsetof(struct reset_flags, no_drain),
	  .doc = "do not move the pods away first" },
	{ .name = NULL },
};

static const struct positional reset_positionals[] = {
	{ "NODE", offsetof(struct reset_flags, nodes), .many = true,
	  .doc = "names, addresses or roles; without one all nodes, which ends the cluster" },
	{ .name = NULL },
};

static int cmd_reset(struct program *program, const void *data, struct err *err)
{
	const struct reset_flags *flags = data;
	const struct reset_options options = {
		.full = flags->full,
		.no_drain = flags->no_drain,
		.confirm = flags->confirm,
		.user_volumes = flags->user_volumes.at,
	};
	struct operation_call call = { .operation = &operation_reset, .options = &options };

	if (operation_nodes(program, &flags->nodes, &call.only, err) < 0)
		return -1;
	return operation_run(program, &call, err);
}

const struct command command_reset = {
	.words = "reset",
	.brief = "nodes back into maintenance mode, the operating system kept",
	.about = "Saves etcd to .talforge/snapshots and verifies that, then wipes STATE (the "
		 "machine\n"
		 "config) and EPHEMERAL (all data, etcd's too) of each node and reboots it: "
		 "workers first,\n"
		 "control planes one after the other, each out of etcd before. A node is done "
		 "when it\n"
		 "answers in maintenance mode. What would cost etcd its quorum is refused; all "
		 "nodes at\n"
		 "once is the end of the cluster and asked for by its name.",
	.traits = COMMAND_CHANGES | COMMAND_NODES,
	.options = reset_options,
	.positionals = reset_positionals,
	.size = sizeof(struct reset_flags),
	.run = cmd_reset,
};
