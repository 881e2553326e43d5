/*
 * Cilium for a cluster: the values of its Helm chart, its resources, and a Job that installs it.
 * Pure: from the model and the templates, nothing is looked up on a network.
 *
 *	const struct cilium_request request = { .cluster = cluster, .templates = templates };
 *	if (cilium_make(arena, &request, &made, err) < 0) ...
 *	made.values     what `helm --values` takes, cilium.values of cluster.yaml merged over ours
 *	made.resource   pools, sessions, advertisements, or the L2 policy
 *
 * Passwords of sessions become Secrets whose values are sensitive. What is given is what stands in
 * them; without any they hold *** and are for the eye only.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "cluster/cluster.h"
#include "ops/templates.h"
#include "tree/value.h"

#include <stdbool.h>
#include <stddef.h>

#define KUBEPRISM_PORT 7445
#define BGP_MULTIHOP 10 /* hops, on both ends, to a router outside the nodes' network */

struct cilium_request {
	const struct cluster *cluster;
	struct templates templates;
	const char *const *password; /* one per peer, NULL: none is known; NULL: of no peer */
	bool upgrade;		     /* the Job is for a cluster that has Cilium already */
};

struct cilium_made {
	const struct value *values;
	const struct value **resource; /* in an order in which they can be applied */
	size_t resources;
	const struct value **install; /* the Job and what it needs */
	size_t installs;
};

int cilium_make(struct arena *arena, const struct cilium_request *request, struct cilium_made *out,
		struct err *err);
