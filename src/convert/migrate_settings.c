#include "convert/migrate_settings.h"

#include "base/own.h"
#include "base/text.h"
#include "render/draft.h"
#include "render/schema.h"
#include "tree/path.h"

#include <string.h>

#define REST "documents"

/* A field of a document and the v1alpha1 path of the same setting. */
struct reading_row {
	const char *kind, *field, *path;
	bool negated;
};

/* clang-format off */
static const struct reading_row rows[] = {
	{ "UnattendedInstallConfig", "installer.image", "machine.install.image" },
	{ "UnattendedInstallConfig", "provisioning.diskSelector.match", "machine.install.match" },
	{ "UnattendedInstallConfig", "provisioning.wipe", "machine.install.wipe" },
	{ "KubeletConfig", "image", "machine.kubelet.image" },
	{ "KubeletConfig", "config", "machine.kubelet.extraConfig" },
	{ "KubeletConfig", "extraArgs", "machine.kubelet.extraArgs" },
	{ "KubeletConfig", "clusterDNS", "machine.kubelet.clusterDNS" },
	{ "KubeletConfig", "defaultRuntimeSeccompProfileEnabled",
	  "machine.kubelet.defaultRuntimeSeccompProfileEnabled" },
	{ "KubeCredentialProviderConfig", "configuration",
	  "machine.kubelet.credentialProviderConfig" },
	{ "KubeNodeConfig", "skipNodeRegistration", "machine.kubelet.skipNodeRegistration" },
	{ "KubeNodeConfig", "registerWithFQDN", "machine.kubelet.registerWithFQDN" },
	{ "KubeNodeConfig", "nodeIP.validSubnets", "machine.kubelet.nodeIP.validSubnets" },
	{ "KubeNodeConfig", "labels", "machine.nodeLabels" },
	{ "KubeNodeConfig", "annotations", "machine.nodeAnnotations" },
	{ "KubeNodeConfig", "taints", "machine.nodeTaints" },
	{ "ResolverConfig", "nameservers", "machine.network.nameservers" },
	{ "ResolverConfig", "searchDomains.domains", "machine.network.searchDomains" },
	{ "ResolverConfig", "searchDomains.disableDefault",
	  "machine.network.disableSearchDomain" },
	{ "ResolverConfig", "hostDNS", "machine.features.hostDNS" },
	{ "HostnameConfig", "hostname", "machine.network.hostname" },
	{ "HostnameConfig", "auto", "machine.network.automaticHostname" },
	{ "KubeSpanConfig", "enabled", "machine.network.kubespan.enabled" },
	{ "KubeSpanConfig", "advertiseKubernetesNetworks",
	  "machine.network.kubespan.advertiseKubernetesNetworks" },
	{ "KubeSpanConfig", "allowDownPeerBypass",
	  "machine.network.kubespan.allowDownPeerBypass" },
	{ "KubeSpanConfig", "harvestExtraEndpoints",
	  "machine.network.kubespan.harvestExtraEndpoints" },
	{ "KubeSpanConfig", "mtu", "machine.network.kubespan.mtu" },
	{ "KubeSpanConfig", "filters", "machine.network.kubespan.filters" },
	{ "TimeSyncConfig", "enabled", "machine.time.disabled", true },
	{ "TimeSyncConfig", "ntp.servers", "machine.time.servers" },
	{ "TimeSyncConfig", "ptp.devices", "machine.time.devices" },
	{ "TimeSyncConfig", "bootTimeout", "machine.time.bootTimeout" },
	{ "SysctlConfig", "params", "machine.sysctls" },
	{ "SysfsConfig", "params", "machine.sysfs" },
	{ "UdevRulesConfig", "rules", "machine.udev.rules" },
	{ "EnvironmentConfig", "variables", "machine.env" },
	{ "KubePrismConfig", "port", "machine.features.kubePrism.port" },
	{ "KubeTalosAPIAccessConfig", "allowedRoles",
	  "machine.features.kubernetesTalosAPIAccess.allowedRoles" },
	{ "KubeTalosAPIAccessConfig", "allowedKubernetesNamespaces",
	  "machine.features.kubernetesTalosAPIAccess.allowedKubernetesNamespaces" },
	{ "ImageCacheConfig", "local.enabled", "machine.features.imageCache.localEnabled" },
	{ "CRIBaseRuntimeSpecConfig", "overrides", "machine.baseRuntimeSpecOverrides" },
	{ "VolumeConfig/STATE", "encryption", "machine.systemDiskEncryption.state" },
	{ "VolumeConfig/EPHEMERAL", "encryption", "machine.systemDiskEncryption.ephemeral" },
	{ "KubeNetworkConfig", "dnsDomain", "cluster.network.dnsDomain" },
	{ "KubeNetworkConfig", "podSubnets", "cluster.network.podSubnets" },
	{ "KubeNetworkConfig", "serviceSubnets", "cluster.network.serviceSubnets" },
	{ "KubeFlannelCNIConfig", "backendType", "cluster.network.cni.flannel.backendType" },
	{ "KubeFlannelCNIConfig", "backendPort", "cluster.network.cni.flannel.backendPort" },
	{ "KubeFlannelCNIConfig", "extraArgs", "cluster.network.cni.flannel.extraArgs" },
	{ "KubeFlannelCNIConfig", "kubeNetworkPoliciesEnabled",
	  "cluster.network.cni.flannel.kubeNetworkPoliciesEnabled" },
	{ "KubeClusterConfig", "clusterName", "cluster.clusterName" },
	{ "KubeClusterConfig", "endpoint", "cluster.controlPlane.endpoint" },
	{ "KubeAPIServerConfig", "image", "cluster.apiServer.image" },
	{ "KubeAPIServerConfig", "extraArgs", "cluster.apiServer.extraArgs" },
	{ "KubeAPIServerConfig", "env", "cluster.apiServer.env" },
	{ "KubeAPIServerConfig", "resources", "cluster.apiServer.resources" },
	{ "KubeAPIServerConfig", "apiPort", "cluster.controlPlane.localAPIServerPort" },
	{ "KubeAPIServerConfig", "certExtraSANs", "cluster.apiServer.certSANs" },
	{ "KubeAuditPolicyConfig", "configuration", "cluster.apiServer.auditPolicy" },
	{ "KubeAuthenticationConfig", "configuration.jwt", "cluster.apiServer.tokens" },
	{ "KubeControllerManagerConfig", "enabled",
	  "machine.controlPlane.controllerManager.disabled", true },
	{ "KubeControllerManagerConfig", "image", "cluster.controllerManager.image" },
	{ "KubeControllerManagerConfig", "extraArgs", "cluster.controllerManager.extraArgs" },
	{ "KubeControllerManagerConfig", "env", "cluster.controllerManager.env" },
	{ "KubeControllerManagerConfig", "resources", "cluster.controllerManager.resources" },
	{ "KubeSchedulerConfig", "enabled", "machine.controlPlane.scheduler.disabled", true },
	{ "KubeSchedulerConfig", "image", "cluster.scheduler.image" },
	{ "KubeSchedulerConfig", "config", "cluster.scheduler.config" },
	{ "KubeSchedulerConfig", "extraArgs", "cluster.scheduler.extraArgs" },
	{ "KubeSchedulerConfig", "env", "cluster.scheduler.env" },
	{ "KubeSchedulerConfig", "resources", "cluster.scheduler.resources" },
	{ "KubeProxyConfig", "enabled", "cluster.proxy.disabled", true },
	{ "KubeProxyConfig", "image", "cluster.proxy.image" },
	{ "KubeProxyConfig", "mode", "cluster.proxy.mode" },
	{ "KubeProxyConfig", "extraArgs", "cluster.proxy.extraArgs" },
	{ "KubeCoreDNSConfig", "enabled", "cluster.coreDNS.disabled", true },
	{ "KubeCoreDNSConfig", "image", "cluster.coreDNS.image" },
	{ "KubeAPIServerCAConfig", "issuingCA.cert", "cluster.ca.crt" },
	{ "KubeAPIServerCAConfig", "issuingCA.key", "cluster.ca.key" },
	{ "KubeAPIServerCAConfig", "acceptedCAs", "cluster.accepted" },
	{ "KubeAggregatorCAConfig", "issuingCA.cert", "cluster.aggregatorCA.crt" },
	{ "KubeAggregatorCAConfig", "issuingCA.key", "cluster.aggregatorCA.key" },
	{ "KubeServiceAccountConfig", "issuer.privateKey", "cluster.serviceAccount.key" },
	{ "KubeServiceAccountConfig", "issuer.issuerURL", "cluster.serviceAccount.issuer" },
	{ "KubeEtcdEncryptionConfig", "config.resources", "cluster.encrypted" },
	{ "DiscoveryServiceConfig/default", "endpoint",
	  "cluster.discovery.registries.service.endpoint" },
	{ "DiscoveryIdentityConfig", "clusterID", "cluster.id" },
	{ "DiscoveryIdentityConfig", "clusterSecret", "cluster.secret" },
};
/* clang-format on */

/* Documents that are elements of a list there. */
struct element_row {
	const char *kind, *list, *key, *prefix;
	struct {
		const char *field, *path;
	} fields[3];
};

static const struct element_row elements[] = {
	{ "KubeAdmissionControlConfig",
	  "cluster.apiServer.admissionControl",
	  "name",
	  "",
	  { { "configuration", "configuration" } } },
	{ "KubeAuthorizerConfig",
	  "cluster.apiServer.authorizationConfig",
	  "name",
	  "",
	  { { "type", "type" }, { "webhook", "webhook" } } },
	{ "KernelModuleConfig",
	  "machine.kernel.modules",
	  "name",
	  "",
	  { { "parameters", "parameters" } } },
	{ "StaticHostConfig",
	  "machine.network.extraHostEntries",
	  "ip",
	  "",
	  { { "hostnames", "aliases" } } },
	{ "EtcFileConfig",
	  "machine.files",
	  "path",
	  "/etc/",
	  { { "mode", "permissions" }, { "contents", "content" } } },
	{ "CRICustomizationConfig", "machine.files", "path", "cri:", { { "content", "content" } } },
	{ "KubeInlineManifestConfig",
	  "cluster.inlineManifests",
	  "name",
	  "",
	  { { "manifest", "contents" } } },
	{ "KubeExternalManifestConfig",
	  "cluster.manifests",
	  "name",
	  "",
	  { { "url", "url" }, { "headers", "headers" } } },
};

const struct value *reading_get(const struct reading *reading, const char *path)
{
	const struct value *at = reading->root;

	while (at && *path) {
		size_t len = strcspn(path, ".");

		at = value_get(at, arena_strn(reading->arena, path, len));
		path += len + (path[len] == '.');
	}
	return at;
}

void reading_put(struct reading *reading, const char *path, const struct value *value)
{
	struct draft draft = { .arena = reading->arena, .root = reading->root };

	draft_put(&draft, path, value);
	reading->root = draft.root;
}

static const struct value *without(struct arena *arena, const struct value *map, const char *path)
{
	size_t len = strcspn(path, ".");
	const char *key = arena_strn(arena, path, len);
	const struct value *child = value_get(map, key);

	if (!child)
		return map;
	if (!path[len])
		return value_set(arena, map, key, NULL);
	if (!value_is_map(child))
		return map;
	return value_set(arena, map, key, without(arena, child, path + len + 1));
}

void reading_drop(struct reading *reading, const char *path)
{
	reading->root = without(reading->arena, reading->root, path);
}

bool reading_has_kind(const struct reading *reading, const char *kind)
{
	return config_find(reading->side->config, kind, NULL) != NULL;
}

static const struct value *below(struct arena *arena, const struct value *map, const char *path)
{
	struct reading part = { .arena = arena, .root = map };

	return reading_get(&part, path);
}

static bool is_row_of(const struct reading_row *row, const struct document *document)
{
	size_t len = strlen(document->kind);

	if (strncmp(row->kind, document->kind, len) != 0)
		return false;
	return !row->kind[len] ||
	       (row->kind[len] == '/' && text_equal(row->kind + len + 1, document->name));
}

static void put_rest(struct reading *reading, const struct document *document,
		     const struct value *rest)
{
	static const char *const headers[] = { "apiVersion", "kind", "name" };
	const char *path = arena_printf(reading->arena, REST ".%s", document->kind);
	const struct value *all = reading_get(reading, path);

	for (size_t i = 0; i < ARRAY_LEN(headers); i++)
		rest = value_set(reading->arena, rest, headers[i], NULL);
	if (document->name[0])
		rest = value_set(reading->arena,
				 value_is_map(all) ? all : map_end(map_begin(reading->arena)),
				 document->name, rest);
	reading_put(reading, path, rest);
}

/* What both forms say in part; a document that leaves a field empty says nothing of it. */
static const struct value *both(struct arena *arena, const struct value *old,
				const struct value *new)
{
	const char *text = value_text(new);

	if (old && (value_kind(new) == VALUE_SCALAR ? !*text : !value_len(new)))
		return old;
	return value_is_map(old) && value_is_map(new) ? value_merge(arena, old, new) : new;
}

static void read_fields(struct reading *reading, const struct document *document)
{
	const struct value *rest = document->value;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct value *value;
		bool flag;

		if (!is_row_of(&rows[i], document))
			continue;
		value = below(reading->arena, document->value, rows[i].field);
		if (!value)
			continue;
		if (rows[i].negated && value_truth(value, &flag))
			value = value_with_src(reading->arena,
					       value_of_bool(reading->arena, !flag),
					       value_src(value));
		value = both(reading->arena, reading_get(reading, rows[i].path), value);
		reading_put(reading, rows[i].path, value);
		rest = without(reading->arena, rest, rows[i].field);
	}
	put_rest(reading, document, rest);
}

static const struct element_row *element_row_of(const struct document *document)
{
	for (size_t i = 0; i < ARRAY_LEN(elements); i++)
		if (text_equal(elements[i].kind, document->kind))
			return &elements[i];
	return NULL;
}

static void read_element(struct reading *reading, const struct document *document,
			 const struct element_row *row)
{
	struct draft element = { .arena = reading->arena };
	struct list_builder *list = list_begin(reading->arena);
	const struct value *old = reading_get(reading, row->list);

	for (size_t i = 0; i < value_len(old); i++)
		list_add(list, value_at(old, i));
	draft_text(&element, row->key,
		   arena_printf(reading->arena, "%s%s", row->prefix, document->name));
	for (size_t i = 0; i < ARRAY_LEN(row->fields) && row->fields[i].field; i++) {
		const struct value *value = value_get(document->value, row->fields[i].field);

		if (value)
			draft_put(&element, row->fields[i].path, value);
	}
	list_add(list, element.root);
	reading_put(reading, row->list, list_end(list));
}

static void see_leaf(void *context, const char *path, const struct value *leaf)
{
	struct settings *settings = context;

	if (value_kind(leaf) == VALUE_SCALAR)
		map_put(settings->at, path, (void *)(uintptr_t)leaf);
}

void settings_read(struct arena *arena, const struct settings_side *side, struct settings *out)
{
	const struct document *main = config_find(side->config, SCHEMA_MAIN, NULL);
	struct reading reading = {
		.arena = arena,
		.side = side,
		.root = main ? main->value : map_end(map_begin(arena)),
		.control = side->node->role == ROLE_CONTROL,
	};

	reading_devices(&reading);
	reading_registries(&reading);
	reading_pods(&reading);
	for (size_t i = 0; i < side->config->len; i++) {
		const struct document *document = &side->config->at[i];
		const struct element_row *row = element_row_of(document);

		if (document == main || reading_link_document(&reading, document) ||
		    reading_runtime_document(&reading, document))
			continue;
		if (row)
			read_element(&reading, document, row);
		else
			read_fields(&reading, document);
	}
	reading_registries_end(&reading);
	reading_normalise(&reading);
	out->at = map_new(arena);
	path_each(arena, reading.root, "", see_leaf, out);
}

const struct value *settings_get(const struct settings *settings, const char *path)
{
	return map_get(settings->at, path);
}
