/*
 * Observing: read-only calls to all nodes, many nodes at a time and the calls to one of them at
 * once. Nothing is changed.
 *
 * A node is asked with our certificate first; one that does not know us is asked again without, and
 * if it answers then, it is in maintenance. One that does not answer at all is asked again until
 * the patience is over.
 *
 * With OBSERVE_RELAYED workers are asked by way of the first control plane that answers, which
 * spares a handshake each; the one that cannot be reached so is asked itself. It is for looks that
 * decide nothing: what is to be changed is always asked itself.
 */
#pragma once

#include "base/arena.h"
#include "ops/inventory.h"
#include "ops/site.h"

#include <stdint.h>

struct observation;

/* What is asked of nodes that are ours besides version, stage and services. A node that cannot say
 * it is not silent for that: the field stays unknown. */
enum {
	OBSERVE_CONFIGS = 1 << 0,   /* the machine config it runs on: secret */
	OBSERVE_ETCD = 1 << 1,	    /* status and members as each control plane sees them */
	OBSERVE_SCHEMATIC = 1 << 2, /* which image it booted */
	OBSERVE_BOOT = 1 << 3,	    /* the id of its boot */
	OBSERVE_VOLUMES = 1 << 4,   /* which partitions it has */
	OBSERVE_FILES = 1 << 5,	    /* are the configs and kubeconfig of the workspace right? */
	OBSERVE_ROUTER = 1 << 6,    /* what it runs, over SSH: secret */
	/* Cilium and its resources; of clusters whose cni is another only with ALWAYS */
	OBSERVE_CILIUM_ALWAYS = 1 << 7,
	OBSERVE_CILIUM = 1 << 8,
	OBSERVE_KUBE = 1 << 9, /* the Kubernetes API: versions, nodes, static pods */
	/* the config compared with what the workspace says: node_state.drift */
	OBSERVE_DRIFT = 1 << 10 | OBSERVE_CONFIGS,
	OBSERVE_KEPT = 1 << 11,	     /* last-known-good configs of the workspace: secret */
	OBSERVE_KUBE_RUNS = 1 << 12, /* as KUBE, but only when a node runs etcd */
	OBSERVE_RELAYED = 1 << 13,
};

struct observe_options {
	unsigned looks;	   /* OBSERVE_x */
	uint64_t patience; /* for nodes that do not answer, nanoseconds */
	/* Called once, from the loop, last; also when no node answered. */
	void (*on_done)(void *context, const struct inventory *inventory);
	/* Every answer and every wait, for people: "mini02: no answer yet: ..."; may be NULL. */
	void (*on_note)(void *context, const struct node *node, const char *text);
	void *context;
};
/* The inventory lives in `arena`. */
struct observation *observe_start(struct site *site, struct arena *arena,
				  const struct observe_options *options);
void observe_free(struct observation *observation); /* cancels if it runs; fine inside on_done */
OWN_DEFINE(struct observation, observe_free)
