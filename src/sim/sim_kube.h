/*
 * The little of Kubernetes that a node's own API shows: static pods, the node's name and readiness,
 * and an administrator's kubeconfig.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct sim_node;

struct sim_kube {
	uint64_t pods_due, node_due; /* wall time; 0: not on the way */
	bool pods;		     /* the static pods run (control planes) */
	bool registered;	     /* the Kubernetes node exists */
};

/* kube-apiserver, kube-controller-manager, kube-scheduler; NULL-ended */
extern const char *const kube_static_pods[];

void kube_settle(struct sim_node *node, uint64_t wall);
void kube_tick(struct sim_node *node, uint64_t wall);
void kube_forget(struct sim_node *node); /* power is gone; the Kubernetes node stays registered */
bool kube_node_ready(const struct sim_node *node);
/* The reasons of MachineStatus; NULL: all is well. */
const char *kube_unmet_pods(const struct sim_node *node, struct arena *arena);
const char *kube_unmet_node(const struct sim_node *node, struct arena *arena);

/* The text of a cluster-admin kubeconfig, as the Kubeconfig call holds it: secret. */
int kube_config_write(const struct sim_node *node, struct str *out, struct err *err);
