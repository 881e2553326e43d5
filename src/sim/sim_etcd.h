/*
 * etcd membership. Each control plane has its data or none; the members of a cluster are the nodes
 * whose data belongs to it.
 *
 *	NONE ── config of a control plane ──> WAITING ── Bootstrap ─────────────> MEMBER
 *	                                         └── a running member ──> LEARNER ──^
 *
 * Bootstrap again within the first seconds starts a new cluster on the same node; Bootstrap on a
 * second control plane that waits splits the cluster in two: real nodes do both.
 */
#pragma once

#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_node;
struct world;

/* While so little time has passed, the data directory still counts as empty. */
#define ETCD_BOOTSTRAP_WINDOW (6 * SECOND)

enum sim_etcd_state {
	ETCD_NONE,    /* no control plane, or no config */
	ETCD_WAITING, /* no data: until a bootstrap or a member to join */
	ETCD_LEARNER, /* has data, does not vote yet */
	ETCD_MEMBER,
	ETCD_STATE_COUNT
};

struct sim_etcd {
	enum sim_etcd_state state;
	char cluster[17];      /* id of the cluster whose data it has; "" none */
	uint64_t member;       /* own id */
	uint64_t bootstrapped; /* wall time of the Bootstrap call here; 0: none */
	uint64_t since;	       /* wall time of the last change of state */
	uint64_t due;	       /* wall time of becoming a member; 0: none */
};

const char *etcd_state_text(enum sim_etcd_state state); /* "", "waiting", "learner", "member" */

enum etcd_bootstrap {
	BOOTSTRAP_OK,
	BOOTSTRAP_NOT_YET,
	BOOTSTRAP_EXISTS,
};
enum etcd_bootstrap etcd_bootstrap(struct sim_node *node);

void etcd_begin(struct sim_node *node); /* a control plane boots */
void etcd_settle(struct world *world);	/* joins that have become possible */
void etcd_tick(struct sim_node *node, uint64_t wall);
bool etcd_is_healthy(const struct sim_node *node); /* runs and has a quorum */
bool etcd_has_quorum(const struct world *world, const char *cluster);
/* Members of that cluster by rising id, at most `max`; returns how many there are. */
size_t etcd_members(const struct world *world, const char *cluster, struct sim_node **out,
		    size_t max);
const struct sim_node *etcd_leader(const struct world *world, const char *cluster);
/* The cluster a call on `node` would ask: its own, or when it has none that of a member it knows
 * from its config; "" none. */
const char *etcd_cluster_seen(const struct sim_node *node);
size_t etcd_clusters(const struct world *world);
