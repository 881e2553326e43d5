/*
 * The inside of a world: for the files of this module only.
 */
#pragma once

#include "net/http.h"
#include "sim/sim_node.h"
#include "sim/world.h"

struct cosi;
struct fault_rule;
struct kube;
struct kube_doors;
struct map;
struct sim_router;

struct world {
	struct arena *arena; /* owned: hardware, texts */
	struct loop *loop;
	uint64_t wall_start; /* the wall clock of the nodes when loop_now() was 0 */
	struct random_source *random;
	struct world_pace pace;
	enum release release;
	const char *talos;	/* "v1.13.9" */
	const char *folder;	/* NULL: memory only */
	struct sim_node **node; /* owned */
	size_t nodes;
	struct dialer dialer;
	struct http_door http;
	struct sim_router *router;	  /* owned */
	struct kube *kubes;		  /* owned: one for each etcd cluster */
	struct kube_doors *kube_doors;	  /* in the arena; NULL: not served */
	struct world_listen *kube_listen; /* in the arena */
	size_t kube_listens;
	/* In the arena: objects that Kubernetes has from the start and are not there yet. */
	const struct value **given;
	size_t givens;
	const char *vip;   /* of the cluster; NULL: none */
	struct map *certs; /* in the arena: what sim_certs.c knows; NULL: nothing yet */
	struct map *users; /* in the arena: whom kube_door.c knows; NULL: nobody yet */
	struct cosi *meta; /* in the arena: what releases that were asked tell of their types */
	struct task settle;
	struct fault_rule *faults;   /* in the arena */
	struct world_listen *listen; /* in the arena; NULL: not served */
	struct world_watcher *watchers;
	bool closing;
	size_t calls;
	struct err broken; /* the folder could not be written */
};

/* What the clocks of the nodes say: the loop's at first, and nobody sets them afterwards. */
uint64_t world_wall(const struct world *world);
/* After `wait` nanoseconds. */
uint64_t world_after(const struct world *world, uint64_t wait);
struct sim_node *world_node_at(const struct world *world, const char *address);
struct sim_node *world_node_named(const struct world *world, const char *name);
/* Everything that follows from changes: joins, the shared address, status, resources. */
void world_settle(struct world *world);
/* An UUID, version 4. */
void world_uuid(struct world *world, char text[static 37]);
uint64_t world_number(struct world *world); /* random, not 0 */

void world_add(struct world *world, const struct sim_hardware *hardware);

/* ---- world_store.c --------------------------------------------------------------------------- */

/* Writes the nodes that have changed; nothing without a folder. */
int store_save(struct world *world, struct err *err);
/* Adds the nodes that the folder holds, in the states they were in. */
int store_load(struct world *world, struct err *err);

/* ---- fault.c --------------------------------------------------------------------------------- */

/* The rule that applies to this call, which counts as one; NULL: none. `node` NULL: it is to no
 * node. */
const struct fault *fault_for(struct world *world, const struct sim_node *node,
			      const char *method);
/* What a fault does to a call, whatever the call is of. */
struct fault_ops {
	void (*refuse)(void *call, int code);
	void (*cut)(void *call);     /* before it has an effect */
	void (*unheard)(void *call); /* it has its effect, and nobody is answered */
};
/* True when the fault has taken the call over. `late` is set to how long the end of the answer
 * takes, `cut` when the connection breaks after the effect. `fault` may be NULL. */
bool fault_suffer(const struct fault *fault, const struct fault_ops *ops, void *call,
		  uint64_t *late, bool *cut);
