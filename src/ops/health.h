/*
 * Health: what must be true of a cluster, as gates. `health` is a plan of nothing else; operations
 * put gates between their steps.
 *
 *	struct plan *plan OWNED(plan_free) = health_plan(cluster, checks);
 *
 *	const struct health_gates gates = { .cluster = cluster, .which = HEALTH_READY };
 *	unsigned gate = health_add_gates(plan, &gates, &step, 1);
 *
 * Each gate waits for its own good news until its time or the run's is over, and says what it
 * waits for. Gates that do not concern a cluster (no kube-proxy, `cni: none`) say so and are
 * skipped. docs/health.md lists them.
 */
#pragma once

#include "cluster/cluster.h"
#include "flow/plan.h"
#include "ops/declared.h"

enum {
	/* each node: Talos is up with its services, and complains of nothing */
	HEALTH_NODES = 1 << 0,
	HEALTH_JOINED = 1 << 1,	 /* every control plane is a member of etcd */
	HEALTH_MEMBERS = 1 << 8, /* all of them tell the same members */
	HEALTH_VIP = 1 << 2,	 /* a control plane has the virtual address, if there is one */
	HEALTH_API = 1 << 3,	 /* the Kubernetes API is ready */
	HEALTH_READY = 1 << 4,	 /* Nodes are Ready */
	HEALTH_KUBE = 1 << 5,	 /* Nodes are those of the cluster; kube-proxy and CoreDNS */
	HEALTH_CHECKS = 1 << 6,
	HEALTH_PODS = 1 << 7, /* those of the control planes are ready */
	/* one node and the next */
	HEALTH_BETWEEN = HEALTH_API | HEALTH_PODS | HEALTH_READY | HEALTH_CHECKS,
};

struct health_gates {
	const struct cluster *cluster;
	unsigned which;			    /* HEALTH_x */
	const struct declared_check *check; /* for HEALTH_CHECKS */
	size_t checks;
	const char *target; /* of the cluster's gates; NULL: "" */
	/* Nodes that need not be Ready, nor their pods; NULL-ended, NULL: all have to be. */
	const char *const *without;
};

/* Everything, without order between the gates; each expression is a gate of its own. */
struct plan *health_plan(const struct cluster *cluster, const struct declared_gates *checks);

/* Gates one after the other, the first of them behind `after`. Returns the last one's index plus 1;
 * 0: nothing of it concerns this cluster. */
unsigned health_add_gates(struct plan *plan, const struct health_gates *gates,
			  const unsigned *after, unsigned afters);

/* The gate of the virtual address, behind `after`; nothing when the cluster has none. */
void health_add_vip(struct plan *plan, const struct cluster *cluster, const unsigned *after,
		    unsigned afters);

/* The args of a cel-check step: all of these must hold in one look. In the arena. */
const struct value *health_check_args(struct arena *arena, const struct declared_check *check,
				      size_t checks);
