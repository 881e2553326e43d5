#include "kube/kind.h"

#include "base/own.h"
#include "base/text.h"
#include "tree/value.h"

#include <string.h>

#define CORE "v1"
#define APPS "apps/v1"
#define RBAC "rbac.authorization.k8s.io/v1"
#define STORAGE "storage.k8s.io/v1"
#define CILIUM "cilium.io/v2"
#define UPGRADES "tuppr.home-operations.com/v1alpha1"

enum {
	CLUSTER = false,
	NAMESPACED = true
};

/* name of the constant, API version, kind, plural, scope */
#define KINDS(X)                                                                                   \
	X(kube_nodes, CORE, "Node", "nodes", CLUSTER)                                              \
	X(kube_pods, CORE, "Pod", "pods", NAMESPACED)                                              \
	X(kube_namespaces, CORE, "Namespace", "namespaces", CLUSTER)                               \
	X(kube_configmaps, CORE, "ConfigMap", "configmaps", NAMESPACED)                            \
	X(kube_secrets, CORE, "Secret", "secrets", NAMESPACED)                                     \
	X(kube_services, CORE, "Service", "services", NAMESPACED)                                  \
	X(kube_service_accounts, CORE, "ServiceAccount", "serviceaccounts", NAMESPACED)            \
	X(kube_events, CORE, "Event", "events", NAMESPACED)                                        \
	X(kube_persistent_volumes, CORE, "PersistentVolume", "persistentvolumes", CLUSTER)         \
	X(kube_persistent_volume_claims, CORE, "PersistentVolumeClaim", "persistentvolumeclaims",  \
	  NAMESPACED)                                                                              \
	X(kube_volume_attachments, STORAGE, "VolumeAttachment", "volumeattachments", CLUSTER)      \
	X(kube_daemonsets, APPS, "DaemonSet", "daemonsets", NAMESPACED)                            \
	X(kube_deployments, APPS, "Deployment", "deployments", NAMESPACED)                         \
	X(kube_replicasets, APPS, "ReplicaSet", "replicasets", NAMESPACED)                         \
	X(kube_statefulsets, APPS, "StatefulSet", "statefulsets", NAMESPACED)                      \
	X(kube_jobs, "batch/v1", "Job", "jobs", NAMESPACED)                                        \
	X(kube_leases, "coordination.k8s.io/v1", "Lease", "leases", NAMESPACED)                    \
	X(kube_pod_disruption_budgets, "policy/v1", "PodDisruptionBudget", "poddisruptionbudgets", \
	  NAMESPACED)                                                                              \
	X(kube_cluster_roles, RBAC, "ClusterRole", "clusterroles", CLUSTER)                        \
	X(kube_cluster_role_bindings, RBAC, "ClusterRoleBinding", "clusterrolebindings", CLUSTER)  \
	X(kube_roles, RBAC, "Role", "roles", NAMESPACED)                                           \
	X(kube_role_bindings, RBAC, "RoleBinding", "rolebindings", NAMESPACED)                     \
	X(kube_custom_resource_definitions, "apiextensions.k8s.io/v1", "CustomResourceDefinition", \
	  "customresourcedefinitions", CLUSTER)                                                    \
	X(kube_cilium_bgp_cluster_configs, CILIUM, "CiliumBGPClusterConfig",                       \
	  "ciliumbgpclusterconfigs", CLUSTER)                                                      \
	X(kube_cilium_bgp_peer_configs, CILIUM, "CiliumBGPPeerConfig", "ciliumbgppeerconfigs",     \
	  CLUSTER)                                                                                 \
	X(kube_cilium_bgp_advertisements, CILIUM, "CiliumBGPAdvertisement",                        \
	  "ciliumbgpadvertisements", CLUSTER)                                                      \
	X(kube_cilium_bgp_node_configs, CILIUM, "CiliumBGPNodeConfig", "ciliumbgpnodeconfigs",     \
	  CLUSTER)                                                                                 \
	X(kube_cilium_bgp_node_config_overrides, CILIUM, "CiliumBGPNodeConfigOverride",            \
	  "ciliumbgpnodeconfigoverrides", CLUSTER)                                                 \
	X(kube_cilium_load_balancer_ip_pools, CILIUM, "CiliumLoadBalancerIPPool",                  \
	  "ciliumloadbalancerippools", CLUSTER)                                                    \
	X(kube_cilium_l2_announcement_policies, "cilium.io/v2alpha1",                              \
	  "CiliumL2AnnouncementPolicy", "ciliuml2announcementpolicies", CLUSTER)                   \
	X(kube_talos_upgrades, UPGRADES, "TalosUpgrade", "talosupgrades", CLUSTER)                 \
	X(kube_kubernetes_upgrades, UPGRADES, "KubernetesUpgrade", "kubernetesupgrades", CLUSTER)

#define DEFINE(name, version, kind, plural, scope) \
	const struct kube_kind name = { version, kind, plural, scope };
KINDS(DEFINE)

#define ADDRESS(name, version, kind, plural, scope) &(name),
static const struct kube_kind *const kinds[] = { KINDS(ADDRESS) };

const struct kube_kind *kube_kind_named(const char *api_version, const char *kind)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strcmp(kinds[i]->kind, kind) == 0 &&
		    strcmp(kinds[i]->api_version, api_version) == 0)
			return kinds[i];
	return NULL;
}

const struct kube_kind *kube_kind_found(struct arena *arena, const struct value *list,
					const char *api_version, const char *kind)
{
	const struct value *resources = value_get(list, "resources");

	for (size_t i = 0; i < value_len(resources); i++) {
		const struct value *resource = value_at(resources, i);
		const char *plural = value_get_text(resource, "name");

		/* "pods/status" is a subresource */
		if (!plural || strchr(plural, '/') ||
		    !text_equal(value_get_text(resource, "kind"), kind))
			continue;
		struct kube_kind *found = arena_alloc(arena, sizeof(*found));
		found->api_version = arena_str(arena, api_version);
		found->kind = arena_str(arena, kind);
		found->plural = arena_str(arena, plural);
		found->namespaced = value_bool(value_get(resource, "namespaced"), false);
		return found;
	}
	return NULL;
}
