#include "ops/health.h"

#include "base/clock.h"
#include "base/own.h"
#include "base/str.h"
#include "ops/kinds.h"
#include "ops/label_selector.h"

#define CHECK_TIMEOUT (10 * MINUTE)
#define LABELS_MAX ((size_t)64 << 10)

/* Gates on their way into a plan: in a row, or side by side. */
struct row {
	struct plan *plan;
	const struct health_gates *gates;
	bool apart; /* each waits for nothing but what the first waits for */
	const unsigned *after;
	unsigned afters;
	unsigned last; /* index plus 1 */
};

static void add(struct row *row, const struct step_kind *kind, const char *target,
		const struct value *args)
{
	unsigned before = row->last - 1;
	bool first = row->apart || row->last == 0;

	row->last = plan_add(row->plan, &(struct step){
						.kind = kind,
						.target = target,
						.lane = "",
						.args = args,
						.after = first ? row->after : &before,
						.afters = first ? row->afters : 1,
					}) +
		    1;
}

static const struct value *vip_args(struct arena *arena, const struct cluster *cluster)
{
	struct map_builder *args = map_begin(arena);

	map_add(args, "address", value_str(arena, cluster->vip));
	return map_end(args);
}

static void add_text(struct arena *arena, struct map_builder *map, const char *key,
		     const char *text)
{
	if (text)
		map_add(map, key, value_str(arena, text));
}

static const struct value *check_value(struct arena *arena, const struct declared_check *check)
{
	struct map_builder *map = map_begin(arena);
	struct str labels SCOPED(str_done) = STR_INIT(LABELS_MAX);
	char timeout[TIME_TEXT_MAX];

	add_text(arena, map, "apiVersion", check->what->api_version);
	add_text(arena, map, "kind", check->what->kind);
	add_text(arena, map, "namespace", check->what->namespace);
	add_text(arena, map, "name", check->what->name);
	if (check->has_selector) {
		label_selector_text(&check->selector, &labels);
		add_text(arena, map, "labels", str_text(&labels));
	}
	add_text(arena, map, "expr", check->what->expr);
	add_text(arena, map, "timeout",
		 duration_text(check->timeout ? check->timeout : CHECK_TIMEOUT, timeout));
	add_text(arena, map, "description", check->what->description);
	return map_end(map);
}

const struct value *health_check_args(struct arena *arena, const struct declared_check *check,
				      size_t checks)
{
	struct list_builder *list = list_begin(arena);
	struct map_builder *args = map_begin(arena);

	for (size_t i = 0; i < checks; i++)
		list_add(list, check_value(arena, &check[i]));
	map_add(args, "checks", list_end(list));
	return map_end(args);
}

static void add_checks(struct row *row, const char *target)
{
	const struct health_gates *gates = row->gates;
	size_t each = row->apart ? 1 : gates->checks;

	for (size_t i = 0; i < gates->checks; i += each)
		add(row, &kind_cel_check, target,
		    health_check_args(row->plan->arena, &gates->check[i], each));
}

static void add_nodes(struct row *row)
{
	static const struct step_kind *const kinds[] = { &kind_ready, &kind_memory, &kind_disk_size,
							 &kind_diagnostics };
	const struct cluster *cluster = row->gates->cluster;

	for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
		for (size_t i = 0; i < cluster->nodes; i++)
			add(row, kinds[k], cluster->node[i].name, NULL);
}

static const struct value *without_args(struct arena *arena, const char *const *names)
{
	struct list_builder *list = list_begin(arena);
	struct map_builder *args = map_begin(arena);

	if (!names || !*names)
		return NULL;
	for (const char *const *name = names; *name; name++)
		list_add(list, value_str(arena, *name));
	map_add(args, "without", list_end(list));
	return map_end(args);
}

/* Gates of the cluster as a whole, in the order in which they stand on each other. */
static const struct {
	unsigned which;
	const struct step_kind *kind;
	bool excuses; /* it knows nodes that are left out */
} cluster_gates[] = {
	{ HEALTH_JOINED, &kind_etcd },
	{ HEALTH_MEMBERS, &kind_etcd_members },
	{ HEALTH_API, &kind_kube_api },
	{ HEALTH_KUBE, &kind_nodes_report },
	{ HEALTH_PODS, &kind_control_pods, true },
	{ HEALTH_READY, &kind_nodes_ready, true },
	{ HEALTH_KUBE, &kind_kube_proxy },
	{ HEALTH_KUBE, &kind_coredns },
};

static void add_gates(struct row *row)
{
	const struct health_gates *gates = row->gates;
	const char *target = gates->target ? gates->target : "";

	const struct value *without = without_args(row->plan->arena, gates->without);

	if (gates->which & HEALTH_NODES)
		add_nodes(row);
	for (size_t i = 0; i < ARRAY_LEN(cluster_gates); i++)
		if (gates->which & cluster_gates[i].which)
			add(row, cluster_gates[i].kind, target,
			    cluster_gates[i].excuses ? without : NULL);
	if ((gates->which & HEALTH_VIP) && gates->cluster->vip)
		add(row, &kind_vip, target, vip_args(row->plan->arena, gates->cluster));
	if ((gates->which & HEALTH_CHECKS) && gates->checks)
		add_checks(row, target);
}

unsigned health_add_gates(struct plan *plan, const struct health_gates *gates,
			  const unsigned *after, unsigned afters)
{
	struct row row = { .plan = plan, .gates = gates, .after = after, .afters = afters };

	add_gates(&row);
	return row.last;
}

void health_add_vip(struct plan *plan, const struct cluster *cluster, const unsigned *after,
		    unsigned afters)
{
	if (!cluster->vip)
		return;
	plan_add(plan, &(struct step){ .kind = &kind_vip,
				       .target = "",
				       .lane = "vip",
				       .args = vip_args(plan->arena, cluster),
				       .after = after,
				       .afters = afters });
}

struct plan *health_plan(const struct cluster *cluster, const struct declared_gates *checks)
{
	struct plan *plan = plan_new("health");
	const struct health_gates gates = {
		.cluster = cluster,
		.which = HEALTH_NODES | HEALTH_JOINED | HEALTH_MEMBERS | HEALTH_VIP |
			 HEALTH_KUBE | HEALTH_BETWEEN,
		.check = checks ? checks->check : NULL,
		.checks = checks ? checks->checks : 0,
	};
	struct row row = { .plan = plan, .gates = &gates, .apart = true };

	plan->on_failure = PLAN_GOES_ON;
	add_gates(&row);
	add(&row, &kind_nodes_schedulable, "", NULL);
	return plan;
}
