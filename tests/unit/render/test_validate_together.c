#include "unit/render/validated.h"

#include "base/own.h"
#include "base/str.h"

#include <criterion/criterion.h>

/* What the main document says beside others, and what only a whole config tells. */

#define WORKER "machine: {type: worker, ca: {crt: bm9uZQ==}, install: {disk: /dev/sda}"
#define REACHED "cluster: {controlPlane: {endpoint: 'https://10.0.0.1:6443'}"
#define KEYS "keys: [{slot: 0, nodeID: {}}]"

/* `of`: the inside of machine, `cluster`: of cluster. */
struct rival_row {
	const char *of, *cluster;
	const char *documents;
	const char *path; /* NULL: nothing is found */
};

/* clang-format off */
static const struct rival_row rivals[] = {
	{ "network: {hostname: a}", "", SINGLE("HostnameConfig") "auto: stable\n",
	  "machine.network.hostname" },
	{ "features: {stableHostname: true}", "", SINGLE("HostnameConfig") "auto: stable\n",
	  "machine.features.stableHostname" },
	{ "features: {stableHostname: false}", "", SINGLE("HostnameConfig") "auto: stable\n" },
	{ "network: {nameservers: [x]}", "", SINGLE("ResolverConfig") },
	{ "network: {nameservers: [10.0.0.1]}", "", SINGLE("ResolverConfig"),
	  "machine.network.nameservers" },
	{ "network: {searchDomains: []}", "", SINGLE("ResolverConfig"),
	  "machine.network.searchDomains" },
	{ "network: {disableSearchDomain: true}", "", SINGLE("ResolverConfig"),
	  "machine.network.disableSearchDomain" },
	{ "time: {}", "", SINGLE("TimeSyncConfig") },
	{ "time: {bootTimeout: 0s, servers: []}", "", SINGLE("TimeSyncConfig") },
	{ "time: {bootTimeout: 5s}", "", SINGLE("TimeSyncConfig"), "machine.time.bootTimeout" },
	{ "time: {servers: [a]}", "", SINGLE("TimeSyncConfig"), "machine.time.servers" },
	{ "time: {disabled: true, servers: [a]}", "", SINGLE("TimeSyncConfig"),
	  "machine.time.disabled" },
	{ "network: {kubespan: {}}", "", SINGLE("KubeSpanConfig"), "machine.network.kubespan" },
	{ "systemDiskEncryption: {state: {provider: luks2, " KEYS "}}", "",
	  KIND("VolumeConfig", "EPHEMERAL") "encryption: {provider: luks2, " KEYS "}\n" },
	{ "systemDiskEncryption: {state: {provider: luks2, " KEYS "}}", "",
	  KIND("VolumeConfig", "STATE") "encryption: {provider: luks2, " KEYS "}\n",
	  "machine.systemDiskEncryption.state" },
	{ "systemDiskEncryption: {state: {provider: luks2, " KEYS "}}", "",
	  KIND("VolumeConfig", "STATE") },
};
/* clang-format on */

/* clang-format off */
static const struct rival_row newer_rivals[] = {
	{ "features: {hostDNS: {enabled: true}}", "", SINGLE("ResolverConfig") },
	{ "features: {hostDNS: {}}", "", SINGLE("ResolverConfig") "hostDNS: {enabled: true}\n",
	  "machine.features.hostDNS" },
	{ "", ", id: a, secret: b", SINGLE("DiscoveryIdentityConfig") "clusterID: a\n"
	  "clusterSecret: QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=\n",
	  "cluster.id" },
	{ "", ", id: a, secret: b, discovery: {}",
	  KIND("DiscoveryServiceConfig", "d") "endpoint: https://a\n", "cluster.discovery" },
	{ "baseRuntimeSpecOverrides: {}", "", SINGLE("CRIBaseRuntimeSpecConfig") },
	{ "features: {imageCache: {}}", "", SINGLE("ImageCacheConfig") "local: {}\n",
	  "machine.features.imageCache" },
	{ "", ", ca: {crt: bm9uZQ==}", SINGLE("KubeAPIServerCAConfig"), "cluster.ca" },
	{ "", ", clusterName: a", SINGLE("KubeClusterConfig") "clusterName: a\n"
	  "endpoint: https://a\n",
	  "cluster.clusterName" },
	{ "", "", SINGLE("KubeClusterConfig") "clusterName: a\nendpoint: https://a\n",
	  "cluster.controlPlane.endpoint" },
	{ "kubelet: {}", "", SINGLE("KubeletConfig") "image: k\nconfig: {}\n", "machine.kubelet" },
	{ "kubelet: {}", "", SINGLE("KubeCredentialProviderConfig") "configuration: {}\n",
	  "machine.kubelet" },
	{ "", ", network: {}", SINGLE("KubeNetworkConfig") "podSubnets: [10.0.0.0/16]\n"
	  "serviceSubnets: [10.1.0.0/16]\n",
	  "cluster.network" },
	{ "features: {kubePrism: {}}", "", SINGLE("KubePrismConfig") "port: 5\n",
	  "machine.features.kubePrism" },
	{ "kubelet: {image: k}", "", SINGLE("KubeNodeConfig") },
	{ "kubelet: {nodeIP: {}}", "", SINGLE("KubeNodeConfig"), "machine.kubelet.nodeIP" },
	{ "kubelet: {skipNodeRegistration: false}", "", SINGLE("KubeNodeConfig"),
	  "machine.kubelet.skipNodeRegistration" },
	{ "kubelet: {registerWithFQDN: false}", "", SINGLE("KubeNodeConfig"),
	  "machine.kubelet.registerWithFQDN" },
	{ "nodeLabels: {}", "", SINGLE("KubeNodeConfig"), "machine.nodeLabels" },
	{ "nodeAnnotations: {a: b}", "", SINGLE("KubeNodeConfig"), "machine.nodeAnnotations" },
	{ "nodeTaints: {}", "", SINGLE("KubeNodeConfig"), "machine.nodeTaints" },
	{ "", ", allowSchedulingOnControlPlanes: false", SINGLE("KubeNodeConfig"),
	  "cluster.allowSchedulingOnControlPlanes" },
	{ "", "", SINGLE("UnattendedInstallConfig") "installer: {image: i}\n"
	  "provisioning: {diskSelector: {match: "
	  "disk.readonly}}\n",
	  "machine.install" },
	{ "sysctls: {a: b}", "", SINGLE("SysctlConfig") "params: {a: c}\n" },
};
/* clang-format on */

/* Documents that only control plane machines have. */
/* clang-format off */
static const struct rival_row control_rivals[] = {
	{ "", ", apiServer: {}", SINGLE("KubeAPIServerConfig") "image: i\n", "cluster.apiServer" },
	{ "", "", SINGLE("KubeAPIServerConfig") "image: i\n" },
	{ "", ", apiServer: {admissionControl: [{name: a, configuration: {}}]}",
	  KIND("KubeAdmissionControlConfig", "a") "configuration: {}\n",
	  "cluster.apiServer.admissionControl" },
	{ "", ", apiServer: {admissionControl: []}",
	  KIND("KubeAdmissionControlConfig", "a") "configuration: {}\n" },
	{ "", ", apiServer: {admissionControl: [{name: a, configuration: {}}]}",
	  KIND("KubeAuthorizerConfig", "a") "type: Node\n",
	  "cluster.apiServer.admissionControl" },
	{ "", ", apiServer: {auditPolicy: {a: b}}",
	  SINGLE("KubeAuditPolicyConfig") "configuration: {}\n", "cluster.apiServer.auditPolicy" },
	{ "", ", aggregatorCA: {}", SINGLE("KubeCoreDNSConfig") },
	{ "", ", coreDNS: {}", SINGLE("KubeCoreDNSConfig"), "cluster.coreDNS" },
	{ "", ", controllerManager: {}", SINGLE("KubeControllerManagerConfig") "image: i\n",
	  "cluster.controllerManager" },
	{ "controlPlane: {scheduler: {}}", "",
	  SINGLE("KubeControllerManagerConfig") "image: i\n" },
	{ "controlPlane: {controllerManager: {}}", "",
	  SINGLE("KubeControllerManagerConfig") "image: i\n",
	  "machine.controlPlane.controllerManager" },
	{ "", ", scheduler: {}", SINGLE("KubeSchedulerConfig") "image: i\n", "cluster.scheduler" },
	{ "controlPlane: {scheduler: {}}", "", SINGLE("KubeSchedulerConfig") "image: i\n",
	  "machine.controlPlane.scheduler" },
	{ "", ", proxy: {}", SINGLE("KubeProxyConfig") "image: i\n", "cluster.proxy" },
	{ "", ", network: {}", SINGLE("KubeFlannelCNIConfig") "backendType: a\n",
	  "cluster.network" },
	{ "", "", SINGLE("KubeEtcdEncryptionConfig") "config: {a: b}\n",
	  "cluster.secretboxEncryptionSecret" },
	{ "features: {kubernetesTalosAPIAccess: {}}", "", SINGLE("KubeTalosAPIAccessConfig"),
	  "machine.features.kubernetesTalosAPIAccess" },
};
/* clang-format on */

static void check_rivals(const struct rival_row *rows, size_t count, enum release release,
			 const char *machine, const char *cluster)
{
	for (size_t i = 0; i < count; i++) {
		struct str text SCOPED(str_done) = STR_INIT(8192);

		str_addf(&text, "%s%s%s}\n%s%s}\n" AND "%s", machine, *rows[i].of ? ", " : "",
			 rows[i].of, cluster, rows[i].cluster, rows[i].documents);
		struct validated row = { str_text(&text), rows[i].path ? "said-twice" : "",
					 rows[i].path };
		validated_check(&row, 1, release);
	}
}

Test(validate_together, nothing_is_said_twice)
{
	check_rivals(rivals, ARRAY_LEN(rivals), RELEASE_1_13, WORKER, REACHED);
	check_rivals(rivals, ARRAY_LEN(rivals), RELEASE_1_14, WORKER, REACHED);
	check_rivals(newer_rivals, ARRAY_LEN(newer_rivals), RELEASE_1_14, WORKER, REACHED);
	check_rivals(control_rivals, ARRAY_LEN(control_rivals), RELEASE_1_14,
		     "machine: {type: controlplane, ca: {crt: bm9uZQ==, key: bm9uZQ==}",
		     "cluster: {secretboxEncryptionSecret: x");
}

#define PINNED                 \
	"image: nginx@sha256:" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
#define CONTAINER(name, others)       \
	KIND("ContainerConfig", name) \
	PINNED "dependsOn: {containers: [" others "]}\n"

/* clang-format off */
static const struct validated wholes[] = {
	{ SINGLE("ZswapConfig"), "host-dns-needed", "ZswapConfig", 1, VALIDATE_CONTAINER },
	{ SINGLE("ResolverConfig") "hostDNS: {enabled: true}\n", "host-dns-needed",
	  "ResolverConfig.hostDNS.forwardKubeDNSToHost", 3, VALIDATE_CONTAINER },
	{ SINGLE("ResolverConfig") "hostDNS: {enabled: true, forwardKubeDNSToHost: true}\n", "",
	  NULL, 0, VALIDATE_CONTAINER },
	{ WORKER ", features: {hostDNS: {}}}\n" REACHED "}\n", "host-dns-needed host-dns-needed",
	  "machine.features.hostDNS.enabled", 1, VALIDATE_CONTAINER },

	{ SINGLE("ResolverConfig") "nameservers:\n- {address: 10.0.0.1}\n"
	  "- {address: 10.0.0.2, protocol: DoH, tlsServerName: x}\n",
	  "host-dns-needed",
	  "ResolverConfig.nameservers[1].protocol", 5 },
	{ SINGLE("ResolverConfig") "hostDNS: {enabled: true}\nnameservers:\n- {address: 10.0.0.1}\n"
	  "- {address: 10.0.0.2, protocol: DoH, tlsServerName: x}\n",
	  "" },

	{ SINGLE("KubeSpanConfig") "enabled: true\n", "kubespan-discovery",
	  "KubeSpanConfig.enabled", 3 },
	{ WORKER ", network: {kubespan: {enabled: true}}}\n" REACHED "}\n", "kubespan-discovery",
	  "machine.network.kubespan.enabled", 1 },
	{ WORKER "}\n" REACHED ", id: a, discovery: {enabled: true}}\n" AND SINGLE("KubeSpanConfig"
	  ) "enabled: true\n", "discovery-cluster-secret discovery-identity" },

	{ CONTAINER("a", "b") AND CONTAINER("b", "c") AND CONTAINER("c", ""), "" },
	{ CONTAINER("a", "b, x") AND CONTAINER("b", "y"), "container-unknown container-unknown",
	  "ContainerConfig[a].dependsOn.containers[1]", 5 },
	{ CONTAINER("a", "b") AND CONTAINER("b", "c") AND CONTAINER("c", "b"), "container-circle",
	  "ContainerConfig[b].dependsOn.containers", 11 },
	{ CONTAINER("a", "b, c") AND CONTAINER("b", "d") AND CONTAINER("c", "d")
	  AND CONTAINER("d", ""),
	  "" },

	{ WORKER "}\n" REACHED "}\n" AND SINGLE("KubeCoreDNSConfig") AND
	  SINGLE("KubeSchedulerConfig") "image: i\n",
	  "control-plane-only", "KubeCoreDNSConfig", 4 },
	{ SINGLE("KubeCoreDNSConfig"), "control-plane-only" },
	{ "machine: {type: controlplane, ca: {crt: bm9uZQ==, key: bm9uZQ==}}\n"
	  "cluster: {acceptedCAs: []}\n",
	  "etcd-encryption", "cluster", 2 },
	{ "machine: {type: controlplane, ca: {crt: bm9uZQ==, key: bm9uZQ==}}\n"
	  "cluster: {acceptedCAs: []}\n" AND SINGLE("KubeEtcdEncryptionConfig") "config: {a: b}\n",
	  "" },
};
/* clang-format on */

Test(validate_together, the_whole_fits)
{
	validated_check(wholes, ARRAY_LEN(wholes), RELEASE_1_14);
}
