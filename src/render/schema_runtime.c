/* The documents about the machine itself: registries, services, system settings, containers. */
#include "render/schema_rows.h"

static const struct schema_field discovery_identity_config[] = {
	HEADER_ROWS,
	{ ONE("clusterID", TYPE_TEXT), .keep = 1, .secret = 1 },
	{ ONE("clusterSecret", TYPE_TEXT), .keep = 1, .secret = 1 },
	END_OF_FIELDS,
};

static const struct schema_field discovery_service_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("endpoint", TYPE_URL), .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field container_run_as[] = {
	{ ONE("uid", TYPE_I32), .pointer = 1 },
	{ ONE("gid", TYPE_I32), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field user_volume_mount[] = {
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("destination", TYPE_TEXT), .keep = 1 },
	{ LIST("options", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field tmpfs_mount[] = {
	{ ONE("destination", TYPE_TEXT), .keep = 1 },
	{ ONE("size", TYPE_TEXT) },
	{ LIST("options", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field host_path_mount[] = {
	{ ONE("source", TYPE_TEXT), .keep = 1 },
	{ ONE("destination", TYPE_TEXT), .keep = 1 },
	{ LIST("options", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field container_mount[] = {
	{ ONE("userVolume", TYPE_STRUCT), .inner = user_volume_mount, .pointer = 1 },
	{ ONE("tmpfs", TYPE_STRUCT), .inner = tmpfs_mount, .pointer = 1 },
	{ ONE("hostPath", TYPE_STRUCT), .inner = host_path_mount, .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field container_capabilities[] = {
	{ LIST("add", TYPE_TEXT) },
	{ LIST("drop", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field container_security[] = {
	{ ONE("profile", TYPE_TEXT) },
	{ ONE("capabilities", TYPE_STRUCT), .inner = container_capabilities, .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field container_network[] = {
	{ ONE("mode", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field container_resource_limits[] = {
	{ ONE("cpu", TYPE_TEXT) },
	{ ONE("memory", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field container_resources[] = {
	{ ONE("limits", TYPE_STRUCT), .inner = container_resource_limits, .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field container_depends_on[] = {
	{ LIST("paths", TYPE_TEXT) },
	{ LIST("networks", TYPE_TEXT) },
	{ ONE("time", TYPE_BOOL), .pointer = 1 },
	{ LIST("containers", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field container_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("image", TYPE_TEXT), .keep = 1 },
	{ LIST("entrypoint", TYPE_TEXT) },
	{ LIST("args", TYPE_TEXT) },
	{ ONE("workingDir", TYPE_TEXT) },
	{ ONE("runAs", TYPE_STRUCT), .inner = container_run_as, .pointer = 1 },
	{ LIST("environment", TYPE_TEXT) },
	{ LIST("mounts", TYPE_STRUCT), .inner = container_mount },
	{ ONE("security", TYPE_STRUCT), .inner = container_security, .pointer = 1 },
	{ ONE("network", TYPE_STRUCT), .inner = container_network, .pointer = 1 },
	{ ONE("resources", TYPE_STRUCT), .inner = container_resources, .pointer = 1 },
	{ ONE("dependsOn", TYPE_STRUCT), .inner = container_depends_on, .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field cri_base_runtime_spec_config[] = {
	HEADER_ROWS,
	{ ONE("overrides", TYPE_FREE), .merge = MERGE_REPLACE },
	END_OF_FIELDS,
};

static const struct schema_field cri_customization_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("content", TYPE_TEXT), .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field local_image_cache_config[] = {
	{ ONE("enabled", TYPE_BOOL), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field image_cache_config[] = {
	HEADER_ROWS,
	{ ONE("local", TYPE_STRUCT), .inner = local_image_cache_config, .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field registry_auth_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("username", TYPE_TEXT) },
	{ ONE("password", TYPE_TEXT), .secret = 1 },
	{ ONE("auth", TYPE_TEXT), .secret = 1 },
	{ ONE("identityToken", TYPE_TEXT), .secret = 1 },
	END_OF_FIELDS,
};

static const struct schema_field registry_endpoint[] = {
	{ ONE("url", TYPE_URL), .keep = 1 },
	{ ONE("overridePath", TYPE_BOOL), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field registry_mirror_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ LIST("endpoints", TYPE_STRUCT), .inner = registry_endpoint },
	{ ONE("skipFallback", TYPE_BOOL), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field registry_tls_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("clientIdentity", TYPE_STRUCT), .inner = schema_plain_pair, .pointer = 1 },
	{ ONE("ca", TYPE_TEXT) },
	{ ONE("insecureSkipVerify", TYPE_BOOL), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field pci_driver_rebind_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("targetDriver", TYPE_TEXT), .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field environment[] = {
	HEADER_ROWS,
	{ MAP("variables", TYPE_TEXT), .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field etc_file_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("mode", TYPE_MODE), .keep = 1 },
	{ ONE("contents", TYPE_TEXT), .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field event_sink[] = {
	HEADER_ROWS,
	{ ONE("endpoint", TYPE_TEXT), .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field config_file[] = {
	{ ONE("content", TYPE_TEXT), .keep = 1 },
	{ ONE("mountPath", TYPE_TEXT), .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field service_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ LIST("configFiles", TYPE_STRUCT), .inner = config_file, .merge = MERGE_BY_KEY,
	  .key = "mountPath" },
	{ LIST("environment", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field kernel_module_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ LIST("parameters", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field kmsg_log[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("url", TYPE_URL), .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field oom[] = {
	HEADER_ROWS,
	{ ONE("triggerExpression", TYPE_CEL) },
	{ ONE("cgroupRankingExpression", TYPE_CEL) },
	{ ONE("strictCgroupClassOrdering", TYPE_BOOL), .pointer = 1 },
	{ ONE("sampleInterval", TYPE_DURATION) },
	END_OF_FIELDS,
};

static const struct schema_field security_profile_config[] = {
	HEADER_ROWS,
	{ ONE("workloadIsolation", TYPE_BOOL), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field sysctl_config[] = {
	HEADER_ROWS,
	{ MAP("params", TYPE_TEXT), .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field sysfs_config[] = {
	HEADER_ROWS,
	{ MAP("params", TYPE_TEXT), .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field udev_rules_config[] = {
	HEADER_ROWS,
	{ LIST("rules", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field installer_spec[] = {
	{ ONE("image", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field disk_selector_spec[] = {
	{ ONE("match", TYPE_CEL) },
	END_OF_FIELDS,
};

static const struct schema_field provisioning_spec_install[] = {
	{ ONE("diskSelector", TYPE_STRUCT), .inner = disk_selector_spec },
	{ ONE("wipe", TYPE_BOOL), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field unattended_install_config[] = {
	HEADER_ROWS,
	{ ONE("reboot", TYPE_BOOL), .pointer = 1 },
	{ ONE("installer", TYPE_STRUCT), .inner = installer_spec, .keep = 1 },
	{ ONE("provisioning", TYPE_STRUCT), .inner = provisioning_spec_install, .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field watchdog_timer[] = {
	HEADER_ROWS,
	{ ONE("device", TYPE_TEXT), .keep = 1 },
	{ ONE("timeout", TYPE_DURATION) },
	END_OF_FIELDS,
};

static const struct schema_field image_keyless_verifier[] = {
	{ ONE("issuer", TYPE_TEXT) },
	{ ONE("subject", TYPE_TEXT) },
	{ ONE("subjectRegex", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field image_public_key_verifier[] = {
	{ ONE("certificate", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field image_verification_rule[] = {
	{ ONE("image", TYPE_TEXT) },
	{ ONE("skip", TYPE_BOOL), .pointer = 1 },
	{ ONE("deny", TYPE_BOOL), .pointer = 1 },
	{ ONE("keyless", TYPE_STRUCT), .inner = image_keyless_verifier, .pointer = 1 },
	{ ONE("publicKey", TYPE_STRUCT), .inner = image_public_key_verifier, .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field image_verification_config[] = {
	HEADER_ROWS,
	{ LIST("rules", TYPE_STRUCT), .inner = image_verification_rule,
	  .merge = MERGE_BY_KEY_WHOLE, .key = "image" },
	END_OF_FIELDS,
};

static const struct schema_field trusted_roots_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("certificates", TYPE_TEXT), .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field siderolink_config[] = {
	HEADER_ROWS,
	{ ONE("apiUrl", TYPE_URL), .keep = 1 },
	{ ONE("uniqueToken", TYPE_TEXT), .secret = 1 },
	END_OF_FIELDS,
};

const struct schema_kind schema_runtime_kinds[] = {
	{ KIND("CRIBaseRuntimeSpecConfig", cri_base_runtime_spec_config), .since = RELEASE_1_14 },
	{ KIND("CRICustomizationConfig", cri_customization_config), .named = true,
	  .since = RELEASE_1_14 },
	{ KIND("ContainerConfig", container_config), .named = true, .since = RELEASE_1_14 },
	{ KIND("DiscoveryIdentityConfig", discovery_identity_config), .since = RELEASE_1_14 },
	{ KIND("DiscoveryServiceConfig", discovery_service_config), .named = true,
	  .since = RELEASE_1_14 },
	{ KIND("EnvironmentConfig", environment) },
	{ KIND("EtcFileConfig", etc_file_config), .named = true, .since = RELEASE_1_14 },
	{ KIND("EventSinkConfig", event_sink) },
	{ KIND("ExtensionServiceConfig", service_config), .named = true },
	{ KIND("ImageCacheConfig", image_cache_config), .since = RELEASE_1_14 },
	{ KIND("ImageVerificationConfig", image_verification_config) },
	{ KIND("KernelModuleConfig", kernel_module_config), .named = true, .since = RELEASE_1_14 },
	{ KIND("KmsgLogConfig", kmsg_log), .named = true },
	{ KIND("OOMConfig", oom) },
	{ KIND("PCIDriverRebindConfig", pci_driver_rebind_config), .named = true },
	{ KIND("RegistryAuthConfig", registry_auth_config), .named = true },
	{ KIND("RegistryMirrorConfig", registry_mirror_config), .named = true },
	{ KIND("RegistryTLSConfig", registry_tls_config), .named = true },
	{ KIND("SecurityProfileConfig", security_profile_config), .since = RELEASE_1_14 },
	{ KIND("SideroLinkConfig", siderolink_config) },
	{ KIND("SysctlConfig", sysctl_config), .since = RELEASE_1_14 },
	{ KIND("SysfsConfig", sysfs_config), .since = RELEASE_1_14 },
	{ KIND("TrustedRootsConfig", trusted_roots_config), .named = true },
	{ KIND("UdevRulesConfig", udev_rules_config), .since = RELEASE_1_14 },
	{ KIND("UnattendedInstallConfig", unattended_install_config), .since = RELEASE_1_14 },
	{ KIND("WatchdogTimerConfig", watchdog_timer) },
	END_OF_KINDS,
};
