/*
 * `up`: from bare nodes to a healthy cluster.
 *
 * up_plan() is pure: the same cluster and inventory give the same plan. Rules it keeps: a node of another cluster is
 * refused before anything happens; exactly one control plane is ever bootstrapped, also over crashes and new plans
 * (`bootstrap_begun` carries what earlier journals know); bootstrap waits until every control plane was seen, so
 * that no member hides behind a silent one; nodes that are part of the cluster already are left alone.
 */
#pragma once

#include "base/err.h"
#include "flow/plan.h"
#include "ops/inventory.h"

struct up_options {
	unsigned max_parallel;       /* installs at once; 0: all */
	const char *bootstrap_begun; /* node where an earlier run of this cluster began it; NULL: none */
	const char *inputs;          /* digest, for the journal */
	const char *identity;        /* of the cluster */
};
int up_plan(const struct inventory *inventory, const struct up_options *options, struct plan **out,
	    struct err *err);

/* All step kinds of src/ops, for plan_read(); NULL-ended. */
extern const struct step_kind *const ops_step_kinds[];
extern const size_t ops_step_kind_count;
