/*
 * Hooks: what the user wants run before and after an operation, and around each node, as steps.
 *
 *	plan = hooks_wrap_take(plan, &(struct hooks_setup){ cluster, HOOK_UP });
 *
 * Pure. A plan that changes nothing gets none. The hook before comes first of all; the one after
 * is a clean-up (flow/step.h): it runs however the plan ended, once the one before was begun.
 * Around nodes: before the first change of a node's turn, and when its turn is over.
 *
 * The steps (kinds hook and hook-after) run a command of cluster.yaml on this computer, in the
 * workspace's folder; not where the site says that nothing outside its nodes is to be touched.
 * What a command prints becomes notes, without what looks like a secret.
 */
#pragma once

#include "cluster/cluster.h"
#include "flow/plan.h"

struct hooks_setup {
	const struct cluster *cluster;
	enum hook_phase phase;
};
/* The plan itself, or another one in its place (the first is freed then). */
struct plan *hooks_wrap_take(struct plan *plan, const struct hooks_setup *setup);

/* Which phase an operation is ("upgrade talos"); HOOK_PHASE_COUNT: none has hooks. */
enum hook_phase hooks_phase(const char *operation);
