/*
 * Gates around the turns of nodes: what must hold before a plan begins, before each wave of its
 * nodes, and at its end. One piece for every plan, typed or declared.
 *
 *	struct turn_gates gates = { .plan = plan, .cluster = cluster, .rule = gate_upgrade };
 *	struct ends ends = { NULL, 0 };
 *
 *	turn_gates_open(&gates, &ends);
 *	turn_gates_around(&gates, part, &ends);    the part's steps, with gates before its turns
 *	turn_gates_close(&gates, &ends);
 *
 * Health first, the window last: what it says still holds when the node begins. Nodes that wait for
 * the same share their gates. A node is not asked to be Ready before its own turn: it may be the
 * one to be repaired. Nor are `excused`: those are ill already, held, or about to go.
 */
#pragma once

#include "base/err.h"
#include "cluster/cluster.h"
#include "flow/plan.h"
#include "ops/compose.h"
#include "ops/declared.h"
#include "ops/inventory.h"

#include <stdbool.h>
#include <stdint.h>

/* What an operation asks for, besides what it says itself. HEALTH_x of ops/health.h. */
struct gate_rule {
	unsigned opening, between, closing;
	bool asks;     /* the windows and expressions of cluster.yaml count */
	bool as_found; /* nothing is asked for that was not so when the cluster was looked at */
};
extern const struct gate_rule gate_upgrade; /* a healthy cluster, now and all the way */
extern const struct gate_rule gate_repair;  /* the others do not get worse */

/* How long a node takes, for whether it still fits into a window. */
#define NODE_TAKES (15 * MINUTE)

struct turn_gates {
	struct plan *plan; /* what receives the steps */
	const struct cluster *cluster;
	struct gate_rule rule;
	const struct declared_gates *asked; /* expressions and windows; NULL: none */
	const char *const *excused;	    /* names, NULL-ended; NULL: none */
	const char *const *chosen;	    /* likewise, only of what it opens with */
	uint64_t needed;		    /* of a window, for a node */
	bool now;			    /* windows do not count */
	/* its own: the gates before the last wave, and what they wait for */
	unsigned gate;
	const unsigned *after;
	unsigned afters;
};

/* ERR_REFUSED when the window is closed, or for too short a time. */
int turn_gates_require(const struct turn_gates *gates, uint64_t wall, struct err *err);

/* Each puts its steps behind `ends`, which becomes what is last then. */
void turn_gates_open(struct turn_gates *gates, struct ends *ends);
void turn_gates_around(struct turn_gates *gates, const struct plan *part, struct ends *ends);
void turn_gates_close(struct turn_gates *gates, struct ends *ends);

/* Does the plan wipe every control plane? */
bool turn_gates_end_all(const struct plan *plan, const struct cluster *cluster);

/* For `excused`, in the arena: nodes that are held, and those that the plan wipes; with `as_found`
 * those too that Kubernetes did not call Ready when it was asked. `plan` may be NULL. */
const char *const *turn_gates_excused(struct arena *arena, const struct inventory *inventory,
				      const struct plan *plan, bool as_found);
