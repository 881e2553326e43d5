#include "ops/removed_setting.h"

#include "base/own.h"
#include "base/text.h"
#include "cluster/version.h"

#include <string.h>

#define NAMES_MOST 5

#define ANY COMPONENT_COUNT
#define API COMPONENT_APISERVER
#define MANAGER COMPONENT_CONTROLLER_MANAGER
#define KUBELET COMPONENT_KUBELET

/* clang-format off */
static const struct removed_setting table[] = {
	{ 25, REMOVED_FLAG, API, "service-account-api-audiences" },
	{ 25, REMOVED_PLUGIN, API, "PodSecurityPolicy" },
	{ 25, REMOVED_FLAG, MANAGER, "deleting-pods-burst" },
	{ 25, REMOVED_FLAG, MANAGER, "deleting-pods-qps" },
	{ 25, REMOVED_FLAG, MANAGER, "register-retry-count" },
	{ 25, REMOVED_GATE, ANY, "CSIVolumeFSGroupPolicy" },
	{ 25, REMOVED_GATE, ANY, "ConfigurableFSGroupPolicy" },
	{ 25, REMOVED_GATE, ANY, "PodDisruptionBudget" },
	{ 25, REMOVED_GATE, ANY, "SelectorIndex" },
	{ 26, REMOVED_FLAG, API, "master-service-namespace" },
	{ 26, REMOVED_GATE, ANY, "DynamicKubeletConfig" },
	{ 27, REMOVED_FLAG, MANAGER, "enable-taint-manager" },
	{ 27, REMOVED_FLAG, MANAGER, "pod-eviction-timeout" },
	{ 27, REMOVED_FLAG, KUBELET, "container-runtime" },
	{ 27, REMOVED_FLAG, KUBELET, "master-service-namespace" },
	{ 27, REMOVED_GATE, ANY, "CSIInlineVolume" },
	{ 27, REMOVED_GATE, ANY, "CSIMigration" },
	{ 27, REMOVED_GATE, ANY, "ControllerManagerLeaderMigration" },
	{ 27, REMOVED_GATE, ANY, "DaemonSetUpdateSurge" },
	{ 27, REMOVED_GATE, ANY, "EphemeralContainers" },
	{ 27, REMOVED_GATE, ANY, "ExpandCSIVolumes" },
	{ 27, REMOVED_GATE, ANY, "ExpandInUsePersistentVolumes" },
	{ 27, REMOVED_GATE, ANY, "ExpandPersistentVolumes" },
	{ 27, REMOVED_GATE, ANY, "IdentifyPodOS" },
	{ 27, REMOVED_GATE, ANY, "LocalStorageCapacityIsolation" },
	{ 27, REMOVED_GATE, ANY, "NetworkPolicyEndPort" },
	{ 27, REMOVED_GATE, ANY, "StatefulSetMinReadySeconds" },
	{ 28, REMOVED_GATE, ANY, "AdvancedAuditing" },
	{ 28, REMOVED_GATE, ANY, "CSIMigrationGCE" },
	{ 28, REMOVED_GATE, ANY, "CSIStorageCapacity" },
	{ 28, REMOVED_GATE, ANY, "DelegateFSGroupToCSIDriver" },
	{ 28, REMOVED_GATE, ANY, "DevicePlugins" },
	{ 28, REMOVED_GATE, ANY, "DisableAcceleratorUsageMetrics" },
	{ 28, REMOVED_GATE, ANY, "EndpointSliceTerminatingCondition" },
	{ 28, REMOVED_GATE, ANY, "KubeletCredentialProviders" },
	{ 28, REMOVED_GATE, ANY, "MixedProtocolLBService" },
	{ 28, REMOVED_GATE, ANY, "ServiceIPStaticSubrange" },
	{ 28, REMOVED_GATE, ANY, "ServiceInternalTrafficPolicy" },
	{ 28, REMOVED_GATE, ANY, "WindowsHostProcessContainers" },
	{ 30, REMOVED_PLUGIN, API, "SecurityContextDeny" },
	{ 30, REMOVED_GATE, ANY, "ExpandedDNSConfig" },
	{ 30, REMOVED_GATE, ANY, "ExperimentalHostUserNamespaceDefaultingGate" },
	{ 30, REMOVED_GATE, ANY, "IPTablesOwnershipCleanup" },
	{ 30, REMOVED_GATE, ANY, "KubeletPodResources" },
	{ 30, REMOVED_GATE, ANY, "KubeletPodResourcesGetAllocatable" },
	{ 30, REMOVED_GATE, ANY, "MinimizeIPTablesRestore" },
	{ 30, REMOVED_GATE, ANY, "ProxyTerminatingEndpoints" },
	{ 30, REMOVED_GATE, ANY, "RemoveSelfLink" },
	{ 31, REMOVED_FLAG, MANAGER, "horizontal-pod-autoscaler-downscale-delay" },
	{ 31, REMOVED_FLAG, MANAGER, "horizontal-pod-autoscaler-upscale-delay" },
	{ 31, REMOVED_FLAG, MANAGER, "volume-host-allow-local-loopback" },
	{ 31, REMOVED_FLAG, MANAGER, "volume-host-cidr-denylist" },
	{ 31, REMOVED_FLAG, KUBELET, "iptables-drop-bit" },
	{ 31, REMOVED_FLAG, KUBELET, "iptables-masquerade-bit" },
	{ 31, REMOVED_FLAG, KUBELET, "keep-terminated-pod-volumes" },
	{ 31, REMOVED_GATE, ANY, "APIPriorityAndFairness" },
	{ 31, REMOVED_GATE, ANY, "CSINodeExpandSecret" },
	{ 31, REMOVED_GATE, ANY, "ConsistentHTTPGetHandlers" },
	{ 31, REMOVED_GATE, ANY, "DefaultHostNetworkHostPortsInPodTemplates" },
	{ 31, REMOVED_GATE, ANY, "ServiceNodePortStaticSubrange" },
	{ 31, REMOVED_GATE, ANY, "SkipReadOnlyValidationGCE" },
	{ 32, REMOVED_GATE, ANY, "AllowServiceLBStatusOnNonLB" },
	{ 32, REMOVED_GATE, ANY, "CloudDualStackNodeIPs" },
	{ 32, REMOVED_GATE, ANY, "DRAControlPlaneController" },
	{ 32, REMOVED_GATE, ANY, "HPAContainerMetrics" },
	{ 32, REMOVED_GATE, ANY, "KMSv2" },
	{ 32, REMOVED_GATE, ANY, "KMSv2KDF" },
	{ 32, REMOVED_GATE, ANY, "LegacyServiceAccountTokenCleanUp" },
	{ 32, REMOVED_GATE, ANY, "MinDomainsInPodTopologySpread" },
	{ 32, REMOVED_GATE, ANY, "NewVolumeManagerReconstruction" },
	{ 32, REMOVED_GATE, ANY, "NodeOutOfServiceVolumeDetach" },
	{ 32, REMOVED_GATE, ANY, "ServerSideApply" },
	{ 32, REMOVED_GATE, ANY, "ServerSideFieldValidation" },
	{ 32, REMOVED_GATE, ANY, "StableLoadBalancerNodeSet" },
	{ 32, REMOVED_GATE, ANY, "ValidatingAdmissionPolicy" },
	{ 32, REMOVED_GATE, ANY, "ZeroLimitedNominalConcurrencyShares" },
	{ 33, REMOVED_FLAG, API, "cloud-config" },
	{ 33, REMOVED_GATE, ANY, "AppArmor" },
	{ 33, REMOVED_GATE, ANY, "AppArmorFields" },
	{ 33, REMOVED_GATE, ANY, "CPUManager" },
	{ 33, REMOVED_GATE, ANY, "DisableCloudProviders" },
	{ 33, REMOVED_GATE, ANY, "DisableKubeletCloudCredentialProviders" },
	{ 33, REMOVED_GATE, ANY, "JobPodFailurePolicy" },
	{ 33, REMOVED_GATE, ANY, "KubeProxyDrainingTerminatingNodes" },
	{ 33, REMOVED_GATE, ANY, "PDBUnhealthyPodEvictionPolicy" },
	{ 33, REMOVED_GATE, ANY, "PersistentVolumeLastPhaseTransitionTime" },
	{ 33, REMOVED_GATE, ANY, "VolumeCapacityPriority" },
	{ 34, REMOVED_FLAG, KUBELET, "cloud-config" },
	{ 34, REMOVED_GATE, ANY, "DevicePluginCDIDevices" },
	{ 34, REMOVED_GATE, ANY, "LegacySidecarContainers" },
	{ 34, REMOVED_GATE, ANY, "PodDisruptionConditions" },
	{ 35, REMOVED_FLAG, KUBELET, "pod-infra-container-image" },
	{ 35, REMOVED_GATE, ANY, "SizeMemoryBackedVolumes" },
	{ 35, REMOVED_GATE, ANY, "UserNamespacesHostNetworkSupport" },
	{ 36, REMOVED_GATE, ANY, "CSIMigrationPortworx" },
	{ 36, REMOVED_GATE, ANY, "InTreePluginPortworxUnregister" },
	{ 36, REMOVED_GATE, ANY, "WatchFromStorageWithoutResourceVersion" },
};
/* clang-format on */

static const char *const words[REMOVED_WHAT_COUNT] = {
	[REMOVED_GATE] = "feature gate",
	[REMOVED_FLAG] = "flag",
	[REMOVED_PLUGIN] = "admission plugin",
};

const struct removed_setting *removed_settings(size_t *count)
{
	*count = ARRAY_LEN(table);
	return table;
}

/* ---- what a component is given --------------------------------------------------------------- */

/* "A=true,B=false" or "A,B" names it. */
static bool lists(const char *text, const char *name)
{
	size_t len = strlen(name);

	while (text && *text) {
		if (strncmp(text, name, len) == 0 && strchr("=, ", text[len]))
			return true;
		text = strchr(text, ',');
		text += text ? 1 + strspn(text + 1, " ") : 0;
	}
	return false;
}

/* An argument is a text or, when it may be given more than once, a list. */
static bool argument_lists(const struct value *settings, const char *flag, const char *name)
{
	const struct value *argument = value_get(value_get(settings, "extraArgs"), flag);

	if (lists(value_text(argument), name))
		return true;
	for (size_t i = 0; i < value_len(argument); i++) {
		if (lists(value_text(value_at(argument, i)), name))
			return true;
	}
	return false;
}

static bool has_plugin(const struct value *settings, const char *name)
{
	const struct value *list = value_get(settings, "admissionControl");

	for (size_t i = 0; i < value_len(list); i++) {
		if (text_equal(value_get_text(value_at(list, i), "name"), name))
			return true;
	}
	return argument_lists(settings, "enable-admission-plugins", name) ||
	       argument_lists(settings, "disable-admission-plugins", name);
}

static bool is_given(const struct value *settings, const struct removed_setting *setting)
{
	const struct value *gates =
		value_get(value_get(settings, "extraConfig"), "featureGates");

	switch (setting->what) {
	case REMOVED_GATE:
		return value_has(gates, setting->name) ||
		       argument_lists(settings, "feature-gates", setting->name);
	case REMOVED_PLUGIN:
		return has_plugin(settings, setting->name);
	default:
		return value_has(value_get(settings, "extraArgs"), setting->name);
	}
}

/* ---- on all nodes ---------------------------------------------------------------------------- */

struct scanned { /* what each node gives to each component */
	const struct value *(*settings)[COMPONENT_COUNT];
	const struct inventory *inventory;
};

static bool runs(const struct node_state *state, enum component component)
{
	if (component == COMPONENT_KUBELET)
		return state->node->role == ROLE_CONTROL || !state->node->locked;
	return state->node->role == ROLE_CONTROL;
}

static struct scanned read_all(struct arena *arena, const struct inventory *inventory)
{
	struct scanned scanned = { .inventory = inventory };

	scanned.settings = arena_calloc(arena, inventory->len + 1, sizeof(*scanned.settings));
	for (size_t i = 0; i < inventory->len; i++) {
		const struct node_state *state = &inventory->at[i];

		for (enum component c = 0; state->config && c < COMPONENT_COUNT; c++) {
			if (runs(state, c) &&
			    !component_is_off(c, state->config, strlen(state->config)))
				scanned.settings[i][c] = component_settings(
					arena, c, state->config, strlen(state->config));
		}
	}
	return scanned;
}

/* NULL: no node gives it. */
static const char *users_of(struct arena *arena, const struct scanned *scanned,
			    enum component component, const struct removed_setting *setting)
{
	const char *names = NULL;
	size_t count = 0;

	for (size_t i = 0; i < scanned->inventory->len; i++) {
		if (!is_given(scanned->settings[i][component], setting) || count++ >= NAMES_MOST)
			continue;
		names = arena_printf(arena, "%s%s%s", names ? names : "", names ? ", " : "",
				     scanned->inventory->at[i].node->name);
	}
	if (count > NAMES_MOST)
		names = arena_printf(arena, "%s and %zu more", names, count - NAMES_MOST);
	return names;
}

const char *const *removed_settings_used(struct arena *arena, const struct removed_scan *scan,
					 size_t *count)
{
	struct arena *scratch OWNED(arena_free) = arena_new("removed settings");
	struct scanned scanned = read_all(scratch, scan->inventory);
	struct version from, to;
	const char **found = NULL;
	size_t cap = 0;

	*count = 0;
	if (!version_parse(scan->from, &from) || !version_parse(scan->to, &to))
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		const struct removed_setting *setting = &table[i];

		if (setting->minor <= from.minor || setting->minor > to.minor)
			continue;
		for (enum component c = 0; c < COMPONENT_COUNT; c++) {
			const char *users = setting->component == ANY || setting->component == c
						    ? users_of(scratch, &scanned, c, setting)
						    : NULL;

			if (!users)
				continue;
			found = arena_grow(arena, found, *count, &cap, sizeof(*found));
			found[(*count)++] = arena_printf(
				arena, "%s of %s is given the %s %s, which v1.%u does not know",
				component_name(c), users, words[setting->what], setting->name,
				setting->minor);
		}
	}
	return found;
}
