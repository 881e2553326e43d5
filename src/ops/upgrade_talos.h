/*
 * `upgrade talos`: every node to another version of Talos or to another schematic, one after the
 * other.
 *
 *	struct upgrade_options options = { .to = "v1.14.0" };
 *	if (upgrade_talos_plan(&input, &options, &plan, err) < 0) ...
 *
 * upgrade_talos_plan() is pure. Rules it keeps:
 * - the way goes through every minor release, in rounds over all nodes (ops/hops.h); a downgrade
 *   and a skipped minor are refused, what is held stays and is told;
 * - a node of its own registry, flavour or schematic keeps them (ops/installer.h);
 * - before anything is taken down all images of the round are pulled on all of its nodes;
 * - before the first control plane goes etcd is saved to a file, which is verified;
 * - control planes go one at a time, each behind a gate that etcd is well, the leader last and
 *   after it has handed over; then workers, as many at once as the budget says (ops/waves.h);
 * - each node is drained, changed, rebooted and proved by its boot id, its version and its
 *   schematic to run what was asked for, then healthy, then uncordoned; the first that is not stops
 *   the run, and the nodes that are cordoned and healthy are uncordoned all the same;
 * - nodes from 1.13 on are changed by three calls (pull, write, reboot), older ones by one.
 * Nodes that run the version and the schematic are left alone.
 */
#pragma once

#include "base/err.h"
#include "flow/plan.h"
#include "ops/operation.h"

#include <stdbool.h>
#include <stddef.h>

/* What one node gets instead of what all get; each text may be NULL. */
struct upgrade_target {
	const char *node;
	const char *to;
	const char *schematic;
	const char *base; /* "factory.talos.dev/metal-installer" */
};

struct upgrade_options {
	const char *to;	 /* NULL: the workspace's version */
	bool stage;	 /* written by the next boot; only before 1.13 */
	bool powercycle; /* reboots go through the firmware */
	bool no_drain;
	bool saved;			     /* etcd is: an earlier part of the plan sees to it */
	const struct upgrade_target *target; /* NULL: none is special */
	size_t targets;
};
int upgrade_talos_plan(const struct operation_input *input, const struct upgrade_options *options,
		       struct plan **out, struct err *err);

/* A node that booted the new system, as the journal says, and runs another one now; NULL: none. */
const struct node *upgrade_talos_undone(const struct plan *plan, const enum record_state *state,
					const struct inventory *inventory);

extern const struct operation operation_upgrade_talos; /* struct upgrade_options; NULL: none */
