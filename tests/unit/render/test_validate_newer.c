#include "unit/render/validated.h"

#include "base/own.h"
#include "base/str.h"
#include "crypto/x509.h"

#include <criterion/criterion.h>
#include <string.h>

/* What 1.14 adds: documents, and checks of those that were there before. */

#define DISK "provisioning: {diskSelector: {match: disk.rotational}, minSize: 1GB}\n"
#define VOLUME "provisioning: {volumeSelector: {match: volume.size > 5u}}\n"
#define SECRET "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY="
#define NO_PEER "VethConfig[veth0].peer.name"

/* clang-format off */
static const struct validated network[] = {
	{ KIND("BondConfig", "b") "links: [eth0]\nbondMode: active-backup\nprimary: eth0\n", "" },
	{ KIND("BondConfig", "b") "links: [eth0]\nbondMode: balance-tlb\nprimaryReselect: better\n",
	  "~bond-primary-reselect" },
	{ KIND("BondConfig", "b") "links: [eth0]\nbondMode: balance-rr\nprimary: eth1\n",
	  "bond-primary-link bond-primary-mode", "BondConfig[b].primary", 6 },
	{ KIND("BondConfig", "b") "links: [eth0]\nbondMode: balance-alb\nprimary: ''\n",
	  "bond-primary-empty" },

	{ KIND("VethConfig", "veth0") "peer: {name: veth1}\n", "" },
	{ KIND("VethConfig", "veth0") "peer: {}\n", "veth-name", NO_PEER },
	{ KIND("VethConfig", "veth0") "peer: {name: veth1, routes: [{gateway: '::'}]}\n",
	  "route-gateway" },
	{ KIND("VethConfig", "veth0") "peer: {name: veth0}\n", "documents-clash", "", 4 },
	{ KIND("VethConfig", "'.'") "peer: {name: a/b}\n", "veth-name veth-name" },
	{ KIND("VethConfig", "sixteen-letters-") "peer: {name: 'a b'}\n", "veth-name veth-name" },
	{ KIND("VethConfig", "veth0") "peer: {name: \"a\\u00a0b\"}\n", "veth-name" },
	{ KIND("VethConfig", "veth0") "peer: {name: größe}\n", "" },

	{ KIND("VethConfig", "veth0") "peer: {name: veth1}\n" AND KIND("LinkConfig", "veth1"),
	  "documents-clash", "", 6 },
	{ KIND("LinkConfig", "veth1") AND KIND("VethConfig", "veth0") "peer: {name: veth1}\n",
	  "documents-clash", "", 5 },
	{ KIND("VethConfig", "veth0") "peer: {name: veth2}\n" AND
	  KIND("VethConfig", "veth1") "peer: {name: veth2}\n", "documents-clash" },
	{ KIND("VethConfig", "veth0") "peer: {name: eth0}\n" AND KIND("EthernetConfig", "eth0"),
	  "" },

	{ KIND("HTTPProbeConfig", "p") "url: https://a/b\n", "" },
	{ KIND("HTTPProbeConfig", "''") "interval: -1s\n",
	  "name-missing probe-url probe-negative" },
	{ KIND("HTTPProbeConfig", "p") "url: ftp://a\n", "probe-url" },
	{ KIND("HTTPProbeConfig", "p") "url: http:///a\n", "probe-url", "HTTPProbeConfig[p].url",
	  4 },

	{ SINGLE("ResolverConfig") "hostDNS: {enabled: true, resolveMemberNames: true}\n", "" },
	{ SINGLE("ResolverConfig") "hostDNS: {forwardKubeDNSToHost: true, resolveMemberNames: "
	  "true}\n",
	  "host-dns-off host-dns-off", "ResolverConfig.hostDNS.forwardKubeDNSToHost", 3 },
	{ SINGLE("ResolverConfig") "nameservers: [{}, {address: 10.0.0.1, tlsServerName: x}]\n",
	  "dns-address dns-server-name" },
	{ SINGLE("ResolverConfig") "hostDNS: {enabled: true}\n"
	  "nameservers: [{address: 10.0.0.1, protocol: DoT}]\n",
	  "dns-server-name ~dns-all-encrypted" },

	{ SINGLE("TimeSyncConfig") "ntp: {servers: [a, 10.0.0.1, '::1'], useNTS: true}\n",
	  "time-nts-address time-nts-address", "TimeSyncConfig.ntp.servers[1]", 3 },

	{ KIND("BGPInstanceConfig", "main") "localASN: 1\nrouterID: 10.0.0.1\n"
	  "neighbors: [{address: 10.0.0.1, bfd: {}}, {link: "
	  "eth0}]\n"
	  "importRoutes: [{bgpInstance: a, prefixes: "
	  "[10.0.0.0/8, '2001:db8::/32']}]\n",
	  "" },
	{ KIND("BGPInstanceConfig", "''") "routerID: '::1'\n",
	  "name-missing bgp-asn bgp-router-id ~bgp-no-neighbors" },
	{ KIND("BGPInstanceConfig", "main") "localASN: 1\nvrf: v\nneighbors:\n"
	  "- {holdTime: -1s}\n- {address: 10.0.0.1, link: eth0}\n"
	  "- {link: eth0, bfd: {transmitInterval: -1s, "
	  "receiveInterval: -1s}}\n- {link: eth0}\n",
	  "bgp-neighbor bgp-negative bgp-neighbor bgp-bfd-vrf bgp-negative bgp-negative "
	  "bgp-neighbor-twice",
	  "BGPInstanceConfig[main].neighbors[0]", 7 },
	{ KIND("BGPInstanceConfig", "main") "localASN: 1\nneighbors: [{link: "
	  "eth0}]\nimportRoutes:\n"
	  "- {}\n- {bgpInstance: main, prefixes: [10.0.0.1/8, "
	  "10.1.0.0/16]}\n"
	  "- {bgpInstance: a, prefixes: [10.1.1.0/24, '']}\n- "
	  "{bgpInstance: a, prefixes: ['::/0']}\n",
	  "bgp-import-source bgp-import-prefix bgp-import-source bgp-import-prefix "
	  "bgp-import-overlap bgp-import-overlap bgp-import-prefix bgp-import-twice",
	  "BGPInstanceConfig[main].importRoutes[0].bgpInstance", 7 },
};
/* clang-format on */

/* clang-format off */
static const struct validated storage[] = {
	{ KIND("VolumeConfig", "ETCD") DISK "mount: {secure: true}\n", "" },
	{ KIND("VolumeConfig", "ETCD") "mount: {secure: true}\n", "volume-mount",
	  "VolumeConfig[ETCD].mount", 4 },
	{ KIND("VolumeConfig", "STATE") "mount: {secure: true}\n", "volume-fixed" },
	{ KIND("VolumeConfig", "IMAGECACHE") "mount: {secure: true}\nfilesystem: {xfs: "
	  "{minAllocationGroupSize: 1GB}}\n",
	  "volume-fixed volume-fixed" },
	{ KIND("VolumeConfig", "EPHEMERAL") "mount: {secure: true}\ntrim: {interval: -1s}\n"
	  "scrub: {interval: 9s}\n",
	  "trim-interval scrub-interval", "VolumeConfig[EPHEMERAL].trim.interval", 5 },
	{ KIND("VolumeConfig", "VAR"), "volume-name" },
	{ KIND("UserVolumeConfig", "d") DISK "filesystem: {type: btrfs, xfs: {}}\n",
	  "filesystem-xfs" },
	{ KIND("UserVolumeConfig", "d") DISK "filesystem: {type: btrfs}\n", "" },
	{ KIND("UserVolumeConfig", "d") "volumeType: directory\nmount: {secure: true}\n", "" },
	{ KIND("UserVolumeConfig", "d") "volumeType: directory\nmount: {disableAccessTime: "
	  "true}\nscrub: {interval: -10s}\n",
	  "volume-directory scrub-interval" },
	{ KIND("ExistingVolumeConfig", "e") "discovery: {volumeSelector: {match: 'true'}}\ntrim: "
	  "{interval: -1s}\n",
	  "trim-interval" },
	{ SINGLE("FilesystemTrimConfig") "interval: 5h\n", "" },
	{ SINGLE("FilesystemTrimConfig") "interval: -5h\n", "trim-interval" },
	{ SINGLE("FilesystemScrubConfig") "interval: 0s\n", "" },
	{ SINGLE("FilesystemScrubConfig") "interval: 1s\n", "scrub-interval" },

	{ KIND("RAIDArrayConfig", "md_0") "level: raid1\n" VOLUME, "" },
	{ KIND("RAIDArrayConfig", "a.b") "level: raid1\n", "name-letters selector-missing" },
	{ KIND("LVMVolumeGroupConfig", "vg_0") VOLUME, "" },
	{ KIND("LVMVolumeGroupConfig", "vg") "provisioning: {volumeSelector: {match: x}}\n",
	  "selector", "LVMVolumeGroupConfig[vg].provisioning.volumeSelector.match", 4 },
	{ KIND("LVMLogicalVolumeConfig", "lv") "type: raid10\nmirrors: 1\nstripes: 2\n"
	  "provisioning: {volumeGroup: vg, minSize: 5GB, "
	  "maxSize: 50%}\n",
	  "" },
	{ KIND("LVMLogicalVolumeConfig", "lv") "type: linear\nmirrors: 1\nstripes: 2\n",
	  "lvm-type lvm-type lvm-group lvm-size" },
	{ KIND("LVMLogicalVolumeConfig", "lv") "type: raid10\nmirrors: 0\nstripes: 1\n"
	  "provisioning: {volumeGroup: vg, minSize: 2GB, "
	  "maxSize: 1GB}\n",
	  "lvm-type lvm-type lvm-sizes", "LVMLogicalVolumeConfig[lv].mirrors", 5 },
	{ KIND("LVMLogicalVolumeConfig", "lv") "type: linear\n"
	  "provisioning: {volumeGroup: vg, maxSize: -1GB}\n",
	  "lvm-size" },
};
/* clang-format on */

/* clang-format off */
static const struct validated runtime[] = {
	{ SINGLE("UnattendedInstallConfig") "installer: {image: i}\n"
	  "provisioning: {diskSelector: {match: "
	  "disk.readonly}}\n",
	  "" },
	{ SINGLE("UnattendedInstallConfig"), "~install-image selector-missing" },
	{ KIND("DiscoveryServiceConfig", "''"),
	  "name-missing discovery-identity discovery-identity" },
	{ KIND("DiscoveryServiceConfig", "d") AND SINGLE("DiscoveryIdentityConfig"
	  ) "clusterID: a\nclusterSecret: " SECRET "\n", "discovery-endpoint" },
	{ KIND("DiscoveryServiceConfig", "d") "endpoint: grpc://a\n" AND
	  SINGLE("DiscoveryIdentityConfig") "clusterID: a\nclusterSecret: " SECRET "\n",
	  "" },
	{ KIND("DiscoveryServiceConfig", "d") "endpoint: tcp://a\n" AND
	  SINGLE("DiscoveryIdentityConfig") "clusterID: a\nclusterSecret: c2hvcnQ=\n",
	  "discovery-endpoint discovery-identity" },
	{ KIND("DiscoveryServiceConfig", "d") "endpoint: https:///a\n" AND
	  SINGLE("DiscoveryIdentityConfig") "clusterID: a\nclusterSecret: '?'\n",
	  "discovery-endpoint discovery-identity" },
	{ SINGLE("DiscoveryIdentityConfig") "clusterSecret: a\n", "discovery-identity" },
	{ SINGLE("DiscoveryIdentityConfig") "clusterID: a\n", "discovery-identity",
	  "DiscoveryIdentityConfig.clusterSecret", 1 },
	{ SINGLE("SysctlConfig") "params: {a: b, '': c}\n", "param-name" },
	{ SINGLE("SysfsConfig") "params: {a: b}\n", "" },
	{ KIND("KernelModuleConfig", "''"), "name-missing" },
	{ KIND("KernelModuleConfig", "br"), "" },
	{ SINGLE("UdevRulesConfig") "rules: [a]\n", "" },
	{ SINGLE("SecurityProfileConfig") "workloadIsolation: true\n", "" },
	{ KIND("EtcFileConfig", "a/../b") "mode: 0644\ncontents: x\n", "" },
	{ KIND("EtcFileConfig", "''"), "name-missing" },
	{ KIND("EtcFileConfig", "a/../../b"), "etc-file" },
	{ KIND("EtcFileConfig", ".a"), "etc-file" },
	{ KIND("EtcFileConfig", "/a"), "etc-file" },
	{ KIND("EtcFileConfig", "hosts"), "etc-file", "EtcFileConfig[hosts].name", 3 },
	{ KIND("EtcFileConfig", "cni"), "etc-file" },
	{ KIND("EtcFileConfig", "cri/a"), "etc-file" },
	{ KIND("EtcFileConfig", "crit/a"), "" },
	{ KIND("CRICustomizationConfig", "a.b/c"), "" },
	{ KIND("CRICustomizationConfig", "A.b/c"), "name-letters" },
	{ KIND("CRICustomizationConfig", "customization"), "cri-name" },
	{ SINGLE("CRIBaseRuntimeSpecConfig") "overrides: {process: {rlimits: [{soft: 5}]}, x: 1}\n",
	  "" },
	{ SINGLE("CRIBaseRuntimeSpecConfig") "overrides: {Process: {user: {uid: -1}}}\n",
	  "runtime-spec", "CRIBaseRuntimeSpecConfig.overrides.Process.user.uid", 3 },
	{ SINGLE("CRIBaseRuntimeSpecConfig") "overrides: {mounts: {}}\n", "runtime-spec" },
	{ SINGLE("CRIBaseRuntimeSpecConfig") "overrides: {annotations: {a: 1}}\n",
	  "runtime-spec" },
	{ SINGLE("CRIBaseRuntimeSpecConfig") "overrides: {process: {terminal: 'true'}}\n",
	  "runtime-spec" },
	{ SINGLE("CRIBaseRuntimeSpecConfig") "overrides: {process: {oomScoreAdj: '1'}}\n",
	  "runtime-spec" },
	{ SINGLE("CRIBaseRuntimeSpecConfig") "overrides: {x: {y: .inf}}\n", "runtime-spec" },
	{ SINGLE("ImageCacheConfig") "local: {enabled: true}\n", "" },
};
/* clang-format on */

#define ONE KIND("ContainerConfig", "one")
#define PINNED "image: a.b/nginx@sha256:" \
	       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"

/* clang-format off */
static const struct validated containers[] = {
	{ ONE PINNED "environment: [a=b]\nmounts: [{tmpfs: {destination: /a}}]\n"
	  "security: {profile: privileged, capabilities: {add: [NET_ADMIN], drop: "
	  "[ALL]}}\n"
	  "network: {mode: host}\nresources: {limits: {cpu: 1500m, memory: 1GiB}}\n"
	  "dependsOn: {paths: [/a], networks: [addresses]}\nrunAs: {uid: 0}\n",
	  "" },
	{ ONE "image: nginx\n", "~container-image-digest" },
	{ ONE "image: localhost:5000/a/b:tag\n", "~container-image-digest" },
	{ ONE, "container-image" },
	{ ONE "image: i\n", "container-image", "ContainerConfig[one].image", 4 },
	{ ONE "image: Nginx\n", "container-image" },
	{ ONE "image: 'nginx:'\n", "container-image" },
	{ ONE "image: nginx@sha256:abc\n", "container-image" },
	{ ONE "image: a:b:c/nginx\n", "container-image" },
	{ KIND("ContainerConfig", "''") PINNED, "name-missing" },
	{ KIND("ContainerConfig", "One") PINNED, "container-name" },
	{ ONE PINNED "environment: [a]\nrunAs: {uid: -1, gid: -1}\n",
	  "container-environment container-user container-user" },
	{ ONE PINNED "mounts:\n- {}\n- {userVolume: {destination: a}}\n"
	  "- {hostPath: {options: [ro, rw, x]}}\n- {tmpfs: {destination: /a}}\n"
	  "- {tmpfs: {destination: /a}}\n",
	  "container-mount container-mount container-path container-path container-path "
	  "container-mount-option container-mount-option container-mount-twice",
	  "ContainerConfig[one].mounts[0]", 6 },
	{ ONE PINNED "security: {profile: x, capabilities: {add: [ALL, CAP_X, '', net], drop: "
	  "[n1]}}\n"
	  "network: {mode: x}\n",
	  "container-word container-capability container-capability container-capability "
	  "container-capability container-capability container-word" },
	{ ONE PINNED "security: {capabilities: {add: [A], drop: [A, A]}}\n",
	  "container-capability" },
	{ ONE PINNED "resources: {limits: {cpu: '1', memory: x}}\n",
	  "container-limit container-limit" },
	{ ONE PINNED "resources: {limits: {cpu: 0m}}\n", "container-limit" },
	{ ONE PINNED "dependsOn: {paths: [a, ''], networks: [x], containers: ['', one]}\n",
	  "container-path container-path container-depends container-depends container-depends "
	  "container-unknown container-circle" },
};
/* clang-format on */

/* clang-format off */
static const struct validated kube[] = {
	{ SINGLE("KubeClusterConfig") "clusterName: a\nendpoint: https://a:6443\n", "" },
	{ SINGLE("KubeClusterConfig"), "cluster-name cluster-endpoint" },
	{ SINGLE("KubeClusterConfig") "clusterName: a\nendpoint: https://a:65536\n",
	  "cluster-endpoint", "KubeClusterConfig.endpoint", 4 },
	{ SINGLE("KubeNodeConfig") "nodeIP: {validSubnets: ['!10.0.0.1']}\nlabels: {a.b/c: d}\n",
	  "" },
	{ SINGLE("KubeNodeConfig") "nodeIP: {validSubnets: [x]}\nlabels: {-a: b-}\n"
	  "annotations: {talos.dev/owned-labels: x}\ntaints: {a: "
	  "'b:Never'}\n",
	  "node-subnet node-key node-value annotation-reserved taint-effect" },
	{ SINGLE("KubeletConfig") "image: k\nconfig: {a: b}\n", "" },
	{ SINGLE("KubeletConfig") "config: {port: 1, kind: x}\n",
	  "component-image kubelet-field kubelet-field" },
	{ SINGLE("KubeCredentialProviderConfig") "configuration: {}\n", "" },
	{ SINGLE("KubePrismConfig") "port: 7445\n", "" },
	{ SINGLE("KubePrismConfig") "port: 65536\n", "kubeprism-port", "KubePrismConfig.port", 3 },
	{ SINGLE("KubePrismConfig"), "kubeprism-port" },

	{ SINGLE("KubeNetworkConfig") "dnsDomain: a\npodSubnets: [10.244.0.0/16, 'fd00::/56']\n"
	  "serviceSubnets: [10.96.0.0/12, 'fd01::/108']\n",
	  "" },
	{ SINGLE("KubeNetworkConfig"), "subnet-count subnet-count" },
	{ SINGLE("KubeNetworkConfig") "nodeCIDRMaskSizeIPv4: 33\nnodeCIDRMaskSizeIPv6: -1\n"
	  "podSubnets: [10.0.0.1/8]\nserviceSubnets: [10.96.0.0/11]\n",
	  "subnet-mask subnet-mask subnet subnet", "KubeNetworkConfig.nodeCIDRMaskSizeIPv4", 3 },
	{ SINGLE("KubeNetworkConfig") "podSubnets: [10.244.0.0/25]\nserviceSubnets: "
	  "[10.0.0.0/29]\n",
	  "subnet subnet" },
	{ SINGLE("KubeNetworkConfig") "podSubnets: [10.0.0.0/7]\nserviceSubnets: ['']\n",
	  "subnet subnet" },
	{ SINGLE("KubeNetworkConfig") "podSubnets: [10.0.0.0/16, 10.1.0.0/16]\n"
	  "serviceSubnets: ['fd00::/112', 'fd01::/112', 10.0.0.0/16]\n",
	  "subnet-count subnet-count subnet-count" },
	{ SINGLE("KubeNetworkConfig") "podSubnets: ['fd00::/47']\nserviceSubnets: [10.0.0.0/16]\n",
	  "subnet" },

	{ KIND("KubeStaticPodConfig", "p") "pod: {a: b}\n", "" },
	{ KIND("KubeStaticPodConfig", "P"), "name-letters static-pod" },
	{ KIND("KubeInlineManifestConfig", "p") "manifest: x\n", "" },
	{ KIND("KubeInlineManifestConfig", "''"), "name-missing" },
	{ KIND("KubeExternalManifestConfig", "p") "url: https://a\n", "" },
	{ KIND("KubeExternalManifestConfig", "-p"), "name-letters manifest-url" },
	{ KIND("KubeExternalManifestConfig", "p") "url: ftp://a\n", "manifest-url" },
	{ SINGLE("KubeAPIServerCAConfig") "issuingCA: {cert: x}\nacceptedCAs: [y]\n",
	  "pair-missing accepted-ca", "KubeAPIServerCAConfig.issuingCA.key" },
	{ SINGLE("KubeAPIServerCAConfig") "issuingCA: {cert: x, key: y}\n", "pair-certificate" },
	{ SINGLE("KubeAPIServerCAConfig") "issuingCA:\n  cert: |\n    -----BEGIN CERTIFICATE-----\n"
	  "    AAAA\n    -----END CERTIFICATE-----\n  key: y\n",
	  "pair-key", "KubeAPIServerCAConfig.issuingCA.key", 8 },
};
/* clang-format on */

#define MAIN                                                                           \
	"machine: {type: controlplane, ca: {crt: bm9uZQ==, key: bm9uZQ==}}\ncluster: " \
	"{ca: {crt: bm9uZQ==, key: bm9uZQ==}, secretboxEncryptionSecret: x}\n" AND

#define PORT(number)                                                                   \
	"machine: {type: controlplane, ca: {crt: bm9uZQ==, key: bm9uZQ==}}\n"          \
	"cluster: {ca: {crt: bm9uZQ==, key: bm9uZQ==}, secretboxEncryptionSecret: x, " \
	"controlPlane: {endpoint: 'https://a:1', localAPIServerPort: " number "}}\n" AND

/* clang-format off */
static const struct validated control[] = {
	{ MAIN SINGLE("KubeAggregatorCAConfig") "acceptedCAs: [x]\n", "aggregator-ca accepted-ca" },
	{ MAIN SINGLE("KubeServiceAccountConfig"), "service-account-key service-account-url" },
	{ MAIN SINGLE("KubeServiceAccountConfig") "issuer: {privateKey: x, issuerURL: https://a}\n",
	  "service-account-key", "KubeServiceAccountConfig.issuer.privateKey", 6 },
	{ MAIN KIND("KubeAdmissionControlConfig", "''"), "name-missing" },
	{ MAIN KIND("KubeAdmissionControlConfig", "a") "configuration: {}\n", "" },
	{ MAIN SINGLE("KubeAuditPolicyConfig") "configuration: {}\n", "" },
	{ MAIN SINGLE("KubeAuthenticationConfig") "configuration: {}\n", "" },
	{ MAIN KIND("KubeAuthorizerConfig", "n") "type: RBAC\n", "" },
	{ MAIN KIND("KubeAuthorizerConfig", "''"),
	  "name-missing authorizer-type authorizer-type" },
	{ MAIN KIND("KubeAuthorizerConfig", "n") "type: Webhook\n", "authorizer-webhook" },
	{ MAIN KIND("KubeAuthorizerConfig", "n") "type: Node\nwebhook: {a: b}\n",
	  "~authorizer-webhook" },
	{ "machine: {type: init, ca: {crt: bm9uZQ==, key: bm9uZQ==}}\ncluster: {}\n" AND SINGLE(
	  "KubeEtcdEncryptionConfig") "config: {}\n",
	  "etcd-encryption" },
	{ MAIN SINGLE("KubeAPIServerConfig") "image: i\nextraArgs: {a: b}\n", "" },
	{ PORT("0") SINGLE("KubeAPIServerConfig") "image: i\n", "" },
	{ PORT("-1") SINGLE("KubeAPIServerConfig") "image: i\n", "said-twice",
	  "cluster.controlPlane.localAPIServerPort", 2 },
	{ MAIN SINGLE("KubeAPIServerConfig") "extraArgs: {oidc-x: b, authorization-mode: c}\n"
	  "resources: {requests: {cpu: 1}, limits: {gpu: 1, x: "
	  "2}}\n",
	  "component-image component-argument component-argument component-resource" },
	{ MAIN SINGLE("KubeControllerManagerConfig") "resources: {limits: {x: 1}}\n",
	  "component-image component-resource" },
	{ MAIN SINGLE("KubeControllerManagerConfig") "enabled: false\n", "" },
	{ MAIN SINGLE("KubeSchedulerConfig") "image: i\nconfig: {}\n", "" },
	{ MAIN SINGLE("KubeSchedulerConfig") "config: {}\n", "component-image" },
	{ MAIN SINGLE("KubeProxyConfig") "image: i\nmode: ipvs\nextraArgs: {a: b}\n",
	  "~proxy-mode ~proxy-arguments" },
	{ MAIN SINGLE("KubeProxyConfig") "mode: x\n", "component-image proxy-mode" },
	{ MAIN SINGLE("KubeProxyConfig") "enabled: false\nmode: x\n", "" },
	{ MAIN SINGLE("KubeFlannelCNIConfig") "backendType: vxlan\n", "" },
	{ MAIN SINGLE("KubeFlannelCNIConfig") "resources: {requests: {x: 1}}\n",
	  "flannel-backend component-resource" },
	{ MAIN SINGLE("KubeCoreDNSConfig") "enabled: true\n", "" },
	{ MAIN SINGLE("KubeTalosAPIAccessConfig") "allowedRoles: [os:admin, os:root]\n",
	  "talos-role", "KubeTalosAPIAccessConfig.allowedRoles[1]", 6 },
};
/* clang-format on */

Test(validate_newer, network)
{
	validated_check(network, ARRAY_LEN(network), RELEASE_1_14);
}

Test(validate_newer, storage)
{
	validated_check(storage, ARRAY_LEN(storage), RELEASE_1_14);
}

Test(validate_newer, runtime)
{
	validated_check(runtime, ARRAY_LEN(runtime), RELEASE_1_14);
}

Test(validate_newer, containers)
{
	validated_check(containers, ARRAY_LEN(containers), RELEASE_1_14);
}

Test(validate_newer, kube)
{
	validated_check(kube, ARRAY_LEN(kube), RELEASE_1_14);
	validated_check(control, ARRAY_LEN(control), RELEASE_1_14);
}

static void add_block(struct str *out, const char *field, const char *pem)
{
	str_addf(out, "%s: |\n", field);
	for (const char *line = pem; *line; line += strcspn(line, "\n") + 1)
		str_addf(out, "  %.*s\n", (int)strcspn(line, "\n"), line);
}

/* Talos 1.13 wants the key of a registry's client as PKCS#8, 1.14 any PEM. */
Test(validate_newer, pairs_are_read)
{
	static const struct {
		enum key_type type;
		const char *old_ids, *new_ids;
	} rows[] = {
		{ KEY_ED25519, "", "" },
		{ KEY_ECDSA_P256, "pair-key", "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct str text SCOPED(str_done) = STR_INIT(16384);
		struct x509_ca request = { "a", rows[i].type, 1000000000, 1000000000 };
		struct identity ca;

		cr_assert_eq(x509_make_ca(arena, &request, &ca, NULL), 0);
		str_add(&text, KIND("RegistryTLSConfig", "a"));
		add_block(&text, "ca", ca.cert);
		str_add(&text, "clientIdentity:\n");
		add_block(&text, " cert", ca.cert);
		add_block(&text, " key", ca.key);
		validated_check(&(struct validated){ str_text(&text), rows[i].old_ids }, 1,
				RELEASE_1_13);
		validated_check(&(struct validated){ str_text(&text), rows[i].new_ids }, 1,
				RELEASE_1_14);

		str_clear(&text);
		str_add(&text, SINGLE("KubeAPIServerCAConfig") "issuingCA:\n");
		add_block(&text, " cert", ca.cert);
		add_block(&text, " key", ca.key);
		validated_check(&(struct validated){ str_text(&text), "" }, 1, RELEASE_1_14);

		str_clear(&text);
		str_add(&text, SINGLE("KubeAPIServerCAConfig") "issuingCA:\n");
		add_block(&text, " cert", ca.cert);
		add_block(&text, " key", ca.cert);
		validated_check(&(struct validated){ str_text(&text), "pair-unreadable" }, 1,
				RELEASE_1_14);
	}
}
