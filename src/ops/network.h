/*
 * The network of a cluster as steps of a plan: Cilium installed, its resources applied, its BGP
 * sessions established. Pure: what is there already comes from the inventory.
 *
 *	network_add_cilium(plan, inventory, &spot, &ready);    behind the etcd gate of `up`
 */
#pragma once

#include "base/err.h"
#include "flow/plan.h"
#include "ops/inventory.h"
#include "ops/operation.h"

#include <stdbool.h>

struct network_spot {
	const unsigned *after; /* steps to stand behind */
	unsigned afters;
	bool upgrade; /* what is installed and differs is upgraded; else it is left as it is */
};
/* *out is the last step before which nodes have a network: others stand behind it. */
void network_add_cilium(struct plan *plan, const struct inventory *inventory,
			const struct network_spot *spot, unsigned *out);

extern const struct operation operation_cilium_apply;

struct push_options {
	const char *peer;   /* the router meant, by its address; NULL: there is only one */
	bool without_nodes; /* do not wait for the sessions: the cluster comes later */
};
extern const struct operation operation_bgp_push;
