#include "ops/network.h"

#include "base/text.h"
#include "ops/cilium_look.h"
#include "ops/kinds.h"
#include "ops/observe.h"
#include "ops/router_look.h"
#include "ops/router_text.h"

#include <string.h>

struct draft {
	struct plan *plan;
	const struct inventory *inventory;
};

static unsigned add(struct draft *draft, const struct step_kind *kind, const struct value *args,
		    const unsigned *after, unsigned afters)
{
	return plan_add(draft->plan, &(struct step){ .kind = kind,
						     .target = "",
						     .lane = "",
						     .args = args,
						     .after = after,
						     .afters = afters });
}

/* What a reader of the plan is told about the step. */
static const struct value *note(struct arena *arena, const char *text)
{
	struct list_builder *notes = list_begin(arena);

	list_add(notes, value_str(arena, text));
	return list_end(notes);
}

static const char *install_note(const struct draft *draft)
{
	const struct cilium_live *live = draft->inventory->cilium;
	const char *version = draft->inventory->cluster->cilium.version;
	const char *by = draft->inventory->helm ? "by helm" : "by a Job";
	const char *runs = live ? value_get_text(value_get(live->record, "data"), "version") : NULL;
	struct arena *arena = draft->plan->arena;

	if (!live || !live->agent)
		return arena_printf(arena, "Cilium %s, %s", version, by);
	if (!runs)
		return arena_printf(arena, "Cilium %s in place of what somebody else installed, %s",
				    version, by);
	if (text_equal(runs, version))
		return arena_printf(arena, "other values for Cilium %s, %s", version, by);
	return arena_printf(arena, "Cilium %s in place of %s, %s", version, runs, by);
}

static const struct value *install_args(const struct draft *draft)
{
	struct arena *arena = draft->plan->arena;
	struct map_builder *args = map_begin(arena);

	map_add(args, "version", value_str(arena, draft->inventory->cluster->cilium.version));
	map_add(args, "with", value_str(arena, draft->inventory->helm ? "helm" : "job"));
	map_add(args, "notes", note(arena, install_note(draft)));
	return map_end(args);
}

/* The names, so that a plan says what changes. NULL: nothing does. */
static const struct value *resource_args(const struct draft *draft)
{
	const struct cilium_live *live = draft->inventory->cilium;
	struct arena *arena = draft->plan->arena;
	struct list_builder *list = list_begin(arena), *notes = list_begin(arena);
	struct map_builder *args = map_begin(arena);
	size_t stale = 0;

	for (size_t i = 0; live && i < live->made.resources; i++) {
		const char *name = cilium_resource_name(arena, live->made.resource[i]);

		if (cilium_resource_is_current(live, i))
			continue;
		list_add(list, value_str(arena, name));
		list_add(notes, value_strf(arena, "%s %s", live->resource[i] ? "changes" : "adds",
					   name));
		stale++;
	}
	if (live && stale == 0)
		return NULL;
	if (live) {
		map_add(args, "resources", list_end(list));
		map_add(args, "notes", list_end(notes));
	}
	return map_end(args);
}

static bool has_resources(const struct cluster *cluster)
{
	return cluster->bgp.asn != 0 || cluster->pools > 0;
}

static bool installs(const struct inventory *inventory, bool upgrade)
{
	const struct cilium_live *live = inventory->cilium;

	return !live || !live->agent || (upgrade && !cilium_is_current(live));
}

static void add_resources(struct draft *draft, unsigned ready)
{
	const struct value *args = resource_args(draft);
	unsigned last = ready;

	if (args)
		last = add(draft, &kind_cilium_resources, args, &ready, 1);
	add(draft, &kind_cilium_announce, NULL, &last, 1);
}

void network_add_cilium(struct plan *plan, const struct inventory *inventory,
			const struct network_spot *spot, unsigned *out)
{
	struct draft draft = { plan, inventory };
	unsigned last = add(&draft, &kind_kubernetes, NULL, spot->after, spot->afters);

	if (installs(inventory, spot->upgrade))
		last = add(&draft, &kind_cilium_install, install_args(&draft), &last, 1);
	last = add(&draft, &kind_cilium_ready, NULL, &last, 1);
	if (has_resources(inventory->cluster))
		add_resources(&draft, last);
	*out = last;
}

static int apply_plan(const struct operation_input *input, struct plan **out, struct err *err)
{
	const struct inventory *inventory = input->inventory;
	struct plan *plan OWNED(plan_free) = plan_new(operation_cilium_apply.name);
	const struct network_spot spot = { .upgrade = true };
	unsigned last;

	if (strcmp(inventory->cluster->cni, "flannel") == 0) {
		err_set(err, ERR_REFUSED, "the nodes run flannel: two network plugins are one too "
					  "many");
		return err_hint(err, "set cni: cilium in cluster.yaml and apply the configs first");
	}
	if (!inventory_etcd(inventory)) {
		err_set(err, ERR_CONFLICT, "the cluster is not up: etcd runs nowhere");
		return err_hint(err, "talforge up brings it up, Cilium included with cni: cilium");
	}
	if (!inventory->cilium) {
		if (err)
			*err = inventory->cilium_err;
		return err_wrap(err, "look at Cilium");
	}
	network_add_cilium(plan, inventory, &spot, &last);
	*out = take(plan);
	return 0;
}

const struct operation operation_cilium_apply = {
	.name = "cilium apply",
	.consent = CONSENT_YES,
	.looks = OBSERVE_CILIUM_ALWAYS,
	.plan = apply_plan,
	.idle = "nothing to do: Cilium is as cluster.yaml says",
};

/* Only sessions with nodes that can have one are waited for. */
static bool has_sessions(const struct inventory *inventory)
{
	return inventory_etcd(inventory) && inventory->cilium && inventory->cilium->agent;
}

static const char *push_note(struct arena *arena, const struct inventory *inventory,
			     size_t sessions)
{
	const char *host = inventory->cluster->bgp.router.ssh;
	size_t neighbors = router_text_sessions(inventory->router->text);

	return arena_printf(arena, "%s gets %zu neighbours and waits for %zu session%s",
			    host ? host : "the router", neighbors, sessions,
			    sessions == 1 ? "" : "s");
}

static int push_plan(const struct operation_input *input, struct plan **out, struct err *err)
{
	const struct inventory *inventory = input->inventory;
	const struct push_options *options = input->options;
	struct plan *plan OWNED(plan_free) = plan_new(operation_bgp_push.name);
	struct map_builder *args = map_begin(plan->arena);
	size_t sessions;

	if (!inventory->router) {
		if (err)
			*err = inventory->router_err;
		return -1;
	}
	sessions = router_text_sessions(inventory->router->text);
	if (options && options->peer)
		map_add(args, "peer", value_str(plan->arena, options->peer));
	if (!has_sessions(inventory) || (options && options->without_nodes))
		sessions = 0;
	map_add(args, "sessions", value_of_u64(plan->arena, sessions));
	map_add(args, "notes", note(plan->arena, push_note(plan->arena, inventory, sessions)));
	if (!inventory->router->current)
		plan_add(plan, &(struct step){ .kind = &kind_router_push,
					       .target = "",
					       .lane = "",
					       .args = map_end(args) });
	*out = take(plan);
	return 0;
}

const struct operation operation_bgp_push = {
	.name = "bgp push",
	.consent = CONSENT_YES,
	.looks = OBSERVE_CILIUM_ALWAYS | OBSERVE_ROUTER,
	.plan = push_plan,
	.idle = "nothing to do: the router runs what cluster.yaml says",
};
