#include "unit/render/validated.h"

#include "base/own.h"
#include "base/str.h"

#include <criterion/criterion.h>
#include <string.h>

/* Checks that hold a list: every word of it, and one that is none. */

#define CONTROL "machine: {type: controlplane, ca: {crt: bm8=, key: bm8=}, " \
		"install: {disk: /dev/sda}"
#define WORKER "machine: {type: worker, ca: {crt: bm8=}, install: {disk: /dev/sda}"
#define REACHED "cluster: {controlPlane: {endpoint: 'https://192.0.2.1:6443'}"
#define BOND(field) \
	WORKER ", network: {interfaces: [{interface: a, bond: {" field ": %}}]}}\n" REACHED "}\n"
#define BOND_OF(mode, field) BOND("mode: " mode ", " field)

struct list_row {
	const char *text;      /* % is the word */
	const char *words[14]; /* NULL-ended */
	const char *ids;       /* what each of them is told, and nothing else */
	enum release release;
};

/* clang-format off */
static const struct list_row lists[] = {
	{ WORKER ", kubelet: {extraConfig: {%: x}}}\n" REACHED "}\n",
	  { "apiVersion", "authentication", "authorization", "cgroupRoot", "kind", "kubeletCgroups",
	    "port", "protectKernelDefaults", "resolvConf", "rotateCertificates", "systemCgroups",
	    "staticPodPath", "seccompDefault" },
	  "kubelet-field" },
	{ WORKER ", kubelet: {extraConfig: {%: x}}}\n" REACHED "}\n",
	  { "maxPods", "Port", "ports" }, "" },
	{ BOND("mode"), { "balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad",
	  "balance-tlb", "balance-alb", "''" }, "" },
	{ BOND("mode"), { "Broadcast", "'4'", "rr" }, "bond-word" },
	{ BOND_OF("802.3ad", "xmitHashPolicy"),
	  { "layer2", "layer3+4", "layer2+3", "encap2+3", "encap3+4" }, "" },
	{ BOND_OF("802.3ad", "lacpRate"), { "slow", "fast", "''" }, "" },
	{ BOND_OF("802.3ad", "lacpRate"), { "1", "Slow" }, "bond-word" },
	{ BOND_OF("broadcast", "lacpRate"), { "slow", "fast" }, "bond-option" },
	{ BOND_OF("active-backup", "arpValidate"),
	  { "none", "active", "backup", "all", "filter", "filter-active", "filter-backup" }, "" },
	{ BOND_OF("balance-alb", "arpValidate"), { "none", "all" }, "bond-option" },
	{ BOND("arpAllTargets"), { "any", "all" }, "" },
	{ BOND("primaryReselect"), { "always", "better", "failure" }, "" },
	{ BOND("failOverMac"), { "none", "active", "follow" }, "" },
	{ BOND("adSelect"), { "stable", "bandwidth", "count" }, "" },
	{ BOND("arpInterval: 5, mode"), { "802.3ad", "balance-tlb", "balance-alb" },
	  "bond-option" },
	{ BOND("arpInterval: 5, mode"),
	  { "balance-rr", "active-backup", "balance-xor", "broadcast" },
	  "" },
	{ BOND("primary: b, mode"), { "balance-rr", "balance-xor", "broadcast", "802.3ad" },
	  "bond-option" },
	{ BOND("primary: b, mode"), { "active-backup", "balance-tlb", "balance-alb" }, "" },
	{ BOND("tlbDynamicLb: 1, mode"), { "active-backup", "balance-xor", "broadcast", "802.3ad" },
	  "bond-option" },
	{ BOND("adActorSysPrio: 1, mode"), { "balance-alb", "broadcast", "''" }, "bond-option" },
	{ BOND("adUserPortKey: 1, mode"), { "balance-alb", "broadcast", "''" }, "bond-option" },
	{ CONTROL "}\n" REACHED ", network: {cni: {name: %}}}\n", { "flannel", "none" }, "" },
	{ CONTROL "}\n" REACHED ", network: {cni: {name: %, flannel: {extraArgs: [a], "
	  "kubeNetworkPoliciesEnabled: true}}}}\n", { "none" },
	  "cni-flannel-args cni-flannel-policies" },
	{ CONTROL "}\n" REACHED ", apiServer: {authorizationConfig: [{name: a, type: %}]}}\n",
	  { "Node", "RBAC", "Webhook" }, "" },
	{ CONTROL "}\n" REACHED ", apiServer: {authorizationConfig: [{name: a, type: %}]}}\n",
	  { "ABAC", "AlwaysAllow", "rbac" }, "authorizer-type" },
	{ CONTROL "}\n" REACHED ", apiServer: {authorizationConfig: [{name: a, type: Node}], "
	  "extraArgs: {%: x}}}\n",
	  { "authorization-mode", "authorization-webhook-version", "authorization-webhook-" },
	  "authorization-twice" },
	{ CONTROL "}\n" REACHED ", apiServer: {authorizationConfig: [{name: a, type: Node}], "
	  "extraArgs: {%: x}}}\n", { "authorization-modes", "authorization-webhook" }, "" },
	{ CONTROL "}\n" REACHED ", scheduler: {resources: {limits: {%: 1}}}}\n",
	  { "cpu", "memory" }, "" },
	{ CONTROL "}\n" REACHED ", scheduler: {resources: {limits: {%: 1}}}}\n",
	  { "CPU", "hugepages-2Mi", "''" }, "component-resource" },
	{ CONTROL ", features: {kubernetesTalosAPIAccess: {enabled: true, allowedRoles: [%]}}}\n"
	  REACHED "}\n",
	  { "os:admin", "os:operator", "os:reader", "os:etcd:backup", "os:impersonator" }, "" },
	{ CONTROL ", features: {kubernetesTalosAPIAccess: {enabled: true, allowedRoles: [%]}}}\n"
	  REACHED "}\n", { "os:root", "admin", "''" }, "api-access-role" },
	{ WORKER ", features: {nodeAddressSortAlgorithm: %}}\n" REACHED "}\n",
	  { "v1", "v2", "V1", "''" }, "" },
	{ WORKER ", features: {nodeAddressSortAlgorithm: %}}\n" REACHED "}\n", { "v3", "1" },
	  "address-sort" },
	{ WORKER ", nodeTaints: {a: %}}\n" REACHED "}\n",
	  { "NoSchedule", "PreferNoSchedule", "NoExecute", "x:NoExecute", "':NoSchedule'" }, "" },
	{ WORKER ", nodeTaints: {a: %}}\n" REACHED "}\n",
	  { "''", "noSchedule", "'x:'", "NoExecute:x" }, "taint-effect" },
	{ WORKER ", nodeAnnotations: {%: x}}\n" REACHED "}\n",
	  { "talos.dev/owned-labels", "talos.dev/owned-annotations", "talos.dev/owned-taints" },
	  "annotation-reserved" },
	{ WORKER ", nodeAnnotations: {%: x}}\n" REACHED "}\n",
	  { "talos.dev/owned-x", "owned-labels" }, "" },
	{ WORKER ", logging: {destinations: [{endpoint: '%://a:1', format: json_lines}]}}\n"
	  REACHED "}\n", { "tcp", "udp", "TCP" }, "" },
	{ WORKER ", logging: {destinations: [{endpoint: '%://a:1', format: json_lines}]}}\n"
	  REACHED "}\n", { "http", "tls" }, "logging-scheme" },
	{ WORKER ", logging: {destinations: [{endpoint: 'tcp://a:1', format: %}]}}\n" REACHED "}\n",
	  { "json", "''", "JSON_LINES" }, "logging-format" },
	{ "machine: {type: %, ca: {crt: bm8=}, install: {disk: a}}\n" REACHED "}\n",
	  { "join", "''" }, "~machine-type-old" },
	{ "machine: {type: %, ca: {crt: bm8=}, install: {disk: a}}\n" REACHED "}\n",
	  { "Worker", "control-plane", "master" }, "machine-type" },
	{ "machine: {type: %, ca: {crt: bm8=, key: bm8=}, install: {disk: a}}\n" REACHED "}\n",
	  { "init", "controlplane" }, "" },
	{ "machine: {type: worker, ca: {crt: bm8=}, install: {diskSelector: {type: %}}}\n"
	  REACHED "}\n", { "ssd", "hdd", "nvme", "sd", "''" }, "" },

	{ KIND("EtcFileConfig", "%") "mode: 0644\ncontents: x\n",
	  { "resolv.conf", "hosts", "machine-id", "extensions.yaml", "localtime", "os-release",
	    "xattr.conf" },
	  "etc-file", RELEASE_1_14 },
	{ KIND("EtcFileConfig", "%") "mode: 0644\ncontents: x\n",
	  { "apparmor.d/x", "apparmor/x", "ca-certificates/x", "cni/x", "cri/x", "iscsi/x",
	    "kubernetes/x", "lvm/x", "nvme/x", "pki/x", "selinux/x", "ssl" },
	  "etc-file", RELEASE_1_14 },
	{ KIND("VolumeConfig", "%")
	  "encryption: {provider: luks2, keys: [{slot: 0, nodeID: {}}]}\n",
	  { "STATE", "EPHEMERAL", "IMAGECACHE" }, "" },
	{ KIND("VolumeConfig", "%"), { "META", "state", "ETCD", "CRI", "KUBELET", "LOG" },
	  "volume-name" },
	{ KIND("VolumeConfig", "%"), { "ETCD", "CRI", "KUBELET", "LOG" }, "", RELEASE_1_14 },
	{ KIND("RoutingRuleConfig", "'%'") "table: 5\n", { "1", "32499", "32501", "32765", "007" },
	  "" },
	{ KIND("RoutingRuleConfig", "'%'") "table: 5\n", { "0", "32500", "32766", "32767" },
	  "rule-priority-reserved" },
	{ SINGLE("KubeFlannelCNIConfig") "backendType: a\n" AND SINGLE("%"),
	  { "KubeCoreDNSConfig", "KubeTalosAPIAccessConfig" }, "control-plane-only",
	  RELEASE_1_14 },
};
/* clang-format on */

static void fill(struct str *out, const char *text, const char *word)
{
	for (; *text; text++) {
		if (*text == '%')
			str_add(out, word);
		else
			str_addc(out, *text);
	}
}

Test(validate_lists, every_word)
{
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		const struct list_row *row = &lists[i];

		for (const char *const *word = row->words; *word; word++) {
			struct str text SCOPED(str_done) = STR_INIT(8192);

			fill(&text, row->text, *word);
			validated_check(&(struct validated){ str_text(&text), row->ids }, 1,
					row->release);
		}
	}
}

/* Each kind for control planes, which may have faults of its own besides. */
Test(validate_lists, control_plane_kinds)
{
	static const char *const kinds[] = {
		"KubeAPIServerConfig",
		"KubeAdmissionControlConfig",
		"KubeAggregatorCAConfig",
		"KubeAuditPolicyConfig",
		"KubeAuthenticationConfig",
		"KubeAuthorizerConfig",
		"KubeControllerManagerConfig",
		"KubeCoreDNSConfig",
		"KubeEtcdEncryptionConfig",
		"KubeFlannelCNIConfig",
		"KubeProxyConfig",
		"KubeSchedulerConfig",
		"KubeServiceAccountConfig",
		"KubeTalosAPIAccessConfig",
	};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		bool named = strstr(kinds[i], "Admission") || strstr(kinds[i], "Authorizer");
		const char *text = arena_printf(arena, "apiVersion: v1alpha1\nkind: %s\n%s",
						kinds[i], named ? "name: a\n" : "");
		struct config_input input = { "c.yaml", text, strlen(text), RELEASE_1_14 };
		struct findings findings;
		size_t found = 0;

		findings_init(&findings, arena);
		validate_text(&findings, &input, &(struct validate_options){ .mode = 0 });
		for (size_t k = 0; k < findings.len; k++)
			found += strcmp(findings.at[k].id, "control-plane-only") == 0;
		cr_expect_eq(found, 1, "%s", kinds[i]);
	}
}

/* All annotations together have 256 KiB, keys and values. */
Test(validate_lists, size_of_annotations)
{
	const size_t room = ((size_t)256 << 10) - 1;

	for (size_t over = 0; over < 2; over++) {
		struct str text SCOPED(str_done) = STR_INIT(room + 8192);

		str_add(&text, WORKER ", nodeAnnotations: {a: ");
		for (size_t i = 0; i < room + over; i++)
			str_addc(&text, 'x');
		str_add(&text, "}}\n" REACHED "}\n");
		validated_check(&(struct validated){ str_text(&text),
						     over ? "annotations-size" : "" },
				1, RELEASE_1_13);
	}
}
