#include "cluster/field_checks.h"

#include "sample.h"

static const struct broken rows[] = {
	{ "unknown key", "", "node_cdir: 10.0.0.0/8\n", "unknown-key", "node_cdir", "node_cidr", 11,
	  false, false },
	{ "a later key", "", "extends: []\n", "unsupported-key", "extends", "not supported", 11,
	  false,
	  false },
	{ "a schematic that is a list", "name: worker1", "schematic: []\n    name: worker1",
	  "wrong-type", "nodes[3].schematic", NULL, 17, true, false },
	{ "a schematic without a name", "", "schematic: '@'\n", "wrong-type", "schematic", NULL, 11,
	  false, false },
	{ "a schematic that is not there", "", "schematic: '@images/nas.yaml'\n", "missing-file",
	  "schematic", NULL, 11, false, false },
	{ "an unknown key of a node", "name: worker1", "namex: x\n    name: worker1", "unknown-key",
	  "nodes[3].namex", "name", 17, true, false },
	{ "address with a prefix", "10.0.50.50", "10.0.50.50/16", "bad-address", "cluster_api_addr",
	  "10.0.50.50", 5, false, false },
	{ "no address", "10.0.50.50", "api.example.org", "bad-address", "cluster_api_addr", NULL, 5,
	  false, false },
	{ "a node by name", "address: 10.0.50.11", "address: n1.home.example", "name-as-address",
	  "nodes[3].address", "DNS", 18, true, true },
	{ "a slip in an address", "address: 10.0.50.11", "address: 10.0.50.1l", "bad-address",
	  "nodes[3].address", NULL, 18, true, false },
	{ "a bad DNS server", "", "node_dns_servers: [1.1.1.1, one]\n", "bad-address",
	  "node_dns_servers[1]", NULL, 11, false, false },
	{ "a time server by name", "", "node_ntp_servers: [time.example.org]\n", "bad-address",
	  "node_ntp_servers[0]", NULL, 11, false, false },
	{ "no VLAN 0", "", "node_vlan_tag: 0\n", "vlan-range", "node_vlan_tag", NULL, 11, false,
	  false },
	{ "no VLAN 4095", "", "node_vlan_tag: '4095'\n", "vlan-range", "node_vlan_tag", NULL, 11,
	  false, false },
	{ "no AS 0", "", "cilium_bgp_node_asn: 0\n", "asn-range", "cilium_bgp_node_asn", NULL, 11,
	  false, false },
	{ "no AS 2^32", "", "cilium_bgp_node_asn: '4294967296'\n", "asn-range",
	  "cilium_bgp_node_asn", NULL, 11, false, false },
	{ "an AS in words", "", "cilium_bgp_router_asn: many\n", "asn-range",
	  "cilium_bgp_router_asn", NULL, 11, false, false },
	{ "an empty branch", "", "repository_branch: ''\n", "empty", "repository_branch", NULL, 11,
	  false, false },
	{ "a repository without owner", "", "repository_name: home-ops\n", "bad-repository",
	  "repository_name", NULL, 11, false, false },
	{ "a visibility", "", "repository_visibility: secret\n", "bad-choice",
	  "repository_visibility", NULL, 11, false, false },
	{ "a domain", "", "cloudflare_domain: localhost\n", "bad-domain", "cloudflare_domain", NULL,
	  11, false, false },
	{ "a certificate name", "", "cluster_api_tls_sans: [api_server.example.org]\n",
	  "bad-domain", "cluster_api_tls_sans[0]", NULL, 11, false, false },
	{ "an issuer", "", "oidc_issuer_url: http://idp.example.org\n", "bad-url",
	  "oidc_issuer_url", NULL, 11, false, false },
	{ "an endpoint without port", "", "cluster_endpoint: https://10.0.0.9\n", "bad-endpoint",
	  "cluster_endpoint", "6443", 11, false, false },
	{ "an endpoint with a path", "", "cluster_endpoint: https://10.0.0.9:6443/x\n",
	  "bad-endpoint", "cluster_endpoint", NULL, 11, false, false },
	{ "a cluster name", "", "cluster_name: ../x\n", "bad-cluster-name", "cluster_name", NULL,
	  11, false, false },
	{ "a Talos version", "v1.13.9", "v1.13", "bad-version", "talos_version", "v1.13.9", 9,
	  false, false },
	{ "an old Talos", "v1.13.9", "v1.8.4", "unsupported-version", "talos_version", "1.9", 9,
	  false, false },
	{ "a Talos of the future", "v1.13.9", "v1.16.0", "unsupported-version", "talos_version",
	  NULL, 9, false, false },
	{ "a Kubernetes version", "v1.36.3", "latest", "bad-version", "kubernetes_version", NULL,
	  10, false, false },
	{ "a contract", "", "contract: newest\n", "bad-version", "contract", NULL, 11, false,
	  false },
	{ "a virtual address", "", "vip: automatic\n", "bad-address", "vip", NULL, 11, false,
	  false },
	{ "a network plugin", "", "cni: calico\n", "bad-choice", "cni", NULL, 11, false, false },
	{ "a patch that is a number", "", "patches: [7]\n", "wrong-type", "patches[0]", NULL, 11,
	  false, false },
	{ "secrets from an empty command", "", "secrets: {command: ' '}\n", "wrong-type",
	  "secrets", "{command: ...}", 11, false, false },
	{ "secrets from no word", "", "secrets: {command: []}\n", "wrong-type", "secrets",
	  "{command: ...}", 11, false, false },
	{ "secrets from words that are none", "", "secrets: {command: [pass, [a]]}\n",
	  "wrong-type", "secrets", "{command: ...}", 11, false, false },
	{ "secrets from a command and more", "", "secrets: {command: pass x, file: y}\n",
	  "wrong-type", "secrets", "{command: ...}", 11, false, false },
	{ "a name in capitals", "name: worker1", "name: Worker1", "bad-name", "nodes[3].name", NULL,
	  17, true, false },
	{ "a name that ends in a hyphen", "name: worker1", "name: worker-", "bad-name",
	  "nodes[3].name", NULL, 17, true, false },
	{ "a name with a dot", "name: worker1", "name: worker1.rack", "name-style", "nodes[3].name",
	  NULL, 17, true, true },
	{ "a MAC address in capitals", "02:00:0a:00:32:11", "02:00:0A:00:32:11", "bad-mac",
	  "nodes[3].mac_addr", NULL, 21, true, false },
	{ "a MAC address with hyphens", "02:00:0a:00:32:11", "02-00-0a-00-32-11", "bad-mac",
	  "nodes[3].mac_addr", NULL, 21, true, false },
	{ "a short MAC address", "02:00:0a:00:32:11", "02:00:0a:00:32", "bad-mac",
	  "nodes[3].mac_addr", NULL, 21, true, false },
	{ "an MTU too small", "controller: false", "controller: false\n    mtu: 1449",
	  "out-of-range", "nodes[3].mtu", NULL, 20, true, false },
	{ "an MTU too large", "controller: false", "controller: false\n    mtu: 9001",
	  "out-of-range", "nodes[3].mtu", NULL, 20, true, false },
	{ "a schematic of 63 digits", "controller: false",
	  "controller: false\n    schematic_id: "
	  "715604b0538b2060e3b595891240b58f5c8e9d4debaa22cf84d76c81d8d6bef",
	  "bad-schematic", "nodes[3].schematic_id", "63", 20, true, false },
	{ "a schematic that is not hexadecimal", "",
	  "schematic_id: g715604b0538b2060e3b595891240b58f5c8e9d4debaa22cf84d76c81d8d6bef\n",
	  "bad-schematic", "schematic_id", "hexadecimal", 11, false, false },
	{ "an output above", "controller: false", "controller: false\n    output: ../x.yaml",
	  "bad-output", "nodes[3].output", NULL, 20, true, false },
	{ "an encryption", "controller: false", "controller: false\n    encrypt_disk: luks",
	  "wrong-type", "nodes[3].encrypt_disk", NULL, 20, true, false },
	{ "a KMS that is no URL", "controller: false",
	  "controller: false\n    encrypt_disk: {kms: there}", "bad-url", "nodes[3].encrypt_disk",
	  NULL, 20, true, false },
	{ "labels that are maps", "controller: false", "controller: false\n    labels: {a: {}}",
	  "wrong-type", "nodes[3].labels.a", NULL, 20, true, false },
	{ "interfaces that are names", "", "interfaces: [eth0]\n", "wrong-type", "interfaces[0]",
	  NULL, 11, false, false },
	{ "an empty module", "", "kernel_modules: [nbd, '']\n", "empty", "kernel_modules[1]", NULL,
	  11, false, false },
};

Test(field_checks, each_fault_is_found_at_its_place)
{
	sample_check(rows, ARRAY_LEN(rows));
}

static const struct {
	const char *name, *cluster;
} right[] = {
	{ "all keys of the template",
	  "node_dns_servers: [1.1.1.1, '2606:4700::1111']\nnode_ntp_servers: [162.159.200.1]\n"
	  "node_vlan_tag: '4094'\ncluster_api_tls_sans: [k8s.example.org]\n"
	  "repository_name: someone/home-ops\nrepository_branch: main\n"
	  "repository_visibility: private\ncloudflare_domain: example.org\n"
	  "cloudflare_token: not-a-token\ncilium_bgp_router_addr: 10.0.0.1\n"
	  "cilium_bgp_router_asn: '64513'\ncilium_bgp_node_asn: 4294967295\n"
	  "cilium_loadbalancer_mode: snat\noidc_issuer_url: https://idp.example.org/realm\n"
	  "oidc_client_id: k8s\noidc_username_claim: sub\noidc_groups_claim: groups\n"
	  "oidc_groups_prefix: 'oidc:'\n" },
	{ "settings of nodes",
	  "mtu: 9000\nsecureboot: true\nencrypt_disk: {kms: 'https://kms.example.org:4050'}\n"
	  "kernel_modules: [nbd]\nlabels: {rack: 1}\ntaints: {gpu: 'true:NoSchedule'}\n"
	  "locked: moving house\nvolumes: [{name: data}]\nbonds: []\n"
	  "schematic_id: 9715604b0538b2060e3b595891240b58f5c8e9d4debaa22cf84d76c81d8d6bef\n" },
	{ "ours", "cluster_name: home\ncluster_endpoint: https://api.example.org:443\n"
		  "contract: v1.12\ncni: cilium\nschedule_on_controllers: false\nvip: none\n"
		  "secrets: {command: [pass, talsecret]}\n"
		  "patches: [{machine: {}}, 'machine: {}']\n" },
};

Test(field_checks, what_is_right_gives_no_finding)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(right); i++) {
		struct sample sample = sample_good();

		sample.cluster = sample_edit(arena, sample.cluster, "", right[i].cluster);

		struct workspace *workspace OWNED(workspace_free) = sample_open(&sample);

		cr_assert_eq(workspace_findings(workspace)->len, 0, "%s:%s", right[i].name,
			     sample_all(workspace, arena));
	}
}
