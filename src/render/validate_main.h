/*
 * The parts of the main document's checks, and what documents that replace its sections check
 * alike.
 */
#pragma once

#include "render/validate_parts.h"

void validate_cluster(struct validation *v);	/* validate_cluster.c */
void validate_cni(struct validation *v);	/* likewise; of control plane machines */
void validate_interfaces(struct validation *v); /* validate_interfaces.c */

/* A list of networks, addresses and exceptions from them ("!10.0.0.1"). */
void validate_subnets(struct validation *v, const struct spot *list, const char *id);
/* A configuration for kubelets. */
void validate_kubelet_config(struct validation *v, const struct spot *config);
/* What is laid over the base OCI runtime specification of containers (validate_runtime_spec.c). */
void validate_runtime_spec(struct validation *v, const struct spot *overrides);
/* `endpoint` of a place to send logs to: tcp or udp, a host. */
void validate_log_endpoint(struct validation *v, const struct spot *destination);
/* What a node says about itself in Kubernetes (validate_node.c): maps of texts. */
void validate_labels(struct validation *v, const struct spot *labels);
void validate_annotations(struct validation *v, const struct spot *annotations);
void validate_taints(struct validation *v, const struct spot *taints);
