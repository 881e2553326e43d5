/* The cluster section of the main document. */
#include "render/schema_rows.h"

const struct schema_field schema_pem_pair[] = {
	{ ONE("crt", TYPE_BASE64), .keep = 1 },
	{ ONE("key", TYPE_BASE64), .keep = 1, .secret = 1 },
	END_OF_FIELDS,
};

const struct schema_field schema_pem_cert[] = {
	{ ONE("crt", TYPE_BASE64), .keep = 1 },
	END_OF_FIELDS,
};

const struct schema_field schema_pem_key[] = {
	{ ONE("key", TYPE_BASE64), .keep = 1, .secret = 1 },
	END_OF_FIELDS,
};

static const struct schema_field control_plane_config[] = {
	{ ONE("endpoint", TYPE_URL), .pointer = 1, .keep = 1 },
	{ ONE("localAPIServerPort", TYPE_INT) },
	END_OF_FIELDS,
};

static const struct schema_field flannel_cni_config[] = {
	{ LIST("extraArgs", TYPE_TEXT) },
	{ ONE("kubeNetworkPoliciesEnabled", TYPE_BOOL), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field cni_config[] = {
	{ ONE("name", TYPE_TEXT) },
	{ LIST("urls", TYPE_TEXT) },
	{ ONE("flannel", TYPE_STRUCT), .inner = flannel_cni_config, .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field cluster_network_config[] = {
	{ ONE("cni", TYPE_STRUCT), .inner = cni_config, .pointer = 1 },
	{ ONE("dnsDomain", TYPE_TEXT), .keep = 1 },
	{ LIST("podSubnets", TYPE_TEXT), .keep = 1, .merge = MERGE_REPLACE },
	{ LIST("serviceSubnets", TYPE_TEXT), .keep = 1, .merge = MERGE_REPLACE },
	END_OF_FIELDS,
};

static const struct schema_field volume_mount_config[] = {
	{ ONE("hostPath", TYPE_TEXT), .keep = 1 },
	{ ONE("mountPath", TYPE_TEXT), .keep = 1 },
	{ ONE("readonly", TYPE_BOOL) },
	END_OF_FIELDS,
};

static const struct schema_field admission_plugin_config[] = {
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("configuration", TYPE_FREE), .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field resources_config[] = {
	{ ONE("requests", TYPE_FREE) },
	{ ONE("limits", TYPE_FREE) },
	END_OF_FIELDS,
};

static const struct schema_field authorization_config_authorizer_config[] = {
	{ ONE("type", TYPE_TEXT), .keep = 1 },
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("webhook", TYPE_FREE) },
	END_OF_FIELDS,
};

static const struct schema_field api_server_config[] = {
	{ ONE("image", TYPE_TEXT) },
	{ MAP("extraArgs", TYPE_ARGUMENT) },
	{ LIST("extraVolumes", TYPE_STRUCT), .inner = volume_mount_config },
	{ MAP("env", TYPE_TEXT) },
	{ LIST("certSANs", TYPE_TEXT) },
	{ ONE("disablePodSecurityPolicy", TYPE_BOOL), .pointer = 1 },
	{ LIST("admissionControl", TYPE_STRUCT), .nulls = 1, .inner = admission_plugin_config,
	  .merge = MERGE_BY_KEY, .key = "name" },
	{ ONE("auditPolicy", TYPE_FREE), .merge = MERGE_REPLACE },
	{ ONE("resources", TYPE_STRUCT), .inner = resources_config, .pointer = 1 },
	{ LIST("authorizationConfig", TYPE_STRUCT), .nulls = 1,
	  .inner = authorization_config_authorizer_config },
	END_OF_FIELDS,
};

static const struct schema_field controller_manager_config[] = {
	{ ONE("image", TYPE_TEXT) },
	{ MAP("extraArgs", TYPE_ARGUMENT) },
	{ LIST("extraVolumes", TYPE_STRUCT), .inner = volume_mount_config },
	{ MAP("env", TYPE_TEXT) },
	{ ONE("resources", TYPE_STRUCT), .inner = resources_config, .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field proxy_config[] = {
	{ ONE("disabled", TYPE_BOOL), .pointer = 1 },
	{ ONE("image", TYPE_TEXT) },
	{ ONE("mode", TYPE_TEXT) },
	{ MAP("extraArgs", TYPE_ARGUMENT) },
	END_OF_FIELDS,
};

static const struct schema_field scheduler_config[] = {
	{ ONE("image", TYPE_TEXT) },
	{ MAP("extraArgs", TYPE_ARGUMENT) },
	{ LIST("extraVolumes", TYPE_STRUCT), .inner = volume_mount_config },
	{ MAP("env", TYPE_TEXT) },
	{ ONE("resources", TYPE_STRUCT), .inner = resources_config, .pointer = 1 },
	{ ONE("config", TYPE_FREE) },
	END_OF_FIELDS,
};

static const struct schema_field registry_kubernetes_config[] = {
	{ ONE("disabled", TYPE_BOOL), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field registry_service_config[] = {
	{ ONE("disabled", TYPE_BOOL), .pointer = 1 },
	{ ONE("endpoint", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field discovery_registries_config[] = {
	{ ONE("kubernetes", TYPE_STRUCT), .inner = registry_kubernetes_config, .keep = 1 },
	{ ONE("service", TYPE_STRUCT), .inner = registry_service_config, .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field cluster_discovery_config[] = {
	{ ONE("enabled", TYPE_BOOL), .pointer = 1 },
	{ ONE("registries", TYPE_STRUCT), .inner = discovery_registries_config, .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field etcd_config[] = {
	{ ONE("image", TYPE_TEXT) },
	{ ONE("ca", TYPE_STRUCT), .inner = schema_pem_pair, .pointer = 1, .keep = 1,
	  .merge = MERGE_REPLACE },
	{ MAP("extraArgs", TYPE_ARGUMENT) },
	{ ONE("subnet", TYPE_TEXT) },
	{ LIST("advertisedSubnets", TYPE_TEXT) },
	{ LIST("listenSubnets", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field core_dns[] = {
	{ ONE("disabled", TYPE_BOOL), .pointer = 1 },
	{ ONE("image", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field external_cloud_provider_config[] = {
	{ ONE("enabled", TYPE_BOOL), .pointer = 1 },
	{ LIST("manifests", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field cluster_inline_manifest[] = {
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("contents", TYPE_TEXT), .keep = 1, .trim = 1 },
	END_OF_FIELDS,
};

static const struct schema_field admin_kubeconfig_config[] = {
	{ ONE("certLifetime", TYPE_DURATION) },
	END_OF_FIELDS,
};

const struct schema_field schema_cluster[] = {
	{ ONE("id", TYPE_TEXT), .secret = 1 },
	{ ONE("secret", TYPE_TEXT), .secret = 1 },
	{ ONE("controlPlane", TYPE_STRUCT), .inner = control_plane_config, .pointer = 1,
	  .since = RELEASE_1_14 },
	{ ONE("controlPlane", TYPE_STRUCT), .inner = control_plane_config, .pointer = 1,
	  .keep = 1, .gone = RELEASE_1_14 },
	{ ONE("clusterName", TYPE_TEXT) },
	{ ONE("network", TYPE_STRUCT), .inner = cluster_network_config, .pointer = 1 },
	{ ONE("token", TYPE_TEXT), .secret = 1 },
	{ ONE("aescbcEncryptionSecret", TYPE_TEXT), .secret = 1 },
	{ ONE("secretboxEncryptionSecret", TYPE_TEXT), .secret = 1 },
	{ ONE("ca", TYPE_STRUCT), .inner = schema_pem_pair, .pointer = 1, .merge = MERGE_REPLACE },
	{ LIST("acceptedCAs", TYPE_STRUCT), .nulls = 1, .inner = schema_pem_cert },
	{ ONE("aggregatorCA", TYPE_STRUCT), .inner = schema_pem_pair, .pointer = 1,
	  .merge = MERGE_REPLACE },
	{ ONE("serviceAccount", TYPE_STRUCT), .inner = schema_pem_key, .pointer = 1,
	  .merge = MERGE_REPLACE },
	{ ONE("apiServer", TYPE_STRUCT), .inner = api_server_config, .pointer = 1 },
	{ ONE("controllerManager", TYPE_STRUCT), .inner = controller_manager_config, .pointer = 1 },
	{ ONE("proxy", TYPE_STRUCT), .inner = proxy_config, .pointer = 1 },
	{ ONE("scheduler", TYPE_STRUCT), .inner = scheduler_config, .pointer = 1 },
	{ ONE("discovery", TYPE_STRUCT), .inner = cluster_discovery_config, .pointer = 1 },
	{ ONE("etcd", TYPE_STRUCT), .inner = etcd_config, .pointer = 1 },
	{ ONE("coreDNS", TYPE_STRUCT), .inner = core_dns, .pointer = 1 },
	{ ONE("externalCloudProvider", TYPE_STRUCT), .inner = external_cloud_provider_config,
	  .pointer = 1 },
	{ LIST("extraManifests", TYPE_TEXT) },
	{ MAP("extraManifestHeaders", TYPE_TEXT) },
	{ LIST("inlineManifests", TYPE_STRUCT), .inner = cluster_inline_manifest },
	{ ONE("adminKubeconfig", TYPE_STRUCT), .inner = admin_kubeconfig_config, .pointer = 1 },
	{ ONE("allowSchedulingOnMasters", TYPE_BOOL), .pointer = 1 },
	{ ONE("allowSchedulingOnControlPlanes", TYPE_BOOL), .pointer = 1 },
	END_OF_FIELDS,
};
