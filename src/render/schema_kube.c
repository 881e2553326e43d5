/* The documents that configure Kubernetes, since 1.14. */
#include "render/schema_rows.h"

const struct schema_field schema_plain_pair[] = {
	{ ONE("cert", TYPE_TEXT) },
	{ ONE("key", TYPE_TEXT), .secret = 1 },
	END_OF_FIELDS,
};

static const struct schema_field kube_admission_control_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("configuration", TYPE_FREE), .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field kube_aggregator_ca_config[] = {
	HEADER_ROWS,
	{ ONE("issuingCA", TYPE_STRUCT), .inner = schema_plain_pair, .pointer = 1 },
	{ LIST("acceptedCAs", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field kube_resources_config[] = {
	{ ONE("requests", TYPE_FREE) },
	{ ONE("limits", TYPE_FREE) },
	END_OF_FIELDS,
};

static const struct schema_field kube_api_server_config[] = {
	HEADER_ROWS,
	{ ONE("image", TYPE_TEXT), .keep = 1 },
	{ MAP("extraArgs", TYPE_ARGUMENT) },
	{ MAP("env", TYPE_TEXT) },
	{ ONE("resources", TYPE_STRUCT), .inner = kube_resources_config },
	{ ONE("apiPort", TYPE_INT), .pointer = 1 },
	{ LIST("certExtraSANs", TYPE_TEXT) },
	{ ONE("startupProbes", TYPE_BOOL), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field kube_api_server_ca_config[] = {
	HEADER_ROWS,
	{ ONE("issuingCA", TYPE_STRUCT), .inner = schema_plain_pair, .pointer = 1 },
	{ LIST("acceptedCAs", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field kube_audit_policy_config[] = {
	HEADER_ROWS,
	{ ONE("configuration", TYPE_FREE), .keep = 1, .merge = MERGE_REPLACE },
	END_OF_FIELDS,
};

static const struct schema_field kube_authentication_config[] = {
	HEADER_ROWS,
	{ ONE("configuration", TYPE_FREE), .keep = 1, .merge = MERGE_REPLACE },
	END_OF_FIELDS,
};

static const struct schema_field kube_authorizer_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("type", TYPE_TEXT), .keep = 1 },
	{ ONE("webhook", TYPE_FREE) },
	END_OF_FIELDS,
};

static const struct schema_field kube_cluster_config[] = {
	HEADER_ROWS,
	{ ONE("clusterName", TYPE_TEXT), .keep = 1 },
	{ ONE("endpoint", TYPE_URL), .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field kube_controller_manager_config[] = {
	HEADER_ROWS,
	{ ONE("enabled", TYPE_BOOL), .pointer = 1 },
	{ ONE("image", TYPE_TEXT), .keep = 1 },
	{ MAP("extraArgs", TYPE_ARGUMENT) },
	{ MAP("env", TYPE_TEXT) },
	{ ONE("resources", TYPE_STRUCT), .inner = kube_resources_config },
	END_OF_FIELDS,
};

static const struct schema_field kube_core_dns_config[] = {
	HEADER_ROWS,
	{ ONE("enabled", TYPE_BOOL), .pointer = 1 },
	{ ONE("image", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field kube_credential_provider_config[] = {
	HEADER_ROWS,
	{ ONE("configuration", TYPE_FREE), .keep = 1, .merge = MERGE_REPLACE },
	END_OF_FIELDS,
};

static const struct schema_field kube_etcd_encryption_config[] = {
	HEADER_ROWS,
	{ ONE("config", TYPE_FREE), .keep = 1, .secret = 1 },
	END_OF_FIELDS,
};

static const struct schema_field kube_external_manifest_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ MAP("headers", TYPE_TEXT) },
	{ ONE("url", TYPE_URL), .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field kube_flannel_cni_config[] = {
	HEADER_ROWS,
	{ ONE("backendType", TYPE_TEXT), .keep = 1 },
	{ ONE("backendPort", TYPE_U16) },
	{ ONE("backendMTU", TYPE_U32) },
	{ ONE("backendExtraConfig", TYPE_FREE) },
	{ ONE("resources", TYPE_STRUCT), .inner = kube_resources_config },
	{ LIST("extraArgs", TYPE_TEXT) },
	{ ONE("kubeNetworkPoliciesEnabled", TYPE_BOOL), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field kube_inline_manifest_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("manifest", TYPE_TEXT), .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field kube_kubelet_config[] = {
	HEADER_ROWS,
	{ ONE("image", TYPE_TEXT), .keep = 1 },
	{ ONE("config", TYPE_FREE), .keep = 1 },
	{ MAP("extraArgs", TYPE_ARGUMENT) },
	{ LIST("clusterDNS", TYPE_TEXT) },
	{ ONE("defaultRuntimeSeccompProfileEnabled", TYPE_BOOL), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field kube_prism_config[] = {
	HEADER_ROWS,
	{ ONE("port", TYPE_INT), .keep = 1 },
	{ ONE("tlsServerName", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field kube_network_config[] = {
	HEADER_ROWS,
	{ ONE("dnsDomain", TYPE_TEXT), .keep = 1 },
	{ LIST("podSubnets", TYPE_PREFIX), .keep = 1, .merge = MERGE_REPLACE },
	{ LIST("serviceSubnets", TYPE_PREFIX), .keep = 1, .merge = MERGE_REPLACE },
	{ ONE("nodeCIDRMaskSizeIPv4", TYPE_INT) },
	{ ONE("nodeCIDRMaskSizeIPv6", TYPE_INT) },
	END_OF_FIELDS,
};

static const struct schema_field kube_node_ip_config[] = {
	{ LIST("validSubnets", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field kube_node_config[] = {
	HEADER_ROWS,
	{ ONE("skipNodeRegistration", TYPE_BOOL), .pointer = 1 },
	{ ONE("registerWithFQDN", TYPE_BOOL), .pointer = 1 },
	{ ONE("nodeIP", TYPE_STRUCT), .inner = kube_node_ip_config, .keep = 1 },
	{ MAP("labels", TYPE_TEXT) },
	{ MAP("annotations", TYPE_TEXT) },
	{ MAP("taints", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field kube_proxy_config[] = {
	HEADER_ROWS,
	{ ONE("enabled", TYPE_BOOL), .pointer = 1 },
	{ ONE("image", TYPE_TEXT) },
	{ ONE("mode", TYPE_TEXT) },
	{ ONE("config", TYPE_FREE), .keep = 1 },
	{ MAP("extraArgs", TYPE_ARGUMENT) },
	{ ONE("resources", TYPE_STRUCT), .inner = kube_resources_config },
	END_OF_FIELDS,
};

static const struct schema_field kube_scheduler_config[] = {
	HEADER_ROWS,
	{ ONE("enabled", TYPE_BOOL), .pointer = 1 },
	{ ONE("image", TYPE_TEXT), .keep = 1 },
	{ ONE("config", TYPE_FREE), .keep = 1 },
	{ MAP("extraArgs", TYPE_ARGUMENT) },
	{ MAP("env", TYPE_TEXT) },
	{ ONE("resources", TYPE_STRUCT), .inner = kube_resources_config },
	END_OF_FIELDS,
};

static const struct schema_field kube_issuer_service_account_config[] = {
	{ ONE("privateKey", TYPE_TEXT), .keep = 1, .secret = 1 },
	{ ONE("issuerURL", TYPE_URL), .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field kube_accepted_service_account_config[] = {
	{ LIST("publicKeys", TYPE_TEXT) },
	{ LIST("issuers", TYPE_URL) },
	{ LIST("audiences", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field kube_service_account_config[] = {
	HEADER_ROWS,
	{ ONE("issuer", TYPE_STRUCT), .inner = kube_issuer_service_account_config, .keep = 1 },
	{ ONE("accepted", TYPE_STRUCT), .inner = kube_accepted_service_account_config },
	END_OF_FIELDS,
};

static const struct schema_field kube_static_pod_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("pod", TYPE_FREE), .keep = 1, .merge = MERGE_REPLACE },
	END_OF_FIELDS,
};

static const struct schema_field kube_talos_api_access_config[] = {
	HEADER_ROWS,
	{ LIST("allowedRoles", TYPE_TEXT) },
	{ LIST("allowedKubernetesNamespaces", TYPE_TEXT) },
	END_OF_FIELDS,
};

const struct schema_kind schema_kube_kinds[] = {
	{ KIND("KubeAPIServerCAConfig", kube_api_server_ca_config), .since = RELEASE_1_14 },
	{ KIND("KubeAPIServerConfig", kube_api_server_config), .since = RELEASE_1_14 },
	{ KIND("KubeAdmissionControlConfig", kube_admission_control_config), .named = true,
	  .since = RELEASE_1_14 },
	{ KIND("KubeAggregatorCAConfig", kube_aggregator_ca_config), .since = RELEASE_1_14 },
	{ KIND("KubeAuditPolicyConfig", kube_audit_policy_config), .since = RELEASE_1_14 },
	{ KIND("KubeAuthenticationConfig", kube_authentication_config), .since = RELEASE_1_14 },
	{ KIND("KubeAuthorizerConfig", kube_authorizer_config), .named = true,
	  .since = RELEASE_1_14 },
	{ KIND("KubeClusterConfig", kube_cluster_config), .since = RELEASE_1_14 },
	{ KIND("KubeControllerManagerConfig", kube_controller_manager_config),
	  .since = RELEASE_1_14 },
	{ KIND("KubeCoreDNSConfig", kube_core_dns_config), .since = RELEASE_1_14 },
	{ KIND("KubeCredentialProviderConfig", kube_credential_provider_config),
	  .since = RELEASE_1_14 },
	{ KIND("KubeEtcdEncryptionConfig", kube_etcd_encryption_config), .since = RELEASE_1_14 },
	{ KIND("KubeExternalManifestConfig", kube_external_manifest_config), .named = true,
	  .since = RELEASE_1_14 },
	{ KIND("KubeFlannelCNIConfig", kube_flannel_cni_config), .since = RELEASE_1_14 },
	{ KIND("KubeInlineManifestConfig", kube_inline_manifest_config), .named = true,
	  .since = RELEASE_1_14 },
	{ KIND("KubeNetworkConfig", kube_network_config), .since = RELEASE_1_14 },
	{ KIND("KubeNodeConfig", kube_node_config), .since = RELEASE_1_14 },
	{ KIND("KubePrismConfig", kube_prism_config), .since = RELEASE_1_14 },
	{ KIND("KubeProxyConfig", kube_proxy_config), .since = RELEASE_1_14 },
	{ KIND("KubeSchedulerConfig", kube_scheduler_config), .since = RELEASE_1_14 },
	{ KIND("KubeServiceAccountConfig", kube_service_account_config), .since = RELEASE_1_14 },
	{ KIND("KubeStaticPodConfig", kube_static_pod_config), .named = true,
	  .since = RELEASE_1_14 },
	{ KIND("KubeTalosAPIAccessConfig", kube_talos_api_access_config), .since = RELEASE_1_14 },
	{ KIND("KubeletConfig", kube_kubelet_config), .since = RELEASE_1_14 },
	END_OF_KINDS,
};
