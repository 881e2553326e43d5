/*
 * An inventory: what was observed about every node of a cluster, read-only, before anything is
 * planned.
 *
 * Plain data in an arena; made by observe_start() (ops/observe.h) or written as literals in tests.
 * Planning functions see nothing else of the world.
 */
#pragma once

#include "base/err.h"
#include "cluster/cluster.h"
#include "ops/component.h"
#include "ops/kept.h"
#include "talos/talos.h"

#include <stdbool.h>
#include <stddef.h>

enum sight {
	SIGHT_SILENT,	   /* nothing answered within the patience */
	SIGHT_MAINTENANCE, /* Talos without a config */
	SIGHT_OURS,	   /* it and we accept each other's certificates */
	SIGHT_DENIED,	   /* configured, but one does not accept the other: another cluster's */
	SIGHT_COUNT
};
const char *sight_name(enum sight sight); /* "silent", "maintenance", "ours", "denied" */
const char *sight_text(enum sight sight); /* "does not answer": behind a node's name */

struct drift; /* ops/drift.h */

struct node_state {
	const struct node *node;
	enum sight sight;
	struct err err;	   /* why it is silent or denied, or cannot be compared */
	const char *talos; /* version it runs; NULL: unknown */
	enum talos_stage stage;
	bool ready;
	const struct talos_disk *disk; /* what it has; of nodes in maintenance */
	size_t disks;
	const struct talos_link *link;
	size_t links;
	/* OBSERVE_SCHEMATIC: id of the booted image; "": an image without one; NULL: unknown */
	const char *schematic;
	size_t extensions;    /* likewise: those it has, the schematic not counted */
	const char *platform; /* "metal"; NULL: unknown */
	const char *boot_id;  /* OBSERVE_BOOT; NULL: unknown */
	/* OBSERVE_CONFIGS: what it runs on, and what it would boot with when that differs; NULL:
	 * unknown. Secret, as all of the arena then is. */
	const char *config, *config_next;
	/* Version its config asks for, "v1.36.3"; NULL: unknown. */
	const char *kubelet;
	const struct drift *drift;	      /* OBSERVE_DRIFT; NULL: unknown, or `err` says why */
	const char *kept[KEPT_COUNT];	      /* OBSERVE_KEPT; NULL: nothing is kept */
	const char *image;		      /* to install, as its config says; NULL: none */
	const struct talos_etcd_status *etcd; /* OBSERVE_ETCD; NULL: it did not say */
	const struct talos_etcd_members *members;
	const char *const *volumes; /* OBSERVE_VOLUMES: ids of partitions, NULL-ended; or NULL */
	/* Its etcd service is Running: it was bootstrapped or has joined. */
	bool etcd_runs;
	/* Its etcd is Preparing: it waits for a bootstrap, a member to join, or its image. */
	bool etcd_waits;
	/* OBSERVE_KUBE; NULL: not told */
	const char *kube_name;				    /* of its Node object */
	const char *kubelet_runs;			    /* the version that object tells */
	const char *pod_image[COMPONENT_STATIC_PODS];	    /* of its static pods */
	bool kube_ready;				    /* the condition of its Node */
	const struct value *kube_labels, *kube_annotations; /* of its Node; maps or NULL */
};

/* OBSERVE_KUBE: the Kubernetes API. */
struct kube_seen {
	struct err err;		 /* why it did not answer; kind ERR_NONE: it did */
	const char *apiserver;	 /* the version of the one that answered */
	const char *proxy_image; /* of kube-proxy's DaemonSet; NULL: there is none */
};

struct cilium_live; /* ops/cilium_look.h */
struct router_seen; /* ops/router_look.h */

struct inventory {
	const struct cluster *cluster;
	struct node_state *at; /* one per node, in the order of nodes.yaml */
	size_t len;
	/* OBSERVE_FILES */
	bool configs_written;	      /* clusterconfig/ holds what would be rendered */
	bool kubeconfig_written;      /* a kubeconfig of this cluster's CA, good for 30 more days */
	const struct kube_seen *kube; /* OBSERVE_KUBE; NULL: not asked */
	bool helm;		      /* there is a helm for what it can install */
	/* OBSERVE_CILIUM; NULL: Kubernetes was not asked, or `cilium_err` says why it is unknown */
	const struct cilium_live *cilium;
	struct err cilium_err;
	/* OBSERVE_ROUTER, in the same way */
	const struct router_seen *router;
	struct err router_err;
};

/* Of a node that is denied: whose it seems to be, and why; returns -1. */
int node_denied(const struct node_state *state, struct err *err);
/* The same of the first control plane that is; 0: none is. */
int inventory_check_control(const struct inventory *inventory, struct err *err);
/* The first control plane whose etcd runs; NULL: not bootstrapped as far as we saw. */
const struct node_state *inventory_etcd(const struct inventory *inventory);
