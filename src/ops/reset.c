#include "ops/reset.h"

#include "base/clock.h"
#include "base/text.h"
#include "ops/etcd_gate.h"
#include "ops/kinds.h"
#include "ops/observe.h"
#include "ops/quorum.h"
#include "ops/snapshot.h"
#include "ops/step_node.h"

#include <stdio.h>
#include <string.h>

#define LANE_WORKERS "reset-workers"
#define USER_VOLUME "u-"

/* Steps that must have ended well before. */
struct behind {
	const unsigned *at;
	unsigned len;
};

/* What building the plan needs to remember. */
struct draft {
	const struct operation_input *input;
	const struct reset_options *options;
	const struct inventory *inventory;
	struct plan *plan;
	const char **going; /* control planes that are to be reset, NULL-ended */
	size_t goers;
	bool whole;		/* nobody of the cluster stays */
	bool etcd;		/* it runs, so members can leave it */
	struct behind snapshot; /* nobody is touched before */
	unsigned *ends;		/* last steps of the workers that answer */
	unsigned end_count;
	unsigned width; /* so many workers at once */
};

/* ---- who ------------------------------------------------------------------------------------- */

static bool is_wanted(const struct draft *draft, const struct node_state *state)
{
	return operation_wants(draft->input, state->node);
}

static bool is_reset(const struct draft *draft, const struct node_state *state)
{
	return is_wanted(draft, state) && state->sight != SIGHT_MAINTENANCE;
}

static bool ends_all(const struct draft *draft)
{
	for (size_t i = 0; i < draft->inventory->len; i++) {
		const struct node_state *state = &draft->inventory->at[i];

		if (!is_wanted(draft, state) && state->sight != SIGHT_MAINTENANCE)
			return false;
	}
	return true;
}

static bool goes(const struct draft *draft, const char *name)
{
	for (size_t i = 0; i < draft->goers; i++)
		if (strcmp(draft->going[i], name) == 0)
			return true;
	return false;
}

static void note_goers(struct draft *draft)
{
	const struct inventory *inventory = draft->inventory;

	draft->going = arena_calloc(draft->plan->arena, inventory->len + 1, sizeof(*draft->going));
	for (size_t i = 0; i < inventory->len; i++) {
		const struct node_state *state = &inventory->at[i];

		if (state->node->role == ROLE_CONTROL && is_wanted(draft, state))
			draft->going[draft->goers++] = state->node->name;
	}
}

/* ---- refusals -------------------------------------------------------------------------------- */

static bool has_volume(const struct node_state *state, const char *name)
{
	for (const char *const *id = state->volumes; id && *id; id++)
		if (text_starts(*id, USER_VOLUME) && strcmp(*id + strlen(USER_VOLUME), name) == 0)
			return true;
	return false;
}

static int check_node(const struct draft *draft, const struct node_state *state, struct err *err)
{
	const struct node *node = state->node;

	if (state->sight == SIGHT_DENIED)
		return node_denied(state, err);
	if (node->locked && state->sight != SIGHT_MAINTENANCE)
		return err_set(err, ERR_REFUSED, "%s is locked and would be wiped: %s", node->name,
			       node->locked);
	for (const char *const *name = draft->options->user_volumes;
	     name && *name && state->sight == SIGHT_OURS; name++)
		if (!has_volume(state, *name))
			return err_set(err, ERR_REFUSED, "%s has no user volume %s", node->name,
				       *name);
	return 0;
}

static int check_words(const struct draft *draft, struct err *err)
{
	const struct reset_options *options = draft->options;
	const char *name = draft->inventory->cluster->name;

	if (options->full && options->user_volumes && options->user_volumes[0])
		return err_set(err, ERR_USAGE, "--full and --user-volume exclude each other");
	if (options->confirm && strcmp(options->confirm, name) != 0)
		return err_set(err, ERR_REFUSED, "--confirm is not the name of this cluster, %s",
			       name);
	if (options->full && !options->confirm) {
		err_set(err, ERR_REFUSED, "--full wipes the operating system too");
		return err_hint(err, "say --confirm %s if that is meant", name);
	}
	return 0;
}

static const struct node_state *state_named(const struct inventory *inventory, const char *name)
{
	for (size_t i = 0; i < inventory->len; i++)
		if (strcmp(inventory->at[i].node->name, name) == 0)
			return &inventory->at[i];
	return NULL;
}

/* Where a member stands for people: as its node in nodes.yaml, strangers behind. */
static size_t place_of(const struct inventory *inventory, const char *name)
{
	const struct node_state *state = state_named(inventory, name);

	return state ? (size_t)(state - inventory->at) : inventory->len;
}

/* Members come in the order of their ids. */
static void sort_members(const struct inventory *inventory, struct quorum_member *at, size_t len)
{
	for (size_t i = 1; i < len; i++)
		for (size_t j = i; j > 0 && place_of(inventory, at[j].name) <
						    place_of(inventory, at[j - 1].name);
		     j--) {
			struct quorum_member swapped = at[j];

			at[j] = at[j - 1];
			at[j - 1] = swapped;
		}
}

static int check_arithmetic(const struct draft *draft, const struct talos_etcd_members *members,
			    struct err *err)
{
	struct quorum_member *quorum =
		arena_calloc(draft->plan->arena, members->len, sizeof(*quorum));

	for (size_t i = 0; i < members->len; i++) {
		const struct talos_etcd_member *member = &members->at[i];
		const struct node_state *state = state_named(draft->inventory, member->name);

		quorum[i] = (struct quorum_member){
			.name = text_is_blank(member->name) ? "a nameless one" : member->name,
			.learner = member->learner,
			.healthy = state && state->sight == SIGHT_OURS && state->etcd_runs &&
				   state->etcd,
			.goes = goes(draft, member->name),
		};
	}
	sort_members(draft->inventory, quorum, members->len);
	return quorum_check(quorum, members->len, QUORUM_REMOVE, "resetting", err);
}

/* Without a list of members nobody can tell what a control plane is needed for. */
static int check_unknown(const struct draft *draft, struct err *err)
{
	for (size_t i = 0; i < draft->inventory->len; i++) {
		const struct node_state *state = &draft->inventory->at[i];

		if (state->node->role != ROLE_CONTROL)
			continue;
		if (state->sight != SIGHT_SILENT && !state->etcd_runs)
			continue;
		err_set(err, ERR_REFUSED,
			"no control plane says who is a member of etcd, so what %s is needed for "
			"is not known",
			draft->going[0]);
		return err_hint(err, "repair etcd first, or reset every node");
	}
	return 0;
}

/* Those that stay must be well, for they are what is left. */
static int check_etcd(const struct draft *draft, struct err *err)
{
	const struct talos_etcd_members *members = etcd_told(draft->inventory);
	struct etcd_health health;

	if (draft->whole || draft->goers == 0)
		return 0;
	if (!members)
		return check_unknown(draft, err);
	if (check_arithmetic(draft, members, err) < 0)
		return -1;
	etcd_judge_without(draft->plan->arena, draft->inventory, draft->going, &health);
	if (!health.failures)
		return 0;
	return err_set(err, ERR_REFUSED, "etcd is not well enough to lose a member: %s",
		       health.failure[0]);
}

static int check(const struct draft *draft, struct err *err)
{
	if (check_words(draft, err) < 0)
		return -1;
	for (size_t i = 0; i < draft->inventory->len; i++) {
		const struct node_state *state = &draft->inventory->at[i];

		if (is_wanted(draft, state) && check_node(draft, state, err) < 0)
			return -1;
	}
	return check_etcd(draft, err);
}

/* ---- steps ----------------------------------------------------------------------------------- */

static struct behind add(struct draft *draft, const struct step_kind *kind, const char *target,
			 const struct value *args, struct behind after)
{
	const struct node_state *state = state_named(draft->inventory, target);
	bool worker = state && state->node->role == ROLE_WORKER;
	unsigned *index = arena_alloc(draft->plan->arena, sizeof(*index));

	*index = plan_add(draft->plan, &(struct step){ .kind = kind,
						       .target = target,
						       .lane = worker ? LANE_WORKERS : "",
						       .args = args,
						       .after = after.at,
						       .afters = after.len });
	return (struct behind){ index, 1 };
}

static const struct value *names_arg(struct arena *arena, const char *key, const char *const *names)
{
	struct list_builder *list = list_begin(arena);
	struct map_builder *map = map_begin(arena);

	for (; *names; names++)
		list_add(list, value_str(arena, *names));
	map_add(map, key, list_end(list));
	return map_end(map);
}

static const struct value *flag_arg(struct arena *arena, const char *key)
{
	struct map_builder *map = map_begin(arena);

	map_add(map, key, value_of_bool(arena, true));
	return map_end(map);
}

static const struct value *wipe_list(const struct draft *draft)
{
	struct arena *arena = draft->plan->arena;
	struct list_builder *list = list_begin(arena);

	list_add(list, value_str(arena, "STATE"));
	list_add(list, value_str(arena, "EPHEMERAL"));
	for (const char *const *name = draft->options->user_volumes; name && *name; name++)
		list_add(list, value_strf(arena, USER_VOLUME "%s", *name));
	return list_end(list);
}

static const struct value *reset_args(const struct draft *draft, const struct node_state *state,
				      bool last)
{
	struct arena *arena = draft->plan->arena;
	struct map_builder *map = map_begin(arena);

	if (draft->options->full)
		map_add(map, "full", value_of_bool(arena, true));
	else
		map_add(map, "wipe", wipe_list(draft));
	if (state->boot_id)
		map_add(map, "boot", value_str(arena, state->boot_id));
	if (last)
		map_add(map, RESET_ENDS, value_of_bool(arena, true));
	return map_end(map);
}

/* Who agrees to a reset reads what it takes and what it leaves. */
static const struct value *with_notes(const struct draft *draft, const struct value *args)
{
	struct arena *arena = draft->plan->arena;
	struct list_builder *notes = list_begin(arena);

	if (draft->options->full)
		list_add(notes, value_str(arena, "wipes the whole system disk, the operating "
						 "system with it"));
	else
		list_add(notes, value_str(arena, "wipes STATE and EPHEMERAL: the machine config "
						 "and all data; the operating system stays"));
	for (const char *const *name = draft->options->user_volumes; name && *name; name++)
		list_add(notes, value_strf(arena, "wipes the user volume %s", *name));
	return value_set(arena, args, "notes", list_end(notes));
}

static bool kube_answers(const struct draft *draft)
{
	const struct kube_seen *kube = draft->inventory->kube;

	return kube && !err_is_set(&kube->err) && !draft->whole;
}

static bool is_drained(const struct draft *draft, const struct node_state *state)
{
	const struct cluster *cluster = draft->inventory->cluster;

	return kube_answers(draft) && !draft->options->no_drain && state->kube_name &&
	       drain_is_wanted(cluster, &cluster->upgrade.drain);
}

/* Its member is listed, and somebody stays who can be left. */
static bool leaves_etcd(const struct draft *draft, const struct node_state *state, bool last)
{
	if (state->node->role != ROLE_CONTROL || !draft->etcd || last)
		return false;
	return etcd_named(etcd_told(draft->inventory), state->node->name) != NULL;
}

static struct behind add_leave(struct draft *draft, const struct node_state *state,
			       struct behind after)
{
	struct arena *arena = draft->plan->arena;
	const struct value *args = draft->whole ? flag_arg(arena, "ending") : NULL;

	if (!draft->whole)
		after = add(draft, &kind_etcd_well, "", names_arg(arena, "without", draft->going),
			    after);
	return add(draft, &kind_etcd_leave, state->node->name, args, after);
}

static struct behind add_evacuation(struct draft *draft, const struct node_state *state,
				    struct behind after)
{
	const struct drain_setting *setting = &draft->inventory->cluster->upgrade.drain;
	unsigned *index = arena_alloc(draft->plan->arena, sizeof(*index));

	*index = add_drain(draft->plan, state->node, setting, after.at, after.len);
	return (struct behind){ index, 1 };
}

/* All that is done to one node; `last`: etcd ends with it. */
static struct behind add_chain(struct draft *draft, const struct node_state *state,
			       struct behind after, bool last)
{
	const struct node *node = state->node;
	const struct value *args = reset_args(draft, state, last);
	struct behind drained = { NULL, 0 };

	if (state->sight == SIGHT_SILENT)
		after = add(draft, &kind_reach, node->name, NULL, after);
	if (is_drained(draft, state))
		after = drained = add_evacuation(draft, state, after);
	if (leaves_etcd(draft, state, last))
		after = add_leave(draft, state, after);
	after = add(draft, &kind_reset, node->name, with_notes(draft, args), after);
	after = add(draft, &kind_bare, node->name, args, after);
	if (kube_answers(draft))
		after = add(draft, &kind_forget, node->name, NULL, after);
	if (drained.len)
		add_uncordon(draft->plan, node, *drained.at, *after.at);
	return after;
}

/* A worker waits until one of those before it is back: pods need somewhere to go, and a lane
 * counts steps, not nodes. */
static struct behind turn_of(const struct draft *draft)
{
	if (draft->end_count < draft->width)
		return draft->snapshot;
	return (struct behind){ &draft->ends[draft->end_count - draft->width], 1 };
}

static void add_workers(struct draft *draft, enum sight sight)
{
	const struct inventory *inventory = draft->inventory;

	for (size_t i = 0; i < inventory->len; i++) {
		const struct node_state *state = &inventory->at[i];
		struct behind end;

		if (state->node->role != ROLE_WORKER || state->sight != sight ||
		    !is_reset(draft, state))
			continue;
		end = add_chain(draft, state,
				sight == SIGHT_OURS ? turn_of(draft) : draft->snapshot, false);
		if (sight == SIGHT_OURS)
			draft->ends[draft->end_count++] = *end.at;
	}
}

/* Control planes in the order in which they go: who answers before who does not, the leader last of
 * the first. */
static size_t order_controls(const struct draft *draft, const struct node_state **out)
{
	const struct inventory *inventory = draft->inventory;
	const struct node *leader = etcd_led_by(inventory);
	size_t len = 0;

	for (int turn = 0; turn < 3; turn++) {
		for (size_t i = 0; i < inventory->len; i++) {
			const struct node_state *state = &inventory->at[i];
			int its = state->sight == SIGHT_SILENT ? 2 : state->node == leader ? 1
											   : 0;

			if (state->node->role == ROLE_CONTROL && is_reset(draft, state) &&
			    its == turn)
				out[len++] = state;
		}
	}
	return len;
}

/* The first one waits for the workers, each other one for the one before. */
static void add_controls(struct draft *draft)
{
	struct arena *arena = draft->plan->arena;
	const struct node_state **order =
		arena_calloc(arena, draft->inventory->len, sizeof(*order));
	size_t len = order_controls(draft, order);
	struct behind after = draft->snapshot;

	if (draft->end_count)
		after = (struct behind){ draft->ends, draft->end_count };
	for (size_t i = 0; i < len; i++)
		after = add_chain(draft, order[i], after, draft->whole && i + 1 == len);
}

/* A reset that was made by hand, or that ended too early, leaves its member behind. */
static void add_leftovers(struct draft *draft)
{
	const struct inventory *inventory = draft->inventory;

	for (size_t i = 0; i < inventory->len && draft->etcd && !draft->whole; i++) {
		const struct node_state *state = &inventory->at[i];
		struct arena *arena = draft->plan->arena;

		if (state->sight != SIGHT_MAINTENANCE || !is_wanted(draft, state) ||
		    !leaves_etcd(draft, state, false))
			continue;
		struct behind gone = add(draft, &kind_etcd_leave, state->node->name,
					 flag_arg(arena, "away"), draft->snapshot);

		if (kube_answers(draft))
			add(draft, &kind_forget, state->node->name, NULL, gone);
	}
}

static bool has_work(const struct draft *draft)
{
	for (size_t i = 0; i < draft->inventory->len; i++) {
		const struct node_state *state = &draft->inventory->at[i];

		if (is_reset(draft, state) ||
		    (is_wanted(draft, state) && !draft->whole && leaves_etcd(draft, state, false)))
			return true;
	}
	return false;
}

static void add_snapshot(struct draft *draft)
{
	struct arena *arena = draft->plan->arena;
	const struct node_state *source = inventory_etcd(draft->inventory);

	if (!source)
		return;
	draft->snapshot = add(draft, &kind_etcd_snapshot, source->node->name,
			      snapshot_args(arena, draft->inventory->cluster->name,
					    draft->input->wall),
			      draft->snapshot);
}

static void count_lanes(struct draft *draft)
{
	size_t workers = 0;

	for (size_t i = 0; i < draft->inventory->len; i++) {
		const struct node_state *state = &draft->inventory->at[i];

		workers += state->node->role == ROLE_WORKER && is_reset(draft, state);
	}
	draft->width = operation_width(draft->input, workers,
				       draft->whole ? (unsigned)workers : 1);
	plan_lane(draft->plan, LANE_WORKERS, draft->width);
}

/* Members leave in good order where etcd is well; where it is not, nobody has to be left. */
static bool can_be_left(const struct draft *draft)
{
	struct etcd_health health;

	if (!etcd_told(draft->inventory))
		return false;
	if (!draft->whole)
		return true;
	etcd_judge(draft->plan->arena, draft->inventory, &health);
	return health.failures == 0;
}

int reset_plan(const struct operation_input *input, struct plan **out, struct err *err)
{
	static const struct reset_options standard = { 0 };
	struct plan *plan OWNED(plan_free) = plan_new("reset");
	struct draft draft = { .input = input,
			       .options = input->options ? input->options : &standard,
			       .inventory = input->inventory,
			       .plan = plan };

	plan->on_failure = PLAN_GOES_ON;
	note_goers(&draft);
	draft.whole = ends_all(&draft);
	draft.ends = arena_calloc(plan->arena, input->inventory->len, sizeof(*draft.ends));
	if (check(&draft, err) < 0)
		return -1;
	draft.etcd = can_be_left(&draft);
	count_lanes(&draft);
	if (has_work(&draft))
		add_snapshot(&draft);
	add_workers(&draft, SIGHT_OURS);
	add_leftovers(&draft);
	add_controls(&draft);
	add_workers(&draft, SIGHT_SILENT);
	*out = take(plan);
	return 0;
}

/* Without the boot that the plan saw, a node that was told and works tells it. */
static bool works_again(const struct node_state *now, const char *boot, enum record_state state)
{
	if (now->sight != SIGHT_OURS)
		return false;
	if (boot)
		return now->boot_id && strcmp(boot, now->boot_id) != 0;
	return state == RECORD_DONE &&
	       (now->stage == STAGE_RUNNING || now->stage == STAGE_BOOTING);
}

/* A node that is up in another boot than the plan was made in: it was reset and installed since, or
 * it rebooted for a reason of its own. Either way nobody has agreed to wipe that. */
static const struct node *undone(const struct plan *plan, const enum record_state *state,
				 const struct inventory *inventory)
{
	for (unsigned i = 0; i < plan->len; i++) {
		const struct step *step = &plan->at[i];
		const struct node_state *now = state_named(inventory, step->target);
		const char *boot = value_get_text(step->args, "boot");

		if (step->kind == &kind_reset && now && works_again(now, boot, state[i]))
			return now->node;
	}
	return NULL;
}

const struct operation operation_reset = {
	.name = "reset",
	.consent = CONSENT_NAME,
	.looks = OBSERVE_ETCD | OBSERVE_BOOT | OBSERVE_KUBE | OBSERVE_VOLUMES,
	.plan = reset_plan,
	.undone = undone,
	.undone_text = "which it was to wipe, has booted again",
	.idle = "nothing to do: the nodes are in maintenance mode",
	.gates = &gate_repair,
};
