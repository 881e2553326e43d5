#include "base/clock.h"
#include "base/fs.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/look.h"
#include "cli/operation.h"
#include "cli/run.h"
#include "crypto/etcd_snapshot.h"
#include "ops/etcd_gate.h"
#include "ops/etcd_operations.h"
#include "ops/kinds.h"
#include "ops/observe.h"

#include <inttypes.h>
#include <limits.h>
#include <unistd.h>

#define PATIENCE (5 * SECOND)

static int look(struct program *program, const struct inventory **out, struct err *err)
{
	return look_at_nodes(program, PATIENCE, OBSERVE_ETCD, out, err);
}

static const struct value *hex(struct arena *arena, uint64_t id)
{
	return value_strf(arena, "%016" PRIx64, id);
}

static void set_rows(struct program *program, const char *key, const struct value *rows,
		     const struct column *columns)
{
	struct map_builder *map = map_begin(program->arena);

	map_add(map, key, rows);
	program->result =
		(struct result){ .value = map_end(map), .rows = key, .columns = columns };
}

/* ---- members --------------------------------------------------------------------------------- */

static const struct value *member_value(struct arena *arena, const struct talos_etcd_member *member)
{
	struct map_builder *map = map_begin(arena);
	struct list_builder *peers = list_begin(arena);

	for (const char *const *peer = member->peers; peer && *peer; peer++)
		list_add(peers, value_str(arena, *peer));
	map_add(map, "id", hex(arena, member->id));
	map_add(map, "name", value_str(arena, member->name));
	map_add(map, "learner", value_of_bool(arena, member->learner));
	map_add(map, "peer",
		value_str(arena, member->peers && *member->peers ? *member->peers : ""));
	map_add(map, "peers", list_end(peers));
	return map_end(map);
}

static int members_run(struct program *program, const void *options, struct err *err)
{
	static const struct column columns[] = {
		{ "id", "ID" },
		{ "name", "NAME" },
		{ "learner", "LEARNER" },
		{ "peer", "PEER" },
		{ NULL, NULL },
	};
	struct list_builder *rows = list_begin(program->arena);
	const struct inventory *inventory;

	(void)options;
	if (look(program, &inventory, err) < 0)
		return -1;
	const struct talos_etcd_members *members = etcd_told(inventory);

	if (!members)
		return look_untold(inventory, "no control plane says who is a member of etcd", err);
	for (size_t i = 0; i < members->len; i++)
		list_add(rows, member_value(program->arena, &members->at[i]));
	set_rows(program, "members", list_end(rows), columns);
	return 0;
}

const struct command command_etcd_members = {
	.words = "etcd members",
	.brief = "who is a member of etcd, as etcd says",
	.run = members_run,
};

/* ---- status ---------------------------------------------------------------------------------- */

static const struct value *errors_value(struct arena *arena, const struct talos_etcd_status *status)
{
	struct list_builder *list = list_begin(arena);

	for (const char *const *error = status->errors; error && *error; error++)
		list_add(list, value_str(arena, *error));
	return list_end(list);
}

static const char *note_of(const struct node_state *state)
{
	const struct talos_etcd_status *status = state->etcd;

	if (status)
		return status->errors && *status->errors ? *status->errors : "";
	if (state->sight == SIGHT_OURS)
		return state->etcd_runs ? "it does not tell" : "etcd does not run";
	return err_is_set(&state->err) ? state->err.text : sight_name(state->sight);
}

static const struct value *status_value(struct arena *arena, const struct node_state *state)
{
	static const struct talos_etcd_status none = { .errors = NULL };
	const struct talos_etcd_status *status = state->etcd ? state->etcd : &none;
	struct map_builder *map = map_begin(arena);

	map_add(map, "node", value_str(arena, state->node->name));
	map_add(map, "id", state->etcd ? hex(arena, status->member) : value_null(arena));
	map_add(map, "leader",
		value_of_bool(arena, state->etcd && status->leader == status->member));
	map_add(map, "learner", value_of_bool(arena, status->learner));
	map_add(map, "size", value_of_int(arena, status->db_size));
	map_add(map, "in_use", value_of_int(arena, status->db_used));
	map_add(map, "term", value_of_u64(arena, status->raft_term));
	map_add(map, "index", value_of_u64(arena, status->raft_index));
	map_add(map, "applied", value_of_u64(arena, status->raft_applied));
	map_add(map, "errors", errors_value(arena, status));
	map_add(map, "note", value_str(arena, note_of(state)));
	return map_end(map);
}

static int status_run(struct program *program, const void *options, struct err *err)
{
	static const struct column columns[] = {
		{ "node", "NODE" },
		{ "id", "ID" },
		{ "leader", "LEADER" },
		{ "size", "SIZE" },
		{ "in_use", "IN USE" },
		{ "term", "TERM" },
		{ "index", "INDEX" },
		{ "note", "NOTE" },
		{ NULL, NULL },
	};
	struct list_builder *rows = list_begin(program->arena);
	const struct inventory *inventory;
	struct etcd_health health;

	(void)options;
	if (look(program, &inventory, err) < 0)
		return -1;
	for (size_t i = 0; i < inventory->len; i++)
		if (inventory->at[i].node->role == ROLE_CONTROL)
			list_add(rows, status_value(program->arena, &inventory->at[i]));
	set_rows(program, "nodes", list_end(rows), columns);
	etcd_judge(program->arena, inventory, &health);
	for (size_t i = 0; i < health.failures; i++)
		say_note(&program->say, "%s", health.failure[i]);
	if (health.failures)
		program->exit_code = err_exit_code(ERR_CONFLICT);
	return 0;
}

const struct command command_etcd_status = {
	.words = "etcd status",
	.brief = "how etcd is on each control plane; exit 1 when it is not well",
	.about = "Well means: every control plane runs etcd, they are the members and nobody else "
		 "is, none\n"
		 "is a learner or far behind, there is no alarm, and one leads them all. What is "
		 "not so is\n"
		 "said on stderr.",
	.run = status_run,
};

/* ---- snapshot, restore ----------------------------------------------------------------------- */

struct file_options {
	const char *file;
};

static const struct positional save_positionals[] = {
	{ "FILE", offsetof(struct file_options, file), .doc = "where to save; 0600" },
	{ .name = NULL },
};

static const struct positional restore_positionals[] = {
	{ "FILE", offsetof(struct file_options, file), .doc = "a snapshot of etcd" },
	{ .name = NULL },
};

/* Steps know no working directory. */
static int absolute(struct program *program, const char *file, const char **out, struct err *err)
{
	char folder[PATH_MAX];

	if (!getcwd(folder, sizeof(folder)))
		return err_set(err, ERR_SYSTEM, "the working directory is not known");
	*out = fs_join(program->arena, folder, file);
	return 0;
}

/* The first control plane whose etcd runs, of those that --nodes names. */
static int choose_source(struct program *program, const struct inventory *inventory,
			 const struct node_state **out, struct err *err)
{
	struct operation_input input = { .inventory = inventory };

	if (program_nodes(program, &input.only, err) < 0)
		return -1;
	for (size_t i = 0; i < inventory->len; i++) {
		*out = &inventory->at[i];
		if ((*out)->node->role == ROLE_CONTROL && (*out)->etcd_runs &&
		    operation_wants(&input, (*out)->node))
			return 0;
	}
	look_untold(inventory,
		    input.only ? "no control plane that was named runs etcd"
			       : "no control plane runs etcd",
		    err);
	return -1;
}

static int snapshot_run(struct program *program, const void *data, struct err *err)
{
	const struct file_options *options = data;
	const struct node_state *source;
	const struct inventory *inventory;
	struct site *site;
	const char *path;

	if (absolute(program, options->file, &path, err) < 0 ||
	    look(program, &inventory, err) < 0 || program_site(program, &site, err) < 0)
		return -1;
	if (choose_source(program, inventory, &source, err) < 0)
		return -1;

	struct plan *plan OWNED(plan_free) = plan_new("etcd snapshot");
	struct map_builder *args = map_begin(plan->arena);

	map_add(args, "file", value_str(plan->arena, path));
	map_add(args, "replace", value_of_bool(plan->arena, true));
	plan_add(plan, &(struct step){ .kind = &kind_etcd_snapshot,
				       .target = source->node->name,
				       .lane = "",
				       .args = map_end(args) });
	const struct run_setup setup = { .plan = plan,
					 .site = site,
					 .only = run_those_planned,
					 .began = loop_now(program->loop) };

	int r = run_plan(program, &setup, err);

	/* There is one file, and it is there or not: no part of it is done. */
	if (r < 0)
		program->exit_code = 0;
	return r;
}

const struct command command_etcd_snapshot = {
	.words = "etcd snapshot",
	.brief = "save etcd to a file",
	.about = "The file is written beside and put into its place only when it is whole: its "
		 "hash is\n"
		 "right and it can be read back. It holds every secret of the cluster. --nodes "
		 "says whose\n"
		 "etcd is asked; without it the first that runs.",
	.traits = COMMAND_NODES,
	.positionals = save_positionals,
	.size = sizeof(struct file_options),
	.run = snapshot_run,
};

/* Before anybody is asked anything. */
static int restore_from(struct program *program, const char *file, struct err *err)
{
	struct bootstrap_options options;
	struct operation_call call = { .operation = &operation_etcd_restore, .options = &options };
	struct etcd_snapshot snapshot;

	if (absolute(program, file, &options.file, err) < 0 ||
	    etcd_snapshot_file(program->arena, options.file, &snapshot, err) < 0)
		return -1;
	if (snapshot.hash != SNAPSHOT_HASH_OK) {
		err_set(err, ERR_INPUT, "%s does not match its hash", file);
		return err_hint(err, "it is damaged, cut short or no snapshot that etcd wrote");
	}
	say_note(&program->say, "%s: revision %" PRIu64 ", %" PRIu64 " keys", file,
		 snapshot.revision, snapshot.keys);
	return operation_run(program, &call, err);
}

static int restore_run(struct program *program, const void *data, struct err *err)
{
	const struct file_options *options = data;

	return restore_from(program, options->file, err);
}

const struct command command_etcd_restore = {
	.words = "etcd restore",
	.brief = "bring etcd back from a snapshot",
	.about = "For control planes that are configured and have no etcd data: reset them, run "
		 "`talforge\n"
		 "apply`, then this. The file is verified before anything is done with it.",
	.traits = COMMAND_CHANGES,
	.positionals = restore_positionals,
	.size = sizeof(struct file_options),
	.run = restore_run,
};

static const struct option bootstrap_flags[] = {
	{ "recover-from", 0, OPTION_TEXT, offsetof(struct file_options, file),
	  .argument = "SNAPSHOT",
	  .doc = "with the data of a snapshot, as etcd restore" },
	{ .name = NULL },
};

static int bootstrap_run(struct program *program, const void *data, struct err *err)
{
	const struct file_options *options = data;
	const struct operation_call call = { .operation = &operation_bootstrap };

	if (options->file)
		return restore_from(program, options->file, err);
	return operation_run(program, &call, err);
}

const struct command command_bootstrap = {
	.words = "bootstrap",
	.brief = "etcd, once in a cluster's life",
	.about = "Part of `up`, alone: for control planes that are configured already. It is safe "
		 "to repeat:\n"
		 "where etcd runs, or was begun, nothing is bootstrapped a second time.",
	.traits = COMMAND_CHANGES,
	.options = bootstrap_flags,
	.size = sizeof(struct file_options),
	.run = bootstrap_run,
};

/* ---- members that change --------------------------------------------------------------------- */

struct member_flags {
	const char *member;
};

static const struct positional remove_positionals[] = {
	{ "NODE", offsetof(struct member_flags, member),
	  .doc = "the member's name, or its number as etcd members tells it" },
	{ .name = NULL },
};

static int remove_run(struct program *program, const void *data, struct err *err)
{
	const struct member_flags *flags = data;
	const struct member_options options = { .member = flags->member };
	const struct operation_call call = { .operation = &operation_etcd_remove,
					     .options = &options };

	return operation_run(program, &call, err);
}

const struct command command_etcd_remove = {
	.words = "etcd remove",
	.brief = "take a member out of etcd that will not come back",
	.about = "The other members do it. What would cost etcd its quorum is refused. A node that "
		 "is\n"
		 "taken out while it still runs has to be reset before it can join again.",
	.traits = COMMAND_CHANGES,
	.positionals = remove_positionals,
	.size = sizeof(struct member_flags),
	.run = remove_run,
};

struct nodes_flags {
	struct words nodes;
};

static const struct positional nodes_positionals[] = {
	{ "NODE", offsetof(struct nodes_flags, nodes), .many = true,
	  .doc = "names, addresses or roles; without one all control planes" },
	{ .name = NULL },
};

static int on_nodes(struct program *program, const struct operation *operation, const void *data,
		    struct err *err)
{
	const struct nodes_flags *flags = data;
	struct operation_call call = { .operation = operation };

	if (operation_nodes(program, &flags->nodes, &call.only, err) < 0)
		return -1;
	return operation_run(program, &call, err);
}

static int defrag_run(struct program *program, const void *data, struct err *err)
{
	return on_nodes(program, &operation_etcd_defrag, data, err);
}

const struct command command_etcd_defrag = {
	.words = "etcd defrag",
	.brief = "give back the space that etcd does not use",
	.about = "A member blocks while it does that: one after the other, the leader last, and "
		 "etcd must be\n"
		 "well in between.",
	.traits = COMMAND_CHANGES | COMMAND_NODES,
	.positionals = nodes_positionals,
	.size = sizeof(struct nodes_flags),
	.run = defrag_run,
};

static int forfeit_run(struct program *program, const void *data, struct err *err)
{
	return on_nodes(program, &operation_etcd_forfeit, data, err);
}

const struct command command_etcd_forfeit = {
	.words = "etcd forfeit",
	.brief = "have another member lead etcd",
	.about = "Nothing is done when a node is named that does not lead.",
	.traits = COMMAND_CHANGES | COMMAND_NODES,
	.positionals = nodes_positionals,
	.size = sizeof(struct nodes_flags),
	.run = forfeit_run,
};
