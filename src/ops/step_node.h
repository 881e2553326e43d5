/*
 * Taking a node out of service and back: the steps around whatever is done to one node at a time.
 *
 *	unsigned drained = add_drain(plan, node, &cluster->upgrade.drain, after, afters);
 *	unsigned done = plan_add(plan, a reboot or what it is, after `drained`);
 *	add_uncordon(plan, node, drained, done);
 *
 * The kinds are in ops/kinds.h: drain, uncordon, reboot, back. An uncordon is a clean-up
 * (flow/step.h): when the run ends in any other way after the drain began, it is done then, and a
 * run that goes on later drains again. It waits until node and Kubernetes call the node healthy,
 * and leaves one that stays ill cordoned, saying so.
 *
 * Nothing is drained where the node is the only one, and where the settings say no.
 */
#pragma once

#include "cluster/cluster.h"
#include "flow/plan.h"

#include <stdbool.h>

/* Is a node of this cluster to be drained? */
bool drain_is_wanted(const struct cluster *cluster, const struct drain_setting *setting);

/* Evicts what runs there, for as long as the setting's timeout. `setting` NULL: the standard one;
 * `after` may be NULL. */
unsigned add_drain(struct plan *plan, const struct node *node, const struct drain_setting *setting,
		   const unsigned *after, unsigned afters);
/* Back into service once `done` (of what was done to the node the last step) has ended well. */
unsigned add_uncordon(struct plan *plan, const struct node *node, unsigned drain, unsigned done);
