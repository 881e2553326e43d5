/*
 * `up`: from bare nodes to a healthy cluster.
 *
 * up_plan() is pure: the same cluster and inventory give the same plan. Rules it keeps:
 * - a node of another cluster, a locked bare node, a disk selector without its one disk, a NIC
 *   that is not there: refused before anything happens;
 * - nodes that are part of the cluster are left as they are;
 * - exactly one control plane is ever bootstrapped, also over crashes, lost answers and new plans
 *   (`bootstrap_begun` carries what earlier journals know), because real nodes accept a second
 *   Bootstrap and split etcd by it;
 * - bootstrap waits until every control plane has been reached, so that no member hides behind a
 *   silent one; a silent node keeps the others from nothing else and comes last.
 */
#pragma once

#include "base/err.h"
#include "flow/journal.h"
#include "flow/plan.h"
#include "ops/inventory.h"
#include "ops/operation.h"

#include <stdbool.h>

struct up_options {
	unsigned max_parallel;	     /* installs at once; 0: all */
	const char *bootstrap_begun; /* node where an earlier run began it; NULL: none */
	bool no_files;		     /* write neither configs nor kubeconfig */
};
int up_plan(const struct inventory *inventory, const struct up_options *options, struct plan **out,
	    struct err *err);

/* The node whose install an earlier life of the run has recorded as done, but which is bare: it was
 * reset or replaced since, and the plan is about a world that is gone. NULL: none. `state` has one
 * element per step. */
const struct node *up_undone(const struct plan *plan, const enum record_state *state,
			     const struct inventory *inventory);
