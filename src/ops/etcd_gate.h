/*
 * Is etcd well? The judgement that stands before and after everything that takes a control plane
 * away for a while or for good, and who leads.
 *
 *	struct etcd_health health;
 *	etcd_judge(arena, inventory, &health);        an inventory with OBSERVE_ETCD
 *	if (health.failures) ... health.failure[0]    "etcd of cp-2 is 4012 entries behind cp-1"
 *
 * Pure. Well means: every control plane runs etcd and says so, they are the members and nobody
 * else is, all of one cluster, started, none of them a learner, no alarm, nobody far behind, and
 * one leader for all.
 *
 * As a gate in a plan it is kind_etcd_well (ops/kinds.h): it looks again until all of that holds,
 * with the argument `without`, a list of names of control planes that are gone and may not be
 * members any more. Steps that want to look themselves use etcd_look().
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "flow/step.h"
#include "ops/inventory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Entries of the log; etcd itself stops taking writes at 5000. */
#define ETCD_LAG_MAX 1000

struct etcd_health {
	const char *const *failure; /* sentences, NULL-ended; the first is the one to tell */
	size_t failures;	    /* 0: it is well */
	const struct node *leader;  /* NULL: there is none, or it is no node of ours */
};

/* Texts live in the arena. */
void etcd_judge(struct arena *arena, const struct inventory *inventory, struct etcd_health *out);
/* The control planes named in `without` (NULL-ended; may be NULL) are not looked at, and may be
 * members or not. */
void etcd_judge_without(struct arena *arena, const struct inventory *inventory,
			const char *const *without, struct etcd_health *out);

/* The node that leads, as the members say that agree; NULL as in etcd_health. */
const struct node *etcd_led_by(const struct inventory *inventory);
/* The first list of members that a running member told; NULL: nobody did. */
const struct talos_etcd_members *etcd_told(const struct inventory *inventory);
/* The entry of the member by that name (a node's, or the id in hexadecimal); NULL: none. */
const struct talos_etcd_member *etcd_named(const struct talos_etcd_members *members,
					   const char *name);
/*
 * A member that nobody stands behind while all the others are well: it is no control plane of
 * nodes.yaml, or the node by its name answers and waits to join anew because its data is gone.
 * NULL: none.
 */
const struct talos_etcd_member *etcd_stale(const struct inventory *inventory);

/* For steps: asks all control planes but `without`, then `next` runs and etcd_seen() is what they
 * said: an inventory of control planes only. It uses the step's memory `index` and `data`. */
int etcd_look(struct step_run *run, const char *const *without, step_fn *next);
const struct inventory *etcd_seen(const struct step_run *run);
