/*
 * The copy of etcd that is made before control planes change or go: a step of kind etcd-snapshot.
 *
 *	const struct node_state *source = inventory_etcd(inventory);
 *	if (source) plan_add(plan, &(struct step){ .kind = &kind_etcd_snapshot, ...,
 *						   .args = snapshot_args(arena, name, wall) });
 */
#pragma once

#include "base/arena.h"
#include "tree/value.h"

#include <stdint.h>

/* Where it is saved to, below the workspace, as the step's arguments:
 * ".talforge/snapshots/home-20270102T030405Z.db" */
const struct value *snapshot_args(struct arena *arena, const char *cluster, uint64_t wall);
