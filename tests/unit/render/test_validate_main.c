#include "unit/render/validated.h"

#include "base/own.h"
#include "base/str.h"

#include <criterion/criterion.h>
#include <string.h>

/* The main document, and what keeps a file from being read. */

#define CONTROL "machine: {type: controlplane, ca: {crt: bm8=, key: bm8=}, " \
		"install: {disk: /dev/sda}"
#define WORKER "machine: {type: worker, ca: {crt: bm8=}, install: {disk: /dev/sda}"
#define REACHED "cluster: {controlPlane: {endpoint: 'https://192.0.2.1:6443'}"
#define KEY "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY="

/* What stands in the machine section, in the cluster section, and the ids that follow. */
struct section_row {
	const char *machine, *cluster, *ids, *path;
};

/* clang-format off */
static const struct section_row on_control[] = {
	{ "", "", "", NULL },
	{ "", "etcd: {subnet: x}", "etcd-ca-missing etcd-advertised-subnet", "cluster.etcd.ca" },
	{ "", "etcd: {ca: {}, advertisedSubnets: ['!10.0.0.1', y]}",
	  "etcd-advertised-subnet etcd-listen-subnet", "cluster.etcd.advertisedSubnets[1]" },
	{ "", "etcd: {ca: {}, subnet: 10.0.0.0/8, advertisedSubnets: "
	  "['::/0']}", "etcd-subnet-twice",
	  NULL },
	{ "", "externalCloudProvider: {enabled: true, manifests: ['http://a/b', "
	  "'http://a:0/b', c]}",
	  "cloud-provider-url cloud-provider-url", "cluster.externalCloudProvider.manifests[1]" },
	{ "", "inlineManifests: [{name: ' '}, {name: a}, {name: a}, {name: a}]",
	  "manifest-name manifest-twice manifest-twice", "cluster.inlineManifests[0].name" },
	{ "", "discovery: {enabled: true}", "discovery-cluster-id discovery-cluster-secret", NULL },
	{ "", "discovery: {enabled: true, registries: {service: {disabled: true}}}", "", NULL },
	{ "", "id: a, secret: b, discovery: {enabled: true, registries: {service: {endpoint: x}}}",
	  "discovery-endpoint", NULL },
	{ "", "id: a, secret: b, discovery: {enabled: true, registries: {service: {endpoint: "
	  "'https://a#b'}}}",
	  "discovery-endpoint", NULL },
	{ "", "id: a, secret: b, discovery: {enabled: true, registries: {service: {endpoint: "
	  "'//a:80/'}}}",
	  "discovery-endpoint-path", NULL },
	{ "", "inlineManifests: [{name: \"\\u2003\\u00a0\"}, {name: \"\\u200b\"}]", "manifest-name",
	  "cluster.inlineManifests[0].name" },
	{ "", "network: {cni: {name: custom, urls: ['grpc://fd00::1:80', 'grpc://::1']}}",
	  "cni-url", "cluster.network.cni.urls[0]" },
	{ "", "apiServer: {extraArgs: {authorization-webhook-version: v1}, "
	  "authorizationConfig: []}",
	  "authorization-twice", "cluster.apiServer.extraArgs.authorization-webhook-version" },
	{ "", "apiServer: {authorizationConfig: [{name: a}]}", "authorizer-type", NULL },
	{ "", "apiServer: {authorizationConfig: [{type: RBAC}]}", "authorizer-name", NULL },
	{ "", "controllerManager: {resources: {requests: {gpu: 1, disk: 2}, limits: {x: 1}}}",
	  "component-resource", NULL },
	{ "", "network: {dnsDomain: a..b}", "dns-domain", NULL },
	{ "", "network: {dnsDomain: _tcp.a-.example.}", "", NULL },
	{ "", "network: {cni: {}}", "cni-name", "cluster.network.cni.name" },
	{ "", "network: {cni: {name: flannel, urls: ['http://a']}}", "cni-urls", NULL },
	{ "", "network: {cni: {name: custom, urls: ['http://[::1]:70000']}}", "cni-url", NULL },
	{ "", "network: {cni: {name: custom, urls: [http://a], flannel: {extraArgs: [x]}}}",
	  "cni-flannel-args", NULL },
	{ "network: {interfaces: [{interface: a, vip: {ip: 10.0.0.1}}]}", "", "", NULL },
};

static const struct section_row on_worker[] = {
	{ "", "", "", NULL },
	{ "", "etcd: {}", "etcd-on-worker", "cluster.etcd" },
	{ "", "ca: {crt: bm8=, key: bm8=}", "cluster-ca-key-on-worker kubernetes-ca-key-on-worker",
	  "cluster.ca.key" },
	{ "network: {interfaces: [{interface: a, vlans: [{vlanId: 5, vip: {ip: 'fd00::1'}}]}]}", "",
	  "vip-on-worker", "machine.network.interfaces[0].vlans[0].vip" },
	{ "network: {interfaces: [{interface: a, wireguard: {privateKey: " KEY
	  ", peers: [{publicKey: " KEY ", endpoint: '[::1]:5', allowedIPs: [10.0.0.0/08]}]}}]}", "",
	  "", NULL },
	{ "network: {interfaces: [{interface: a, wireguard: {peers: [{endpoint: '::1:5'}]}}]}", "",
	  "wireguard-private-key wireguard-public-key wireguard-endpoint", NULL },
	{ "network: {interfaces: [{interface: a, bond: {mode: 802.3ad, arpValidate: all, "
	  "primary: b, "
	  "arpInterval: 5, packetsPerSlave: 2, tlbDynamicLb: 1}}]}", "",
	  "bond-option bond-option bond-option bond-option bond-option",
	  "machine.network.interfaces[0].bond.arpValidate" },
	{ "network: {interfaces: [{interface: a, bond: {mode: balance-alb, lacpRate: fast, "
	  "adActorSysPrio: 1, adUserPortKey: 1, primary: b, tlbDynamicLb: 1, "
	  "packetsPerSlave: 1}}]}",
	  "", "bond-option bond-option bond-option", NULL },
	{ "network: {interfaces: [{interface: a, bond: {updelay: 5, downdelay: 0}}]}", "",
	  "bond-delay", NULL },
	{ "network: {interfaces: [{interface: a, bond: {miimon: 4, updelay: 8, downdelay: "
	  "6}}]}", "",
	  "bond-delay", "machine.network.interfaces[0].bond.downdelay" },
	{ "network: {interfaces: [{interface: a, bond: {arpIPTarget: [x], adActorSystem: y}}]}", "",
	  "bond-unsupported bond-unsupported", NULL },
	{ "network: {interfaces: [{interface: a, bond: {xmitHashPolicy: x, arpAllTargets: x, "
	  "primaryReselect: x, failOverMac: x, adSelect: x}}]}", "",
	  "bond-word bond-word bond-word bond-word bond-word", NULL },
	{ "network: {interfaces: [{deviceSelector: {busPath: ''}}, {deviceSelector: {physical: "
	  "false}}]}", "", "interface-selector-empty", NULL },
	{ "network: {interfaces: [{interface: a, dhcp: true}, {interface: b, bridge: {interfaces: "
	  "[a]}}]}", "", "interface-member-address", NULL },
	{ "network: {kubespan: {enabled: true, mtu: 1279}}", "",
	  "kubespan-mtu kubespan-discovery kubespan-cluster-id kubespan-cluster-secret", NULL },
	{ "network: {kubespan: {enabled: false, mtu: 1279}}", "", "", NULL },
	{ "disks: [null, {device: a, partitions: [{size: 0}, {size: 1GB}, {}]}]", "",
	  "disk-null partition-takes-all", "machine.disks[0]" },
	{ "kubelet: {nodeIP: {validSubnets: [x]}, extraConfig: {port: 1, kind: x, maxPods: 3}}", "",
	  "kubelet-subnet kubelet-field kubelet-field", NULL },
	{ "nodeLabels: {a/b/c: x, /b: x, a/: x, A.b/c: x, a..b/c: x, b_: x, c: -y}", "",
	  "node-key node-key node-key node-key node-key node-key node-value", NULL },
	{ "nodeAnnotations: {talos.dev/owned-taints: x, a: any text}", "", "annotation-reserved",
	  "machine.nodeAnnotations[\"talos.dev/owned-taints\"]" },
	{ "nodeTaints: {a: NoSchedule, b: ':NoExecute', c: 'x_:NoExecute', d: Never, -e: "
	  "Never}", "",
	  "node-value taint-effect node-key", NULL },
	{ "features: {kubernetesTalosAPIAccess: {enabled: false, allowedRoles: "
	  "[x]}}", "", "", NULL },
	{ "features: {nodeAddressSortAlgorithm: V2}", "", "", NULL },
	{ "logging: {destinations: [{endpoint: 'mailto:x', format: json_lines}]}", "",
	  "logging-host logging-scheme", NULL },
	{ "registries: {mirrors: {a: null}, config: {b: {}}}", "", "registry-null",
	  "machine.registries.mirrors.a" },
};

static const struct validated wholes[] = {
	{ "cluster: {}\n", "machine-missing", "machine", 1 },
	{ "machine: {}\n", "cluster-missing install-missing ~machine-type-old talos-cas-missing",
	  "cluster", 1 },
	{ "persist: false\n" WORKER "}\n" REACHED "}\n", "persist", "persist", 1 },
	{ WORKER "}\ncluster: {controlPlane: {endpoint: ''}}\n", "endpoint",
	  "cluster.controlPlane.endpoint", 2 },
	{ WORKER "}\ncluster: {controlPlane: {}}\n", "endpoint-missing" },
	{ "machine: {type: unknown, acceptedCAs: [{crt: bm8=}], install: {disk: "
	  "x}}\n" REACHED "}\n",
	  "machine-type", "machine.type", 1 },
	{ "machine: {type: controlplane, ca: {}, install: {disk: x}}\n" REACHED "}\n",
	  "talos-ca-key-missing" },
	{ "machine: {type: worker, ca: {key: bm8=}, install: {disk: x}}\n" REACHED "}\n",
	  "talos-ca-key-on-worker talos-ca-missing" },
	{ "machine: {type: worker, ca: {crt: bm8=}, install: {diskSelector: {name: "
	  "a}}}\n" REACHED "}\n",
	  "install-selector install-disk", "machine.install.diskSelector.name", 1 },
	{ "machine: {type: worker, ca: {crt: bm8=}, install: {disk: a, diskSelector: {type: x}}}\n"
	  REACHED "}\n", "install-selector" },
	{ "machine: {type: worker, ca: {crt: bm8=}, install: {diskSelector: "
	  "{}}}\n" REACHED "}\n", "" },
	{ "machine: {type: worker, ca: {crt: bm8=}, install: {disk: "
	  "''}}\n" REACHED "}\n", "", NULL, 0,
	  VALIDATE_METAL_AGENT },

	{ "", "empty-file" },
	{ "---\n---\n", "empty-file" },
	{ "machine: [\n", "bad-yaml" },
	{ "- a\n", "not-a-document" },
	{ "text\n", "not-a-document" },
	{ "just: this\n", "document-header" },
	{ "kind: LinkConfig\nname: a\n", "document-header" },
	{ "apiVersion: v1beta1\nkind: LinkConfig\nname: a\n", "document-header", NULL, 1 },
	{ SINGLE("LinkConfg"), "unknown-kind", NULL, 2 },
	{ KIND("LinkConfig", "a") AND KIND("LinkConfig", "a"), "documents-clash", NULL, 5 },
	{ "machine: {}\n---\ncluster: {}\n", "documents-clash", NULL, 3 },
	{ KIND("LinkConfig", "a") "mtu: x\nup: 5\nmto: 1\n---\nmachine: {time: {servers: {}}}\n",
	  "unknown-key wrong-type wrong-type wrong-type", "LinkConfig[a].mto", 6 },
	{ "machine: {<<: {type: x}}\n", "unknown-key", "machine.<<" },
};
/* clang-format on */

static void check_sections(const struct section_row *rows, size_t count, const char *machine)
{
	for (size_t i = 0; i < count; i++) {
		struct str text SCOPED(str_done) = STR_INIT(8192);

		str_addf(&text, "%s%s%s}\n" REACHED "%s%s}\n", machine,
			 *rows[i].machine ? ", " : "", rows[i].machine,
			 *rows[i].cluster ? ", " : "", rows[i].cluster);
		struct validated row = { str_text(&text), rows[i].ids, rows[i].path };
		validated_check(&row, 1, RELEASE_1_13);
	}
}

Test(validate_main, sections)
{
	check_sections(on_control, ARRAY_LEN(on_control), CONTROL);
	check_sections(on_worker, ARRAY_LEN(on_worker), WORKER);
}

Test(validate_main, whole_files)
{
	validated_check(wholes, ARRAY_LEN(wholes), RELEASE_1_13);
}

Test(validate_main, of_1_14)
{
	static const struct validated rows[] = {
		{ WORKER ", files: [{path: a}], baseRuntimeSpecOverrides: {a: b}}\n" REACHED "}\n",
		  "~files-old ~runtime-spec-old" },
		{ "machine: {type: worker, ca: {crt: bm8=}}\ncluster: {}\n", "" },
		{ "machine: {type: worker, ca: {crt: bm8=}, install: {}}\ncluster: {}\n",
		  "install-disk" },
		{ "machine: {type: worker, ca: {crt: bm8=}}\ncluster: {controlPlane: {}}\n",
		  "endpoint-missing" },
	};

	validated_check(rows, ARRAY_LEN(rows), RELEASE_1_14);
}
