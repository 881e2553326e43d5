/*
 * Kubernetes in the simulated world: one for each etcd cluster that holds its data, served by the
 * API servers of the control planes that are members of it.
 *
 *	struct kube *kube = kube_of(node);        NULL: the node's etcd has no data
 *	kube_call_run(&call);                     kube_call.h: a request, whoever brought it
 *	kube_turn(kube);                          controllers look at what has changed
 *
 * When no node has an etcd cluster's data any more, its Kubernetes is gone too. Controllers run in
 * their own turn of the loop, each object when it has changed or when its time has come; what they
 * write has been written to disk before anybody is answered from it.
 */
#pragma once

#include "loop/loop.h"
#include "sim/kube_store.h"
#include "sim/sim_node.h"
#include "sim/world.h"

struct kube_call;

struct kube_peer { /* what world_bgp() said */
	const char *node, *peer, *state;
	struct kube_peer *next;
};

struct kube {
	struct world *world;
	struct kube *next;
	char cluster[17]; /* of etcd */
	struct kube_store store;
	struct kube_call *watches; /* open ones */
	struct timer timer;
	struct task turn;
	struct kube_peer *peers; /* in the store's arena */
	uint64_t heartbeat;	 /* wall time to which leases were renewed */
	bool seeded, cilium;	 /* cilium: the operator has registered its resources */
	bool working;		 /* controllers are at it */
	struct err broken;	 /* why its file could not be read: nothing is answered then */
};

struct kube *kube_of(const struct sim_node *node);
/* Opens those that a healthy etcd needs, drops those that have no data any more, and has nodes
 * looked at that changed. */
void kube_world_settle(struct world *world);
void kube_world_done(struct world *world);
/* Whether the API server of that control plane answers. */
bool kube_serves(const struct sim_node *node);
void kube_turn(struct kube *kube);
/* Looks again at that time at the latest. */
void kube_later(struct kube *kube, struct kube_object *object, uint64_t wall);

uint64_t kube_wall(const struct kube *kube);
/* Of whatever built-in group. */
struct kube_type *kube_type(const struct kube *kube, const char *plural);
struct kube_object *kube_find(const struct kube *kube, const char *plural, const char *space,
			      const char *name);
struct kube_object *kube_put(struct kube *kube, const char *plural, const struct value *value);
/* As a controller deletes: finalizers and a pod's grace are honoured, dependents go too. */
struct kube_removal {
	int64_t grace; /* seconds; -1: the object's own */
	bool orphan;   /* dependents stay */
};
void kube_delete(struct kube *kube, struct kube_object *object, const struct kube_removal *how);
/* The simulated node behind a Node object; NULL: none has that name. */
struct sim_node *kube_machine(const struct kube *kube, const char *name);

/* ---- kube_nodes.c ---------------------------------------------------------------------------- */
void nodes_settle(struct kube *kube);
void nodes_look(struct kube *kube, struct kube_object *object);
/* Leases and heartbeats, as they would be by now; nothing renews them while nobody looks. */
void nodes_beat(struct kube *kube);
bool node_is_ready(const struct value *node);
/* Whether the Node of that machine takes no pods, in whichever cluster it is. */
bool kube_is_cordoned(const struct sim_node *node);

/* ---- kube_seed.c ----------------------------------------------------------------------------- */
/* What is there from the first moment, and what the machine config says shall be there. */
void seed_settle(struct kube *kube);

/* ---- kube_pods.c ----------------------------------------------------------------------------- */
void pods_look(struct kube *kube, struct kube_object *object);
void pods_static(struct kube *kube);
bool pod_is_ready(const struct value *pod);
bool pod_is_ending(const struct value *pod);
bool pod_is_over(const struct value *pod); /* Succeeded or Failed */
/* Whether a pod of that spec may be put on the node; `daemon`: as DaemonSets tolerate. */
bool pod_fits(const struct value *pod_spec, const struct value *node, bool daemon);
/* A pod of a template, owned by `owner`. */
const struct value *pod_of(struct kube *kube, struct arena *arena, const struct kube_object *owner,
			   const struct value *template);

/* ---- kube_workloads.c ------------------------------------------------------------------------ */
void daemonset_look(struct kube *kube, struct kube_object *object);
void deployment_look(struct kube *kube, struct kube_object *object);
void replicaset_look(struct kube *kube, struct kube_object *object);
void job_look(struct kube *kube, struct kube_object *object);
void workload_touch(struct kube *kube, const char *plural); /* all of them */

/* ---- kube_types.c ---------------------------------------------------------------------------- */
void definition_look(struct kube *kube, struct kube_object *object);

/* ---- kube_budget.c --------------------------------------------------------------------------- */
void budget_look(struct kube *kube, struct kube_object *object);
/* 0: the pod may go; >0: *out is the budget that forbids it; <0: more than one. */
int budget_allows(struct kube *kube, const struct kube_object *pod, const struct value **out);

/* ---- kube_cilium.c --------------------------------------------------------------------------- */
void cilium_install(struct kube *kube, const struct value *job);
/* Its agents, its resources and its sessions, as they follow from what is there. */
void cilium_settle(struct kube *kube);
