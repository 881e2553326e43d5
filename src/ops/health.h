/*
 * Health: the gates that `up` ends with, alone. A plan that only looks.
 *
 *	struct plan *plan OWNED(plan_free) = health_plan(cluster);
 *
 * Its gates do not wait for each other; each waits for its own good news until the run's limit.
 */
#pragma once

#include "cluster/cluster.h"
#include "flow/plan.h"

struct plan *health_plan(const struct cluster *cluster);

/* The gate of the virtual address, behind `after`; nothing when the cluster has none. */
void health_add_vip(struct plan *plan, const struct cluster *cluster, const unsigned *after,
		    unsigned afters);
