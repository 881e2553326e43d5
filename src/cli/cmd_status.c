#include "base/clock.h"
#include "cli/commands.h"
#include "cli/look.h"
#include "cli/program.h"
#include "ops/drift.h"
#include "ops/observe.h"

#include <string.h>

#define PATIENCE (5 * SECOND)
#define LOOKS (OBSERVE_DRIFT | OBSERVE_SCHEMATIC | OBSERVE_RELAYED)

static const struct column status_columns[] = {
	{ "name", "NODE" },
	{ "address", "ADDRESS" },
	{ "role", "ROLE" },
	{ "stage", "STAGE" },
	{ "ready", "READY" },
	{ "talos", "TALOS" },
	{ "drift", "DRIFT" },
	{ "note", "NOTE" },
	{ NULL, NULL },
};

static const char *stage_text(const struct node_state *state)
{
	return state->sight == SIGHT_OURS ? talos_stage_name(state->stage)
					  : sight_name(state->sight);
}

/* What is not asked of nodes yet is null: unknown. */
static const struct value *node_value(struct arena *arena, const struct node_state *state)
{
	struct map_builder *map = map_begin(arena);

	map_add(map, "name", value_str(arena, state->node->name));
	map_add(map, "address", value_str(arena, state->node->address[0]));
	map_add(map, "role", value_str(arena, role_name(state->node->role)));
	map_add(map, "stage", value_str(arena, stage_text(state)));
	map_add(map, "ready", value_of_bool(arena, state->ready));
	map_add(map, "talos", value_str(arena, state->talos));
	map_add(map, "kubernetes", value_str(arena, state->kubelet));
	map_add(map, "schematic", value_str(arena, state->schematic));
	map_add(map, "drift", value_str(arena, drift_word(state->drift)));
	map_add(map, "note", value_str(arena, err_is_set(&state->err) ? state->err.text : NULL));
	return map_end(map);
}

static bool is_selected(const char *const *only, const char *name)
{
	if (!only)
		return true;
	for (; *only; only++)
		if (strcmp(*only, name) == 0)
			return true;
	return false;
}

static int status_run(struct program *program, const void *options, struct err *err)
{
	struct list_builder *nodes = list_begin(program->arena);
	const struct inventory *inventory;
	const char *const *only;

	(void)options;
	if (program_nodes(program, &only, err) < 0 ||
	    look_at_nodes(program, PATIENCE, LOOKS, &inventory, err) < 0)
		return -1;
	for (size_t i = 0; i < inventory->len; i++)
		if (is_selected(only, inventory->at[i].node->name))
			list_add(nodes, node_value(program->arena, &inventory->at[i]));

	struct map_builder *map = map_begin(program->arena);
	map_add(map, "nodes", list_end(nodes));
	program->result = (struct result){ .value = map_end(map),
					   .rows = "nodes",
					   .columns = status_columns };
	return 0;
}

const struct command command_status = {
	.words = "status",
	.brief = "table of the nodes as they answer now",
	.about = "A node is `maintenance` (no config), `silent` (no answer), `denied` (another "
		 "cluster's) or\n"
		 "in a stage of its life as part of this cluster.",
	.traits = COMMAND_NODES,
	.run = status_run,
};
