/* The main document, but for its cluster section. */
#include "render/schema_rows.h"

static const struct schema_field nothing[] = { END_OF_FIELDS };

static const struct schema_field machine_controller_manager_config[] = {
	{ ONE("disabled", TYPE_BOOL), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field machine_scheduler_config[] = {
	{ ONE("disabled", TYPE_BOOL), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field machine_control_plane_config[] = {
	{ ONE("controllerManager", TYPE_STRUCT), .inner = machine_controller_manager_config,
	  .pointer = 1 },
	{ ONE("scheduler", TYPE_STRUCT), .inner = machine_scheduler_config, .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field linux_id_mapping[] = {
	{ ONE("containerID", TYPE_U32), .keep = 1 },
	{ ONE("hostID", TYPE_U32), .keep = 1 },
	{ ONE("size", TYPE_U32), .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field extra_mount[] = {
	{ ONE("destination", TYPE_TEXT), .keep = 1 },
	{ ONE("type", TYPE_TEXT) },
	{ ONE("source", TYPE_TEXT) },
	{ LIST("options", TYPE_TEXT) },
	{ LIST("uidMappings", TYPE_STRUCT), .inner = linux_id_mapping },
	{ LIST("gidMappings", TYPE_STRUCT), .inner = linux_id_mapping },
	END_OF_FIELDS,
};

static const struct schema_field kubelet_node_ip_config[] = {
	{ LIST("validSubnets", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field kubelet_config[] = {
	{ ONE("image", TYPE_TEXT) },
	{ LIST("clusterDNS", TYPE_TEXT) },
	{ MAP("extraArgs", TYPE_ARGUMENT) },
	{ LIST("extraMounts", TYPE_STRUCT), .inner = extra_mount },
	{ ONE("extraConfig", TYPE_FREE) },
	{ ONE("credentialProviderConfig", TYPE_FREE) },
	{ ONE("defaultRuntimeSeccompProfileEnabled", TYPE_BOOL), .pointer = 1 },
	{ ONE("registerWithFQDN", TYPE_BOOL), .pointer = 1 },
	{ ONE("nodeIP", TYPE_STRUCT), .inner = kubelet_node_ip_config, .pointer = 1 },
	{ ONE("skipNodeRegistration", TYPE_BOOL), .pointer = 1 },
	{ ONE("disableManifestsDirectory", TYPE_BOOL), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field network_device_selector[] = {
	{ ONE("busPath", TYPE_TEXT) },
	{ ONE("hardwareAddr", TYPE_TEXT) },
	{ ONE("permanentAddr", TYPE_TEXT) },
	{ ONE("pciID", TYPE_TEXT) },
	{ ONE("driver", TYPE_TEXT) },
	{ ONE("physical", TYPE_BOOL), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field route[] = {
	{ ONE("network", TYPE_TEXT), .keep = 1 },
	{ ONE("gateway", TYPE_TEXT), .keep = 1 },
	{ ONE("source", TYPE_TEXT) },
	{ ONE("metric", TYPE_U32) },
	{ ONE("mtu", TYPE_U32) },
	END_OF_FIELDS,
};

static const struct schema_field bond[] = {
	{ LIST("interfaces", TYPE_TEXT), .keep = 1 },
	{ LIST("deviceSelectors", TYPE_STRUCT), .inner = network_device_selector },
	{ LIST("arpIPTarget", TYPE_TEXT) },
	{ ONE("mode", TYPE_TEXT), .keep = 1 },
	{ ONE("xmitHashPolicy", TYPE_TEXT) },
	{ ONE("lacpRate", TYPE_TEXT) },
	{ ONE("adActorSystem", TYPE_TEXT) },
	{ ONE("arpValidate", TYPE_TEXT) },
	{ ONE("arpAllTargets", TYPE_TEXT) },
	{ ONE("primary", TYPE_TEXT) },
	{ ONE("primaryReselect", TYPE_TEXT) },
	{ ONE("failOverMac", TYPE_TEXT) },
	{ ONE("adSelect", TYPE_TEXT) },
	{ ONE("miimon", TYPE_U32) },
	{ ONE("updelay", TYPE_U32) },
	{ ONE("downdelay", TYPE_U32) },
	{ ONE("arpInterval", TYPE_U32) },
	{ ONE("resendIgmp", TYPE_U32) },
	{ ONE("minLinks", TYPE_U32) },
	{ ONE("lpInterval", TYPE_U32) },
	{ ONE("packetsPerSlave", TYPE_U32) },
	{ ONE("numPeerNotif", TYPE_U8) },
	{ ONE("tlbDynamicLb", TYPE_U8) },
	{ ONE("allSlavesActive", TYPE_U8) },
	{ ONE("useCarrier", TYPE_BOOL), .pointer = 1 },
	{ ONE("adActorSysPrio", TYPE_U16) },
	{ ONE("adUserPortKey", TYPE_U16) },
	{ ONE("peerNotifyDelay", TYPE_U32) },
	END_OF_FIELDS,
};

static const struct schema_field stp[] = {
	{ ONE("enabled", TYPE_BOOL), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field bridge_vlan[] = {
	{ ONE("vlanFiltering", TYPE_BOOL), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field bridge[] = {
	{ LIST("interfaces", TYPE_TEXT), .keep = 1 },
	{ ONE("stp", TYPE_STRUCT), .inner = stp, .pointer = 1 },
	{ ONE("vlan", TYPE_STRUCT), .inner = bridge_vlan, .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field bridge_port[] = {
	{ ONE("master", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field vip_equinix_metal_config[] = {
	{ ONE("apiToken", TYPE_TEXT), .keep = 1, .secret = 1 },
	END_OF_FIELDS,
};

static const struct schema_field viph_cloud_config[] = {
	{ ONE("apiToken", TYPE_TEXT), .keep = 1, .secret = 1 },
	END_OF_FIELDS,
};

static const struct schema_field device_vip_config[] = {
	{ ONE("ip", TYPE_TEXT) },
	{ ONE("equinixMetal", TYPE_STRUCT), .inner = vip_equinix_metal_config, .pointer = 1 },
	{ ONE("hcloud", TYPE_STRUCT), .inner = viph_cloud_config, .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field dhcp_options[] = {
	{ ONE("routeMetric", TYPE_U32), .keep = 1 },
	{ ONE("ipv4", TYPE_BOOL), .pointer = 1 },
	{ ONE("ipv6", TYPE_BOOL), .pointer = 1 },
	{ ONE("duidv6", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field vlan[] = {
	{ LIST("addresses", TYPE_TEXT) },
	{ ONE("cidr", TYPE_TEXT) },
	{ LIST("routes", TYPE_STRUCT), .nulls = 1, .inner = route, .keep = 1 },
	{ ONE("dhcp", TYPE_BOOL), .pointer = 1 },
	{ ONE("vlanId", TYPE_U16), .keep = 1 },
	{ ONE("mtu", TYPE_U32) },
	{ ONE("vip", TYPE_STRUCT), .inner = device_vip_config, .pointer = 1 },
	{ ONE("dhcpOptions", TYPE_STRUCT), .inner = dhcp_options, .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field device_wireguard_peer[] = {
	{ ONE("publicKey", TYPE_TEXT) },
	{ ONE("endpoint", TYPE_TEXT) },
	{ ONE("persistentKeepaliveInterval", TYPE_DURATION) },
	{ LIST("allowedIPs", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field device_wireguard_config[] = {
	{ ONE("privateKey", TYPE_TEXT), .secret = 1 },
	{ ONE("listenPort", TYPE_INT) },
	{ ONE("firewallMark", TYPE_INT) },
	{ LIST("peers", TYPE_STRUCT), .nulls = 1, .inner = device_wireguard_peer },
	END_OF_FIELDS,
};

static const struct schema_field device[] = {
	{ ONE("interface", TYPE_TEXT) },
	{ ONE("deviceSelector", TYPE_STRUCT), .inner = network_device_selector, .pointer = 1 },
	{ LIST("addresses", TYPE_TEXT) },
	{ ONE("cidr", TYPE_TEXT) },
	{ LIST("routes", TYPE_STRUCT), .nulls = 1, .inner = route },
	{ ONE("bond", TYPE_STRUCT), .inner = bond, .pointer = 1 },
	{ ONE("bridge", TYPE_STRUCT), .inner = bridge, .pointer = 1 },
	{ ONE("bridgePort", TYPE_STRUCT), .inner = bridge_port, .pointer = 1 },
	{ LIST("vlans", TYPE_STRUCT), .nulls = 1, .inner = vlan,
	  .merge = MERGE_BY_KEY, .key = "vlanId" },
	{ ONE("mtu", TYPE_INT) },
	{ ONE("dhcp", TYPE_BOOL), .pointer = 1 },
	{ ONE("ignore", TYPE_BOOL), .pointer = 1 },
	{ ONE("dummy", TYPE_BOOL), .pointer = 1 },
	{ ONE("dhcpOptions", TYPE_STRUCT), .inner = dhcp_options, .pointer = 1 },
	{ ONE("wireguard", TYPE_STRUCT), .inner = device_wireguard_config, .pointer = 1 },
	{ ONE("vip", TYPE_STRUCT), .inner = device_vip_config, .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field extra_host[] = {
	{ ONE("ip", TYPE_TEXT), .keep = 1 },
	{ LIST("aliases", TYPE_TEXT), .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field kube_span_filters[] = {
	{ LIST("endpoints", TYPE_TEXT) },
	{ LIST("excludeAdvertisedNetworks", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field network_kube_span[] = {
	{ ONE("enabled", TYPE_BOOL), .pointer = 1 },
	{ ONE("advertiseKubernetesNetworks", TYPE_BOOL), .pointer = 1 },
	{ ONE("allowDownPeerBypass", TYPE_BOOL), .pointer = 1 },
	{ ONE("harvestExtraEndpoints", TYPE_BOOL), .pointer = 1 },
	{ ONE("mtu", TYPE_U32), .pointer = 1 },
	{ ONE("filters", TYPE_STRUCT), .inner = kube_span_filters, .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field network_config[] = {
	{ ONE("hostname", TYPE_TEXT) },
	{ LIST("interfaces", TYPE_STRUCT), .nulls = 1, .inner = device, .merge = MERGE_BY_DEVICE },
	{ LIST("nameservers", TYPE_TEXT) },
	{ LIST("searchDomains", TYPE_TEXT) },
	{ LIST("extraHostEntries", TYPE_STRUCT), .nulls = 1, .inner = extra_host },
	{ ONE("kubespan", TYPE_STRUCT), .inner = network_kube_span, .pointer = 1 },
	{ ONE("disableSearchDomain", TYPE_BOOL), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field disk_partition[] = {
	{ ONE("size", TYPE_DISK_SIZE) },
	{ ONE("mountpoint", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field machine_disk[] = {
	{ ONE("device", TYPE_TEXT) },
	{ LIST("partitions", TYPE_STRUCT), .nulls = 1, .inner = disk_partition },
	END_OF_FIELDS,
};

static const struct schema_field install_disk_selector[] = {
	{ ONE("size", TYPE_DISK_MATCH), .pointer = 1 },
	{ ONE("name", TYPE_TEXT) },
	{ ONE("model", TYPE_TEXT) },
	{ ONE("serial", TYPE_TEXT) },
	{ ONE("modalias", TYPE_TEXT) },
	{ ONE("uuid", TYPE_TEXT) },
	{ ONE("wwid", TYPE_TEXT) },
	{ ONE("type", TYPE_TEXT) },
	{ ONE("busPath", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field install_extension_config[] = {
	{ ONE("image", TYPE_TEXT), .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field install_config[] = {
	{ ONE("disk", TYPE_TEXT) },
	{ ONE("diskSelector", TYPE_STRUCT), .inner = install_disk_selector, .pointer = 1 },
	{ LIST("extraKernelArgs", TYPE_TEXT) },
	{ ONE("image", TYPE_TEXT) },
	{ LIST("extensions", TYPE_STRUCT), .inner = install_extension_config },
	{ ONE("bootloader", TYPE_BOOL), .pointer = 1 },
	{ ONE("wipe", TYPE_BOOL), .pointer = 1, .keep = 1 },
	{ ONE("legacyBIOSSupport", TYPE_BOOL), .pointer = 1 },
	{ ONE("grubUseUKICmdline", TYPE_BOOL), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field machine_file[] = {
	{ ONE("content", TYPE_TEXT), .keep = 1 },
	{ ONE("permissions", TYPE_MODE), .keep = 1 },
	{ ONE("path", TYPE_TEXT), .keep = 1 },
	{ ONE("op", TYPE_TEXT), .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field time_config[] = {
	{ ONE("disabled", TYPE_BOOL), .pointer = 1 },
	{ LIST("servers", TYPE_TEXT) },
	{ ONE("bootTimeout", TYPE_DURATION) },
	END_OF_FIELDS,
};

static const struct schema_field registry_mirror_config[] = {
	{ LIST("endpoints", TYPE_TEXT), .keep = 1 },
	{ ONE("overridePath", TYPE_BOOL), .pointer = 1 },
	{ ONE("skipFallback", TYPE_BOOL), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field registry_tls_config[] = {
	{ ONE("clientIdentity", TYPE_STRUCT), .inner = schema_pem_pair, .pointer = 1,
	  .merge = MERGE_REPLACE },
	{ ONE("ca", TYPE_BASE64) },
	{ ONE("insecureSkipVerify", TYPE_BOOL), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field registry_auth_config[] = {
	{ ONE("username", TYPE_TEXT) },
	{ ONE("password", TYPE_TEXT), .secret = 1 },
	{ ONE("auth", TYPE_TEXT), .secret = 1 },
	{ ONE("identityToken", TYPE_TEXT), .secret = 1 },
	END_OF_FIELDS,
};

static const struct schema_field registry_config[] = {
	{ ONE("tls", TYPE_STRUCT), .inner = registry_tls_config, .pointer = 1 },
	{ ONE("auth", TYPE_STRUCT), .inner = registry_auth_config, .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field registries_config[] = {
	{ MAP("mirrors", TYPE_STRUCT), .nulls = 1, .inner = registry_mirror_config },
	{ MAP("config", TYPE_STRUCT), .nulls = 1, .inner = registry_config },
	END_OF_FIELDS,
};

static const struct schema_field encryption_key_static[] = {
	{ ONE("passphrase", TYPE_TEXT), .secret = 1 },
	END_OF_FIELDS,
};

static const struct schema_field encryption_key_kms[] = {
	{ ONE("endpoint", TYPE_TEXT), .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field encryption_key_tpm[] = {
	{ ONE("checkSecurebootStatusOnEnroll", TYPE_BOOL), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field encryption_key[] = {
	{ ONE("static", TYPE_STRUCT), .inner = encryption_key_static, .pointer = 1 },
	{ ONE("nodeID", TYPE_STRUCT), .inner = nothing, .pointer = 1 },
	{ ONE("kms", TYPE_STRUCT), .inner = encryption_key_kms, .pointer = 1 },
	{ ONE("slot", TYPE_INT), .keep = 1 },
	{ ONE("tpm", TYPE_STRUCT), .inner = encryption_key_tpm, .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field encryption_config[] = {
	{ ONE("provider", TYPE_TEXT), .keep = 1 },
	{ LIST("keys", TYPE_STRUCT), .nulls = 1, .inner = encryption_key, .keep = 1 },
	{ ONE("cipher", TYPE_TEXT) },
	{ ONE("keySize", TYPE_U64) },
	{ ONE("blockSize", TYPE_U64) },
	{ LIST("options", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field system_disk_encryption_config[] = {
	{ ONE("state", TYPE_STRUCT), .inner = encryption_config, .pointer = 1 },
	{ ONE("ephemeral", TYPE_STRUCT), .inner = encryption_config, .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field talos_api_access[] = {
	{ ONE("enabled", TYPE_BOOL), .pointer = 1 },
	{ LIST("allowedRoles", TYPE_TEXT) },
	{ LIST("allowedKubernetesNamespaces", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field kube_prism[] = {
	{ ONE("enabled", TYPE_BOOL), .pointer = 1 },
	{ ONE("port", TYPE_INT) },
	END_OF_FIELDS,
};

static const struct schema_field host_dns_config[] = {
	{ ONE("enabled", TYPE_BOOL), .pointer = 1 },
	{ ONE("forwardKubeDNSToHost", TYPE_BOOL), .pointer = 1 },
	{ ONE("resolveMemberNames", TYPE_BOOL), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field image_cache_config[] = {
	{ ONE("localEnabled", TYPE_BOOL), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field features_config[] = {
	{ ONE("rbac", TYPE_BOOL), .pointer = 1 },
	{ ONE("stableHostname", TYPE_BOOL), .pointer = 1 },

	{ ONE("kubernetesTalosAPIAccess", TYPE_STRUCT), .inner = talos_api_access, .pointer = 1 },
	{ ONE("apidCheckExtKeyUsage", TYPE_BOOL), .pointer = 1 },
	{ ONE("diskQuotaSupport", TYPE_BOOL), .pointer = 1 },
	{ ONE("kubePrism", TYPE_STRUCT), .inner = kube_prism, .pointer = 1 },
	{ ONE("hostDNS", TYPE_STRUCT), .inner = host_dns_config, .pointer = 1 },
	{ ONE("imageCache", TYPE_STRUCT), .inner = image_cache_config, .pointer = 1 },
	{ ONE("nodeAddressSortAlgorithm", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field udev_config[] = {
	{ LIST("rules", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field logging_destination[] = {
	{ ONE("endpoint", TYPE_URL), .pointer = 1, .keep = 1 },
	{ ONE("format", TYPE_TEXT), .keep = 1 },
	{ MAP("extraTags", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field logging_config[] = {
	{ LIST("destinations", TYPE_STRUCT), .inner = logging_destination, .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field kernel_module_config[] = {
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ LIST("parameters", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field kernel_config[] = {
	{ LIST("modules", TYPE_STRUCT), .nulls = 1, .inner = kernel_module_config },
	END_OF_FIELDS,
};

static const struct schema_field machine_seccomp_profile[] = {
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("value", TYPE_FREE), .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field machine_config[] = {
	{ ONE("type", TYPE_TEXT), .keep = 1 },
	{ ONE("token", TYPE_TEXT), .keep = 1, .secret = 1 },
	{ ONE("ca", TYPE_STRUCT), .inner = schema_pem_pair, .pointer = 1, .merge = MERGE_REPLACE },
	{ LIST("acceptedCAs", TYPE_STRUCT), .nulls = 1, .inner = schema_pem_cert },
	{ LIST("certSANs", TYPE_TEXT), .keep = 1 },
	{ ONE("controlPlane", TYPE_STRUCT), .inner = machine_control_plane_config, .pointer = 1 },
	{ ONE("kubelet", TYPE_STRUCT), .inner = kubelet_config, .pointer = 1 },
	{ LIST("pods", TYPE_FREE) },
	{ ONE("network", TYPE_STRUCT), .inner = network_config, .pointer = 1 },
	{ LIST("disks", TYPE_STRUCT), .nulls = 1, .inner = machine_disk },
	{ ONE("install", TYPE_STRUCT), .inner = install_config, .pointer = 1 },
	{ LIST("files", TYPE_STRUCT), .nulls = 1, .inner = machine_file },
	{ MAP("env", TYPE_TEXT) },
	{ ONE("time", TYPE_STRUCT), .inner = time_config, .pointer = 1 },
	{ MAP("sysctls", TYPE_TEXT) },
	{ MAP("sysfs", TYPE_TEXT) },
	{ ONE("registries", TYPE_STRUCT), .inner = registries_config },
	{ ONE("systemDiskEncryption", TYPE_STRUCT), .inner = system_disk_encryption_config,
	  .pointer = 1 },
	{ ONE("features", TYPE_STRUCT), .inner = features_config, .pointer = 1 },
	{ ONE("udev", TYPE_STRUCT), .inner = udev_config, .pointer = 1 },
	{ ONE("logging", TYPE_STRUCT), .inner = logging_config, .pointer = 1 },
	{ ONE("kernel", TYPE_STRUCT), .inner = kernel_config, .pointer = 1 },
	{ LIST("seccompProfiles", TYPE_STRUCT), .nulls = 1, .inner = machine_seccomp_profile },
	{ ONE("baseRuntimeSpecOverrides", TYPE_FREE) },
	{ MAP("nodeLabels", TYPE_TEXT) },
	{ MAP("nodeAnnotations", TYPE_TEXT) },
	{ MAP("nodeTaints", TYPE_TEXT) },
	END_OF_FIELDS,
};

const struct schema_field schema_main[] = {
	{ ONE("version", TYPE_TEXT), .keep = 1 },
	{ ONE("debug", TYPE_BOOL), .pointer = 1 },
	{ ONE("persist", TYPE_BOOL), .pointer = 1 },
	{ ONE("machine", TYPE_STRUCT), .inner = machine_config, .pointer = 1, .keep = 1 },
	{ ONE("cluster", TYPE_STRUCT), .inner = schema_cluster, .pointer = 1, .keep = 1 },
	END_OF_FIELDS,
};
