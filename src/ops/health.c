#include "ops/health.h"

#include "ops/kinds.h"

void health_add_vip(struct plan *plan, const struct cluster *cluster, const unsigned *after,
		    unsigned afters)
{
	struct map_builder *args = map_begin(plan->arena);

	if (!cluster->vip)
		return;
	map_add(args, "address", value_str(plan->arena, cluster->vip));
	plan_add(plan, &(struct step){ .kind = &kind_vip,
				       .target = "",
				       .lane = "vip",
				       .args = map_end(args),
				       .after = after,
				       .afters = afters });
}

struct plan *health_plan(const struct cluster *cluster)
{
	struct plan *plan = plan_new("health");

	plan->on_failure = PLAN_GOES_ON;
	for (size_t i = 0; i < cluster->nodes; i++)
		plan_add(plan, &(struct step){ .kind = &kind_ready,
					       .target = cluster->node[i].name,
					       .lane = "" });
	plan_add(plan, &(struct step){ .kind = &kind_etcd, .target = "", .lane = "" });
	health_add_vip(plan, cluster, NULL, 0);
	return plan;
}
