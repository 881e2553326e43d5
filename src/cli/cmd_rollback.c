#include "cli/commands.h"
#include "cli/operation.h"
#include "ops/apply.h"
#include "ops/rollback.h"

struct rollback_flags {
	const char *node;
	bool config, os;
};

static const struct option flags[] = {
	{ "config", 0, OPTION_FLAG, offsetof(struct rollback_flags, config),
	  .doc = "to the last-known-good machine config before the one it runs on" },
	{ "os", 0, OPTION_FLAG, offsetof(struct rollback_flags, os),
	  .doc = "to the system that it ran before its last upgrade" },
	{ .name = NULL },
};

static const struct positional positionals[] = {
	{ "NODE", offsetof(struct rollback_flags, node), .doc = "a node's name or address" },
	{ .name = NULL },
};

static int only_node(struct program *program, const char *name, const char *const **out,
		     struct err *err)
{
	const struct cluster *cluster;
	struct words words = { 0 };

	if (program_cluster(program, &cluster, err) < 0)
		return -1;
	if (!cluster_node(cluster, name))
		return err_set(err, ERR_USAGE, "there is no node %s", name);
	words_add(&words, program->arena, cluster_node(cluster, name)->name);
	*out = words.at;
	return 0;
}

static int cmd_rollback(struct program *program, const void *data, struct err *err)
{
	const struct rollback_flags *mine = data;
	struct operation_call call = { .operation = mine->os ? &operation_rollback_os
							     : &operation_rollback_config };

	if (mine->config == mine->os) {
		err_set(err, ERR_USAGE, "%s",
			mine->os ? "--config and --os are two things, one after the other"
				 : "what shall go back is not said");
		return err_hint(err, "--config: the machine config; --os: the system; one of them");
	}
	if (only_node(program, mine->node, &call.only, err) < 0)
		return -1;
	return operation_run(program, &call, err);
}

const struct command command_rollback = {
	.words = "rollback",
	.brief = "a node back to what it ran well on before",
	.about = "--os boots the system that is in the other slot of the disk, drained before "
		 "and\n"
		 "uncordoned after, and sees that another one runs then. With --config the config "
		 "is taken\n"
		 "from .talforge/good and sent as `apply` sends one: with its plan, its reboot "
		 "where that is\n"
		 "needed, and the same checks. The workspace's files stay as they are, so `diff` "
		 "names the\n"
		 "node until they are changed as well.",
	.traits = COMMAND_CHANGES,
	.options = flags,
	.positionals = positionals,
	.size = sizeof(struct rollback_flags),
	.run = cmd_rollback,
};
