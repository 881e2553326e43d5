/*
 * The two shipped topologies as literals, in any state: what planning sees of them.
 *
 *	site_inventory(arena, &minis, "ebs", &inventory);
 *
 * A state is a letter per node: b bare (in maintenance), s silent, o ours, e ours with etcd
 * running, d denied.
 */
#pragma once

#include "base/arena.h"
#include "ops/inventory.h"

extern const struct cluster minis; /* mini01 to mini03, control planes, a disk by pattern */
extern const struct cluster racks; /* control0, control1, worker0 to worker2, disks by path, NICs */

/* One state per node; everything written is false. */
void site_inventory(struct arena *arena, const struct cluster *cluster, const char *states,
		    struct inventory *out);
