/*
 * Resource kinds: where the objects of a kind live in the API. The ones we work with are rows of a
 * table; any other is found by asking the server (struct kube_request without a kind).
 *
 *	request.kind = &kube_nodes;
 *	kind = kube_kind_named("cilium.io/v2", "CiliumBGPPeerConfig");
 */
#pragma once

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

struct kube_kind {
	const char *api_version; /* "v1", "apps/v1" */
	const char *kind;	 /* "DaemonSet" */
	const char *plural;	 /* "daemonsets" */
	bool namespaced;
};

extern const struct kube_kind kube_nodes;
extern const struct kube_kind kube_pods;
extern const struct kube_kind kube_namespaces;
extern const struct kube_kind kube_configmaps;
extern const struct kube_kind kube_secrets;
extern const struct kube_kind kube_services;
extern const struct kube_kind kube_service_accounts;
extern const struct kube_kind kube_events;
extern const struct kube_kind kube_persistent_volumes;
extern const struct kube_kind kube_persistent_volume_claims;
extern const struct kube_kind kube_volume_attachments;
extern const struct kube_kind kube_daemonsets;
extern const struct kube_kind kube_deployments;
extern const struct kube_kind kube_replicasets;
extern const struct kube_kind kube_statefulsets;
extern const struct kube_kind kube_jobs;
extern const struct kube_kind kube_leases;
extern const struct kube_kind kube_pod_disruption_budgets;
extern const struct kube_kind kube_cluster_roles;
extern const struct kube_kind kube_cluster_role_bindings;
extern const struct kube_kind kube_roles;
extern const struct kube_kind kube_role_bindings;
extern const struct kube_kind kube_custom_resource_definitions;
extern const struct kube_kind kube_cilium_bgp_cluster_configs;
extern const struct kube_kind kube_cilium_bgp_peer_configs;
extern const struct kube_kind kube_cilium_bgp_advertisements;
extern const struct kube_kind kube_cilium_bgp_node_configs;
extern const struct kube_kind kube_cilium_bgp_node_config_overrides;
extern const struct kube_kind kube_cilium_load_balancer_ip_pools;
extern const struct kube_kind kube_cilium_l2_announcement_policies;
extern const struct kube_kind kube_talos_upgrades;
extern const struct kube_kind kube_kubernetes_upgrades;

/* The row of the table, NULL when there is none. */
const struct kube_kind *kube_kind_named(const char *api_version, const char *kind);

struct value;
/* From the server's list of what an API version has (APIResourceList); NULL when that kind is not
 * in it. Lives in the arena. */
const struct kube_kind *kube_kind_found(struct arena *arena, const struct value *list,
					const char *api_version, const char *kind);
