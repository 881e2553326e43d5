#include "ops/etcd_operations.h"

#include "base/text.h"
#include "ops/etcd_gate.h"
#include "ops/kinds.h"
#include "ops/observe.h"
#include "ops/quorum.h"

#include <inttypes.h>
#include <string.h>

/* Behind the step before; the first one has none. Returns its index. */
static unsigned add(struct plan *plan, const struct step_kind *kind, const char *target,
		    const struct value *args)
{
	const unsigned after = (unsigned)plan->len - 1;

	return plan_add(plan, &(struct step){ .kind = kind,
					      .target = target,
					      .lane = "",
					      .args = args,
					      .after = &after,
					      .afters = plan->len ? 1 : 0 });
}

static const struct value *text_arg(struct arena *arena, const char *key, const char *text)
{
	struct map_builder *map = map_begin(arena);

	map_add(map, key, value_str(arena, text));
	return map_end(map);
}

static const struct node_state *state_named(const struct inventory *inventory, const char *name)
{
	for (size_t i = 0; i < inventory->len; i++)
		if (strcmp(inventory->at[i].node->name, name) == 0)
			return &inventory->at[i];
	return NULL;
}

/* ---- bootstrap, restore ---------------------------------------------------------------------- */

/* Whoever is not looked at may hold etcd. */
static int check_control(const struct node_state *state, bool restore, struct err *err)
{
	const struct node *node = state->node;

	if (state->sight == SIGHT_DENIED)
		return node_denied(state, err);
	if (state->sight == SIGHT_SILENT) {
		if (err)
			*err = state->err;
		return err_wrap(err, "%s (%s) %s", node->name, node->address[0],
				sight_text(SIGHT_SILENT));
	}
	if (state->sight == SIGHT_MAINTENANCE) {
		err_set(err, ERR_REFUSED, "%s has no config yet", node->name);
		return err_hint(err, "talforge up configures and bootstraps in one go");
	}
	if (restore && !state->etcd_waits)
		return err_set(err, ERR_REFUSED,
			       "etcd of %s does not wait for its first member: it may hold data",
			       node->name);
	return 0;
}

static const struct node *choose(const struct operation_input *input)
{
	const struct inventory *inventory = input->inventory;

	for (size_t i = 0; i < inventory->len; i++) {
		const struct node *node = inventory->at[i].node;

		if (node->role == ROLE_CONTROL &&
		    (!input->bootstrap_begun || strcmp(node->name, input->bootstrap_begun) == 0))
			return node;
	}
	return NULL;
}

static int plan_first(const struct operation_input *input, struct plan *plan, const char *file,
		      struct err *err)
{
	const struct node *node = choose(input);
	struct map_builder *args = map_begin(plan->arena);

	for (size_t i = 0; i < input->inventory->len; i++) {
		const struct node_state *state = &input->inventory->at[i];

		if (state->node->role == ROLE_CONTROL && check_control(state, file, err) < 0)
			return -1;
	}
	if (!node) {
		err_set(err, ERR_REFUSED,
			"an earlier run began to bootstrap etcd on %s, which is gone",
			input->bootstrap_begun ? input->bootstrap_begun : "a node");
		return err_hint(err, "put it back into nodes.yaml, or reset every control plane");
	}
	map_add(args, "watch", value_of_bool(plan->arena, true));
	if (file)
		map_add(args, "file", value_str(plan->arena, file));
	add(plan, &kind_bootstrap, node->name, map_end(args));
	add(plan, &kind_etcd, "", NULL);
	return 0;
}

static int bootstrap_plan(const struct operation_input *input, struct plan **out, struct err *err)
{
	struct plan *plan OWNED(plan_free) = plan_new("bootstrap");

	if (!inventory_etcd(input->inventory) && plan_first(input, plan, NULL, err) < 0)
		return -1;
	*out = take(plan);
	return 0;
}

static int restore_plan(const struct operation_input *input, struct plan **out, struct err *err)
{
	const struct bootstrap_options *options = input->options;
	struct plan *plan OWNED(plan_free) = plan_new("etcd restore");
	const struct node_state *running = inventory_etcd(input->inventory);

	if (running) {
		err_set(err, ERR_REFUSED, "etcd of %s runs: a snapshot is for control planes "
					  "without data",
			running->node->name);
		return err_hint(err, "reset the control planes and configure them again first");
	}
	if (plan_first(input, plan, options->file, err) < 0)
		return -1;
	*out = take(plan);
	return 0;
}

const struct operation operation_bootstrap = {
	.name = "bootstrap",
	.consent = CONSENT_YES,
	.plan = bootstrap_plan,
	.idle = "nothing to do: etcd runs",
};

const struct operation operation_etcd_restore = {
	.name = "etcd restore",
	.consent = CONSENT_NAME,
	.plan = restore_plan,
	.idle = "nothing to do",
};

/* ---- remove ---------------------------------------------------------------------------------- */

static int check_removal(struct arena *arena, const struct inventory *inventory,
			 const struct talos_etcd_member *going, struct err *err)
{
	const struct talos_etcd_members *members = etcd_told(inventory);
	struct quorum_member *quorum = arena_calloc(arena, members->len, sizeof(*quorum));

	for (size_t i = 0; i < members->len; i++) {
		const struct talos_etcd_member *member = &members->at[i];
		const struct node_state *state = state_named(inventory, member->name);

		quorum[i] = (struct quorum_member){
			.name = text_is_blank(member->name) ? "a nameless one" : member->name,
			.learner = member->learner,
			.healthy = state && state->etcd && state->etcd->leader,
			.goes = member == going,
		};
	}
	return quorum_check(quorum, members->len, QUORUM_REMOVE, "removing", err);
}

static int remove_plan(const struct operation_input *input, struct plan **out, struct err *err)
{
	const struct member_options *options = input->options;
	const struct talos_etcd_members *members = etcd_told(input->inventory);
	const struct talos_etcd_member *member = etcd_named(members, options->member);
	struct plan *plan OWNED(plan_free) = plan_new("etcd remove");
	struct map_builder *args = map_begin(plan->arena);

	if (!members)
		return err_set(err, ERR_CONFLICT,
			       "no control plane says who is a member of etcd");
	if (member && check_removal(plan->arena, input->inventory, member, err) < 0)
		return -1;
	if (member) {
		const struct node_state *state = state_named(input->inventory, member->name);

		map_add(args, "member", value_strf(plan->arena, "%016" PRIx64, member->id));
		map_add(args, "away", value_of_bool(plan->arena, true));
		add(plan, &kind_etcd_remove, state ? state->node->name : "", map_end(args));
	}
	*out = take(plan);
	return 0;
}

const struct operation operation_etcd_remove = {
	.name = "etcd remove",
	.consent = CONSENT_YES,
	.looks = OBSERVE_ETCD,
	.plan = remove_plan,
	.idle = "nothing to do: etcd has no such member",
};

/* ---- forfeit, defrag ------------------------------------------------------------------------- */

static int check_well(struct arena *arena, const struct inventory *inventory, struct err *err)
{
	struct etcd_health health;

	if (inventory_check_control(inventory, err) < 0)
		return -1;
	etcd_judge(arena, inventory, &health);
	if (!health.failures)
		return 0;
	return err_set(err, ERR_REFUSED, "etcd is not well: %s", health.failure[0]);
}

static int forfeit_plan(const struct operation_input *input, struct plan **out, struct err *err)
{
	struct plan *plan OWNED(plan_free) = plan_new("etcd forfeit");
	const struct node *leader = etcd_led_by(input->inventory);

	if (check_well(plan->arena, input->inventory, err) < 0)
		return -1;
	if (leader && operation_wants(input, leader)) {
		add(plan, &kind_forfeit, leader->name, NULL);
		add(plan, &kind_etcd_well, "", NULL);
	}
	*out = take(plan);
	return 0;
}

/* An alarm for want of space is what a defragmentation is for. */
static int check_members(struct arena *arena, const struct inventory *inventory, struct err *err)
{
	struct etcd_health health;

	if (inventory_check_control(inventory, err) < 0)
		return -1;
	etcd_judge(arena, inventory, &health);
	for (size_t i = 0; i < health.failures; i++)
		if (!strstr(health.failure[i], "alarm:NOSPACE"))
			return err_set(err, ERR_REFUSED, "etcd is not well: %s",
				       health.failure[i]);
	return 0;
}

static int defrag_plan(const struct operation_input *input, struct plan **out, struct err *err)
{
	struct plan *plan OWNED(plan_free) = plan_new("etcd defrag");
	const struct inventory *inventory = input->inventory;
	const struct node *leader = etcd_led_by(inventory);

	if (check_members(plan->arena, inventory, err) < 0)
		return -1;
	for (int turn = 0; turn < 2; turn++) {
		for (size_t i = 0; i < inventory->len; i++) {
			const struct node *node = inventory->at[i].node;

			if (node->role != ROLE_CONTROL || !operation_wants(input, node) ||
			    (node == leader) != (turn == 1))
				continue;
			add(plan, &kind_etcd_defrag, node->name, NULL);
			add(plan, &kind_etcd_well, "", text_arg(plan->arena, "alarm", "NOSPACE"));
		}
	}
	*out = take(plan);
	return 0;
}

const struct operation operation_etcd_forfeit = {
	.name = "etcd forfeit",
	.consent = CONSENT_YES,
	.looks = OBSERVE_ETCD,
	.plan = forfeit_plan,
	.idle = "nothing to do: it does not lead",
};

const struct operation operation_etcd_defrag = {
	.name = "etcd defrag",
	.consent = CONSENT_YES,
	.looks = OBSERVE_ETCD,
	.plan = defrag_plan,
	.idle = "nothing to do",
};
