#include "ops/up.h"

#include "ops/bare.h"
#include "ops/health.h"
#include "ops/kinds.h"
#include "ops/network.h"
#include "ops/observe.h"

#include <string.h>

#define LANE_INSTALL "install"

/* What building the plan needs to remember. */
struct draft {
	const struct inventory *inventory;
	const struct up_options *options;
	struct plan *plan;
	unsigned *boot;	   /* per node: the step after which it is ours, plus 1; 0: it is already */
	unsigned *through; /* of the installs so far: their last steps */
	unsigned installs;
	unsigned files; /* step index plus 1; 0: no such step */
	unsigned gate;	/* the etcd gate plus 1; 0: not yet */
};

static unsigned add(struct draft *draft, const struct step_kind *kind, const char *target,
		    const unsigned *after, unsigned afters)
{
	return plan_add(draft->plan, &(struct step){ .kind = kind,
						     .target = target,
						     .lane = "",
						     .after = after,
						     .afters = afters });
}

static unsigned add_apply(struct draft *draft, const struct node_state *state, const char *disk,
			  const unsigned *after, unsigned afters)
{
	struct arena *arena = draft->plan->arena;
	struct map_builder *args = map_begin(arena);

	if (disk)
		map_add(args, "disk", value_str(arena, disk));
	return plan_add(draft->plan, &(struct step){ .kind = &kind_apply_config,
						     .target = state->node->name,
						     .lane = LANE_INSTALL,
						     .args = map_end(args),
						     .after = after,
						     .afters = afters });
}

static unsigned add_reach(struct draft *draft, const struct node_state *state)
{
	unsigned gate = draft->gate - 1;

	return add(draft, &kind_reach, state->node->name, &gate, draft->gate ? 1 : 0);
}

/* With a bound on parallel installs, a node starts when the one `max_parallel` places before it is
 * through. */
static void add_install(struct draft *draft, size_t index, const char *disk)
{
	const struct node_state *state = &draft->inventory->at[index];
	unsigned width = draft->options->max_parallel;
	unsigned after[3], afters = 0;

	if (draft->files)
		after[afters++] = draft->files - 1;
	if (width && draft->installs >= width)
		after[afters++] = draft->through[draft->installs - width];
	if (state->sight == SIGHT_SILENT)
		after[afters++] = add_reach(draft, state);
	unsigned applied = add_apply(draft, state, disk, after, afters);
	unsigned boot = add(draft, &kind_boot, state->node->name, &applied, 1);

	draft->boot[index] = boot + 1;
	draft->through[draft->installs++] = boot;
}

/* When a node has its turn. Nobody who answers waits for one who does not; and since a run starts
 * nothing new once a step has failed, etcd does not wait for silent workers either. */
enum turn {
	TURN_CONTROL,
	TURN_WORKER,
	TURN_SILENT_CONTROL,
	TURN_SILENT_WORKER /* after the etcd gate */
};

static enum turn turn_of(const struct node_state *state)
{
	static const enum turn turns[ROLE_COUNT][2] = {
		[ROLE_CONTROL] = { TURN_CONTROL, TURN_SILENT_CONTROL },
		[ROLE_WORKER] = { TURN_WORKER, TURN_SILENT_WORKER },
	};

	return turns[state->node->role][state->sight == SIGHT_SILENT];
}

static int add_installs(struct draft *draft, enum turn turn, struct err *err)
{
	const struct inventory *inventory = draft->inventory;

	for (size_t i = 0; i < inventory->len; i++) {
		const struct node_state *state = &inventory->at[i];
		const char *disk;

		if (turn_of(state) != turn)
			continue;
		if (bare_check(state, &disk, err) < 0)
			return -1;
		if (state->sight != SIGHT_OURS)
			add_install(draft, i, disk);
	}
	return 0;
}

/* The node to bootstrap: where it was begun before, else the first control plane. NULL: it is
 * gone. */
static const struct node *choose_bootstrap(const struct draft *draft)
{
	const struct inventory *inventory = draft->inventory;
	const char *begun = draft->options->bootstrap_begun;

	for (size_t i = 0; i < inventory->len; i++) {
		const struct node *node = inventory->at[i].node;

		if (node->role == ROLE_CONTROL && (!begun || strcmp(begun, node->name) == 0))
			return node;
	}
	return NULL;
}

static int err_gone(struct err *err, const char *begun)
{
	if (!begun)
		return err_set(err, ERR_INPUT, "the cluster has no control plane");
	err_set(err, ERR_REFUSED, "an earlier run began to bootstrap etcd on %s, which is gone",
		begun);
	return err_hint(err, "put it back into nodes.yaml, or reset every control plane");
}

/* Who is not bare may hold etcd, though it does not run right now. */
static bool all_bare(const struct inventory *inventory)
{
	for (size_t i = 0; i < inventory->len; i++) {
		const struct node_state *state = &inventory->at[i];

		if (state->node->role == ROLE_CONTROL && state->sight != SIGHT_MAINTENANCE)
			return false;
	}
	return true;
}

static int add_bootstrap(struct draft *draft, const unsigned *after, unsigned afters,
			 unsigned *out, struct err *err)
{
	struct arena *arena = draft->plan->arena;
	struct map_builder *args = map_begin(arena);
	const struct node *node = choose_bootstrap(draft);

	if (!node)
		return err_gone(err, draft->options->bootstrap_begun);
	if (draft->options->bootstrap_begun || !all_bare(draft->inventory))
		map_add(args, "watch", value_of_bool(arena, true));
	*out = plan_add(draft->plan, &(struct step){ .kind = &kind_bootstrap,
						     .target = node->name,
						     .lane = "",
						     .args = map_end(args),
						     .after = after,
						     .afters = afters });
	return 0;
}

static int add_etcd(struct draft *draft, struct err *err)
{
	const struct inventory *inventory = draft->inventory;
	unsigned *after = arena_calloc(draft->plan->arena, inventory->len + 1, sizeof(*after));
	unsigned afters = 0;

	for (size_t i = 0; i < inventory->len; i++)
		if (inventory->at[i].node->role == ROLE_CONTROL && draft->boot[i])
			after[afters++] = draft->boot[i] - 1;
	if (!inventory_etcd(inventory)) {
		unsigned bootstrap;

		if (add_bootstrap(draft, after, afters, &bootstrap, err) < 0)
			return -1;
		after[afters++] = bootstrap;
	}
	draft->gate = add(draft, &kind_etcd, "", after, afters) + 1;
	return 0;
}

static const struct node *first_control(const struct inventory *inventory)
{
	for (size_t i = 0; i < inventory->len; i++)
		if (inventory->at[i].node->role == ROLE_CONTROL)
			return inventory->at[i].node;
	return NULL;
}

static void add_ends(struct draft *draft)
{
	const struct inventory *inventory = draft->inventory;
	unsigned gate = draft->gate - 1, network = gate;
	unsigned before[2] = { gate, 0 };
	struct network_spot spot = { .after = before, .afters = 1 };
	unsigned *all = arena_calloc(draft->plan->arena, inventory->len + 1, sizeof(*all));
	/* whoever is there already has its Node and its pods, and the rest joins it */
	const struct health_gates health = { .cluster = inventory->cluster,
					     .which = HEALTH_MEMBERS | HEALTH_API | HEALTH_PODS |
						      HEALTH_READY | HEALTH_KUBE };

	if (!draft->options->no_files && !inventory->kubeconfig_written)
		before[spot.afters++] = add(draft, &kind_kubeconfig,
					    first_control(inventory)->name, &gate, 1);
	if (strcmp(inventory->cluster->cni, "cilium") == 0)
		network_add_cilium(draft->plan, inventory, &spot, &network);
	for (size_t i = 0; i < inventory->len; i++) {
		unsigned after[2] = { network, 0 };
		unsigned afters = 1;

		if (draft->boot[i])
			after[afters++] = draft->boot[i] - 1;
		unsigned ready =
			add(draft, &kind_ready, inventory->at[i].node->name, after, afters);

		all[i] = ready;
		if (draft->boot[i] && !draft->options->no_files)
			add(draft, &kind_keep_config, inventory->at[i].node->name, &ready, 1);
	}
	health_add_vip(draft->plan, inventory->cluster, &gate, 1);
	health_add_gates(draft->plan, &health, all, (unsigned)inventory->len);
}

static int add_steps(struct draft *draft, struct err *err)
{
	if (!draft->options->no_files && !draft->inventory->configs_written)
		draft->files = add(draft, &kind_write_configs, "", NULL, 0) + 1;
	for (enum turn turn = TURN_CONTROL; turn < TURN_SILENT_WORKER; turn++)
		if (add_installs(draft, turn, err) < 0)
			return -1;
	if (add_etcd(draft, err) < 0)
		return -1;
	if (add_installs(draft, TURN_SILENT_WORKER, err) < 0)
		return -1;
	add_ends(draft);
	return 0;
}

int up_plan(const struct inventory *inventory, const struct up_options *options, struct plan **out,
	    struct err *err)
{
	struct plan *plan OWNED(plan_free) = plan_new("up");
	struct draft draft = { .inventory = inventory, .options = options, .plan = plan };

	draft.boot = arena_calloc(plan->arena, inventory->len, sizeof(*draft.boot));
	draft.through = arena_calloc(plan->arena, inventory->len, sizeof(*draft.through));
	if (add_steps(&draft, err) < 0)
		return -1;
	plan_lane(plan, LANE_INSTALL,
		  options->max_parallel ? options->max_parallel : draft.installs + 1);
	*out = take(plan);
	return 0;
}

const struct node *up_undone(const struct plan *plan, const enum record_state *state,
			     const struct inventory *inventory)
{
	for (unsigned i = 0; i < plan->len; i++) {
		const struct step *step = &plan->at[i];

		if (step->kind == &kind_apply_config &&
		    (state[i] == RECORD_DONE || state[i] == RECORD_SKIPPED) &&
		    bare_named(inventory, step->target))
			return cluster_node(inventory->cluster, step->target);
	}
	return NULL;
}

static int plan_input(const struct operation_input *input, struct plan **out, struct err *err)
{
	struct up_options options = {
		.bootstrap_begun = input->bootstrap_begun,
	};

	if (input->max_parallel)
		options.max_parallel = operation_width(input, input->inventory->len, 0);
	return up_plan(input->inventory, &options, out, err);
}

const struct operation operation_up = {
	.name = "up",
	.consent = CONSENT_YES,
	.looks = OBSERVE_CILIUM | OBSERVE_FILES,
	.plan = plan_input,
	.undone = up_undone,
	.undone_text = "which it had installed, is in maintenance mode again",
	.idle = "nothing to do: every node is healthy",
};
