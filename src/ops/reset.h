/*
 * `reset`: nodes back into maintenance mode, the operating system kept.
 *
 * reset_plan() is pure. Rules it keeps:
 * - a node of another cluster, a locked one, a user volume that is not there, and what would cost
 *   etcd its quorum: refused before anything happens. Every node at once is the end of the cluster
 *   and allowed as such;
 * - partitions are always named, unless the whole disk was asked for (`full`), which wants the
 *   cluster's name in `confirm`;
 * - etcd is saved to a file and verified before the first node is touched;
 * - workers come first; control planes one after the other, the leader last, each of them out of
 *   etcd before it is wiped, with a gate before;
 * - each node is spoken to itself, wiped only in the boot that was seen, and done when it answers
 *   in maintenance mode. One that is there already has nothing done to it, except that a member of
 *   etcd it left behind is taken out of the list;
 * - a silent node keeps nobody waiting: it comes last and fails alone.
 */
#pragma once

#include "base/err.h"
#include "flow/journal.h"
#include "flow/plan.h"
#include "ops/operation.h"

#include <stdbool.h>

struct reset_options {
	bool full;			 /* the whole system disk */
	bool no_drain;			 /* pods are not moved away first */
	const char *const *user_volumes; /* names, NULL-ended: wiped too; NULL: none */
	const char *confirm;		 /* the cluster's name; NULL: not said */
};
int reset_plan(const struct operation_input *input, struct plan **out, struct err *err);

/* The argument that the reset of the last control plane of a cluster has. */
#define RESET_ENDS "ends"
