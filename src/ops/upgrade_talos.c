#include "ops/upgrade_talos.h"

#include "base/text.h"
#include "cluster/version.h"
#include "ops/denied.h"
#include "ops/etcd_gate.h"
#include "ops/hops.h"
#include "ops/installer.h"
#include "ops/kinds.h"
#include "ops/observe.h"
#include "ops/quorum.h"
#include "ops/snapshot.h"
#include "ops/step_node.h"
#include "ops/waves.h"
#include "render/schematic.h"

#include <string.h>

#define LANE_PULL "pull"
#define PULLS_AT_ONCE 8

/* Steps that have to be over before others begin. */
struct barrier {
	unsigned *at;
	unsigned len;
};

struct draft {
	const struct operation_input *input;
	const struct inventory *inventory;
	const struct upgrade_options *options;
	struct plan *plan;
	struct arena *arena;	/* the plan's */
	const char **runs;	/* per node: its Talos, as the rounds go by */
	const char **schematic; /* likewise; NULL: unknown */
	bool *takes_part;	/* per node, in the round */
	bool saved;		/* etcd is, to a file */
	const char **image;	/* likewise */
	struct barrier barrier;
	const char **note;
	size_t notes, note_cap;
};

static void add_note(struct draft *draft, const char *note)
{
	draft->note = arena_grow(draft->arena, draft->note, draft->notes, &draft->note_cap,
				 sizeof(*draft->note));
	draft->note[draft->notes++] = note;
}

static const struct upgrade_target *target_of(const struct draft *draft, const struct node *node)
{
	static const struct upgrade_target none = { .node = NULL };

	for (size_t i = 0; i < draft->options->targets; i++)
		if (strcmp(draft->options->target[i].node, node->name) == 0)
			return &draft->options->target[i];
	return &none;
}

/* A leading v may be missing where people write versions. */
static const char *tagged(struct draft *draft, const char *version)
{
	if (!version || *version < '0' || *version > '9')
		return version;
	return arena_printf(draft->arena, "v%s", version);
}

static const char *goal_of(struct draft *draft)
{
	return tagged(draft, draft->options->to ? draft->options->to
						: draft->inventory->cluster->talos);
}

/* ---- who can take part ----------------------------------------------------------------------- */

static bool is_held(const struct draft *draft, const struct node *node)
{
	return hold_of_node(&draft->inventory->cluster->upgrade, node->name) != NULL;
}

static int check_sight(const struct draft *draft, const struct node_state *state, struct err *err)
{
	const struct node *node = state->node;

	if (state->sight == SIGHT_OURS && state->talos)
		return 0;
	if (!operation_wants(draft->input, node) || is_held(draft, node))
		return 0;
	if (state->sight == SIGHT_MAINTENANCE) {
		err_set(err, ERR_REFUSED, "%s is in maintenance mode", node->name);
		return err_hint(err, "talforge up installs it; or name the other nodes with -n");
	}
	if (state->sight == SIGHT_DENIED) {
		err_denied(err, node, &state->err);
	} else {
		if (err)
			*err = state->err;
		if (!err_is_set(&state->err))
			err_set(err, ERR_NET, "it does not tell its version");
		err_wrap(err, "%s (%s) cannot take part", node->name, node->address[0]);
	}
	return err_hint(err, "name the other nodes with -n, or hold it in cluster.yaml");
}

static int plan_hops(struct draft *draft, struct hops *hops, struct err *err)
{
	const struct inventory *inventory = draft->inventory;
	const struct upgrade_settings *settings = &inventory->cluster->upgrade;
	struct hop_node *nodes = arena_calloc(draft->arena, inventory->len, sizeof(*nodes));
	const struct hop_goal goal = { .talos = goal_of(draft),
				       .hold = settings->hold,
				       .holds = settings->holds };

	for (size_t i = 0; i < inventory->len; i++) {
		const struct node_state *state = &inventory->at[i];

		if (check_sight(draft, state, err) < 0)
			return -1;
		nodes[i] = (struct hop_node){
			.name = state->node->name,
			.talos = state->talos ? state->talos : "unknown",
			.kubelet = state->kubelet,
			.to = tagged(draft, target_of(draft, state->node)->to),
			.selected = operation_wants(draft->input, state->node),
		};
		draft->runs[i] = state->talos;
		draft->schematic[i] = state->schematic;
	}
	return hops_plan(draft->arena, nodes, inventory->len, &goal, hops, err);
}

/* ---- images ---------------------------------------------------------------------------------- */

static int choose_image(struct draft *draft, size_t index, const char *version,
			struct installer_choice *out, struct err *err)
{
	const struct node_state *state = &draft->inventory->at[index];
	const struct node *node = state->node;
	const struct upgrade_target *target = target_of(draft, node);
	const char *runs = draft->schematic[index];
	const char *image = state->image ? state->image : INSTALLER_GENERIC;
	struct installer_facts facts = {
		.name = node->name,
		.image = image,
		.schematic = runs && *runs ? runs : NULL,
		.extensions = state->extensions,
		.platform = state->platform,
		.secureboot = strstr(image, "-secureboot") != NULL,
		.want_schematic = target->schematic ? target->schematic
						    : schematic_of_node(draft->arena, node),
		.want_base = target->base,
		.want_secureboot = node->secureboot,
		.says_secureboot = node->secureboot,
	};

	return installer_image(draft->arena, &facts, version, out, err);
}

/* Nodes of the right version that shall have another schematic. */
static int find_drifted(struct draft *draft, const char *goal, bool *out, struct err *err)
{
	for (size_t i = 0; i < draft->inventory->len; i++) {
		const struct node *node = draft->inventory->at[i].node;
		const struct upgrade_target *target = target_of(draft, node);
		const char *to = target->to ? tagged(draft, target->to) : goal;
		struct installer_choice choice;

		if (!operation_wants(draft->input, node) || is_held(draft, node) ||
		    !draft->schematic[i] || !text_equal(draft->runs[i], to))
			continue;
		if (!target->schematic && !schematic_of_node(draft->arena, node))
			continue;
		if (choose_image(draft, i, to, &choice, err) < 0)
			return -1;
		out[i] = choice.change != NULL;
	}
	return 0;
}

/* ---- steps ----------------------------------------------------------------------------------- */

static unsigned add_step(struct draft *draft, const struct step *step)
{
	return plan_add(draft->plan, step);
}

static const struct value *notes_value(struct draft *draft)
{
	struct list_builder *list = list_begin(draft->arena);

	for (size_t i = 0; i < draft->notes; i++)
		list_add(list, value_str(draft->arena, draft->note[i]));
	draft->notes = 0;
	return list_end(list);
}

static const struct value *system_args(struct draft *draft, size_t index, const char *version)
{
	struct arena *arena = draft->arena;
	struct map_builder *args = map_begin(arena);

	map_add(args, "version", value_str(arena, version));
	if (draft->schematic[index])
		map_add(args, "schematic",
			value_str(arena, image_schematic(arena, draft->image[index])));
	map_add(args, "image", value_str(arena, draft->image[index]));
	if (draft->options->powercycle)
		map_add(args, "mode", value_str(arena, "powercycle"));
	if (draft->options->stage)
		map_add(args, "stage", value_of_bool(arena, true));
	if (draft->inventory->cluster->controllers == 2)
		map_add(args, "two", value_of_bool(arena, true));
	return map_end(args);
}

static void add_pull(struct draft *draft, size_t index, struct barrier *pulls)
{
	struct arena *arena = draft->arena;
	struct map_builder *args = map_begin(arena);

	map_add(args, "image", value_str(arena, draft->image[index]));
	if (draft->notes)
		map_add(args, "notes", notes_value(draft));
	pulls->at[pulls->len++] =
		add_step(draft, &(struct step){ .kind = &kind_pull_image,
						.target = draft->inventory->at[index].node->name,
						.lane = LANE_PULL,
						.args = map_end(args),
						.after = draft->barrier.at,
						.afters = draft->barrier.len });
}

/* One step after another, of one node. */
struct chain {
	struct draft *draft;
	const char *target;
	struct barrier after;
	unsigned last;
};

static unsigned chain_add(struct chain *chain, const struct step_kind *kind,
			  const struct value *args)
{
	chain->last = add_step(chain->draft, &(struct step){ .kind = kind,
							     .target = chain->target,
							     .lane = "",
							     .args = args,
							     .after = chain->after.at,
							     .afters = chain->after.len });
	chain->after = (struct barrier){ &chain->last, 1 };
	return chain->last;
}

/* Written beside what runs, by a call that leaves the reboot to others. */
static bool has_lifecycle(const char *version)
{
	static const struct version first = { .major = 1, .minor = 13, .rest = "" };
	struct version parsed;

	return version_parse(version, &parsed) && version_minor_compare(&parsed, &first) >= 0;
}

static const struct value *back_args(struct draft *draft, size_t index, const char *version)
{
	struct map_builder *args = map_begin(draft->arena);

	map_add(args, "version", value_str(draft->arena, version));
	if (draft->inventory->at[index].ready)
		map_add(args, "ready", value_of_bool(draft->arena, true));
	return map_end(args);
}

/* From what to what: who agrees to it reads that. */
static const struct value *with_way(struct draft *draft, size_t index, const struct value *args)
{
	const char *from = draft->runs[index], *to = value_text(value_get(args, "version"));
	struct list_builder *notes = list_begin(draft->arena);

	if (strcmp(from, to) == 0)
		list_add(notes, value_strf(draft->arena, "stays %s, with another schematic: %s", to,
					   draft->image[index]));
	else
		list_add(notes, value_strf(draft->arena, "from %s to %s: %s", from, to,
					   draft->image[index]));
	return value_set(draft->arena, args, "notes", list_end(notes));
}

static void chain_system(struct chain *chain, size_t index, const char *version)
{
	struct draft *draft = chain->draft;
	const struct value *args = system_args(draft, index, version);

	if (has_lifecycle(draft->runs[index])) {
		chain_add(chain, &kind_lifecycle_upgrade, with_way(draft, index, args));
		chain_add(chain, &kind_boot_image, args);
	} else {
		chain_add(chain, &kind_upgrade, with_way(draft, index, args));
	}
	chain_add(chain, &kind_verify_version, args);
	chain_add(chain, &kind_back, back_args(draft, index, version));
}

/* Returns the last step. */
static unsigned add_node(struct draft *draft, size_t index, const char *version)
{
	const struct cluster *cluster = draft->inventory->cluster;
	const struct node *node = draft->inventory->at[index].node;
	const struct drain_setting *setting = &cluster->upgrade.drain;
	bool drains = !draft->options->no_drain && drain_is_wanted(cluster, setting);
	struct chain chain = { draft, "", draft->barrier, 0 };
	unsigned drain = 0;

	if (node->role == ROLE_CONTROL)
		chain_add(&chain, &kind_etcd_well, NULL);
	chain.target = node->name;
	if (node->role == ROLE_CONTROL && cluster->controllers > 1)
		chain_add(&chain, &kind_forfeit, NULL);
	if (drains) {
		drain = add_drain(draft->plan, node, setting, chain.after.at, chain.after.len);
		chain.last = drain;
		chain.after = (struct barrier){ &chain.last, 1 };
	}
	chain_system(&chain, index, version);
	return drains ? add_uncordon(draft->plan, node, drain, chain.last) : chain.last;
}

static void add_wave(struct draft *draft, const struct wave *wave, const char *version)
{
	struct barrier ends = { arena_calloc(draft->arena, wave->len, sizeof(unsigned)), 0 };

	for (size_t i = 0; i < wave->len; i++)
		ends.at[ends.len++] = add_node(draft, wave->at[i], version);
	draft->barrier = ends;
}

/* Nobody goes on to the workers, or ends, with an etcd that is not well. */
static void add_gate(struct draft *draft)
{
	unsigned *gate = arena_alloc(draft->arena, sizeof(*gate));

	*gate = add_step(draft, &(struct step){ .kind = &kind_etcd_well,
						.target = "",
						.lane = "",
						.after = draft->barrier.at,
						.afters = draft->barrier.len });
	draft->barrier = (struct barrier){ gate, 1 };
}

static bool has_control(const struct waves *waves)
{
	for (size_t i = 0; i < waves->len; i++)
		if (waves->at[i].control)
			return true;
	return false;
}

/* Once, before the first control plane of all rounds. */
static void add_snapshot(struct draft *draft, const struct waves *waves)
{
	const struct node_state *source = inventory_etcd(draft->inventory);
	unsigned *saved = arena_alloc(draft->arena, sizeof(*saved));

	if (draft->saved || !source || !has_control(waves))
		return;
	*saved = add_step(draft, &(struct step){ .kind = &kind_etcd_snapshot,
						 .target = source->node->name,
						 .lane = "",
						 .args = snapshot_args(
							 draft->arena,
							 draft->inventory->cluster->name,
							 draft->input->wall),
						 .after = draft->barrier.at,
						 .afters = draft->barrier.len });
	draft->barrier = (struct barrier){ saved, 1 };
	draft->saved = true;
}

/* ---- rounds ---------------------------------------------------------------------------------- */

static int order_round(struct draft *draft, struct waves *waves, struct err *err)
{
	const struct inventory *inventory = draft->inventory;
	const struct operation_input *input = draft->input;
	const struct node *leader = etcd_led_by(inventory);
	struct wave_node *nodes = arena_calloc(draft->arena, inventory->len, sizeof(*nodes));
	const char *budget = inventory->cluster->upgrade.parallelism;

	for (size_t i = 0; i < inventory->len; i++) {
		const struct node *node = inventory->at[i].node;

		nodes[i] = (struct wave_node){ .name = node->name,
					       .control = node->role == ROLE_CONTROL,
					       .leader = node == leader,
					       .changes = draft->takes_part[i],
					       .locked = node->locked };
	}
	if (input->max_parallel)
		budget = arena_printf(draft->arena, "%u%s", input->max_parallel,
				      input->percent ? "%" : "");
	if (waves_plan(draft->arena, nodes, inventory->len, budget, waves, err) == 0)
		return 0;
	return err_hint(err, "name the other nodes with -n, or hold it in cluster.yaml");
}

/* A control plane that goes down for its reboot must leave the others able to decide. Two cannot:
 * that is an outage, as with a single one, and not a loss. */
static int check_quorum(struct draft *draft, struct err *err)
{
	const struct inventory *inventory = draft->inventory;
	struct quorum_member *members =
		arena_calloc(draft->arena, inventory->len, sizeof(*members));
	size_t count = 0;
	bool goes = false;

	for (size_t i = 0; i < inventory->len; i++) {
		const struct node_state *state = &inventory->at[i];

		if (state->node->role != ROLE_CONTROL)
			continue;
		members[count++] = (struct quorum_member){
			.name = state->node->name,
			.healthy = state->etcd_runs,
			.goes = draft->takes_part[i] && !goes,
		};
		goes |= draft->takes_part[i];
	}
	if (goes && count == 2 && members[0].healthy && members[1].healthy) {
		add_note(draft, "etcd has two members: it decides nothing, and the Kubernetes API "
				"serves nobody, while either of them reboots");
		return 0;
	}
	return quorum_check(members, count, QUORUM_DOWN, "upgrading", err);
}

static int choose_images(struct draft *draft, const char *version, struct err *err)
{
	for (size_t i = 0; i < draft->inventory->len; i++) {
		struct installer_choice choice;

		if (!draft->takes_part[i])
			continue;
		if (choose_image(draft, i, version, &choice, err) < 0)
			return -1;
		draft->image[i] = choice.image;
		if (choice.change)
			add_note(draft, choice.change);
		if (draft->options->stage && has_lifecycle(draft->runs[i]))
			add_note(draft, arena_printf(draft->arena,
						     "--stage has no effect on %s: from v1.13 on "
						     "nodes write first and reboot when told",
						     draft->inventory->at[i].node->name));
	}
	return 0;
}

static void end_round(struct draft *draft, const char *version)
{
	for (size_t i = 0; i < draft->inventory->len; i++) {
		if (!draft->takes_part[i])
			continue;
		draft->runs[i] = version;
		if (draft->schematic[i])
			draft->schematic[i] = image_schematic(draft->arena, draft->image[i]);
	}
}

static int add_round(struct draft *draft, const char *version, struct err *err)
{
	struct barrier pulls = {
		arena_calloc(draft->arena, draft->inventory->len, sizeof(unsigned)), 0
	};
	struct waves waves;

	if (order_round(draft, &waves, err) < 0 || check_quorum(draft, err) < 0 ||
	    choose_images(draft, version, err) < 0)
		return -1;
	for (size_t i = 0; i < waves.len; i++)
		for (size_t k = 0; k < waves.at[i].len; k++)
			add_pull(draft, waves.at[i].at[k], &pulls);
	draft->barrier = pulls;
	add_snapshot(draft, &waves);
	for (size_t i = 0; i < waves.len; i++) {
		add_wave(draft, &waves.at[i], version);
		if (waves.at[i].control && (i + 1 == waves.len || !waves.at[i + 1].control))
			add_gate(draft);
	}
	end_round(draft, version);
	return 0;
}

static void note_hops(struct draft *draft, const struct hops *hops)
{
	for (size_t i = 0; i < hops->helds; i++)
		add_note(draft, arena_printf(draft->arena, "%s stays at %s: it is held (%s): %s",
					     hops->held[i].what, hops->held[i].at,
					     hops->held[i].pattern, hops->held[i].reason));
	for (size_t i = 0; i < hops->notes.len; i++)
		add_note(draft, hops->notes.at[i]);
}

static void mark_hop(struct draft *draft, const struct hop *hop)
{
	for (size_t i = 0; i < draft->inventory->len; i++) {
		draft->takes_part[i] = false;
		for (size_t k = 0; hop && k < hop->len; k++)
			draft->takes_part[i] |=
				strcmp(hop->nodes[k], draft->inventory->at[i].node->name) == 0;
	}
}

/* Nodes that only change their schematic go with the others to that version; or in a round of
 * their own. */
static bool mark_drifted(struct draft *draft, const char *version, bool *drifted)
{
	bool any = false;

	for (size_t i = 0; i < draft->inventory->len; i++) {
		if (!drifted[i] || !text_equal(draft->runs[i], version))
			continue;
		draft->takes_part[i] = any = true;
		drifted[i] = false;
	}
	return any;
}

static int add_rounds(struct draft *draft, const struct hops *hops, struct err *err)
{
	bool *drifted = arena_calloc(draft->arena, draft->inventory->len, sizeof(*drifted));

	if (find_drifted(draft, goal_of(draft), drifted, err) < 0)
		return -1;
	for (size_t i = 0; i < hops->len; i++) {
		mark_hop(draft, &hops->at[i]);
		mark_drifted(draft, hops->at[i].to, drifted);
		if (add_round(draft, hops->at[i].to, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < draft->inventory->len; i++) {
		mark_hop(draft, NULL);
		if (drifted[i] && mark_drifted(draft, draft->runs[i], drifted) &&
		    add_round(draft, draft->runs[i], err) < 0)
			return -1;
	}
	return 0;
}

/* A plan without anything to do still tells what is held. */
static void add_idle_notes(struct draft *draft)
{
	struct map_builder *args = map_begin(draft->arena);

	if (!draft->notes)
		return;
	map_add(args, "notes", notes_value(draft));
	add_step(draft, &(struct step){ .kind = &kind_held,
					.target = "",
					.lane = "",
					.args = map_end(args) });
}

int upgrade_talos_plan(const struct operation_input *input, const struct upgrade_options *options,
		       struct plan **out, struct err *err)
{
	struct plan *plan OWNED(plan_free) = plan_new("upgrade talos");
	size_t count = input->inventory->len;
	struct draft draft = {
		.input = input,
		.inventory = input->inventory,
		.options = options,
		.plan = plan,
		.arena = plan->arena,
		.runs = arena_calloc(plan->arena, count, sizeof(const char *)),
		.schematic = arena_calloc(plan->arena, count, sizeof(const char *)),
		.takes_part = arena_calloc(plan->arena, count, sizeof(bool)),
		.image = arena_calloc(plan->arena, count, sizeof(const char *)),
		.saved = options->saved,
	};
	struct hops hops;

	plan_lane(plan, LANE_PULL, PULLS_AT_ONCE);
	if (plan_hops(&draft, &hops, err) < 0)
		return -1;
	note_hops(&draft, &hops);
	if (add_rounds(&draft, &hops, err) < 0)
		return -1;
	add_idle_notes(&draft);
	*out = take(plan);
	return 0;
}

static int plan_input(const struct operation_input *input, struct plan **out, struct err *err)
{
	static const struct upgrade_options none = { .to = NULL };

	return upgrade_talos_plan(input, input->options ? input->options : &none, out, err);
}

/* Does the node run what the step booted, as far as it tells? */
static bool still_runs(const struct node_state *state, const struct step *step)
{
	const char *schematic = value_get_text(step->args, "schematic");

	if (state->sight != SIGHT_OURS || !state->talos)
		return true;
	if (!text_equal(state->talos, value_get_text(step->args, "version")))
		return false;
	return !schematic || !state->schematic || schematic_same(state->schematic, schematic);
}

static bool boots_system(const struct step *step)
{
	return step->kind == &kind_boot_image || step->kind == &kind_upgrade;
}

/* Where it leads to for the node: its last round; NULL: it is not about the node. */
static const struct step *last_boot(const struct plan *plan, const char *node)
{
	const struct step *last = NULL;

	for (unsigned i = 0; i < plan->len; i++)
		if (boots_system(&plan->at[i]) && strcmp(plan->at[i].target, node) == 0)
			last = &plan->at[i];
	return last;
}

/* Nobody is drained for a system that runs already. */
static bool upgrade_talos_met(const struct plan *plan, const struct inventory *inventory)
{
	size_t boots = 0;

	for (size_t i = 0; i < inventory->len; i++) {
		const struct node_state *state = &inventory->at[i];
		const struct step *last = last_boot(plan, state->node->name);

		if (!last)
			continue;
		boots++;
		if (state->sight != SIGHT_OURS || !state->talos || !still_runs(state, last))
			return false;
	}
	return boots > 0;
}

/* It fell back, or was changed by somebody else. The last round that it was in counts. */
const struct node *upgrade_talos_undone(const struct plan *plan, const enum record_state *state,
					const struct inventory *inventory)
{
	for (size_t n = 0; n < inventory->len; n++) {
		const struct node *node = inventory->at[n].node;
		const struct step *last = NULL;

		for (unsigned i = 0; i < plan->len; i++) {
			const struct step *step = &plan->at[i];

			if (!boots_system(step) || strcmp(step->target, node->name) != 0)
				continue;
			if (state[i] == RECORD_DONE || state[i] == RECORD_SKIPPED)
				last = step;
			else if (state[i] != RECORD_NEVER)
				last = NULL;
		}
		if (last && !still_runs(&inventory->at[n], last))
			return node;
	}
	return NULL;
}

const struct operation operation_upgrade_talos = {
	.name = "upgrade talos",
	.consent = CONSENT_YES,
	.looks = OBSERVE_CONFIGS | OBSERVE_ETCD | OBSERVE_SCHEMATIC,
	.plan = plan_input,
	.undone = upgrade_talos_undone,
	.met = upgrade_talos_met,
	.undone_text = "which had booted the new system, runs another one",
	.idle = "nothing to do: every node runs that version and its schematic",
	.gates = &gate_upgrade,
};
