#include "ops/rollback.h"

#include "ops/kinds.h"
#include "ops/observe.h"
#include "ops/quorum.h"
#include "ops/step_node.h"

#include <assert.h>

static int find_node(const struct operation_input *input, const struct node_state **out,
		     struct err *err)
{
	const struct inventory *inventory = input->inventory;

	*out = NULL;
	for (size_t i = 0; i < inventory->len; i++) {
		if (!operation_wants(input, inventory->at[i].node))
			continue;
		if (*out)
			return err_set(err, ERR_USAGE, "one node at a time is rolled back");
		*out = &inventory->at[i];
	}
	if (*out)
		return 0;
	err_set(err, ERR_USAGE, "no node is named");
	return -1;
}

static int check_node(const struct node_state *state, struct err *err)
{
	assert(state);
	const struct node *node = state->node;

	if (node->locked)
		return err_set(err, ERR_REFUSED, "%s is locked: %s", node->name, node->locked);
	if (state->sight == SIGHT_OURS && state->talos)
		return 0;
	if (state->sight == SIGHT_MAINTENANCE)
		return err_set(err, ERR_REFUSED, "%s is in maintenance mode", node->name);
	if (err)
		*err = state->err;
	if (!err_is_set(&state->err))
		err_set(err, ERR_NET, "it does not tell its version");
	return err_wrap(err, "%s cannot be rolled back", node->name);
}

/* One of two, and a single one, may reboot: an outage, not a loss. */
static int check_quorum(const struct inventory *inventory, const struct node_state *goer,
			struct arena *arena, struct err *err)
{
	struct quorum_member *members = arena_calloc(arena, inventory->len, sizeof(*members));
	size_t count = 0, healthy = 0;

	for (size_t i = 0; i < inventory->len; i++) {
		const struct node_state *state = &inventory->at[i];

		if (state->node->role != ROLE_CONTROL)
			continue;
		members[count++] = (struct quorum_member){ .name = state->node->name,
							   .healthy = state->etcd_runs,
							   .goes = state == goer };
		healthy += state->etcd_runs;
	}
	if (goer->node->role != ROLE_CONTROL || (count == 2 && healthy == 2))
		return 0;
	return quorum_check(members, count, QUORUM_DOWN, "rolling back", err);
}

static const struct value *args_of(struct arena *arena, const struct node_state *state)
{
	struct map_builder *args = map_begin(arena);

	map_add(args, "version", value_str(arena, state->talos));
	if (state->schematic)
		map_add(args, "schematic", value_str(arena, state->schematic));
	return map_end(args);
}

static unsigned add(struct plan *plan, const struct step *step, unsigned *last, bool first)
{
	struct step copy = *step;

	copy.lane = "";
	copy.after = last;
	copy.afters = first ? 0 : 1;
	*last = plan_add(plan, &copy);
	return *last;
}

static void add_steps(struct plan *plan, const struct inventory *inventory,
		      const struct node_state *state)
{
	const struct cluster *cluster = inventory->cluster;
	const struct drain_setting *setting = &cluster->upgrade.drain;
	const struct node *node = state->node;
	bool control = node->role == ROLE_CONTROL, drains = drain_is_wanted(cluster, setting);
	unsigned last = 0, drain = 0;

	if (control)
		add(plan, &(struct step){ .kind = &kind_etcd_well, .target = "" }, &last, true);
	if (control && cluster->controllers > 1)
		add(plan, &(struct step){ .kind = &kind_forfeit, .target = node->name }, &last,
		    false);
	if (drains)
		last = drain = add_drain(plan, node, setting, &last, control ? 1 : 0);
	add(plan,
	    &(struct step){ .kind = &kind_rollback,
			    .target = node->name,
			    .args = args_of(plan->arena, state) },
	    &last, plan->len == 0);
	add(plan, &(struct step){ .kind = &kind_back, .target = node->name }, &last, false);
	if (drains)
		last = add_uncordon(plan, node, drain, last);
	if (control)
		add(plan, &(struct step){ .kind = &kind_etcd_well, .target = "" }, &last, false);
}

static int plan_rollback(const struct operation_input *input, struct plan **out, struct err *err)
{
	struct plan *plan OWNED(plan_free) = plan_new("rollback --os");
	const struct node_state *state;

	if (find_node(input, &state, err) < 0 || check_node(state, err) < 0 ||
	    check_quorum(input->inventory, state, plan->arena, err) < 0)
		return -1;
	add_steps(plan, input->inventory, state);
	*out = take(plan);
	return 0;
}

const struct operation operation_rollback_os = {
	.name = "rollback --os",
	.consent = CONSENT_YES,
	.looks = OBSERVE_SCHEMATIC,
	.plan = plan_rollback,
	.idle = "nothing to do",
};
