/*
 * The hop planner: from the versions that nodes run to the wanted ones, through every minor
 * release in between and in an order in which Talos, the API server and the kubelets always fit.
 *
 *	struct hop_node nodes[] = { { .name = "cp-1", .talos = "v1.11.6", .kubelet = "v1.33.4",
 *				      .selected = true } };
 *	struct hop_goal goal = { .talos = "v1.13.9", .kubernetes = "v1.36.3",
 *				 .apiserver = "v1.33.4" };
 *	if (hops_plan(arena, nodes, 1, &goal, &hops, err) < 0) ...
 *
 * Pure; everything lives in the arena or is borrowed from the input. What is refused is
 * ERR_REFUSED: a downgrade, a minor that would be skipped because no release of it is known, and a
 * pair of versions that do not fit. A release that is newer than all that is known is no reason to
 * refuse when it is the next minor. What is held stays where it is, counts for what fits, and is
 * listed with its reason; the rest goes on.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "cluster/cluster.h"

#include <stdbool.h>
#include <stddef.h>

struct hop_node {
	const char *name;
	const char *talos;   /* what it runs */
	const char *kubelet; /* likewise; NULL: not known, it does not count */
	const char *to;	     /* its own wanted Talos; NULL: the goal's */
	bool selected;	     /* false: it stays, but must fit */
};

struct hop_goal {
	const char *talos, *kubernetes; /* NULL: stays */
	const char *apiserver;		/* the lowest that runs; needed when `kubernetes` is set */
	const struct hold *hold;
	size_t holds;
};

struct hop {
	enum version_subject subject;
	const char *to;		  /* "v1.12.11" */
	const char *const *nodes; /* those that take part, in the order given */
	size_t len;
};

struct hop_held {
	const char *what; /* a node's name, or "Kubernetes" */
	const char *at;	  /* the version it stays at */
	const char *pattern, *reason;
};

struct hops {
	const struct hop *at;
	size_t len;
	const struct hop_held *held;
	size_t helds;
	struct texts notes; /* whole sentences; `value` is not set */
};

int hops_plan(struct arena *arena, const struct hop_node *nodes, size_t count,
	      const struct hop_goal *goal, struct hops *out, struct err *err);
/* Whether a hold is about a version ("v1.14.*") and not about a node. */
bool hold_is_version(const char *pattern);
/* The hold that keeps a node where it is; NULL: none. */
const struct hold *hold_of_node(const struct upgrade_settings *settings, const char *name);
