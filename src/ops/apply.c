#include "ops/apply.h"

#include "base/clock.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "ops/bare.h"
#include "ops/configs.h"
#include "ops/drift.h"
#include "ops/kinds.h"
#include "ops/observe.h"
#include "ops/step_node.h"

#include <assert.h>
#include <string.h>

#define LANE_LIVE "live"
#define NOTES_MAX 12 /* of the same sort */

const char *const apply_ways[] = {
	[APPLY_AS_NEEDED] = "auto",
	[APPLY_LIVE] = "no-reboot",
	[APPLY_LATER] = "staged",
	[APPLY_ON_TRIAL] = "try",
	[APPLY_WAY_COUNT] = NULL,
};

int apply_way_named(const char *name, enum apply_way *out)
{
	for (int i = 0; i < APPLY_WAY_COUNT; i++) {
		if (strcmp(apply_ways[i], name) != 0)
			continue;
		*out = (enum apply_way)i;
		return 0;
	}
	return -1;
}

/* What is to be done to one node. */
struct target {
	const struct node_state *state;
	const struct drift *drift; /* of a node that is ours */
	const char *disk;	   /* of a bare one */
	const char *source;	   /* which kept config; NULL: the rendered one */
	const char *digest;	   /* of the kept one */
};

struct draft {
	const struct operation_input *input;
	const struct inventory *inventory;
	struct apply_options options;
	struct plan *plan;
	struct target *at;
	size_t len;
	bool whole;	  /* every control plane is a running member of etcd */
	unsigned control; /* the last step of the control planes so far, plus 1; 0: none */
	unsigned *ends;	  /* the last step of every node so far */
	unsigned end_count;
	unsigned *boots; /* of workers that reboot: their last steps */
	unsigned boot_count;
};

static bool is_control(const struct target *target)
{
	return target->state->node->role == ROLE_CONTROL;
}

static bool is_bare(const struct target *target)
{
	return target->state->sight == SIGHT_MAINTENANCE;
}

static bool is_silent(const struct target *target)
{
	return target->state->sight == SIGHT_SILENT;
}

static bool reboots(const struct draft *draft, const struct target *target)
{
	return draft->options.way == APPLY_AS_NEEDED && target->drift && target->drift->reboots;
}

/* ---- refusals ---------------------------------------------------------------------------- */

static const char *first_cold(struct arena *arena, const struct drift *drift)
{
	for (size_t i = 0; i < drift->len; i++)
		for (size_t k = 0; k < drift->at[i].len; k++)
			if (drift->at[i].at[k].effect == EFFECT_REBOOT)
				return arena_str(arena, drift->at[i].at[k].path);
	return "it";
}

static int check_versions(const struct target *target, struct err *err)
{
	assert(target->drift);
	const struct drift_version *kubernetes = &target->drift->kubernetes;

	if (!kubernetes->differs)
		return 0;
	err_set(err, ERR_REFUSED, "%s runs Kubernetes %s and its config is for %s",
		target->state->node->name, kubernetes->live, kubernetes->wanted);
	return err_hint(err, "talforge upgrade k8s goes from one to the other in order");
}

static int check_reboot(const struct draft *draft, const struct target *target, struct err *err)
{
	const struct node *node = target->state->node;

	if (!target->drift->reboots || draft->options.way == APPLY_LATER)
		return 0;
	if (draft->options.way != APPLY_AS_NEEDED) {
		err_set(err, ERR_REFUSED, "%s of %s cannot change without a reboot",
			first_cold(draft->plan->arena, target->drift), node->name);
		return err_hint(err, "--mode auto reboots, --mode staged leaves it for later");
	}
	if (node->locked)
		return err_set(err, ERR_REFUSED, "%s is locked and would be rebooted: %s",
			       node->name, node->locked);
	if (!is_control(target) || draft->whole)
		return 0;
	err_set(err, ERR_REFUSED,
		"%s would be rebooted while etcd does not run on every control plane",
		node->name);
	return err_hint(err, "talforge up and talforge health tell more");
}

static int check_ours(const struct draft *draft, const struct target *target, struct err *err)
{
	if (check_versions(target, err) < 0)
		return -1;
	return check_reboot(draft, target, err);
}

static int check_bare(const struct draft *draft, struct target *target, struct err *err)
{
	const char *name = target->state->node->name;

	if (draft->options.way != APPLY_AS_NEEDED) {
		err_set(err, ERR_REFUSED, "%s has no config yet and would be installed", name);
		return err_hint(err, "--mode auto installs it");
	}
	return bare_check(target->state, &target->disk, err);
}

/* >0: there is nothing to do to it. */
static int check_target(const struct draft *draft, struct target *target, struct err *err)
{
	const struct node_state *state = target->state;

	if (bare_check_sight(state, err) < 0)
		return -1;
	if (is_bare(target))
		return check_bare(draft, target, err);
	if (is_silent(target))
		return 0;
	if (!target->drift) {
		if (!err_is_set(&state->err))
			return err_set(err, ERR_CONFLICT, "%s does not tell its machine config",
				       state->node->name);
		if (err)
			*err = state->err;
		return err_wrap(err, "compare %s", state->node->name);
	}
	if (!drift_has_config(target->drift))
		return 1;
	return check_ours(draft, target, err);
}

/* ---- notes ------------------------------------------------------------------------------- */

static const char *verb_of(enum diff_change change)
{
	static const char *const verbs[] = {
		[DIFF_ADDED] = "adds",
		[DIFF_CHANGED] = "changes",
		[DIFF_REMOVED] = "removes",
	};

	return verbs[change];
}

static void note_more(struct arena *arena, struct list_builder *notes, size_t count,
		      const char *node)
{
	if (count > NOTES_MAX)
		list_add(notes, value_strf(arena, "and %zu more: talforge diff %s tells all",
					   count - NOTES_MAX, node));
}

static size_t note_document(struct arena *arena, struct list_builder *notes,
			    const struct drift_document *document, size_t before)
{
	const char *label = drift_document_name(arena, document);
	bool main = strcmp(document->kind, "v1alpha1") == 0;
	size_t count = before;

	if (document->change != DIFF_CHANGED) {
		if (count++ < NOTES_MAX)
			list_add(notes, value_strf(arena, "%s %s (%s)", verb_of(document->change),
						   label, drift_effect_name(document->effect)));
		return count;
	}
	for (size_t i = 0; i < document->len; i++) {
		const struct drift_entry *entry = &document->at[i];

		if (count++ < NOTES_MAX)
			list_add(notes, value_strf(arena, "%s %s%s%s (%s)", verb_of(entry->change),
						   main ? "" : label, main ? "" : ".", entry->path,
						   drift_effect_name(entry->effect)));
	}
	return count;
}

static void note_way(struct arena *arena, struct list_builder *notes,
		     const struct apply_options *options)
{
	if (options->way == APPLY_LATER)
		list_add(notes, value_str(arena, "takes effect with the node's next boot"));
	if (options->way == APPLY_ON_TRIAL) {
		char duration[TIME_TEXT_MAX];

		list_add(notes,
			 value_strf(arena,
				    "the node takes it back by itself after %s, unless it is "
				    "applied for good before",
				    duration_text(options->trial, duration)));
	}
}

static const struct value *notes_of(struct draft *draft, const struct target *target)
{
	struct arena *arena = draft->plan->arena;
	struct list_builder *notes = list_begin(arena);
	const struct drift *drift = target->drift;
	const char *name = target->state->node->name;
	size_t count = 0;

	if (!drift) {
		list_add(notes,
			 value_str(arena, "unknown so far; the node refuses what needs a boot"));
		return list_end(notes);
	}
	for (size_t i = 0; i < drift->len; i++)
		count = note_document(arena, notes, &drift->at[i], count);
	note_more(arena, notes, count, name);
	for (size_t i = 0; i < drift->losses && i < NOTES_MAX; i++)
		list_add(notes,
			 value_strf(arena, "loses what %s edited on the node: %s",
				    drift->guessed ? "may have been" : "was", drift->lost[i]));
	note_more(arena, notes, drift->losses, name);
	if (drift->unsaved)
		list_add(notes, value_str(arena, "keeps what is on trial"));
	note_way(arena, notes, &draft->options);
	return list_end(notes);
}

/* ---- steps ------------------------------------------------------------------------------- */

static unsigned add(struct draft *draft, const struct step_kind *kind, const char *target,
		    const struct value *args, const unsigned *after)
{
	return plan_add(draft->plan, &(struct step){ .kind = kind,
						     .target = target,
						     .lane = "",
						     .args = args,
						     .after = after,
						     .afters = after ? 1 : 0 });
}

static void add_source(struct draft *draft, struct map_builder *args, const struct target *target)
{
	struct arena *arena = draft->plan->arena;

	if (!target->source)
		return;
	map_add(args, "source", value_str(arena, target->source));
	map_add(args, "digest", value_str(arena, target->digest));
}

static const struct value *source_args(struct draft *draft, const struct target *target)
{
	struct map_builder *args = map_begin(draft->plan->arena);

	add_source(draft, args, target);
	return map_end(args);
}

static const char *mode_of(const struct draft *draft, const struct target *target)
{
	if (draft->options.way == APPLY_ON_TRIAL)
		return "try";
	if (draft->options.way == APPLY_LATER || reboots(draft, target))
		return "staged";
	return "no-reboot";
}

static unsigned add_send(struct draft *draft, const struct target *target, const unsigned *after,
			 unsigned afters)
{
	struct arena *arena = draft->plan->arena;
	struct map_builder *args = map_begin(arena);
	bool boots = reboots(draft, target);

	map_add(args, "mode", value_str(arena, mode_of(draft, target)));
	if (draft->options.way == APPLY_ON_TRIAL)
		map_add(args, "trial",
			value_strf(arena, "%llu",
				   (unsigned long long)(draft->options.trial / SECOND)));
	add_source(draft, args, target);
	map_add(args, "notes", notes_of(draft, target));
	return plan_add(draft->plan,
			&(struct step){ .kind = &kind_send_config,
					.target = target->state->node->name,
					.lane = is_control(target) || boots ? "" : LANE_LIVE,
					.args = map_end(args),
					.after = after,
					.afters = afters });
}

static unsigned add_reboot(struct draft *draft, const struct target *target, unsigned after)
{
	struct arena *arena = draft->plan->arena;
	const struct node_state *state = target->state;
	struct map_builder *args = map_begin(arena);

	if (state->boot_id)
		map_add(args, "boot", value_str(arena, state->boot_id));
	if (state->talos)
		map_add(args, "config", value_str(arena, state->talos));
	after = add(draft, &kind_reboot, state->node->name, map_end(args), &after);
	after = add(draft, &kind_back, state->node->name, NULL, &after);
	return add(draft, &kind_runs_config, state->node->name, source_args(draft, target), &after);
}

/* Drained first: a node that cannot be drained keeps the config that it boots with. */
static unsigned add_rebooting(struct draft *draft, const struct target *target,
			      const unsigned *after, unsigned afters)
{
	const struct node *node = target->state->node;
	const struct drain_setting *setting = &draft->inventory->cluster->upgrade.drain;
	unsigned drained = 0, done;

	if (!drain_is_wanted(draft->inventory->cluster, setting))
		return add_reboot(draft, target, add_send(draft, target, after, afters));
	drained = add_drain(draft->plan, node, setting, after, afters);
	done = add_reboot(draft, target, add_send(draft, target, &drained, 1));
	return add_uncordon(draft->plan, node, drained, done);
}

static unsigned add_keep(struct draft *draft, const struct target *target, unsigned after)
{
	const char *name = target->state->node->name;

	after = add(draft, &kind_ready, name, NULL, &after);
	if (draft->options.way == APPLY_ON_TRIAL)
		return after;
	return add(draft, &kind_keep_config, name, source_args(draft, target), &after);
}

static unsigned add_install(struct draft *draft, const struct target *target,
			    const unsigned *after, unsigned afters)
{
	struct arena *arena = draft->plan->arena;
	struct map_builder *args = map_begin(arena);
	unsigned last;

	if (target->disk)
		map_add(args, "disk", value_str(arena, target->disk));
	last = plan_add(draft->plan, &(struct step){ .kind = &kind_apply_config,
						     .target = target->state->node->name,
						     .lane = "",
						     .args = map_end(args),
						     .after = after,
						     .afters = afters });
	last = add(draft, &kind_boot, target->state->node->name, NULL, &last);
	/* before etcd is bootstrapped no node becomes ready */
	if (!inventory_etcd(draft->inventory))
		return add(draft, &kind_keep_config, target->state->node->name, NULL, &last);
	return add_keep(draft, target, last);
}

static unsigned add_ours(struct draft *draft, const struct target *target, const unsigned *after,
			 unsigned afters)
{
	if (draft->options.way == APPLY_LATER)
		return add_send(draft, target, after, afters);
	if (reboots(draft, target))
		return add_keep(draft, target, add_rebooting(draft, target, after, afters));
	return add_keep(draft, target, add_send(draft, target, after, afters));
}

static unsigned add_chain(struct draft *draft, const struct target *target, const unsigned *after,
			  unsigned afters)
{
	unsigned end = is_bare(target) ? add_install(draft, target, after, afters)
				       : add_ours(draft, target, after, afters);

	draft->ends[draft->end_count++] = end;
	return end;
}

/* What is changed at once is looked at in between; what is only staged changes nothing yet. */
static bool is_gated(const struct draft *draft, const struct target *target)
{
	return draft->whole && !is_bare(target) && draft->options.way != APPLY_LATER;
}

static unsigned add_gate(struct draft *draft)
{
	unsigned after = draft->control - 1;

	return add(draft, &kind_etcd_well, "", NULL, draft->control ? &after : NULL);
}

static void add_controls(struct draft *draft)
{
	bool gated = false;

	for (size_t i = 0; i < draft->len; i++) {
		const struct target *target = &draft->at[i];
		unsigned after = 0;

		if (!is_control(target) || is_silent(target))
			continue;
		if (is_gated(draft, target))
			draft->control = add_gate(draft) + 1;
		gated = gated || is_gated(draft, target);
		after = draft->control - 1;
		draft->control =
			add_chain(draft, target, &after, draft->control ? 1 : 0) + 1;
	}
	if (gated)
		draft->control = add_gate(draft) + 1;
}

static void add_workers(struct draft *draft)
{
	unsigned width = operation_width(draft->input, draft->inventory->len, 1);

	for (size_t i = 0; i < draft->len; i++) {
		const struct target *target = &draft->at[i];
		bool boots = reboots(draft, target);
		unsigned after[2], afters = 0, end;

		if (is_control(target) || is_silent(target))
			continue;
		if (draft->control)
			after[afters++] = draft->control - 1;
		if (boots && draft->boot_count >= width)
			after[afters++] = draft->boots[draft->boot_count - width];
		end = add_chain(draft, target, after, afters);
		if (boots)
			draft->boots[draft->boot_count++] = end;
	}
}

/* Nothing is known about them; the node itself refuses what would reboot it. */
static void add_silent(struct draft *draft)
{
	unsigned others = draft->end_count;

	for (size_t i = 0; i < draft->len; i++) {
		const struct target *target = &draft->at[i];
		unsigned reached;

		if (!is_silent(target))
			continue;
		reached = plan_add(draft->plan, &(struct step){ .kind = &kind_reach,
								.target = target->state->node->name,
								.lane = "",
								.after = draft->ends,
								.afters = others });
		add_chain(draft, target, &reached, 1);
	}
}

/* ---- the plan ---------------------------------------------------------------------------- */

static bool is_whole(const struct inventory *inventory)
{
	for (size_t i = 0; i < inventory->len; i++) {
		const struct node_state *state = &inventory->at[i];

		if (state->node->role == ROLE_CONTROL &&
		    (state->sight != SIGHT_OURS || !state->etcd_runs))
			return false;
	}
	return true;
}

static struct draft *begin(const struct operation_input *input, const char *operation)
{
	struct plan *plan = plan_new(operation);
	struct draft *draft = arena_alloc(plan->arena, sizeof(*draft));
	const struct inventory *inventory = input->inventory;

	draft->input = input;
	draft->inventory = inventory;
	draft->plan = plan;
	draft->at = arena_calloc(plan->arena, inventory->len + 1, sizeof(*draft->at));
	draft->ends = arena_calloc(plan->arena, inventory->len + 1, sizeof(*draft->ends));
	draft->boots = arena_calloc(plan->arena, inventory->len + 1, sizeof(*draft->boots));
	draft->whole = is_whole(inventory);
	return draft;
}

static void add_steps(struct draft *draft)
{
	size_t total = draft->inventory->len;

	add_controls(draft);
	add_workers(draft);
	add_silent(draft);
	plan_lane(draft->plan, LANE_LIVE,
		  operation_width(draft->input, total, (unsigned)total + 1));
}

static int choose_targets(struct draft *draft, struct err *err)
{
	const struct inventory *inventory = draft->inventory;

	for (size_t i = 0; i < inventory->len; i++) {
		struct target target = { .state = &inventory->at[i],
					 .drift = inventory->at[i].drift };
		int r;

		if (!operation_wants(draft->input, target.state->node))
			continue;
		r = check_target(draft, &target, err);
		if (r < 0)
			return -1;
		if (r == 0)
			draft->at[draft->len++] = target;
	}
	return 0;
}

static int plan_apply(const struct operation_input *input, struct plan **out, struct err *err)
{
	static const struct apply_options standard = { .way = APPLY_AS_NEEDED };
	struct draft *draft = begin(input, "apply");
	struct plan *plan OWNED(plan_free) = draft->plan;

	draft->options = input->options ? *(const struct apply_options *)input->options : standard;
	if (choose_targets(draft, err) < 0)
		return -1;
	add_steps(draft);
	*out = take(plan);
	return 0;
}

static bool has_ended(enum record_state state)
{
	return state == RECORD_DONE || state == RECORD_SKIPPED;
}

/* A node that is still to be rebooted does not run on what it was sent. */
static bool waits_for_boot(const struct plan *plan, const enum record_state *state,
			   const char *target)
{
	for (unsigned i = 0; i < plan->len; i++)
		if (plan->at[i].kind == &kind_reboot && strcmp(plan->at[i].target, target) == 0)
			return !has_ended(state[i]);
	return false;
}

/* Somebody else changed it after the run did. */
static bool is_changed(const struct inventory *inventory, const struct step *step)
{
	const char *mode = value_get_text(step->args, "mode");

	if (!text_equal(mode, "no-reboot") && !text_equal(mode, "staged"))
		return false;
	for (size_t i = 0; i < inventory->len; i++) {
		const struct node_state *state = &inventory->at[i];

		if (strcmp(state->node->name, step->target) == 0)
			return state->drift && state->drift->len && !state->drift->staged;
	}
	return false;
}

/* The run installed it or changed its config, and by now it has none or another one. */
static const struct node *undone(const struct plan *plan, const enum record_state *state,
				 const struct inventory *inventory)
{
	for (unsigned i = 0; i < plan->len; i++) {
		const struct step *step = &plan->at[i];
		bool sent = step->kind == &kind_send_config;

		if ((!sent && step->kind != &kind_apply_config) || !has_ended(state[i]))
			continue;
		if (bare_named(inventory, step->target))
			return cluster_node(inventory->cluster, step->target);
		if (sent && !waits_for_boot(plan, state, step->target) &&
		    is_changed(inventory, step))
			return cluster_node(inventory->cluster, step->target);
	}
	return NULL;
}

const struct operation operation_apply = {
	.name = "apply",
	.consent = CONSENT_YES,
	.looks = OBSERVE_DRIFT | OBSERVE_BOOT | OBSERVE_KUBE_RUNS,
	.plan = plan_apply,
	.undone = undone,
	.undone_text = "whose config it had sent, has another one or none by now",
	.idle = "nothing to do: every node runs on its config",
	.gates = &gate_repair,
};

/* ---- rollback ---------------------------------------------------------------------------- */

static const char *digest_of(struct arena *arena, const char *text)
{
	struct digest *digest OWNED(digest_free) = digest_new();

	digest_add_text(digest, text);
	return digest_end_text(digest, arena);
}

/* The newest kept config that the node does not run on. */
static int choose_kept(const struct node_state *state, enum kept *out, struct err *err)
{
	const char *name = state->node->name;

	for (int i = 0; i < KEPT_COUNT; i++) {
		*out = (enum kept)i;
		if (state->kept[i] && !drift_same(state->talos, state->kept[i], state->config))
			return 0;
	}
	if (!state->kept[KEPT_LAST])
		err_set(err, ERR_NOT_FOUND, "no last-known-good config is kept of %s", name);
	else
		err_set(err, ERR_NOT_FOUND, "no other config is kept of %s than it runs on", name);
	return err_hint(err, "apply and up keep the one that a node runs well on");
}

/* The drift points into `scratch`. */
static int compare_kept(struct arena *scratch, struct target *target, struct err *err)
{
	const struct node_state *state = target->state;
	struct drift *drift = arena_alloc(scratch, sizeof(*drift));
	struct drift_input input = { .live = state->config,
				     .next = state->config_next,
				     .base = state->kept[KEPT_LAST],
				     .talos = state->talos };
	enum kept kept;

	if (choose_kept(state, &kept, err) < 0)
		return -1;
	input.wanted = state->kept[kept];
	if (drift_compare(scratch, &input, drift, err) < 0)
		return err_wrap(err, "compare %s with what was kept of it", state->node->name);
	drift->kubernetes.live = state->kubelet;
	drift->kubernetes.wanted = config_kubelet(scratch, input.wanted);
	drift->kubernetes.differs = drift->kubernetes.live && drift->kubernetes.wanted &&
				    strcmp(drift->kubernetes.live, drift->kubernetes.wanted) != 0;
	target->drift = drift;
	target->source = kept_name(kept);
	target->digest = digest_of(scratch, input.wanted);
	return 0;
}

static int refuse_sight(const struct node_state *state, struct err *err)
{
	if (state->sight == SIGHT_DENIED)
		return bare_check_sight(state, err);
	if (state->sight == SIGHT_MAINTENANCE) {
		err_set(err, ERR_REFUSED, "%s has no config yet", state->node->name);
		return err_hint(err, "talforge apply installs it");
	}
	if (err_is_set(&state->err)) {
		if (err)
			*err = state->err;
		return err_wrap(err, "look at %s", state->node->name);
	}
	return err_set(err, ERR_CONFLICT, "%s does not tell its machine config",
		       state->node->name);
}

static int roll_back(struct draft *draft, struct arena *scratch, struct err *err)
{
	const struct inventory *inventory = draft->inventory;

	for (size_t i = 0; i < inventory->len; i++) {
		struct target target = { .state = &inventory->at[i] };

		if (!operation_wants(draft->input, target.state->node))
			continue;
		if (target.state->sight != SIGHT_OURS || !target.state->config)
			return refuse_sight(target.state, err);
		if (compare_kept(scratch, &target, err) < 0 || check_ours(draft, &target, err) < 0)
			return -1;
		draft->at[draft->len++] = target;
	}
	add_steps(draft);
	return 0;
}

static int plan_rollback(const struct operation_input *input, struct plan **out, struct err *err)
{
	struct arena *scratch OWNED(arena_free) = arena_new("kept configs");
	struct draft *draft = begin(input, "rollback --config");
	struct plan *plan OWNED(plan_free) = draft->plan;

	if (roll_back(draft, scratch, err) < 0)
		return -1;
	*out = take(plan);
	return 0;
}

const struct operation operation_rollback_config = {
	.name = "rollback --config",
	.consent = CONSENT_YES,
	.looks = OBSERVE_CONFIGS | OBSERVE_KEPT | OBSERVE_BOOT,
	.plan = plan_rollback,
	.undone = undone,
	.undone_text = "whose config it had sent, has another one or none by now",
	.idle = "nothing to do: the node runs on the config that was kept",
};
