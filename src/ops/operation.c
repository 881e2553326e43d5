#include "ops/operation.h"

#include "base/text.h"
#include "ops/apply.h"
#include "ops/etcd_operations.h"
#include "ops/hooks.h"
#include "ops/kinds.h"
#include "ops/network.h"
#include "ops/rollback.h"
#include "ops/upgrade_declared.h"
#include "ops/upgrade_k8s.h"
#include "ops/upgrade_talos.h"

#include <string.h>

static const struct operation *const operations[] = {
	&operation_up,
	&operation_upgrade_talos,
	&operation_rollback_os,
	&operation_reset,
	&operation_bootstrap,
	&operation_etcd_restore,
	&operation_etcd_remove,
	&operation_etcd_forfeit,
	&operation_etcd_defrag,
	&operation_apply,
	&operation_rollback_config,
	&operation_upgrade_k8s,
	&operation_cilium_apply,
	&operation_bgp_push,
	&operation_upgrade,
};

const struct operation *operation_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(operations); i++)
		if (strcmp(operations[i]->name, name) == 0)
			return operations[i];
	return NULL;
}

/* A config that is only staged changes nothing before somebody reboots the node. */
static bool takes_effect(const struct plan *plan)
{
	for (size_t i = 0; i < plan->len; i++) {
		const struct step *step = &plan->at[i];
		bool staged = step->kind == &kind_send_config &&
			      text_equal(value_get_text(step->args, "mode"), "staged");

		if (step->kind->danger != STEP_SAFE && !staged)
			return true;
	}
	return false;
}

/* Something happens, somebody is left to ask, and answered before. */
static bool can_be_asked(const struct plan *plan, const struct inventory *inventory,
			 const struct gate_rule *rule)
{
	if (!takes_effect(plan))
		return false;
	if (!rule->as_found)
		return true;
	return inventory->kube && !err_is_set(&inventory->kube->err) &&
	       !turn_gates_end_all(plan, inventory->cluster);
}

static int put_gates(const struct operation *operation, const struct operation_input *input,
		     struct plan **plan, struct err *err)
{
	const struct gate_rule *rule = operation->gates;
	const struct inventory *inventory = input->inventory;

	if (!rule || !can_be_asked(*plan, inventory, rule))
		return 0;
	struct plan *out OWNED(plan_free) = plan_new((*plan)->operation);
	struct turn_gates gates = {
		.plan = out,
		.cluster = inventory->cluster,
		.rule = *rule,
		.asked = rule->asks ? input->gates : NULL,
		.excused = turn_gates_excused(out->arena, inventory, *plan, rule->as_found),
		.chosen = input->only,
		.needed = NODE_TAKES,
		.now = input->now,
	};
	struct ends ends = { NULL, 0 };

	if (!input->ahead && turn_gates_require(&gates, input->wall, err) < 0)
		return -1;
	out->on_failure = (*plan)->on_failure;
	turn_gates_open(&gates, &ends);
	turn_gates_around(&gates, *plan, &ends);
	turn_gates_close(&gates, &ends);
	plan_free(*plan);
	*plan = take(out);
	return 0;
}

/* Their own steps bring them back, or take them away for good. */
static bool takes_out(const struct plan *plan, const char *node)
{
	static const struct step_kind *const kinds[] = { &kind_drain, &kind_uncordon, &kind_reset };

	for (size_t i = 0; i < plan->len; i++)
		for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
			if (plan->at[i].kind == kinds[k] && !strcmp(plan->at[i].target, node))
				return true;
	return false;
}

static void add_uncordons(struct plan *plan, const struct operation_input *input)
{
	for (const char *const *name = input->cordoned; name && *name; name++) {
		if (!cluster_node(input->inventory->cluster, *name) || takes_out(plan, *name))
			continue;
		plan_add(plan, &(struct step){
				       .kind = &kind_uncordon_left, .target = *name, .lane = "" });
	}
}

int operation_plan(const struct operation *operation, const struct operation_input *input,
		   struct plan **out, struct err *err)
{
	const struct hooks_setup hooks = { input->inventory->cluster,
					   hooks_phase(operation->name) };
	struct plan *plan OWNED(plan_free) = NULL;

	if (operation->plan(input, &plan, err) < 0)
		return -1;
	plan = hooks_wrap_take(take(plan), &hooks);
	if (put_gates(operation, input, &plan, err) < 0)
		return -1;
	add_uncordons(plan, input);
	*out = take(plan);
	return 0;
}

bool operation_wants(const struct operation_input *input, const struct node *node)
{
	if (!input->only)
		return true;
	for (const char *const *name = input->only; *name; name++)
		if (strcmp(*name, node->name) == 0)
			return true;
	return false;
}

unsigned operation_width(const struct operation_input *input, size_t total, unsigned standard)
{
	size_t width = input->max_parallel;

	if (width == 0)
		return standard ? standard : 1;
	if (input->percent)
		width = total * width / 100;
	return width ? (unsigned)width : 1;
}
