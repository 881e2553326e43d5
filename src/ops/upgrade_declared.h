/*
 * `upgrade -f FILE`: what TalosUpgrade and KubernetesUpgrade resources declare, as one plan.
 *
 *	const struct upgrade_declared_options options = { .declared = &declared, .now = true };
 *	const struct operation_input input = { .inventory = inventory, .options = &options };
 *	if (operation_upgrade.plan(&input, &plan, err) < 0) ...
 *
 * It is composed of the plans of `upgrade talos` and `upgrade k8s`: hop by hop in an order in which
 * both always fit (ops/hops.h), each resource's part behind its window, the health of the cluster
 * and its own expressions, and again before each wave of nodes. Its hooks stand around its part,
 * those of cluster.yaml too.
 *
 * Refused before anything changes: a suspended resource, a closed window (unless `now`), a selector
 * that selects nothing or what another one selects, a silent control plane, and all that the two
 * planners refuse.
 */
#pragma once

#include "ops/declared.h"
#include "ops/operation.h"

#include <stdbool.h>

struct upgrade_declared_options {
	const struct declared *declared; /* whole: no finding was an error */
	bool now;			 /* windows do not count */
	const char *hook_namespace;	 /* where Jobs of hooks run; NULL: the standard one */
};

extern const struct operation operation_upgrade;
