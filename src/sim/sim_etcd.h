/*
 * etcd: members, leaders, the log they share. Each control plane has its data or none; the members
 * of a cluster are the nodes whose data belongs to it, and those that were wiped before they left.
 *
 *	NONE ── config of a control plane ──> WAITING ── Bootstrap ─────────────> MEMBER
 *	                                       │ └── a running member ──> LEARNER ──^ │
 *	                                       ^                                      │
 *	   LOST <── wiped ─────────────────────│──────────────────────────────────────┤
 *	    └── removed by another member ─────┘      REMOVED <── by another member ──┘
 *
 * A member whose disk is wiped without leaving is LOST: the others still count on it, and it cannot
 * join their cluster until somebody removes it from their list.
 *
 * Bootstrap again within the first seconds starts a new cluster on the same node; Bootstrap on a
 * second control plane that waits splits the cluster in two: real nodes do both.
 *
 * A cluster's leader is the member that won the latest term; when it stops, another is elected at
 * once if there is a quorum. Revisions grow with time: one write a second.
 */
#pragma once

#include "base/clock.h"
#include "base/err.h"

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
	ETCD_LOST,    /* no data either, but still in the list of members */
	ETCD_REMOVED, /* has data of a cluster that does not know it any more */
	ETCD_LEARNER, /* has data, does not vote yet */
	ETCD_MEMBER,
	ETCD_STATE_COUNT
};

enum {
	ETCD_ALARM_NOSPACE = 1 << 0,
	ETCD_ALARM_CORRUPT = 1 << 1,
};

struct sim_etcd {
	enum sim_etcd_state state;
	char cluster[17];      /* id of the cluster whose data it has; "" none */
	char name[64];	       /* that it told the others; "" not yet */
	uint64_t member;       /* own id */
	uint64_t bootstrapped; /* wall time of the Bootstrap call here; 0: none */
	uint64_t since;	       /* wall time of the last change of state */
	uint64_t due;	       /* wall time of becoming a member; 0: none */
	uint64_t term;	       /* of the last election it won; 0: none */
	uint64_t founded;      /* wall time of its cluster's beginning */
	uint64_t start;	       /* revision its cluster began with */
	uint64_t defragged;    /* wall time; 0: never */
	uint64_t lag;	       /* entries of the log it has not applied */
	unsigned alarms;
	uint64_t upload;   /* revision of the snapshot given to it; 0: none */
	bool upload_whole; /* its hash is right */
};

const char *etcd_state_text(enum sim_etcd_state state); /* "waiting", "lost", ...; "" none */

enum etcd_bootstrap {
	BOOTSTRAP_OK,
	BOOTSTRAP_NOT_YET,
	BOOTSTRAP_EXISTS,
};
enum etcd_bootstrap etcd_bootstrap(struct sim_node *node);

void etcd_begin(struct sim_node *node); /* a control plane boots */
void etcd_wipe(struct sim_node *node);	/* its data is gone */
/* It leaves its cluster in good order. ERR_CONFLICT: the others could not go on, or there are none.
 * 0 when there is nothing to leave. */
int etcd_leave(struct sim_node *node, struct err *err);
void etcd_settle(struct world *world); /* joins that have become possible */
void etcd_tick(struct sim_node *node, uint64_t wall);
bool etcd_is_healthy(const struct sim_node *node); /* runs and has a quorum */
bool etcd_has_quorum(const struct world *world, const char *cluster);
struct sim_member {
	struct sim_node *node;
	uint64_t id;
	const char *name; /* "": it has not started yet */
	bool learner;
};
/* Members of that cluster by rising id, at most `max`; returns how many there are. */
size_t etcd_members(const struct world *world, const char *cluster, struct sim_member *out,
		    size_t max);
/* NULL: there is none, for want of a quorum. */
const struct sim_node *etcd_leader(const struct world *world, const char *cluster);
bool etcd_runs(const struct sim_node *node); /* has data, and its process runs */
/* The cluster a call on `node` would ask: its own, or when it has none that of a member it knows
 * from its config; "" none. */
const char *etcd_cluster_seen(const struct sim_node *node);
size_t etcd_clusters(const struct world *world);

struct sim_progress {
	uint64_t term, index, applied, revision;
	uint64_t size, used; /* bytes of the database */
};
struct sim_progress etcd_progress(const struct sim_node *node);

struct sim_alarm {
	uint64_t member;
	unsigned alarm;
};
/* All that are raised in that cluster; `out` has room for two of each node. */
size_t etcd_alarms(const struct world *world, const char *cluster, struct sim_alarm *out);

/* ---- what callers may change ----------------------------------------------------------------- */

enum etcd_change {
	ETCD_CHANGED,
	ETCD_NO_MEMBER, /* nobody of that id */
	ETCD_NO_QUORUM,
	ETCD_NOT_ENOUGH, /* those left would not be enough started members */
	ETCD_UNHEALTHY,	 /* those left would have no quorum */
};
/* What etcd says to that: "etcdserver: member not found"; "" for ETCD_CHANGED. */
const char *etcd_change_text(enum etcd_change change);

/* Through a running node of the cluster. The removed node's etcd stops and does not come back. */
enum etcd_change etcd_remove(struct sim_node *through, uint64_t member);
/* The next member leads; NULL: the node did not lead, or nobody else can. */
const struct sim_node *etcd_forfeit(struct sim_node *node);
void etcd_defragment(struct sim_node *node);
void etcd_disarm(struct world *world, const char *cluster);
/* A bootstrap from a snapshot of that revision. */
enum etcd_bootstrap etcd_recover(struct sim_node *node, uint64_t revision);
