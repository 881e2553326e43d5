/*
 * `apply`: configs to nodes; and `rollback --config`, the same with a config that was kept.
 *
 * Both plans are pure functions of the inventory (OBSERVE_DRIFT, OBSERVE_KEPT, OBSERVE_BOOT). Rules
 * they keep:
 * - a node of another cluster, a locked node that would be rebooted or installed, a change that the
 *   mode does not take, another version of Kubernetes (that is an upgrade): refused before anything
 *   happens;
 * - a node gets its config the way it is: bare ones without a certificate, ours with both;
 * - control planes one after the other, and rebooted only while every control plane is a healthy
 *   member of etcd; workers that reboot at most --max-parallel at once, one without it;
 * - a change that needs a boot is staged and booted by steps of their own, everything else is sent
 *   so that the node refuses rather than reboots;
 * - what a node ends up running on is compared with what was sent, and kept as last-known-good;
 * - a silent node comes last and keeps nobody from anything.
 *
 * Steps carry `notes` that say what changes, and which hand edits are lost.
 */
#pragma once

#include "ops/operation.h"

#include <stdint.h>

enum apply_way {
	APPLY_AS_NEEDED, /* "auto": reboots where that is needed */
	APPLY_LIVE,	 /* "no-reboot" */
	APPLY_LATER,	 /* "staged": at the next boot, whenever that is */
	APPLY_ON_TRIAL,	 /* "try": the node takes it back by itself */
	APPLY_WAY_COUNT
};
extern const char *const apply_ways[];			    /* their names, NULL-ended */
int apply_way_named(const char *name, enum apply_way *out); /* -1: there is none */

struct apply_options {
	enum apply_way way;
	uint64_t trial; /* of APPLY_ON_TRIAL, nanoseconds, at least a second */
};

extern const struct operation operation_apply;		 /* options: struct apply_options */
extern const struct operation operation_rollback_config; /* one node; no options */
