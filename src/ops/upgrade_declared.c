#include "ops/upgrade_declared.h"

#include "base/clock.h"
#include "base/own.h"
#include "base/text.h"
#include "ops/compose.h"
#include "ops/declared_steps.h"
#include "ops/hooks.h"
#include "ops/hops.h"
#include "ops/observe.h"
#include "ops/upgrade_k8s.h"
#include "ops/upgrade_talos.h"

#include <string.h>

/* One node as the declaration sees it, and as the world is at this point of the plan. */
struct subject {
	size_t share;	     /* which TalosUpgrade is for it, or DECLARED_NONE */
	const char *to;	     /* its own goal; NULL: it stays */
	const char *segment; /* where the present segment takes it; NULL: it stays */
	struct node_override override;
};

struct draft {
	const struct operation_input *input;
	const struct upgrade_declared_options *options;
	const struct declared *declared;
	struct arena *arena;	    /* the plan's */
	struct inventory inventory; /* as it will be by then: `at` is a copy */
	struct kube_seen kube;
	struct cluster cluster;
	struct subject *subject; /* per node */
	const char *apiserver;	 /* as it will be by then */
	bool saved;		 /* etcd is, by an earlier part */
	struct declared_steps steps;
};

/* ---- who and what ---------------------------------------------------------------------------- */

static int err_suspended(struct err *err, const char *kind, const char *name, const char *why)
{
	return err_set(err, ERR_REFUSED, "%s %s is suspended%s%s", kind, name, *why ? ": " : "",
		       why);
}

static int check_suspended(const struct declared *declared, struct err *err)
{
	for (size_t i = 0; i < declared->taloses; i++)
		if (declared->talos[i].gates.suspended)
			return err_suspended(err, "TalosUpgrade", declared->talos[i].name,
					     declared->talos[i].gates.suspended);
	if (declared->kube && declared->kube->gates.suspended)
		return err_suspended(err, "KubernetesUpgrade", declared->kube->name,
				     declared->kube->gates.suspended);
	return 0;
}

static bool selects(const struct declared *declared)
{
	for (size_t i = 0; i < declared->taloses; i++)
		if (declared->talos[i].has_selector)
			return true;
	return false;
}

/* Labels are those of Kubernetes; without selectors nobody needs to know them. */
static int check_kube(const struct draft *draft, struct err *err)
{
	const struct kube_seen *kube = draft->inventory.kube;

	if (kube && !err_is_set(&kube->err))
		return 0;
	if (!draft->declared->kube && !selects(draft->declared))
		return 0;
	if (!kube)
		return err_set(err, ERR_REFUSED, "the Kubernetes API was not asked");
	if (err)
		*err = kube->err;
	return err_wrap(err, "ask the Kubernetes API for the nodes");
}

static int check_answers(const struct draft *draft, struct err *err)
{
	for (size_t i = 0; i < draft->inventory.len; i++) {
		const struct node_state *state = &draft->inventory.at[i];
		bool matters = state->node->role == ROLE_CONTROL || draft->subject[i].to;

		if (!matters || (state->sight == SIGHT_OURS && state->talos))
			continue;
		err_set(err, ERR_REFUSED, "%s is %s%s%s", state->node->name,
			sight_name(state->sight), state->err.text[0] ? ": " : "",
			state->err.text);
		return err_hint(err, "every control plane and every selected node has to answer");
	}
	return 0;
}

static int choose_goals(struct draft *draft, struct err *err)
{
	size_t count = draft->inventory.len;
	struct declared_node *nodes = arena_calloc(draft->arena, count + 1, sizeof(*nodes));
	size_t *share = arena_calloc(draft->arena, count + 1, sizeof(*share));

	for (size_t i = 0; i < count; i++) {
		const struct node_state *state = &draft->inventory.at[i];

		nodes[i] = (struct declared_node){ state->node->name, state->kube_labels };
	}
	if (declared_match(draft->declared, nodes, count, share, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const struct node_state *state = &draft->inventory.at[i];
		struct subject *subject = &draft->subject[i];

		subject->share = share[i];
		if (share[i] == DECLARED_NONE || !operation_wants(draft->input, state->node))
			continue;
		if (node_override_read(state->node->name, state->kube_annotations,
				       &subject->override, err) < 0)
			return -1;
		subject->to = subject->override.version ? subject->override.version
							: draft->declared->talos[share[i]].version;
	}
	return 0;
}

/* ---- the order ------------------------------------------------------------------------------- */

static int plan_hops(struct draft *draft, struct hops *hops, struct err *err)
{
	const struct upgrade_settings *settings = &draft->cluster.upgrade;
	const struct declared *declared = draft->declared;
	struct hop_node *nodes =
		arena_calloc(draft->arena, draft->inventory.len + 1, sizeof(*nodes));
	const struct hop_goal goal = {
		.talos = declared->taloses ? declared->talos[0].version : NULL,
		.kubernetes = declared->kube ? declared->kube->version : NULL,
		.apiserver = draft->apiserver,
		.hold = settings->hold,
		.holds = settings->holds,
	};

	for (size_t i = 0; i < draft->inventory.len; i++) {
		const struct node_state *state = &draft->inventory.at[i];

		nodes[i] = (struct hop_node){
			.name = state->node->name,
			.talos = state->talos ? state->talos : "unknown",
			.kubelet = state->kubelet_runs ? state->kubelet_runs : state->kubelet,
			.to = draft->subject[i].to ? draft->subject[i].to : state->talos,
			.selected = state->talos != NULL,
		};
	}
	return hops_plan(draft->arena, nodes, draft->inventory.len, &goal, hops, err);
}

static bool takes(const struct hop *hop, const struct node *node)
{
	for (size_t i = 0; i < hop->len; i++)
		if (strcmp(hop->nodes[i], node->name) == 0)
			return true;
	return false;
}

/* ---- Talos ----------------------------------------------------------------------------------- */

/* The cluster with what the resource says about drains. */
static const struct inventory *inventory_for(struct draft *draft, const struct talos_upgrade *up)
{
	struct inventory *inventory =
		arena_dup(draft->arena, &draft->inventory, sizeof(*inventory));
	struct cluster *cluster = arena_dup(draft->arena, &draft->cluster, sizeof(*cluster));
	struct drain_setting *drain = &cluster->upgrade.drain;
	char timeout[TIME_TEXT_MAX];

	drain->timeout = arena_str(draft->arena, duration_text(up->drain_timeout, timeout));
	drain->disable_eviction = up->disable_eviction ? TRI_TRUE : TRI_FALSE;
	drain->wait_for_volumes = up->wait_for_volumes ? TRI_TRUE : TRI_FALSE;
	inventory->cluster = cluster;
	return inventory;
}

/* Those nodes of a resource that the segment moves; 0: none. */
static size_t nodes_of(const struct draft *draft, size_t which, const char **names,
		       struct upgrade_target *targets)
{
	size_t len = 0;

	for (size_t i = 0; i < draft->inventory.len; i++) {
		const struct subject *subject = &draft->subject[i];
		const char *name = draft->inventory.at[i].node->name;

		if (subject->share != which || !subject->segment)
			continue;
		targets[len] = (struct upgrade_target){ name, subject->segment,
							subject->override.schematic,
							subject->override.factory_url };
		names[len++] = name;
	}
	return len;
}

static unsigned width_of(const struct draft *draft, size_t which)
{
	size_t selected = 0, width = 1;

	for (size_t i = 0; i < draft->inventory.len; i++)
		selected += draft->subject[i].share == which;
	parallelism_read(draft->declared->talos[which].parallelism, selected, &width);
	return (unsigned)width;
}

static bool has_control(const struct draft *draft, size_t which)
{
	for (size_t i = 0; i < draft->inventory.len; i++)
		if (draft->subject[i].share == which && draft->subject[i].segment &&
		    draft->inventory.at[i].node->role == ROLE_CONTROL)
			return true;
	return false;
}

static int add_talos(struct draft *draft, size_t which, struct err *err)
{
	const struct talos_upgrade *up = &draft->declared->talos[which];
	size_t count = draft->inventory.len;
	const char **names = arena_calloc(draft->arena, count + 1, sizeof(*names));
	struct upgrade_target *targets = arena_calloc(draft->arena, count + 1, sizeof(*targets));
	struct operation_input input = *draft->input;
	struct plan *part OWNED(plan_free) = NULL;
	const struct upgrade_options options = {
		.to = up->version,
		.stage = up->stage,
		.powercycle = up->powercycle,
		.no_drain = !up->drain,
		.saved = draft->saved,
		.target = targets,
		.targets = nodes_of(draft, which, names, targets),
	};

	if (!options.targets)
		return 0;
	input.inventory = inventory_for(draft, up);
	input.only = names;
	if (!input.max_parallel)
		input.max_parallel = width_of(draft, which);
	if (upgrade_talos_plan(&input, &options, &part, err) < 0)
		return err_wrap(err, "plan TalosUpgrade %s", up->name);
	draft->saved = draft->saved || has_control(draft, which);
	return declared_steps_talos(&draft->steps, up, &part, err);
}

/* Resources with control planes come first. */
static int add_taloses(struct draft *draft, struct err *err)
{
	for (int control = 1; control >= 0; control--)
		for (size_t i = 0; i < draft->declared->taloses; i++)
			if (has_control(draft, i) == (control == 1) &&
			    add_talos(draft, i, err) < 0)
				return -1;
	for (size_t i = 0; i < draft->inventory.len; i++)
		if (draft->subject[i].segment)
			draft->inventory.at[i].talos = draft->subject[i].segment;
	return 0;
}

/* ---- Kubernetes ------------------------------------------------------------------------------ */

static int add_kube(struct draft *draft, const char *to, struct err *err)
{
	const struct kube_upgrade *up = draft->declared->kube;
	const struct upgrade_k8s_options options = {
		.to = to,
		.repository = up->image_repository,
		.from = draft->apiserver,
	};
	struct operation_input input = *draft->input;
	struct plan *part OWNED(plan_free) = NULL;

	draft->kube.apiserver = draft->apiserver;
	input.inventory = &draft->inventory;
	input.options = &options;
	input.only = NULL;
	if (operation_upgrade_k8s.plan(&input, &part, err) < 0)
		return err_wrap(err, "plan KubernetesUpgrade %s", up->name);
	draft->apiserver = to;
	return declared_steps_kube(&draft->steps, up, &part, err);
}

/* ---- segments -------------------------------------------------------------------------------- */

/* From `first` on, as many hops as are about the same; *end is behind the last. */
static int add_segment(struct draft *draft, const struct hops *hops, size_t first, size_t *end,
		       struct err *err)
{
	enum version_subject subject = hops->at[first].subject;

	for (size_t n = 0; n < draft->inventory.len; n++)
		draft->subject[n].segment = NULL;
	for (*end = first; *end < hops->len && hops->at[*end].subject == subject; ++*end)
		for (size_t n = 0; n < draft->inventory.len; n++)
			if (draft->subject[n].to &&
			    takes(&hops->at[*end], draft->inventory.at[n].node))
				draft->subject[n].segment = hops->at[*end].to;
	if (subject == VERSION_TALOS)
		return add_taloses(draft, err);
	return add_kube(draft, hops->at[*end - 1].to, err);
}

/* Nodes that run the version may still lack the schematic, and Kubernetes a kubelet: the planners
 * look at whoever no hop was about. */
static int add_rest(struct draft *draft, const struct hops *hops, enum version_subject subject,
		    struct err *err)
{
	for (size_t i = 0; i < hops->len; i++)
		if (hops->at[i].subject == subject)
			return 0;
	if (subject == VERSION_KUBERNETES)
		return draft->declared->kube ? add_kube(draft, draft->declared->kube->version, err)
					     : 0;
	for (size_t n = 0; n < draft->inventory.len; n++)
		draft->subject[n].segment = draft->subject[n].to;
	return add_taloses(draft, err);
}

static int add_segments(struct draft *draft, struct err *err)
{
	struct hops hops = { 0 };
	size_t next = 0;

	if (plan_hops(draft, &hops, err) < 0 || add_rest(draft, &hops, VERSION_TALOS, err) < 0)
		return -1;
	while (next < hops.len)
		if (add_segment(draft, &hops, next, &next, err) < 0)
			return -1;
	return add_rest(draft, &hops, VERSION_KUBERNETES, err);
}

static int plan_input(const struct operation_input *input, struct plan **out, struct err *err)
{
	const struct upgrade_declared_options *options = input->options;
	const struct inventory *seen = input->inventory;
	struct plan *plan OWNED(plan_free) = plan_new("upgrade");
	struct draft draft = {
		.input = input,
		.options = options,
		.declared = options->declared,
		.arena = plan->arena,
		.inventory = *seen,
		.kube = seen->kube ? *seen->kube : (struct kube_seen){ .apiserver = NULL },
		.cluster = *seen->cluster,
		.subject = arena_calloc(plan->arena, seen->len + 1, sizeof(*draft.subject)),
		.steps = { .plan = plan,
			   .inventory = seen,
			   .only = input->only,
			   .now = options->now,
			   .ahead = input->ahead,
			   .hook_namespace = options->hook_namespace,
			   .wall = input->wall },
	};

	draft.inventory.at = arena_dup(plan->arena, seen->at, seen->len * sizeof(*seen->at));
	draft.inventory.kube = seen->kube ? &draft.kube : NULL;
	draft.apiserver = draft.kube.apiserver;
	if (check_suspended(draft.declared, err) < 0 || check_kube(&draft, err) < 0 ||
	    choose_goals(&draft, err) < 0 || check_answers(&draft, err) < 0 ||
	    add_segments(&draft, err) < 0)
		return -1;
	*out = take(plan);
	return 0;
}

static bool was_done(const struct plan *plan, const enum record_state *state, const char *node)
{
	for (unsigned i = 0; i < plan->len; i++)
		if (plan->at[i].kind->danger != STEP_SAFE && state[i] == RECORD_DONE &&
		    strcmp(plan->at[i].target, node) == 0)
			return true;
	return false;
}

/* A node that was worked on and is bare now was reset since; or its system is another one. */
static const struct node *undone(const struct plan *plan, const enum record_state *state,
				 const struct inventory *inventory)
{
	for (size_t i = 0; i < inventory->len; i++) {
		const struct node_state *seen = &inventory->at[i];

		if (seen->sight == SIGHT_MAINTENANCE && seen->stage == STAGE_MAINTENANCE &&
		    was_done(plan, state, seen->node->name))
			return seen->node;
	}
	return upgrade_talos_undone(plan, state, inventory);
}

const struct operation operation_upgrade = {
	.name = "upgrade",
	.consent = CONSENT_YES,
	.looks = OBSERVE_CONFIGS | OBSERVE_ETCD | OBSERVE_SCHEMATIC | OBSERVE_KUBE,
	.plan = plan_input,
	.undone = undone,
	.undone_text = "which it had worked on, runs another system or none by now",
	.idle = "nothing to do: everything runs what the file declares",
};
