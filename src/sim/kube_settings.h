/*
 * What a node's machine config says about Kubernetes: read from its text when it is first asked
 * for, and kept until another config is active.
 */
#pragma once

#include "base/arena.h"
#include "tree/value.h"

#include <stdbool.h>
#include <stddef.h>

struct sim_node;

enum kube_part_id { /* the static pods, in the order of kube_static_pods */
	KUBE_APISERVER,
	KUBE_CONTROLLER_MANAGER,
	KUBE_SCHEDULER,
	KUBE_PARTS
};

struct kube_manifest { /* an inline manifest, as it is written */
	const char *name, *text;
};

struct kube_rendered {		     /* what a control plane makes of its config for Kubernetes */
	const char *id;		     /* "10-kube-proxy" */
	const struct value *objects; /* a list */
	const char *yaml;	     /* of the resource that shows it; NULL: nobody asked */
	const void *proto;
	size_t len;
};

struct kube_settings {
	struct arena *arena; /* owned: this too lives in it */
	const char *image[KUBE_PARTS];
	const char *proxy, *coredns, *kubelet;		   /* images; proxy "": there is none */
	bool schedulable;				   /* control planes take workloads */
	const struct value *labels, *annotations, *taints; /* of the node */
	const char *const *sans;			   /* of the API server, NULL-ended */
	const char *pods, *services;			   /* the first subnets */
	/* extra ones; the last are the kubelet's */
	const struct value *args[KUBE_PARTS + 1];
	const char *domain, *endpoint, *token, *cni; /* token: secret; "" none */
	struct kube_manifest *manifest;
	size_t manifests;
	struct kube_rendered *rendered; /* by id; of control planes, see kube_manifests.h */
	size_t renders;
};

/* NULL: the node has no config. Borrowed from the node. */
const struct kube_settings *settings_of(struct sim_node *node);
void settings_free(struct kube_settings *settings);
const char *image_tag(const char *image); /* "v1.36.3"; "" none */
