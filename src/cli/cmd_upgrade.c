#include "cli/commands.h"
#include "cli/operation.h"
#include "ops/upgrade_talos.h"

struct talos_flags {
	struct words nodes;
	const char *to;
	bool stage, powercycle, no_drain, now;
};

static const struct option talos_options[] = {
	{ "to", 0, OPTION_TEXT, offsetof(struct talos_flags, to), .argument = "VERSION",
	  .doc = "the version; without it the workspace's talos_version" },
	{ "no-drain", 0, OPTION_FLAG, offsetof(struct talos_flags, no_drain),
	  .doc = "do not move the pods away first" },
	{ "now", 0, OPTION_FLAG, offsetof(struct talos_flags, now),
	  .doc = "whether a maintenance window of cluster.yaml is open or not" },
	{ "powercycle", 0, OPTION_FLAG, offsetof(struct talos_flags, powercycle),
	  .doc = "reboot through the firmware" },
	{ "stage", 0, OPTION_FLAG, offsetof(struct talos_flags, stage),
	  .doc = "have the next boot write the new system; only nodes before v1.13 do" },
	{ .name = NULL },
};

static const struct positional talos_positionals[] = {
	{ "NODE", offsetof(struct talos_flags, nodes), .many = true,
	  .doc = "names, addresses or roles; without one all nodes" },
	{ .name = NULL },
};

static int cmd_upgrade_talos(struct program *program, const void *data, struct err *err)
{
	const struct talos_flags *flags = data;
	const struct upgrade_options options = {
		.to = flags->to,
		.stage = flags->stage,
		.powercycle = flags->powercycle,
		.no_drain = flags->no_drain,
	};
	struct operation_call call = { .operation = &operation_upgrade_talos,
				       .options = &options,
				       .now = flags->now };

	if (operation_nodes(program, &flags->nodes, &call.only, err) < 0)
		return -1;
	return operation_run(program, &call, err);
}

const struct command command_upgrade_talos = {
	.words = "upgrade talos",
	.brief = "every node to another Talos or another schematic, one after the other",
	.about = "Goes through every minor release on the way, in rounds over all nodes. Pulls the "
		 "images\n"
		 "first; then control planes one at a time, each behind a look that etcd is well, "
		 "the leader\n"
		 "last; then workers, as many at once as upgrade.parallelism of cluster.yaml or\n"
		 "--max-parallel says. Each node is drained, changed, rebooted, and proved to run "
		 "what was\n"
		 "asked for and to be healthy before the next one goes; the first that is not "
		 "stops the run.\n"
		 "Nodes that run the version and the schematic already are left alone.",
	.traits = COMMAND_CHANGES | COMMAND_NODES,
	.options = talos_options,
	.positionals = talos_positionals,
	.size = sizeof(struct talos_flags),
	.run = cmd_upgrade_talos,
};
