#include "base/clock.h"
#include "cli/commands.h"
#include "cli/look.h"
#include "cli/operation.h"
#include "flow/event.h"
#include "ops/drift.h"
#include "ops/observe.h"

#include <string.h>

#define PATIENCE (5 * SECOND)
#define LOOKS (OBSERVE_DRIFT | OBSERVE_SCHEMATIC)
#define TEXT_MAX ((size_t)64 << 20)
#define EXIT_DIFFERS 2
#define EXIT_PARTIAL 5

struct diff_options {
	struct words node;
};

static const struct positional diff_positionals[] = {
	{ "NODE", offsetof(struct diff_options, node), .many = true,
	  .doc = "names, addresses or roles; without one all nodes" },
	{ .name = NULL },
};

static const char *change_name(enum diff_change change)
{
	static const char *const names[] = {
		[DIFF_ADDED] = "added",
		[DIFF_CHANGED] = "changed",
		[DIFF_REMOVED] = "removed",
	};

	return names[change];
}

/* ---- JSON -------------------------------------------------------------------------------- */

static const struct value *document_value(const struct program *program,
					  const struct drift_document *document)
{
	struct arena *arena = program->arena;
	struct map_builder *map = map_begin(arena);
	struct list_builder *lines = list_begin(arena);

	for (size_t i = 0; i < document->len; i++)
		drift_entry_lines(arena, &document->at[i], program->globals.show_secrets, lines);
	map_add(map, "kind", value_str(arena, document->kind));
	map_add(map, "name", value_str(arena, document->name));
	map_add(map, "change", value_str(arena, change_name(document->change)));
	map_add(map, "effect", value_str(arena, drift_effect_name(document->effect)));
	map_add(map, "lines", list_end(lines));
	return map_end(map);
}

static const struct value *version_value(struct arena *arena, const struct drift_version *version)
{
	struct map_builder *map = map_begin(arena);

	map_add(map, "live", value_str(arena, version->live));
	map_add(map, "wanted", value_str(arena, version->wanted));
	map_add(map, "differs", value_of_bool(arena, version->differs));
	return map_end(map);
}

static const struct value *documents_value(const struct program *program, const struct drift *drift)
{
	struct list_builder *list = list_begin(program->arena);

	for (size_t i = 0; drift && i < drift->len; i++)
		list_add(list, document_value(program, &drift->at[i]));
	return list_end(list);
}

static const struct value *lost_value(struct arena *arena, const struct drift *drift)
{
	struct list_builder *list = list_begin(arena);

	for (size_t i = 0; drift && i < drift->losses; i++)
		list_add(list, value_str(arena, drift->lost[i]));
	return list_end(list);
}

static const struct value *node_value(const struct program *program, const struct node_state *state)
{
	static const struct drift_version unknown = { 0 };
	struct arena *arena = program->arena;
	const struct drift *drift = state->drift;
	struct map_builder *map = map_begin(arena);
	const struct err *err = err_is_set(&state->err) ? &state->err : NULL;

	map_add(map, "name", value_str(arena, state->node->name));
	map_add(map, "sight", value_str(arena, sight_name(state->sight)));
	map_add(map, "documents", documents_value(program, drift));
	map_add(map, "lost_edits", lost_value(arena, drift));
	map_add(map, "staged", value_of_bool(arena, drift && drift->staged));
	map_add(map, "unsaved", value_of_bool(arena, drift && drift->unsaved));
	map_add(map, "talos", version_value(arena, drift ? &drift->talos : &unknown));
	map_add(map, "schematic", version_value(arena, drift ? &drift->schematic : &unknown));
	map_add(map, "kubernetes", version_value(arena, drift ? &drift->kubernetes : &unknown));
	map_add(map, "err", event_err_value(arena, err));
	return map_end(map);
}

/* ---- for people -------------------------------------------------------------------------- */

static void add_document(struct str *out, const struct program *program,
			 const struct drift_document *document)
{
	struct arena *arena = program->arena;
	struct list_builder *list = list_begin(arena);

	for (size_t i = 0; i < document->len; i++)
		drift_entry_lines(arena, &document->at[i], program->globals.show_secrets, list);

	const struct value *lines = list_end(list);

	str_addf(out, "  %s %s (%s)\n", drift_document_name(arena, document),
		 change_name(document->change), drift_effect_name(document->effect));
	for (size_t i = 0; i < value_len(lines); i++)
		str_addf(out, "    %s\n", value_text(value_at(lines, i)));
}

static void add_version(struct str *out, const char *what, const struct drift_version *version)
{
	if (!version->differs)
		return;
	str_addf(out, "  %s: runs %s, wanted %s\n", what, *version->live ? version->live : "none",
		 *version->wanted ? version->wanted : "none");
}

static void add_drift(struct str *out, const struct program *program, const struct drift *drift)
{
	for (size_t i = 0; i < drift->len; i++)
		add_document(out, program, &drift->at[i]);
	for (size_t i = 0; i < drift->losses; i++)
		str_addf(out, "  %sedited on the node, would be lost: %s\n",
			 drift->guessed ? "maybe " : "", drift->lost[i]);
	if (drift->guessed)
		str_add(out, "  maybe: no config is kept that it got from here\n");
	if (drift->staged)
		str_add(out, "  staged already: it takes effect with the next boot\n");
	if (drift->unsaved)
		str_add(out, "  runs on it, but would boot with another config: a trial\n");
	add_version(out, "Talos", &drift->talos);
	add_version(out, "schematic", &drift->schematic);
	add_version(out, "Kubernetes", &drift->kubernetes);
}

static bool differs(const struct node_state *state)
{
	if (state->sight == SIGHT_MAINTENANCE)
		return true;
	return state->drift &&
	       (drift_has_config(state->drift) || drift_has_version(state->drift));
}

static bool is_unknown(const struct node_state *state)
{
	return state->sight != SIGHT_MAINTENANCE && !state->drift;
}

static void add_node(struct str *out, const struct program *program, const struct node_state *state)
{
	const char *name = state->node->name;

	if (is_unknown(state))
		str_addf(out, "%s: %s: %s\n", name, sight_name(state->sight),
			 err_is_set(&state->err) ? state->err.text : "it tells no config");
	else if (state->sight == SIGHT_MAINTENANCE)
		str_addf(out, "%s: has no config yet\n", name);
	else if (!differs(state))
		str_addf(out, "%s: no difference\n", name);
	else
		str_addf(out, "%s:\n", name);
	if (state->drift)
		add_drift(out, program, state->drift);
}

/* ---- the command ------------------------------------------------------------------------- */

struct tally {
	size_t nodes, unknown, differ;
	const struct node_state *denied; /* the first */
};

/* A node that could not be compared outweighs those that differ: nobody knows about it. */
static int conclude(struct program *program, const struct tally *tally, struct err *err)
{
	if (tally->denied && tally->unknown == tally->nodes) {
		if (err)
			*err = tally->denied->err;
		return err_wrap(err, "compare %s", tally->denied->node->name);
	}
	if (tally->nodes && tally->unknown == tally->nodes)
		return err_set(err, ERR_NET, "no node could be compared");
	if (tally->unknown)
		program->exit_code = EXIT_PARTIAL;
	else if (tally->differ)
		program->exit_code = EXIT_DIFFERS;
	return 0;
}

static void count(struct tally *tally, const struct node_state *state)
{
	tally->nodes++;
	tally->unknown += is_unknown(state);
	tally->differ += differs(state);
	if (state->sight == SIGHT_DENIED && !tally->denied)
		tally->denied = state;
}

static int diff_run(struct program *program, const void *data, struct err *err)
{
	const struct diff_options *options = data;
	struct str text SCOPED(str_done) = STR_INIT(TEXT_MAX);
	struct operation_input input = { 0 };
	struct list_builder *nodes = list_begin(program->arena);
	struct map_builder *map = map_begin(program->arena);
	struct tally tally = { 0 };

	if (operation_nodes(program, &options->node, &input.only, err) < 0 ||
	    look_at_nodes(program, PATIENCE, LOOKS, &input.inventory, err) < 0)
		return -1;
	for (size_t i = 0; i < input.inventory->len; i++) {
		const struct node_state *state = &input.inventory->at[i];

		if (!operation_wants(&input, state->node))
			continue;
		list_add(nodes, node_value(program, state));
		add_node(&text, program, state);
		count(&tally, state);
	}
	map_add(map, "nodes", list_end(nodes));
	program->result =
		(struct result){ .value = map_end(map),
				 .text = arena_str(program->arena, str_text(&text)) };
	return conclude(program, &tally, err);
}

const struct command command_diff = {
	.words = "diff",
	.brief = "rendered configs against what the nodes run on",
	.about = "Per document what `apply` would add, change and remove, and whether it takes "
		 "effect live or\n"
		 "needs a reboot; what was edited on a node and would be lost; and where Talos, "
		 "schematic or\n"
		 "Kubernetes differ. Exit code 2 when something differs, 5 when a node could not "
		 "be compared.\n"
		 "Secrets are starred unless --show-secrets.",
	.traits = COMMAND_NODES,
	.positionals = diff_positionals,
	.size = sizeof(struct diff_options),
	.run = diff_run,
};
