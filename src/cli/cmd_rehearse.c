#include "cli/commands.h"
#include "cli/program.h"
#include "cli/rehearse.h"

static const struct option rehearse_flags[] = {
	{ "scenario", 0, OPTION_TEXT, offsetof(struct rehearsal_setup, scenario),
	  .argument = "FILE", .doc = "what goes wrong, and when" },
	{ "seed", 0, OPTION_TEXT, offsetof(struct rehearsal_setup, seed), .argument = "N",
	  .doc = "of all that is random; without a scenario also of what goes wrong" },
	{ "from", 0, OPTION_TEXT, offsetof(struct rehearsal_setup, from), .argument = "VERSION",
	  .doc = "of Talos, or of Kubernetes in `upgrade k8s`: what runs before" },
	{ "live", 0, OPTION_FLAG, offsetof(struct rehearsal_setup, live),
	  .doc = "begin as the real cluster is now: the only case that opens a socket" },
	{ .name = NULL },
};

static int cmd_rehearse(struct program *program, const void *data, struct err *err)
{
	struct rehearsal *rehearsal OWNED(rehearsal_free) = NULL;

	if (program->command == &command_resume) {
		err_set(err, ERR_USAGE, "`resume` goes on with what was begun on real nodes");
		return err_hint(err, "rehearse the command itself, with --live");
	}
	if (rehearsal_open(program, data, &rehearsal, err) < 0)
		return -1;
	program->work = WORK_REHEARSE;

	int r = program->command->run(program, program->options, err);
	return rehearsal_result(rehearsal, r, err);
}

const struct command command_rehearse = {
	.words = "rehearse",
	.brief = "any changing command on a simulated copy of the cluster",
	.about = "Stands in front of a command: `talforge rehearse upgrade talos --scenario "
		 "bad-day.yaml`.\n"
		 "The copy is made from the workspace's files. `up` begins with bare nodes, "
		 "`bootstrap` and\n"
		 "`etcd restore` with nodes whose etcd was never begun, all else with a healthy "
		 "cluster, an\n"
		 "upgrade to the workspace's version with the version before it. Nothing real is "
		 "touched,\n"
		 "nothing is asked, no journal is kept. Prints a timeline, and what would\n"
		 "break; exits as the command would have.",
	.traits = COMMAND_PREFIX,
	.options = rehearse_flags,
	.size = sizeof(struct rehearsal_setup),
	.run = cmd_rehearse,
};
