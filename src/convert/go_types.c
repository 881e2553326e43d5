#include "convert/go_types.h"

#include "base/own.h"
#include "render/schema.h"
#include "tree/path.h"

#include <ctype.h>
#include <string.h>

/* Fields whose Go name is not the key with a capital. */
static const struct go_name {
	const char *path, *name;
} names[] = {
	{ "version", "ConfigVersion" },
	{ "debug", "ConfigDebug" },
	{ "persist", "ConfigPersist" },
	{ "machine", "MachineConfig" },
	{ "cluster", "ClusterConfig" },
	{ "machine.type", "MachineType" },
	{ "machine.token", "MachineToken" },
	{ "machine.ca", "MachineCA" },
	{ "machine.acceptedCAs", "MachineAcceptedCAs" },
	{ "machine.certSANs", "MachineCertSANs" },
	{ "machine.controlPlane", "MachineControlPlane" },
	{ "machine.kubelet", "MachineKubelet" },
	{ "machine.pods", "MachinePods" },
	{ "machine.network", "MachineNetwork" },
	{ "machine.disks", "MachineDisks" },
	{ "machine.install", "MachineInstall" },
	{ "machine.files", "MachineFiles" },
	{ "machine.env", "MachineEnv" },
	{ "machine.time", "MachineTime" },
	{ "machine.sysctls", "MachineSysctls" },
	{ "machine.sysfs", "MachineSysfs" },
	{ "machine.registries", "MachineRegistries" },
	{ "machine.systemDiskEncryption", "MachineSystemDiskEncryption" },
	{ "machine.features", "MachineFeatures" },
	{ "machine.udev", "MachineUdev" },
	{ "machine.logging", "MachineLogging" },
	{ "machine.kernel", "MachineKernel" },
	{ "machine.seccompProfiles", "MachineSeccompProfiles" },
	{ "machine.baseRuntimeSpecOverrides", "MachineBaseRuntimeSpecOverrides" },
	{ "machine.nodeLabels", "MachineNodeLabels" },
	{ "machine.nodeAnnotations", "MachineNodeAnnotations" },
	{ "machine.nodeTaints", "MachineNodeTaints" },
	{ "machine.kubelet.image", "KubeletImage" },
	{ "machine.kubelet.clusterDNS", "KubeletClusterDNS" },
	{ "machine.kubelet.extraArgs", "KubeletExtraArgs" },
	{ "machine.kubelet.extraMounts", "KubeletExtraMounts" },
	{ "machine.kubelet.extraConfig", "KubeletExtraConfig" },
	{ "machine.kubelet.credentialProviderConfig", "KubeletCredentialProviderConfig" },
	{ "machine.kubelet.defaultRuntimeSeccompProfileEnabled",
	  "KubeletDefaultRuntimeSeccompProfileEnabled" },
	{ "machine.kubelet.registerWithFQDN", "KubeletRegisterWithFQDN" },
	{ "machine.kubelet.nodeIP", "KubeletNodeIP" },
	{ "machine.kubelet.nodeIP.validSubnets", "KubeletNodeIPValidSubnets" },
	{ "machine.kubelet.skipNodeRegistration", "KubeletSkipNodeRegistration" },
	{ "machine.kubelet.disableManifestsDirectory", "KubeletDisableManifestsDirectory" },
	{ "machine.network.hostname", "NetworkHostname" },
	{ "machine.network.interfaces", "NetworkInterfaces" },
	{ "machine.network.nameservers", "NameServers" },
	{ "machine.network.searchDomains", "Searches" },
	{ "machine.network.kubespan", "NetworkKubeSpan" },
	{ "machine.network.disableSearchDomain", "NetworkDisableSearchDomain" },
	{ "machine.network.interfaces.interface", "DeviceInterface" },
	{ "machine.network.interfaces.addresses", "DeviceAddresses" },
	{ "machine.network.interfaces.routes", "DeviceRoutes" },
	{ "machine.network.interfaces.bond", "DeviceBond" },
	{ "machine.network.interfaces.bridge", "DeviceBridge" },
	{ "machine.network.interfaces.vlans", "DeviceVlans" },
	{ "machine.network.interfaces.mtu", "DeviceMTU" },
	{ "machine.network.interfaces.dhcp", "DeviceDHCP" },
	{ "machine.network.interfaces.ignore", "DeviceIgnore" },
	{ "machine.network.interfaces.dummy", "DeviceDummy" },
	{ "machine.network.interfaces.dhcpOptions", "DeviceDHCPOptions" },
	{ "machine.network.interfaces.wireguard", "DeviceWireguardConfig" },
	{ "machine.network.interfaces.vip", "DeviceVIPConfig" },
	{ "machine.network.interfaces.vip.ip", "SharedIP" },
	{ "machine.install.disk", "InstallDisk" },
	{ "machine.install.diskSelector", "InstallDiskSelector" },
	{ "machine.install.extraKernelArgs", "InstallExtraKernelArgs" },
	{ "machine.install.image", "InstallImage" },
	{ "machine.install.extensions", "InstallExtensions" },
	{ "machine.install.bootloader", "InstallBootloader" },
	{ "machine.install.wipe", "InstallWipe" },
	{ "machine.install.legacyBIOSSupport", "InstallLegacyBIOSSupport" },
	{ "machine.install.grubUseUKICmdline", "InstallGrubUseUKICmdline" },
	{ "machine.install.diskSelector.uuid", "UUID" },
	{ "machine.install.diskSelector.wwid", "WWID" },
	{ "machine.files.content", "FileContent" },
	{ "machine.files.permissions", "FilePermissions" },
	{ "machine.files.path", "FilePath" },
	{ "machine.files.op", "FileOp" },
	{ "machine.time.disabled", "TimeDisabled" },
	{ "machine.time.servers", "TimeServers" },
	{ "machine.time.bootTimeout", "TimeBootTimeout" },
	{ "machine.registries.mirrors", "RegistryMirrors" },
	{ "machine.registries.config", "RegistryConfig" },
	{ "machine.features.rbac", "RBAC" },
	{ "machine.features.kubernetesTalosAPIAccess", "KubernetesTalosAPIAccessConfig" },
	{ "machine.features.kubePrism", "KubePrismSupport" },
	{ "machine.features.kubePrism.enabled", "ServerEnabled" },
	{ "machine.features.kubePrism.port", "ServerPort" },
	{ "machine.features.hostDNS", "HostDNSSupport" },
	{ "machine.features.hostDNS.enabled", "HostDNSEnabled" },
	{ "machine.features.hostDNS.forwardKubeDNSToHost", "HostDNSForwardKubeDNSToHost" },
	{ "machine.features.hostDNS.resolveMemberNames", "HostDNSResolveMemberNames" },
	{ "machine.features.imageCache", "ImageCacheSupport" },
	{ "machine.features.nodeAddressSortAlgorithm", "FeatureNodeAddressSortAlgorithm" },
	{ "machine.udev.rules", "UdevRules" },
	{ "machine.logging.destinations", "LoggingDestinations" },
	{ "machine.kernel.modules", "KernelModules" },
	{ "machine.kernel.modules.name", "ModuleName" },
	{ "machine.kernel.modules.parameters", "ModuleParameters" },
	{ "cluster.id", "ClusterID" },
	{ "cluster.secret", "ClusterSecret" },
	{ "cluster.network", "ClusterNetwork" },
	{ "cluster.token", "BootstrapToken" },
	{ "cluster.aescbcEncryptionSecret", "ClusterAESCBCEncryptionSecret" },
	{ "cluster.secretboxEncryptionSecret", "ClusterSecretboxEncryptionSecret" },
	{ "cluster.ca", "ClusterCA" },
	{ "cluster.acceptedCAs", "ClusterAcceptedCAs" },
	{ "cluster.aggregatorCA", "ClusterAggregatorCA" },
	{ "cluster.serviceAccount", "ClusterServiceAccount" },
	{ "cluster.apiServer", "APIServerConfig" },
	{ "cluster.controllerManager", "ControllerManagerConfig" },
	{ "cluster.proxy", "ProxyConfig" },
	{ "cluster.scheduler", "SchedulerConfig" },
	{ "cluster.discovery", "ClusterDiscoveryConfig" },
	{ "cluster.etcd", "EtcdConfig" },
	{ "cluster.coreDNS", "CoreDNSConfig" },
	{ "cluster.externalCloudProvider", "ExternalCloudProviderConfig" },
	{ "cluster.inlineManifests", "ClusterInlineManifests" },
	{ "cluster.adminKubeconfig", "AdminKubeconfigConfig" },
	{ "cluster.inlineManifests.name", "InlineManifestName" },
	{ "cluster.inlineManifests.contents", "InlineManifestContents" },
	{ "cluster.network.cni", "CNI" },
	{ "cluster.network.cni.name", "CNIName" },
	{ "cluster.network.cni.urls", "CNIUrls" },
	{ "cluster.network.cni.flannel", "CNIFlannel" },
	{ "cluster.network.dnsDomain", "DNSDomain" },
	{ "cluster.network.podSubnets", "PodSubnet" },
	{ "cluster.network.serviceSubnets", "ServiceSubnet" },
	{ "cluster.apiServer.disablePodSecurityPolicy", "DisablePodSecurityPolicyConfig" },
	{ "cluster.apiServer.admissionControl", "AdmissionControlConfig" },
	{ "cluster.apiServer.auditPolicy", "AuditPolicyConfig" },
	{ "cluster.apiServer.authorizationConfig", "AuthorizationConfigConfig" },
	{ "cluster.proxy.mode", "ModeConfig" },
	{ "cluster.scheduler.config", "SchedulerConfig" },
	{ "cluster.discovery.enabled", "DiscoveryEnabled" },
	{ "cluster.discovery.registries", "DiscoveryRegistries" },
	{ "cluster.discovery.registries.kubernetes", "RegistryKubernetes" },
	{ "cluster.discovery.registries.service", "RegistryService" },
	{ "cluster.discovery.registries.kubernetes.disabled", "RegistryDisabled" },
	{ "cluster.discovery.registries.service.disabled", "RegistryDisabled" },
	{ "cluster.discovery.registries.service.endpoint", "RegistryEndpoint" },
	{ "cluster.etcd.ca", "RootCA" },
	{ "cluster.etcd.extraArgs", "EtcdExtraArgs" },
	{ "cluster.etcd.subnet", "EtcdSubnet" },
	{ "cluster.etcd.advertisedSubnets", "EtcdAdvertisedSubnets" },
	{ "cluster.etcd.listenSubnets", "EtcdListenSubnets" },
	{ "cluster.coreDNS.disabled", "CoreDNSDisabled" },
	{ "cluster.coreDNS.image", "CoreDNSImage" },
	{ "cluster.externalCloudProvider.enabled", "ExternalEnabled" },
	{ "cluster.externalCloudProvider.manifests", "ExternalManifests" },
};

/* The same below every component of the control plane. */
static const struct go_name component_names[] = {
	{ "image", "ContainerImage" },
	{ "extraArgs", "ExtraArgsConfig" },
	{ "extraVolumes", "ExtraVolumesConfig" },
	{ "env", "EnvConfig" },
	{ "resources", "ResourcesConfig" },
};

static const struct go_type string_type = { .kind = GO_STRING };

struct types {
	struct arena *arena;
	enum release release;
};

static const char *go_name(const struct types *t, const char *path, const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(names[i].path, path) == 0)
			return names[i].name;
	for (size_t i = 0; i < ARRAY_LEN(component_names); i++)
		if (strncmp(path, "cluster.", 8) == 0 &&
		    strcmp(component_names[i].path, key) == 0)
			return component_names[i].name;

	char *name = arena_str(t->arena, key);
	name[0] = (char)toupper((unsigned char)name[0]);
	return name;
}

static enum go_kind scalar_kind(enum schema_type type)
{
	switch (type) {
	case TYPE_BOOL:
		return GO_BOOL;
	case TYPE_INT:
	case TYPE_I32:
	case TYPE_U8:
	case TYPE_U16:
	case TYPE_U32:
	case TYPE_U64:
		return GO_INT;
	case TYPE_FREE:
	case TYPE_ARGUMENT:
		return GO_ANY;
	default:
		return GO_STRING;
	}
}

static const struct go_type *type_of(const struct types *t, const struct schema_field *row,
				     const char *path);

static struct go_type struct_of(const struct types *t, const struct schema_field *rows,
				const char *path)
{
	struct go_type type = { .kind = GO_STRUCT, .name = path[0] ? path : "v1alpha1.Config" };
	struct go_field *fields;
	size_t count = 0;

	while (rows[count].name)
		count++;
	fields = arena_calloc(t->arena, count + 1, sizeof(*fields));
	for (size_t i = 0; i < count; i++) {
		const char *where = path_key(t->arena, path, rows[i].name);

		if (!schema_has(&rows[i], t->release))
			continue;
		fields[type.fields++] = (struct go_field){ go_name(t, where, rows[i].name),
							   rows[i].name,
							   type_of(t, &rows[i], where) };
	}
	type.field = fields;
	return type;
}

static const struct go_type *type_of(const struct types *t, const struct schema_field *row,
				     const char *path)
{
	struct go_type item = { .kind = scalar_kind(row->type) };

	if (row->type == TYPE_STRUCT)
		item = struct_of(t, row->inner, path);
	item.pointer = row->pointer;
	if (row->shape == SHAPE_ONE)
		return item.kind == GO_STRING ? &string_type
					      : arena_dup(t->arena, &item, sizeof(item));

	struct go_type whole = { .kind = row->shape == SHAPE_LIST ? GO_LIST : GO_MAP,
				 .item = arena_dup(t->arena, &item, sizeof(item)) };
	return arena_dup(t->arena, &whole, sizeof(whole));
}

const struct go_type *go_type_of_main(struct arena *arena, enum release release)
{
	const struct types types = { arena, release };
	struct go_type type = struct_of(&types, schema_main, "");

	return arena_dup(arena, &type, sizeof(type));
}
