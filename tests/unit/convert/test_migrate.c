#include "convert/migrate.h"

#include "base/own.h"
#include "base/text.h"
#include "unit/convert/migrate_site.h"

#include <criterion/criterion.h>
#include <string.h>

/* A fragment of a patch, and what must be in the patches it became. */
struct row_case {
	const char *name, *patch;
	const char *has[4];
	const char *lacks;
};

static void check_case(const struct row_case *row, const char *folder)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct migrate_site site;
	struct migration migration;
	struct err err = ERR_INIT;

	site_begin(&site, arena, NULL);
	site_file(&site, arena_printf(arena, "patches/%s/p.yaml", folder), row->patch);
	cr_assert_eq(site_migrate(&site, arena, NULL, &migration, &err), 0, "%s: %s (%s:%u)",
		     row->name, err.text, err.file, err.line);
	const char *all = site_patches(arena, &migration);
	for (size_t i = 0; i < ARRAY_LEN(row->has) && row->has[i]; i++)
		cr_assert(strstr(all, row->has[i]), "%s lacks %s:\n%s", row->name, row->has[i],
			  all);
	if (row->lacks)
		cr_assert_not(strstr(all, row->lacks), "%s has %s:\n%s", row->name, row->lacks,
			      all);
	cr_assert_str_eq(migration.talos, "v1.14.0");
	cr_assert_eq(migration.nodes, 2);
}

/* clang-format off */
#define CERTIFICATE \
	"LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJMakNCNGFBREFnRUNBaFFhZTJZdEx6alpNbG9WdWxY" \
	"eCtSV3RNcTEvaURBRkJnTXJaWEF3RERFS01BZ0cKQTFVRUNnd0JkREFnRncweU5qRXhNakV4TmpVek1EVmFH" \
	"QTh5TVRJMk1UQXlPREUyTlRNd05Wb3dEREVLTUFnRwpBMVVFQ2d3QmREQXFNQVVHQXl0bGNBTWhBQnZFTFor" \
	"T1Z4ZEVlSTJkd2JzRVM3aHR2cVdqS2k5akNRa1VwSlVCCmZoNlBvMU13VVRBZEJnTlZIUTRFRmdRVWJlaWpz" \
	"U0N5WFlJNFdESEpsOEZtM016VGVGQXdId1lEVlIwakJCZ3cKRm9BVWJlaWpzU0N5WFlJNFdESEpsOEZtM016" \
	"VGVGQXdEd1lEVlIwVEFRSC9CQVV3QXdFQi96QUZCZ01yWlhBRApRUUQyaUh1Yzg4NFc3L3NBdGYzZmlVYmFQ" \
	"N09JdzRxd25ISUxGZjlGbzdMSXNYYTBVckJwSG5mV3ZXS0IwTG5xCkgwN3RMWUlobEtMZlZQVWZ2aFBWMGww" \
	"QgotLS0tLUVORCBDRVJUSUZJQ0FURS0tLS0tCg=="

static const struct row_case machine_rows[] = {
	{ "kubelet",
	  "machine: {kubelet: {clusterDNS: [10.96.0.10], extraArgs: {a: b}, extraConfig: "
	  "{maxPods: 200}, defaultRuntimeSeccompProfileEnabled: false}}\n",
	  { "kind: KubeletConfig\nclusterDNS:\n  - 10.96.0.10\n", "extraArgs:\n  a: b\n",
	    "config:\n  maxPods: 200\n", "defaultRuntimeSeccompProfileEnabled: false\n" },
	  "machine:" },
	{ "kubelet image", "machine: {kubelet: {image: example.org/kubelet:v1.36.3}}\n",
	  { "kind: KubeletConfig\nimage: example.org/kubelet:v1.36.3\n" } },
	{ "credential provider",
	  "machine: {kubelet: {credentialProviderConfig: {providers: []}}}\n",
	  { "kind: KubeCredentialProviderConfig\nconfiguration:\n  providers: []\n" } },
	{ "mounts the kubelet has anyway",
	  "machine: {kubelet: {extraMounts: [{destination: /var/mnt/a, source: /var/mnt/a, "
	  "type: bind, options: [bind, rw]}]}}\n",
	  { NULL }, "extraMounts" },
	{ "node",
	  "machine:\n  kubelet: {registerWithFQDN: true, skipNodeRegistration: true, nodeIP: "
	  "{validSubnets: [10.0.0.0/24]}}\n  nodeLabels: {a.b/c: '1'}\n"
	  "  nodeAnnotations: {note: x}\n  nodeTaints: {d: 'g:NoSchedule'}\n",
	  { "kind: KubeNodeConfig\nnodeIP:\n  validSubnets:\n    - 10.0.0.0/24\n"
	    "skipNodeRegistration: true\nregisterWithFQDN: true\n",
	    "labels:\n  a.b/c: \"1\"\n", "annotations:\n  note: x\n",
	    "taints:\n  d: g:NoSchedule\n" },
	  "machine:" },
	{ "labels deleted: that of the control plane was never among them",
	  "machine: {nodeLabels: {$patch: delete}}\n",
	  { "labels:\n  $patch: delete\n", "node-role.kubernetes.io/control-plane: \"\"\n" } },
	{ "resolver",
	  "machine:\n  network: {nameservers: [9.9.9.9], searchDomains: [a.b], "
	  "disableSearchDomain: true}\n"
	  "  features: {hostDNS: {enabled: true, forwardKubeDNSToHost: false, "
	  "resolveMemberNames: true}}\n",
	  { "kind: ResolverConfig\nnameservers:\n  - address: 9.9.9.9\n",
	    "searchDomains:\n  domains:\n    - a.b\n  disableDefault: true\n",
	    "hostDNS:\n  enabled: true\n  forwardKubeDNSToHost: false\n" } },
	{ "an empty list of search domains says something",
	  "machine: {network: {searchDomains: []}}\n", { "searchDomains:\n  domains: []\n" } },
	{ "host entries",
	  "machine: {network: {extraHostEntries: [{ip: 192.0.2.1, aliases: [nas]}]}}\n",
	  { "kind: StaticHostConfig\nname: 192.0.2.1\nhostnames:\n  - nas\n" } },
	{ "kubespan", "machine: {network: {kubespan: {enabled: true, mtu: 1400}}}\n",
	  { "kind: KubeSpanConfig\nenabled: true\nmtu: 1400\n" } },
	{ "time", "machine: {time: {disabled: false, servers: [a.b], bootTimeout: 2m0s}}\n",
	  { "kind: TimeSyncConfig\nenabled: true\nntp:\n  servers:\n    - a.b\n"
	    "bootTimeout: 2m0s\n" } },
	{ "time off", "machine: {time: {disabled: true}}\n",
	  { "kind: TimeSyncConfig\nenabled: false\n" } },
	{ "sysctls and sysfs", "machine: {sysctls: {a.b: '1'}, sysfs: {c.d: e}}\n",
	  { "kind: SysctlConfig\nparams:\n  a.b: \"1\"\n",
	    "kind: SysfsConfig\nparams:\n  c.d: e\n" } },
	{ "kernel modules",
	  "machine: {kernel: {modules: [{name: nbd, parameters: [a=1]}, {name: br_netfilter}]}}\n",
	  { "kind: KernelModuleConfig\nname: nbd\nparameters:\n  - a=1\n",
	    "kind: KernelModuleConfig\nname: br_netfilter\n" } },
	{ "udev", "machine: {udev: {rules: [x]}}\n", { "kind: UdevRulesConfig\nrules:\n  - x\n" } },
	{ "files",
	  "machine:\n  files:\n"
	  "    - {path: /etc/cri/conf.d/20-customization.part, op: create, content: \"a = 1\\n\"}\n"
	  "    - {path: /etc/nfs.conf, op: create, permissions: 0o644, content: \"b\\n\"}\n",
	  { "kind: CRICustomizationConfig\nname: machine-files\ncontent: |\n  a = 1\n",
	    "kind: EtcFileConfig\nname: nfs.conf\nmode: 0o644\ncontents: |\n  b\n" },
	  "machine:" },
	{ "environment", "machine: {env: {http_proxy: 'http://p'}}\n",
	  { "kind: EnvironmentConfig\nvariables:\n  http_proxy: http://p\n" } },
	{ "image cache", "machine: {features: {imageCache: {localEnabled: true}}}\n",
	  { "kind: ImageCacheConfig\nlocal:\n  enabled: true\n" } },
	{ "runtime spec", "machine: {baseRuntimeSpecOverrides: {process: {a: 1}}}\n",
	  { "kind: CRIBaseRuntimeSpecConfig\noverrides:\n  process:\n    a: 1\n" } },
	{ "encryption",
	  "machine: {systemDiskEncryption: {state: {provider: luks2, keys: [{slot: 0, nodeID: "
	  "{}}]}, ephemeral: {provider: luks2, keys: [{slot: 0, tpm: {}}]}}}\n",
	  { "kind: VolumeConfig\nname: STATE\nencryption:\n  provider: luks2\n",
	    "name: EPHEMERAL\nencryption:\n" } },
	{ "mirrors",
	  "machine: {registries: {mirrors: {docker.io: {endpoints: ['https://a.lan', "
	  "'https://b.lan'], overridePath: true, skipFallback: true}}}}\n",
	  { "kind: RegistryMirrorConfig\nname: docker.io\nendpoints:\n"
	    "  - url: https://a.lan\n    overridePath: true\n"
	    "  - url: https://b.lan\n    overridePath: true\nskipFallback: true\n" },
	  "registries" },
	{ "registries, their CA in PEM",
	  "machine: {registries: {config: {r.lan: {auth: {username: u, password: p}, tls: {ca: "
	  CERTIFICATE ", insecureSkipVerify: false}}}}}\n",
	  { "kind: RegistryAuthConfig\nname: r.lan\nusername: u\npassword: p\n",
	    "kind: RegistryTLSConfig\nname: r.lan\nca: |\n  -----BEGIN CERTIFICATE-----\n",
	    "insecureSkipVerify: false\n" },
	  "registries" },
	{ "static pods",
	  "machine: {pods: [{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {}}]}\n",
	  { "kind: KubeStaticPodConfig\nname: a\npod:\n  apiVersion: v1\n" }, "pods:" },
	{ "what is deleted from what says nothing else",
	  "machine: {install: {wipe: {$patch: delete}}, sysctls: {a: '1'}}\n",
	  { "kind: SysctlConfig" }, "wipe: null" },
	{ "taints that the kubelet registers with stay its own",
	  "machine: {kubelet: {extraConfig: {registerWithTaints: [{key: a, effect: "
	  "NoSchedule}]}}}\n",
	  { "kind: KubeletConfig\nconfig:\n  registerWithTaints:\n    - key: a\n" },
	  "KubeNodeConfig" },
	{ "kubeprism off", "machine: {features: {kubePrism: {enabled: false}}}\n",
	  { "kind: KubePrismConfig\n$patch: delete\n" } },
	{ "kubeprism elsewhere", "machine: {features: {kubePrism: {enabled: true, port: 7000}}}\n",
	  { "kind: KubePrismConfig\nport: 7000\n" } },
	{ "what has no document stays", "machine: {certSANs: [a.b], sysctls: {a: '1'}}\n",
	  { "machine:\n  certSANs:\n    - a.b\n", "kind: SysctlConfig" } },
};

static const struct row_case install_rows[] = {
	{ "a path",
	  "machine: {install: {disk: /dev/nvme0n1}}\n",
	  { "provisioning:\n  diskSelector:\n    match: disk.dev_path == \"/dev/nvme0n1\"\n" },
	  "machine:" },
	{ "a link to the disk",
	  "machine: {install: {disk: /dev/disk/by-id/x}}\n",
	  { "match: '\"/dev/disk/by-id/x\" in disk.symlinks'\n" } },
	{ "a selector, with what Talos leaves out by itself",
	  "machine: {install: {diskSelector: {model: 'WD*', size: '>= 100GB', type: nvme}}}\n",
	  { "match: glob(\"WD*\", disk.model) && disk.transport == \"nvme\" && disk.size >= 100u "
	    "* GB && disk.transport != \"\" && !disk.readonly && !disk.cdrom\n" } },
	{ "a spinning disk by its path on the bus",
	  "machine: {install: {diskSelector: {type: hdd, busPath: '/pci*'}}}\n",
	  { "glob(\"/pci*\", disk.bus_path) && disk.rotational && disk.transport" } },
	{ "wipe keeps the disk that a merge would forget",
	  "machine: {install: {wipe: true}}\n",
	  { "wipe: true\n", "match: disk.dev_path == \"/dev/sda\"\n",
	    "match: disk.dev_path == \"/dev/sdb\"\n" } },
	{ "the image of the factory",
	  "machine: {install: {image: 'factory.talos.dev/installer/"
	  "9715604b0538b2060e3b595891240b58f5c8e9d4debaa22cf84d76c81d8d6bef:v1.13.9'}}\n",
	  { "image: factory.talos.dev/metal-installer/"
	    "9715604b0538b2060e3b595891240b58f5c8e9d4debaa22cf84d76c81d8d6bef:v1.14.0\n" } },
	{ "for secure boot",
	  "machine: {install: {image: 'example.org/installer-secureboot/"
	  "9715604b0538b2060e3b595891240b58f5c8e9d4debaa22cf84d76c81d8d6bef:v1.13.9'}}\n",
	  { "image: example.org/metal-installer-secureboot/9715604b" } },
};

static const struct row_case cluster_rows[] = {
	{ "network",
	  "cluster: {network: {dnsDomain: k.local, podSubnets: [10.1.0.0/16], serviceSubnets: "
	  "[10.2.0.0/16]}}\n",
	  { "kind: KubeNetworkConfig\ndnsDomain: k.local\npodSubnets:\n  - 10.1.0.0/16\n"
	    "serviceSubnets:\n  - 10.2.0.0/16\n" },
	  "cluster:" },
	{ "no network plugin", "cluster: {network: {cni: {name: none}}}\n",
	  { "kind: KubeFlannelCNIConfig\n$patch: delete\n" }, "cluster:" },
	{ "a plugin of one's own",
	  "cluster: {network: {cni: {name: custom, urls: ['https://c.org/cni.yaml']}}}\n",
	  { "kind: KubeFlannelCNIConfig\n$patch: delete\n",
	    "kind: KubeExternalManifestConfig\nname: custom-cni\nurl: https://c.org/cni.yaml\n" } },
	{ "arguments of flannel",
	  "cluster: {network: {cni: {name: flannel, flannel: {extraArgs: [--iface=eth1]}}}}\n",
	  { "kind: KubeFlannelCNIConfig\nextraArgs:\n  - --iface=eth1\n" } },
	{ "cluster",
	  "cluster: {clusterName: other, controlPlane: {endpoint: 'https://x.org:6443'}}\n",
	  { "kind: KubeClusterConfig\nclusterName: other\nendpoint: https://x.org:6443\n",
	    "kind: KubeServiceAccountConfig\nissuer:\n  issuerURL: https://x.org:6443\n" } },
	{ "api server",
	  "cluster: {apiServer: {image: a.org/kube-apiserver:v1.36.3, certSANs: [a.b], "
	  "extraArgs: {c: d}, env: {E: f}, "
	  "resources: {requests: {cpu: 1}}}, controlPlane: {localAPIServerPort: 7443}}\n",
	  { "kind: KubeAPIServerConfig\nimage: a.org/kube-apiserver:v1.36.3\n"
	    "certExtraSANs:\n  - a.b\n"
	    "extraArgs:\n  c: d\n",
	    "env:\n  E: f\n", "resources:\n  requests:\n    cpu: 1\n", "apiPort: 7443\n" } },
	{ "one admission plugin less",
	  "cluster: {apiServer: {admissionControl: [{name: PodSecurity, $patch: delete}]}}\n",
	  { "kind: KubeAdmissionControlConfig\nname: PodSecurity\n$patch: delete\n" } },
	{ "an exemption more",
	  "cluster: {apiServer: {admissionControl: [{name: PodSecurity, configuration: "
	  "{exemptions: {namespaces: [rook]}}}]}}\n",
	  { "name: PodSecurity\nconfiguration:\n  exemptions:\n    namespaces:\n      - rook\n" } },
	{ "audit policy", "cluster: {apiServer: {auditPolicy: {rules: [{level: None}]}}}\n",
	  { "kind: KubeAuditPolicyConfig\nconfiguration:\n  rules:\n    - level: None\n" } },
	{ "authorizers",
	  "cluster: {apiServer: {authorizationConfig: [{type: Webhook, name: w, webhook: "
	  "{timeout: 3s}}]}}\n",
	  { "kind: KubeAuthorizerConfig\nname: w\ntype: Webhook\nwebhook:\n  timeout: 3s\n" } },
	{ "a login by tokens",
	  "cluster: {apiServer: {extraArgs: {oidc-issuer-url: 'https://i', oidc-client-id: c, "
	  "oidc-groups-claim: g, oidc-groups-prefix: 'p:'}}}\n",
	  { "kind: KubeAuthenticationConfig", "claim: g\n          prefix: 'p:'\n",
	    "claim: sub\n          prefix: https://i#\n", "- path: /livez\n" },
	  "extraArgs" },
	{ "controller manager",
	  "machine: {controlPlane: {controllerManager: {disabled: true}}}\n"
	  "cluster: {controllerManager: {extraArgs: {a: b}}}\n",
	  { "kind: KubeControllerManagerConfig\nenabled: false\nextraArgs:\n  a: b\n" } },
	{ "scheduler",
	  "machine: {controlPlane: {scheduler: {disabled: true}}}\n"
	  "cluster: {scheduler: {extraArgs: {a: b}, config: {c: d}}}\n",
	  { "kind: KubeSchedulerConfig\nenabled: false\nconfig:\n  c: d\nextraArgs:\n  a: b\n" } },
	{ "proxy and coredns off",
	  "cluster: {proxy: {disabled: true}, coreDNS: {disabled: true}}\n",
	  { "kind: KubeProxyConfig\nenabled: false\n",
	    "kind: KubeCoreDNSConfig\nenabled: false\n" } },
	{ "proxy", "cluster: {proxy: {mode: ipvs, extraArgs: {a: b}}}\n",
	  { "kind: KubeProxyConfig\nmode: ipvs\nextraArgs:\n  a: b\n" } },
	{ "workloads on control planes", "cluster: {allowSchedulingOnControlPlanes: true}\n",
	  { "kind: KubeNodeConfig\ntaints:\n  $patch: delete\n" } },
	{ "no discovery", "cluster: {discovery: {enabled: false}}\n",
	  { "kind: DiscoveryServiceConfig\nname: default\n$patch: delete\n" } },
	{ "another discovery service",
	  "cluster: {discovery: {registries: {service: {endpoint: 'https://d.org/'}}}}\n",
	  { "kind: DiscoveryServiceConfig\nname: default\nendpoint: https://d.org/\n" } },
	{ "manifests",
	  "cluster: {inlineManifests: [{name: one, contents: \"a: b\\n\"}], extraManifests: "
	  "['https://x.org/m.yaml', 'https://y.org/m.yaml'], extraManifestHeaders: {H: '1'}}\n",
	  { "kind: KubeInlineManifestConfig\nname: one\nmanifest: |\n  a: b\n",
	    "kind: KubeExternalManifestConfig\nname: m\n", "name: m-2\n", "H: \"1\"\n" } },
	{ "an id of its own", "cluster: {id: b3RoZXI=}\n",
	  { "kind: DiscoveryIdentityConfig\nclusterID: b3RoZXI=\n" } },
	{ "key names in etcd",
	  "cluster: {aescbcEncryptionSecret: QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=, "
	  "secretboxEncryptionSecret: QkFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=}\n",
	  { "secretbox:\n            keys:\n              - name: key2\n"
	    "                secret: QkFB",
	    "aescbc:\n            keys:\n              - name: key1\n"
	    "                secret: QUFB" } },
};
/* clang-format on */

Test(migrate, every_row_of_the_machine_section)
{
	for (size_t i = 0; i < ARRAY_LEN(machine_rows); i++)
		check_case(&machine_rows[i], "global");
}

Test(migrate, the_disk_to_install_on)
{
	for (size_t i = 0; i < ARRAY_LEN(install_rows); i++)
		check_case(&install_rows[i], "global");
}

Test(migrate, every_row_of_the_cluster_section)
{
	for (size_t i = 0; i < ARRAY_LEN(cluster_rows); i++)
		check_case(&cluster_rows[i], "controller");
}

Test(migrate, documents_of_control_planes_go_to_their_folder)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct migrate_site site;
	struct migration migration;
	struct err err = ERR_INIT;

	site_begin(&site, arena, NULL);
	site_file(&site, "patches/global/p.yaml",
		  "cluster: {proxy: {disabled: true}}\nmachine: {sysctls: {a: '1'}}\n");
	cr_assert_eq(site_migrate(&site, arena, NULL, &migration, &err), 0, "%s", err.text);
	cr_assert_str_eq(site_text(&migration, "patches/global/p.yaml"),
			 "apiVersion: v1alpha1\nkind: SysctlConfig\nparams:\n  a: \"1\"\n");
	cr_assert_str_eq(site_text(&migration, "patches/controller/00-p.yaml"),
			 "apiVersion: v1alpha1\nkind: KubeProxyConfig\nenabled: false\n");
	cr_assert_not(strstr(site_text(&migration, "cluster.yaml"), "v1.13.9"));
}

Test(migrate, operations_become_merges_where_they_can)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct migrate_site site;
	struct migration migration;
	struct err err = ERR_INIT;

	site_begin(&site, arena, NULL);
	site_file(&site, "patches/controller/p.yaml",
		  "- {op: remove, path: /cluster/apiServer/admissionControl}\n"
		  "- {op: add, path: /machine/sysctls, value: {a/b: '1'}}\n"
		  "- {op: replace, path: /machine/sysctls/a~1b, value: '2'}\n"
		  "- {op: add, path: /machine/certSANs/-, value: x.org}\n"
		  "- {op: test, path: /machine/type, value: controlplane}\n"
		  "- {op: replace, path: /cluster/apiServer/auditPolicy/rules/0/level, value: "
		  "None}\n");
	cr_assert_eq(site_migrate(&site, arena, NULL, &migration, &err), 0, "%s", err.text);
	const char *patch = site_text(&migration, "patches/controller/p.yaml");
	cr_assert(strstr(patch, "name: PodSecurity\n$patch: delete\n"), "%s", patch);
	cr_assert(strstr(patch, "params:\n  a/b: \"2\"\n"), "%s", patch);
	cr_assert(strstr(patch, "machine:\n  certSANs:\n    - x.org\n"), "%s", patch);
	cr_assert(strstr(site_text(&migration, "patches/controller/zz-migrated.yaml"),
			 "kind: KubeAuditPolicyConfig\n"),
		  "what has no merge of its own is said by its result");
}

/* What keeps a subsystem in v1alpha1: the path told, and what must not be made of it. */
struct block_case {
	const char *patch, *path;
	const char *stays, *deleted;
};

/* clang-format off */
static const struct block_case blocks[] = {
	{ "machine: {kubelet: {extraArgs: {a: b}, extraMounts: [{destination: /var/openebs, "
	  "source: /var/openebs, type: bind}]}}\n", "machine.kubelet.extraMounts",
	  "image: ghcr.io/siderolabs/kubelet:v1.36.3\n", "kind: KubeletConfig\n$patch: delete\n" },
	{ "machine: {install: {extraKernelArgs: [a=b], grubUseUKICmdline: false}}\n",
	  "machine.install.extraKernelArgs", "disk: /dev/sda\n",
	  "kind: UnattendedInstallConfig\n$patch: delete\n" },
	{ "machine: {install: {grubUseUKICmdline: true}}\n", "machine.install.grubUseUKICmdline",
	  "disk: /dev/sda\n", "kind: UnattendedInstallConfig\n$patch: delete\n" },
	{ "cluster: {apiServer: {extraVolumes: [{hostPath: /a, mountPath: /b}]}}\n",
	  "cluster.apiServer.extraVolumes", "image: registry.k8s.io/kube-apiserver:v1.36.3\n",
	  "kind: KubeAuthorizerConfig\nname: rbac\n$patch: delete\n" },
	{ "cluster: {apiServer: {extraArgs: {authentication-config: /x}}}\n",
	  "cluster.apiServer.extraArgs", "image: registry.k8s.io/kube-apiserver:v1.36.3\n",
	  "kind: KubeAuthenticationConfig\n$patch: delete\n" },
	{ "cluster: {apiServer: {extraArgs: {oidc-issuer-url: 'https://i', oidc-signing-algs: "
	  "ES256}}}\n", "cluster.apiServer.extraArgs", "admissionControl:\n",
	  "kind: KubeAPIServerConfig\n$patch: delete\n" },
	{ "cluster: {scheduler: {extraVolumes: [{hostPath: /a, mountPath: /b}]}}\n",
	  "cluster.scheduler.extraVolumes", "image: registry.k8s.io/kube-scheduler:v1.36.3\n",
	  "kind: KubeSchedulerConfig\n$patch: delete\n" },
	{ "machine: {files: [{path: /etc/kubernetes/x, op: create, permissions: 0o600, content: "
	  "a}, {path: /etc/ok, op: create, permissions: 0o600, content: a}]}\n",
	  "machine.files", "", "" },
	{ "machine: {files: [{path: /var/x, op: create, permissions: 0o600, content: a}]}\n",
	  "machine.files", "", "" },
	{ "machine: {registries: {config: {r.lan: {auth: {username: u, identityToken: t}}}}}\n",
	  "machine.registries.config", "", "" },
	{ "machine: {registries: {config: {r.lan: {tls: {ca: bm90aGluZw==}}}}}\n",
	  "machine.registries.config", "", "" },
	{ "machine: {pods: [{metadata: {name: a}}, {metadata: {name: a, namespace: b}}]}\n",
	  "machine.pods", "", "" },
	{ "cluster: {id: b3RoZXI=, secret: b3RoZXI=}\n", "cluster.id", "",
	  "kind: DiscoveryIdentityConfig\n$patch: delete\n" },
};
/* clang-format on */

Test(migrate, a_subsystem_stays_as_a_whole)
{
	for (size_t i = 0; i < ARRAY_LEN(blocks); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct migrate_site site;
		struct migration migration;
		struct err err = ERR_INIT;

		site_begin(&site, arena, NULL);
		site_file(&site, "patches/global/p.yaml", blocks[i].patch);
		cr_assert_eq(site_migrate(&site, arena, NULL, &migration, &err), 0, "%s: %s",
			     blocks[i].path, err.text);
		const struct migrate_stay *stay = site_stay(&migration, blocks[i].path);
		const char *all = site_patches(arena, &migration);
		cr_assert(stay, "%s", blocks[i].path);
		cr_assert_str_eq(stay->src.file, "patches/global/p.yaml");
		cr_assert_eq(stay->src.line, 1);
		cr_assert(strstr(all, blocks[i].stays), "%s: %s", blocks[i].path, all);
		cr_assert(strstr(all, blocks[i].deleted), "%s: %s", blocks[i].path, all);
		cr_assert_str_empty(site_text(&migration, "patches/global/p.yaml"));
	}
}

/* The section is not generated for 1.14, and its deletion would find nothing. */
Test(migrate, what_is_deleted_from_a_section_that_stays)
{
	static const char *const deletions[] = {
		"cluster: {apiServer: {admissionControl: {$patch: delete}}}\n",
		"cluster: {apiServer: {admissionControl: [{name: PodSecurity, $patch: delete}]}}\n",
		"- {op: remove, path: /cluster/apiServer/admissionControl}\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(deletions); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct migrate_site site;
		struct migration migration;
		struct err err = ERR_INIT;

		site_begin(&site, arena, NULL);
		site_file(&site, "patches/controller/p.yaml",
			  "cluster: {apiServer: {extraVolumes: [{hostPath: /a, mountPath: /b}]}}");
		site_file(&site, "patches/cp1/p.yaml", deletions[i]);
		cr_assert_eq(site_migrate(&site, arena, NULL, &migration, &err), 0, "%s: %s",
			     deletions[i], err.text);
		const char *all = site_patches(arena, &migration);
		cr_assert(strstr(all, "image: registry.k8s.io/kube-apiserver:"), "%s", all);
		cr_assert_not(strstr(all, "exemptions:"), "%s", all);
	}
}

/* The port of the API server and the endpoint are one section. */
Test(migrate, the_endpoint_stays_beside_a_port_that_stays)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct migrate_site site;
	struct migration migration;
	struct err err = ERR_INIT;

	site_begin(&site, arena, NULL);
	site_file(&site, "patches/controller/p.yaml",
		  "cluster: {controlPlane: {localAPIServerPort: 7443}, apiServer: {extraVolumes: "
		  "[{hostPath: /a, mountPath: /b}]}}\n");
	cr_assert_eq(site_migrate(&site, arena, NULL, &migration, &err), 0, "%s", err.text);
	cr_assert(site_stay(&migration, "cluster.controlPlane.endpoint"));
	cr_assert(strstr(site_patches(arena, &migration),
			 "kind: KubeClusterConfig\n$patch: delete\n"));
}

/* The same map with one row that points elsewhere. */
static const struct migrate_row *map_with(struct arena *arena, const char *from, const char *to,
					  const char *kind)
{
	size_t count = 0;

	while (migrate_map[count].from)
		count++;
	struct migrate_row *map = arena_dup(arena, migrate_map, (count + 1) * sizeof(*map));
	for (size_t i = 0; i < count; i++) {
		if (!text_equal(map[i].from, from))
			continue;
		map[i].to = to;
		map[i].kind = kind;
		map[i].put = NULL;
	}
	return map;
}

/* Rows that are wrong in ways people get wrong, and patches that use them. */
static const struct {
	const char *from, *kind, *to, *patch;
} wrong[] = {
	{ "machine.time.servers", "TimeSyncConfig", "ptp.devices",
	  "machine:\n  time: {servers: [a.b]}\n" },
	{ "machine.sysctls", "SysfsConfig", "params", "machine:\n  sysctls: {a: '1'}\n" },
	{ "cluster.proxy.disabled", "KubeProxyConfig", "enabled",
	  "cluster:\n  proxy: {disabled: true}\n" },
	{ "machine.nodeLabels", "KubeNodeConfig", "annotations",
	  "machine:\n  nodeLabels: {a: b}\n" },
	{ "cluster.controllerManager.extraArgs", "KubeSchedulerConfig", "extraArgs",
	  "cluster:\n  controllerManager: {extraArgs: {a: b}}\n" },
};

Test(migrate, the_proof_finds_a_wrong_row)
{
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		const struct migrate_row *map =
			map_with(arena, wrong[i].from, wrong[i].to, wrong[i].kind);
		struct migrate_site site;
		struct migration migration;
		struct err err = ERR_INIT;

		site_begin(&site, arena, NULL);
		site_file(&site, "patches/controller/p.yaml", wrong[i].patch);
		cr_assert_lt(site_migrate(&site, arena, map, &migration, &err), 0, "%s",
			     wrong[i].from);
		cr_assert_eq(err.kind, ERR_REFUSED, "%s: %s", wrong[i].from, err.text);
		cr_assert_str_eq(err.file, "patches/controller/p.yaml", "%s: %s", wrong[i].from,
				 err.text);
		cr_assert_eq(err.line, 2, "%s: %s", wrong[i].from, err.text);
		cr_assert_eq(migration.files, 0);
	}
}

Test(migrate, nothing_is_told_of_a_value)
{
	static const char secret[] = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=";
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct migrate_row *map = map_with(arena, "cluster.id", "clusterSecret",
						 "DiscoveryIdentityConfig");
	struct migrate_site site;
	struct migration migration;
	struct err err = ERR_INIT;

	site_begin(&site, arena, NULL);
	site_file(&site, "patches/controller/p.yaml",
		  arena_printf(arena, "cluster: {id: %s}\n", secret));
	cr_assert_lt(site_migrate(&site, arena, map, &migration, &err), 0);
	cr_assert_not(strstr(err.text, secret));
	cr_assert_not(strstr(err.hint, secret));
}

Test(migrate, contracts_before_1_13)
{
	static const char *const contracts[] = { "v1.9", "v1.11", "v1.12", "v1.13" };

	for (size_t i = 0; i < ARRAY_LEN(contracts); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct migrate_site site;
		struct migration migration;
		struct err err = ERR_INIT;

		site_begin(&site, arena, contracts[i]);
		site_file(&site, "patches/global/p.yaml", "machine: {sysctls: {a: '1'}}\n");
		cr_assert_eq(site_migrate(&site, arena, NULL, &migration, &err), 0, "%s: %s",
			     contracts[i], err.text);
		cr_assert(strstr(site_text(&migration, "cluster.yaml"), "contract: v1.14\n"));
	}
}

Test(migrate, what_is_1_14_already_is_left_alone)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct migrate_site site;
	struct migration first, second;
	struct err err = ERR_INIT;

	site_begin(&site, arena, NULL);
	site_file(&site, "patches/controller/p.yaml", "cluster: {proxy: {disabled: true}}\n");
	cr_assert_eq(site_migrate(&site, arena, NULL, &first, &err), 0, "%s", err.text);
	site.files = 1;
	site.file[0] = (struct file_text){ "nodes.yaml", site.file[1].text, site.file[1].len };
	site_file(&site, "cluster.yaml", site_text(&first, "cluster.yaml"));
	site_file(&site, "patches/controller/p.yaml",
		  site_text(&first, "patches/controller/p.yaml"));
	cr_assert_eq(site_migrate(&site, arena, NULL, &second, &err), 0, "%s", err.text);
	cr_assert_eq(second.changes, 0);
	cr_assert_eq(second.files, 0, "%s", second.files ? second.file[0].name : "");
}

Test(migrate, inline_patches_become_files)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct migrate_site site;
	struct migration migration;
	struct err err = ERR_INIT;

	site_begin(&site, arena, NULL);
	site.file[0].text = arena_printf(arena,
					 "%spatches: # of all\n"
					 "- machine: {sysctls: {a: '1'}}\n"
					 "- |\n  machine: {sysfs: {b: c}}\n"
					 "\n# the end\n",
					 site.file[0].text);
	site.file[0].len = strlen(site.file[0].text);
	cr_assert_eq(site_migrate(&site, arena, NULL, &migration, &err), 0, "%s", err.text);
	cr_assert(strstr(site_text(&migration, "cluster.yaml"),
			 "patches: # of all\n  - \"@migrated/cluster-0.yaml\"\n"
			 "  - \"@migrated/cluster-1.yaml\"\n\n# the end\n"),
		  "%s", site_text(&migration, "cluster.yaml"));
	cr_assert(strstr(site_text(&migration, "migrated/cluster-1.yaml"), "SysfsConfig"));
	cr_assert_eq(migration.changes, 2);
	cr_assert_str_eq(migration.change[0].src.file, "cluster.yaml");
	cr_assert_eq(migration.change[0].src.line, 7);
}

Test(migrate, another_release_is_unknown)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct migrate_site site;
	struct migration migration;
	struct err err = ERR_INIT;

	site_begin(&site, arena, NULL);
	struct migrate_input input = { .file = site.file, .files = site.files, .to = "v1.12" };
	cr_assert_lt(migrate(arena, &input, &migration, &err), 0);
	cr_assert_eq(err.kind, ERR_USAGE);
}

/* What cannot become a workspace of 1.14: a file in place of one of the site, and what is said. */
static const struct {
	const char *name, *text;
	enum err_kind kind;
	const char *says;
	unsigned line;
} refused[] = {
	{ "cluster.yaml",
	  "cluster_name: lab\ncluster_endpoint: https://10.0.0.10:6443\n"
	  "talos_version: v1.13.9\nkubernetes_version: v1.31.4\n",
	  ERR_REFUSED, "Kubernetes v1.31.4", 0 },
	{ "nodes.yaml",
	  "nodes:\n  - {name: cp1, address: 10.0.0.11, controller: true, disk: /dev/sda, "
	  "patches: [{machine: {sysctls: {a: b}}}]}\n",
	  ERR_REFUSED, "block form", 2 },
	{ "nodes.yaml", "nodes: [\n", ERR_INPUT, "", 2 },
};

Test(migrate, what_cannot_be_done_is_refused)
{
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct migrate_site site;
		struct migration migration;
		struct err err = ERR_INIT;
		size_t at = text_equal(refused[i].name, "nodes.yaml") ? 1 : 0;

		site_begin(&site, arena, NULL);
		site.file[at] = (struct file_text){ refused[i].name, refused[i].text,
						    strlen(refused[i].text) };
		site_file(&site, "patches/global/p.yaml", "machine: {sysfs: {a: b}}\n");
		cr_assert_lt(site_migrate(&site, arena, NULL, &migration, &err), 0, "%zu", i);
		cr_assert_eq(err.kind, refused[i].kind, "%zu: %s", i, err.text);
		cr_assert(strstr(err.text, refused[i].says), "%zu: %s", i, err.text);
		cr_assert_eq(err.line, refused[i].line, "%zu: %s:%u", i, err.file, err.line);
	}
}

Test(migrate, what_no_schema_knows_stays)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct migrate_site site;
	struct migration migration;
	struct err err = ERR_INIT;

	site_begin(&site, arena, NULL);
	site_file(&site, "patches/global/p.yaml",
		  "machine: {novelty: 1, sysctls: {a: '1'}}\n---\n"
		  "apiVersion: v1alpha1\nkind: NoveltyConfig\nnovel: true\n");
	cr_assert_eq(site_migrate(&site, arena, NULL, &migration, &err), 0, "%s", err.text);
	cr_assert_str_eq(site_text(&migration, "patches/global/p.yaml"),
			 "machine:\n  novelty: 1\n---\n"
			 "apiVersion: v1alpha1\nkind: SysctlConfig\nparams:\n  a: \"1\"\n---\n"
			 "apiVersion: v1alpha1\nkind: NoveltyConfig\nnovel: true\n");
}

Test(migrate, every_patch_keeps_its_place_in_the_order)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct migrate_site site;
	struct migration migration;
	struct err err = ERR_INIT;

	site_begin(&site, arena, NULL);
	site_file(&site, "patches/global/p.yaml",
		  "# of all\nmachine: {sysctls: {a: '1', b: '1'}, nodeLabels: {x: a}}\n");
	site_file(&site, "patches/worker/p.yaml",
		  "machine: {sysctls: {a: '2'}, nodeLabels: {x: b}}\n");
	site_file(&site, "patches/w1/p.yaml", "machine: {sysctls: {b: {$patch: delete}}}\n");
	cr_assert_eq(site_migrate(&site, arena, NULL, &migration, &err), 0, "%s", err.text);
	cr_assert(strstr(site_text(&migration, "patches/global/p.yaml"),
			 "# of all\napiVersion: v1alpha1\nkind: KubeNodeConfig\n"));
	cr_assert(strstr(site_text(&migration, "patches/worker/p.yaml"), "params:\n  a: \"2\"\n"));
	cr_assert(strstr(site_text(&migration, "patches/w1/p.yaml"),
			 "params:\n  b:\n    $patch: delete\n"));
	cr_assert_str_empty(site_text(&migration, "patches/w1/zz-migrated.yaml"));
}
