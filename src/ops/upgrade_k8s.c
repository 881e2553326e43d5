#include "ops/upgrade_k8s.h"

#include "base/text.h"
#include "cluster/version.h"
#include "ops/component.h"
#include "ops/hops.h"
#include "ops/kinds.h"
#include "ops/observe.h"
#include "ops/removed_api.h"
#include "ops/removed_setting.h"

#include <string.h>

#define LANE_PULL "pull"
#define FINDINGS_SHOWN 4

/* One after the other, or steps that wait for some that run side by side. */
struct chain {
	unsigned *last;
	unsigned len;
};

struct draft {
	const struct operation_input *input;
	const struct upgrade_k8s_options *options;
	const struct inventory *inventory;
	struct plan *plan;
	const char *to;
	struct chain chain;
	const char **note;
	size_t notes, note_cap;
};

/* ---- what runs ------------------------------------------------------------------------------- */

static int order_of(const char *a, const char *b)
{
	struct version left = { .rest = "" }, right = { .rest = "" };

	version_parse(a, &left);
	version_parse(b, &right);
	return version_compare(&left, &right);
}

static const char *lower(const char *a, const char *b)
{
	if (!a || !b)
		return a ? a : b;
	return order_of(a, b) <= 0 ? a : b;
}

static const char *higher(const char *a, const char *b)
{
	if (!a || !b)
		return a ? a : b;
	return order_of(a, b) >= 0 ? a : b;
}

static const char *live_image(const struct draft *draft, const struct node_state *state,
			      enum component component)
{
	return component_image(draft->plan->arena, component, state->config,
			       strlen(state->config));
}

/* The lower one of what the config says and what runs; NULL: neither is known. */
static const char *version_on(const struct draft *draft, const struct node_state *state,
			      enum component component)
{
	struct arena *arena = draft->plan->arena;
	const char *said = component_version(arena, live_image(draft, state, component));
	const char *runs = NULL;

	if (component == COMPONENT_KUBELET)
		runs = state->kubelet_runs;
	else if (component < COMPONENT_STATIC_PODS)
		runs = component_version(arena, state->pod_image[component]);
	return higher(lower(said, runs), draft->options->from);
}

static bool is_control(const struct node_state *state)
{
	return state->node->role == ROLE_CONTROL;
}

/* Of the static pods of all control planes. */
static const char *bound(const struct draft *draft,
			 const char *(*choose)(const char *a, const char *b))
{
	const char *version = NULL;

	for (size_t i = 0; i < draft->inventory->len; i++) {
		const struct node_state *state = &draft->inventory->at[i];

		if (!is_control(state))
			continue;
		for (enum component c = 0; c < COMPONENT_STATIC_PODS; c++)
			version = choose(version, version_on(draft, state, c));
	}
	return version;
}

/* ---- refusals -------------------------------------------------------------------------------- */

static int err_sight(const struct node_state *state, struct err *err)
{
	const struct node *node = state->node;

	if (state->sight == SIGHT_MAINTENANCE) {
		err_set(err, ERR_REFUSED, "%s is in maintenance mode", node->name);
		return err_hint(err, "talforge up makes it part of the cluster");
	}
	if (state->sight == SIGHT_SILENT) {
		err_set(err, ERR_REFUSED, "%s does not answer: %s", node->name, state->err.text);
		return err_hint(err, "every node has to answer before Kubernetes is upgraded");
	}
	return node_denied(state, err);
}

static int check_node(const struct node_state *state, struct err *err)
{
	const char *name = state->node->name;

	if (state->sight != SIGHT_OURS)
		return err_sight(state, err);
	if (!state->config)
		return err_set(err, ERR_REMOTE, "%s does not show its machine config", name);
	if (state->config_next) {
		err_set(err, ERR_REFUSED,
			"%s has another config that waits for a reboot and would be lost", name);
		return err_hint(err, "reboot it, or apply a config to it, first");
	}
	if (is_control(state) && state->node->locked)
		return err_set(err, ERR_REFUSED, "%s is locked: %s", name, state->node->locked);
	return 0;
}

static int check_world(const struct draft *draft, struct err *err)
{
	const struct kube_seen *kube = draft->inventory->kube;

	for (size_t i = 0; i < draft->inventory->len; i++)
		if (check_node(&draft->inventory->at[i], err) < 0)
			return -1;
	if (!kube)
		return err_set(err, ERR_REFUSED, "the Kubernetes API was not asked");
	if (!err_is_set(&kube->err))
		return 0;
	if (err)
		*err = kube->err;
	return err_wrap(err, "ask the Kubernetes API");
}

static void add_note(struct draft *draft, const char *note)
{
	draft->note = arena_grow(draft->plan->arena, draft->note, draft->notes, &draft->note_cap,
				 sizeof(*draft->note));
	draft->note[draft->notes++] = note;
}

/* A component that is given what it does not know does not start. */
static int check_settings(struct draft *draft, const char *from, const char *to, struct err *err)
{
	const struct removed_scan scan = { draft->inventory, from, to };
	size_t count;
	const char *const *found = removed_settings_used(draft->plan->arena, &scan, &count);
	const char *text = "";

	for (size_t i = 0; i < count && draft->options->ignore_removed; i++)
		add_note(draft, found[i]);
	if (!count || draft->options->ignore_removed)
		return 0;
	for (size_t i = 0; i < count && i < FINDINGS_SHOWN; i++)
		text = arena_printf(draft->plan->arena, "%s%s%s", text, i ? "; " : "", found[i]);
	err_set(err, ERR_REFUSED, "%s", text);
	if (count > FINDINGS_SHOWN)
		err_set(err, ERR_REFUSED, "%s; and %zu more", text, count - FINDINGS_SHOWN);
	return err_hint(err, "take them out of the patches and apply that first, or say "
			     "--ignore-removed-apis");
}

static int choose_target(struct draft *draft, struct err *err)
{
	const char *to = draft->options->to;
	struct version version;

	if (!to)
		to = draft->inventory->cluster->kubernetes;
	if (!to || !version_parse(to, &version) || !version.has_patch)
		return err_set(err, ERR_USAGE, "\"%.40s\" is no version like v1.36.3",
			       to ? to : "");
	draft->to = arena_printf(draft->plan->arena, "%s%s", *to == 'v' ? "" : "v", to);
	return 0;
}

/* ---- hops ------------------------------------------------------------------------------------ */

static void note_all(struct draft *draft, const struct hops *hops)
{
	struct arena *arena = draft->plan->arena;
	const char *pinned = draft->inventory->cluster->kubernetes;

	for (size_t i = 0; i < hops->helds; i++)
		add_note(draft, arena_printf(arena, "%s stays at %s: it is held (%s): %s",
					     hops->held[i].what, hops->held[i].at,
					     hops->held[i].pattern, hops->held[i].reason));
	for (size_t i = 0; i < hops->notes.len; i++)
		add_note(draft, hops->notes.at[i]);
	for (size_t i = 0; i < draft->inventory->len; i++) {
		const struct node *node = draft->inventory->at[i].node;

		if (node->locked)
			add_note(draft,
				 arena_printf(arena, "the kubelet of %s stays, it is locked: %s",
					      node->name, node->locked));
	}
	if (pinned && order_of(pinned, draft->to) != 0)
		add_note(draft, arena_printf(arena,
					     "kubernetes_version of the workspace is still %s; set "
					     "it to %s, or the next apply takes the nodes back",
					     pinned, draft->to));
}

static const struct hop_node *hop_nodes(const struct draft *draft)
{
	const struct inventory *inventory = draft->inventory;
	struct hop_node *nodes =
		arena_calloc(draft->plan->arena, inventory->len + 1, sizeof(*nodes));

	for (size_t i = 0; i < inventory->len; i++) {
		const struct node_state *state = &inventory->at[i];

		nodes[i] = (struct hop_node){
			.name = state->node->name,
			.talos = state->talos,
			.kubelet = version_on(draft, state, COMPONENT_KUBELET),
			.selected = !state->node->locked,
		};
	}
	return nodes;
}

/* Kubelets that are behind though the control plane is there already: a hop of their own. */
static void add_stragglers(struct draft *draft, const struct hop_node *nodes, struct hops *hops)
{
	size_t count = draft->inventory->len, len = 0;
	const char **names = arena_calloc(draft->plan->arena, count + 1, sizeof(*names));
	struct hop *hop = arena_calloc(draft->plan->arena, 1, sizeof(*hop));

	if (hops->len || hops->helds)
		return;
	for (size_t i = 0; i < count; i++)
		if (nodes[i].selected && nodes[i].kubelet &&
		    order_of(nodes[i].kubelet, draft->to) < 0)
			names[len++] = nodes[i].name;
	*hop = (struct hop){ VERSION_KUBERNETES, draft->to, names, len };
	if (len)
		*hops = (struct hops){ .at = hop, .len = 1, .notes = hops->notes };
}

static int plan_hops(struct draft *draft, const char *from, struct hops *hops, struct err *err)
{
	const struct hop_node *nodes = hop_nodes(draft);
	const struct upgrade_settings *settings = &draft->inventory->cluster->upgrade;
	struct hop_goal goal = {
		.kubernetes = draft->to,
		.apiserver = higher(bound(draft, higher), draft->inventory->kube->apiserver),
		.hold = settings->hold,
		.holds = settings->holds,
	};

	/* what is beyond the target shows the downgrade; else the lowest counts */
	if (order_of(goal.apiserver, draft->to) <= 0)
		goal.apiserver = from;
	if (hops_plan(draft->plan->arena, nodes, draft->inventory->len, &goal, hops, err) < 0)
		return -1;
	add_stragglers(draft, nodes, hops);
	return 0;
}

/* ---- steps ----------------------------------------------------------------------------------- */

static unsigned add(struct draft *draft, struct step *step)
{
	step->after = draft->chain.last;
	step->afters = draft->chain.len;
	if (!step->lane)
		step->lane = "";
	return plan_add(draft->plan, step);
}

/* What follows waits for that step. */
static void follow(struct draft *draft, unsigned step)
{
	draft->chain.last[0] = step;
	draft->chain.len = 1;
}

static void add_gate(struct draft *draft, const struct step_kind *kind, const char *target)
{
	follow(draft, add(draft, &(struct step){ .kind = kind, .target = target }));
}

static const struct value *texts_value(struct arena *arena, const char *const *texts, size_t count)
{
	struct list_builder *list = list_begin(arena);

	for (size_t i = 0; i < count; i++)
		list_add(list, value_str(arena, texts[i]));
	return list_end(list);
}

static void add_versions(struct draft *draft, const char *from, const char *to, bool first)
{
	struct arena *arena = draft->plan->arena;
	struct map_builder *args = map_begin(arena);

	map_add(args, "from", value_str(arena, from));
	map_add(args, "to", value_str(arena, to));
	if (first && draft->notes)
		map_add(args, "notes", texts_value(arena, draft->note, draft->notes));
	follow(draft, add(draft, &(struct step){ .kind = &kind_kube_versions,
						 .target = "",
						 .args = map_end(args) }));
}

/* Of each release on the way what it removes, also that it removes nothing. */
static const struct value *scan_notes(struct arena *arena, const char *from, const char *to)
{
	struct list_builder *notes = list_begin(arena);
	struct version first = { .rest = "" }, last = { .rest = "" };

	version_parse(from, &first);
	version_parse(to, &last);
	for (unsigned minor = first.minor + 1; minor <= last.minor; minor++)
		list_add(notes, value_str(arena, removed_api_note(arena, minor)));
	return list_end(notes);
}

static void add_scan(struct draft *draft, const char *from, const char *to)
{
	struct arena *arena = draft->plan->arena;
	struct map_builder *args = map_begin(arena);

	map_add(args, "from", value_str(arena, from));
	map_add(args, "to", value_str(arena, to));
	map_add(args, "notes", scan_notes(arena, from, to));
	if (draft->options->ignore_removed)
		map_add(args, "ignore", value_str(arena, "true"));
	follow(draft, add(draft, &(struct step){ .kind = &kind_removed_apis,
						 .target = "",
						 .args = map_end(args) }));
}

static bool takes_part(const struct hop *hop, const struct node_state *state)
{
	for (size_t i = 0; i < hop->len; i++)
		if (strcmp(hop->nodes[i], state->node->name) == 0)
			return true;
	return false;
}

static bool is_due(const struct draft *draft, const struct hop *hop,
		   const struct node_state *state, enum component component)
{
	const char *version = version_on(draft, state, component);

	if (component == COMPONENT_KUBELET)
		return takes_part(hop, state);
	if (!is_control(state))
		return false;
	/* one that is off keeps its config in step with the rest, where that names it */
	if (component_is_off(component, state->config, strlen(state->config)))
		return version && order_of(version, hop->to) < 0;
	return !version || order_of(version, hop->to) < 0;
}

static const char *image_for(const struct draft *draft, const struct hop *hop,
			     const struct node_state *state, enum component component)
{
	struct arena *arena = draft->plan->arena;
	const char *repository = draft->options->repository;
	const char *image = live_image(draft, state, component);

	if (repository) {
		size_t len = strlen(repository);

		while (len && repository[len - 1] == '/')
			len--;
		image = arena_printf(arena, "%.*s/%s", (int)len, repository,
				     component_name(component));
	}
	return component_image_at(arena, component, image, hop->to);
}

/* kube-proxy runs on every node, and its image is named by the control planes. */
static const char *proxy_image(const struct draft *draft, const struct hop *hop)
{
	for (size_t i = 0; i < draft->inventory->len; i++) {
		const struct node_state *state = &draft->inventory->at[i];

		if (is_due(draft, hop, state, COMPONENT_PROXY) &&
		    !component_is_off(COMPONENT_PROXY, state->config, strlen(state->config)))
			return image_for(draft, hop, state, COMPONENT_PROXY);
	}
	return NULL;
}

static bool add_pull(struct draft *draft, const struct hop *hop, const struct node_state *state,
		     unsigned *out)
{
	struct arena *arena = draft->plan->arena;
	struct map_builder *args = map_begin(arena);
	const char *cri[COMPONENT_COUNT], *proxy = proxy_image(draft, hop), *kubelet = NULL;
	size_t count = 0;

	for (enum component c = 0; c < COMPONENT_STATIC_PODS; c++)
		if (is_due(draft, hop, state, c))
			cri[count++] = image_for(draft, hop, state, c);
	if (proxy && !state->node->locked)
		cri[count++] = proxy;
	if (is_due(draft, hop, state, COMPONENT_KUBELET))
		kubelet = image_for(draft, hop, state, COMPONENT_KUBELET);
	if (!count && !kubelet)
		return false;
	if (kubelet)
		map_add(args, "system", texts_value(arena, &kubelet, 1));
	if (count)
		map_add(args, "cri", texts_value(arena, cri, count));
	*out = add(draft, &(struct step){ .kind = &kind_kube_pull,
					  .target = state->node->name,
					  .lane = LANE_PULL,
					  .args = map_end(args) });
	return true;
}

static void add_pulls(struct draft *draft, const struct hop *hop)
{
	size_t count = draft->inventory->len;
	struct chain through = {
		.last = arena_calloc(draft->plan->arena, count + 1, sizeof(unsigned)),
	};

	for (size_t i = 0; i < count; i++)
		through.len += add_pull(draft, hop, &draft->inventory->at[i],
					&through.last[through.len]);
	if (through.len)
		draft->chain = through;
}

/* The lane says in a plan which component it is; only the kubelets of workers are side by side. */
static unsigned add_component(struct draft *draft, const struct hop *hop,
			      const struct node_state *state, enum component component)
{
	struct arena *arena = draft->plan->arena;
	struct map_builder *args = map_begin(arena);

	map_add(args, "component", value_str(arena, component_name(component)));
	map_add(args, "image", value_str(arena, image_for(draft, hop, state, component)));
	map_add(args, "node",
		value_str(arena, state->kube_name ? state->kube_name : state->node->name));
	return add(draft, &(struct step){ .kind = &kind_kube_component,
					  .target = state->node->name,
					  .lane = component_name(component),
					  .args = map_end(args) });
}

/* On one control plane after the other; the next one has its turn when the node and etcd are well
 * again. kube-proxy's image changes nothing that runs there. */
static void add_everywhere(struct draft *draft, const struct hop *hop, enum component component)
{
	for (size_t i = 0; i < draft->inventory->len; i++) {
		const struct node_state *state = &draft->inventory->at[i];

		if (!is_control(state) || !is_due(draft, hop, state, component))
			continue;
		follow(draft, add_component(draft, hop, state, component));
		if (component == COMPONENT_PROXY)
			continue;
		add_gate(draft, &kind_ready, state->node->name);
		add_gate(draft, &kind_etcd_well, "");
	}
}

/* So many at once; a worker begins when the one `width` places before it is healthy. */
static void add_workers(struct draft *draft, const struct hop *hop)
{
	size_t count = draft->inventory->len;
	unsigned width = operation_width(draft->input, count, 1);
	unsigned *through = arena_calloc(draft->plan->arena, count + 1, sizeof(*through));
	unsigned start = draft->chain.last[0], done = 0;

	for (size_t i = 0; i < count; i++) {
		const struct node_state *state = &draft->inventory->at[i];

		if (is_control(state) || !is_due(draft, hop, state, COMPONENT_KUBELET))
			continue;
		follow(draft, done >= width ? through[done - width] : start);
		follow(draft, add_component(draft, hop, state, COMPONENT_KUBELET));
		through[done++] = add(draft, &(struct step){ .kind = &kind_ready,
							     .target = state->node->name });
	}
	follow(draft, start);
	if (done)
		draft->chain = (struct chain){ through, done };
	plan_lane(draft->plan, component_name(COMPONENT_KUBELET), width);
}

/* ---- bootstrap manifests --------------------------------------------------------------------- */

static const struct node_state *first_control(const struct draft *draft)
{
	for (size_t i = 0; i < draft->inventory->len; i++) {
		if (is_control(&draft->inventory->at[i]))
			return &draft->inventory->at[i];
	}
	return NULL;
}

/* What kube-proxy's manifest has to name; NULL: whatever it names, or there is none. */
static const char *manifest_proxy(const struct draft *draft, const struct hop *hop,
				  const struct node_state *state)
{
	if (component_is_off(COMPONENT_PROXY, state->config, strlen(state->config)))
		return NULL;
	return is_due(draft, hop, state, COMPONENT_PROXY)
		       ? image_for(draft, hop, state, COMPONENT_PROXY)
		       : live_image(draft, state, COMPONENT_PROXY);
}

/* They are the same on every control plane, and all of their configs were changed by now. */
static void add_manifests(struct draft *draft, const struct hop *hop)
{
	const struct node_state *state = first_control(draft);
	const char *target = state->node->name;
	const char *proxy = manifest_proxy(draft, hop, state);
	struct map_builder *args = map_begin(draft->plan->arena);

	if (proxy)
		map_add(args, "proxy", value_str(draft->plan->arena, proxy));
	follow(draft, add(draft, &(struct step){ .kind = &kind_kube_manifests,
						 .target = target,
						 .args = map_end(args) }));
	add_gate(draft, &kind_kube_rollout, target);
	add_gate(draft, &kind_kube_prune, target);
}

/* The first scan is about all of the way, so that nothing is begun that cannot be finished; those
 * after it see what was written meanwhile. */
static void add_hop(struct draft *draft, const struct hops *hops, size_t which, const char *from)
{
	const struct hop *hop = &hops->at[which];

	static const enum component order[] = { COMPONENT_APISERVER, COMPONENT_CONTROLLER_MANAGER,
						COMPONENT_SCHEDULER, COMPONENT_PROXY,
						COMPONENT_KUBELET };

	add_versions(draft, from, hop->to, which == 0);
	add_scan(draft, from, which == 0 ? hops->at[hops->len - 1].to : hop->to);
	add_pulls(draft, hop);
	add_gate(draft, &kind_etcd_well, "");
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		add_everywhere(draft, hop, order[i]);
	add_workers(draft, hop);
	add_manifests(draft, hop);
}

/* kube-proxy was left behind, by other tools or by a run that was given up. */
static bool is_proxy_behind(const struct draft *draft, const struct hop *none)
{
	const char *is = draft->inventory->kube->proxy_image;
	const char *wanted = manifest_proxy(draft, none, first_control(draft));
	struct arena *arena = draft->plan->arena;

	is = is ? component_version(arena, is) : NULL;
	wanted = wanted ? component_version(arena, wanted) : NULL;
	return is && wanted && order_of(is, wanted) < 0;
}

/* No hop is left: the manifests may still be. */
static void add_rest(struct draft *draft, const char *version)
{
	const struct hop none = { VERSION_KUBERNETES, version, NULL, 0 };

	if (draft->options->manifests || is_proxy_behind(draft, &none))
		add_manifests(draft, &none);
}

static int plan_upgrade(struct draft *draft, struct err *err)
{
	const char *from;
	struct hops hops = { 0 };

	if (choose_target(draft, err) < 0 || check_world(draft, err) < 0)
		return -1;
	from = lower(bound(draft, lower), draft->inventory->kube->apiserver);
	if (plan_hops(draft, from, &hops, err) < 0)
		return err_wrap(err, "upgrade Kubernetes to %s", draft->to);
	note_all(draft, &hops);
	if (hops.len && check_settings(draft, from, hops.at[hops.len - 1].to, err) < 0)
		return -1;
	for (size_t i = 0; i < hops.len; i++) {
		add_hop(draft, &hops, i, from);
		from = hops.at[i].to;
	}
	if (!hops.len) {
		add_versions(draft, from, from, true);
		add_rest(draft, from);
	}
	plan_lane(draft->plan, LANE_PULL,
		  operation_width(draft->input, draft->inventory->len,
				  (unsigned)draft->inventory->len));
	return 0;
}

static int plan_input(const struct operation_input *input, struct plan **out, struct err *err)
{
	static const struct upgrade_k8s_options standard = { 0 };
	struct plan *plan OWNED(plan_free) = plan_new("upgrade k8s");
	struct draft draft = {
		.input = input,
		.options = input->options ? input->options : &standard,
		.inventory = input->inventory,
		.plan = plan,
	};

	draft.chain.last = arena_calloc(plan->arena, input->inventory->len + 1, sizeof(unsigned));
	if (plan_upgrade(&draft, err) < 0)
		return -1;
	*out = take(plan);
	return 0;
}

static const struct node *undone(const struct plan *plan, const enum record_state *state,
				 const struct inventory *inventory)
{
	(void)plan;
	(void)state;
	for (size_t i = 0; i < inventory->len; i++)
		if (inventory->at[i].sight == SIGHT_MAINTENANCE)
			return inventory->at[i].node;
	return NULL;
}

const struct operation operation_upgrade_k8s = {
	.name = "upgrade k8s",
	.consent = CONSENT_YES,
	.looks = OBSERVE_CONFIGS | OBSERVE_KUBE,
	.plan = plan_input,
	.undone = undone,
	.undone_text = "which it was to upgrade, is in maintenance mode",
	.idle = "nothing to do: Kubernetes runs the wanted version everywhere",
	.gates = &gate_upgrade,
};
