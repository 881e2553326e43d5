/*
 * The little of Kubernetes that a node's own API shows: static pods, the node's name and readiness,
 * and an administrator's kubeconfig.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "sim/kube_settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct kube_server;
struct sim_config;
struct sim_node;

/* A static pod: what runs, and how often its config has changed since the node booted. */
struct kube_part {
	char image[160];  /* "" before the first config */
	unsigned version; /* of talos.dev/config-version, from 1 */
};

struct sim_kube {
	uint64_t pods_due, node_due; /* wall time; 0: not on the way */
	bool pods;		     /* the static pods run (control planes) */
	bool registered;	     /* the Kubernetes node exists */
	char name[64];		     /* of its Node object, when last seen */
	bool network;		     /* a network plugin has run here since the install */
	struct kube_part part[KUBE_PARTS];
	char kubelet[160];		/* image that its service was started with; "": none yet */
	uint64_t api_back;		/* wall time when a restarted API server answers again */
	struct kube_settings *settings; /* owned; NULL: not asked for yet */
	const struct sim_config *settings_for;
	unsigned settings_at, manifests_at;
	struct kube_server *server; /* owned: its certificate */
};

/* kube-apiserver, kube-controller-manager, kube-scheduler; NULL-ended */
extern const char *const kube_static_pods[];

/* A kubelet whose image is another now is started anew. */
void kubelet_settle(struct sim_node *node);
void kube_settle(struct sim_node *node, uint64_t wall);
void kube_tick(struct sim_node *node, uint64_t wall);
void kube_forget(struct sim_node *node); /* power is gone; the Kubernetes node stays registered */
void kube_done(struct sim_node *node);
bool kube_node_ready(const struct sim_node *node);
/* The reasons of MachineStatus; NULL: all is well. */
const char *kube_unmet_pods(const struct sim_node *node, struct arena *arena);
const char *kube_unmet_node(const struct sim_node *node, struct arena *arena);

/* The text of a cluster-admin kubeconfig, as the Kubeconfig call holds it: secret. */
int kube_config_write(const struct sim_node *node, struct str *out, struct err *err);
