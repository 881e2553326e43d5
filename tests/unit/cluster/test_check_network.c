#include "cluster/check.h"

#include "sample.h"

static const struct broken rows[] = {
	{ "host bits", "10.0.0.0/16", "10.0.0.5/16", "cidr-host-bits", "node_cidr",
	  "did you mean 10.0.0.0/16", 1, false, false },
	{ "no network", "10.0.0.0/16", "10.0.0.0", "bad-cidr", "node_cidr", NULL, 1, false, false },
	{ "prefix too long", "10.0.0.0/16", "10.0.0.0/33", "bad-cidr", "node_cidr", NULL, 1, false,
	  false },
	{ "pods are the nodes", "10.42.0.0/16", "10.0.0.0/16", "cidr-overlap", "cluster_pod_cidr",
	  "overlaps", 3, false, false },
	{ "pods inside the nodes", "10.42.0.0/16", "10.0.128.0/20", "cidr-overlap",
	  "cluster_pod_cidr", NULL, 3, false, false },
	{ "services around the pods", "10.43.0.0/16", "10.40.0.0/13", "cidr-overlap",
	  "cluster_svc_cidr", NULL, 4, false, false },
	{ "a default overlaps", "cluster_pod_cidr: 10.42.0.0/16\ncluster_svc_cidr: 10.43.0.0/16",
	  "cluster_svc_cidr: 10.42.8.0/21", "cidr-overlap", "cluster_svc_cidr", "(the default)", 3,
	  false, false },
	{ "two of a family", "10.42.0.0/16", "[10.42.0.0/16, 10.44.0.0/16]", "one-per-family",
	  "cluster_pod_cidr", NULL, 3, false, false },
	{ "three networks", "10.42.0.0/16", "[10.42.0.0/16, fd00::/64, fd01::/64]",
	  "one-per-family", "cluster_pod_cidr", NULL, 3, false, false },
	{ "pods alone have IPv6", "10.42.0.0/16", "[10.42.0.0/16, 'fd00::/64']", "family-mismatch",
	  "cluster_pod_cidr[1]", "IPv6", 3, false, false },
	{ "no pods at all", "10.42.0.0/16", "[]", "empty", "cluster_pod_cidr", NULL, 3, false,
	  false },
	{ "gateway outside", "node_default_gateway: 10.0.0.1", "node_default_gateway: 10.1.0.1",
	  "address-outside", "node_default_gateway", "10.0.0.0/16", 2, false, false },
	{ "api outside", "10.0.50.50", "10.9.50.50", "address-outside", "cluster_api_addr", NULL, 5,
	  false, false },
	{ "node outside", "address: 10.0.50.11", "address: 10.2.50.11", "address-outside",
	  "nodes[3].address", "worker1", 18, true, false },
	{ "second address outside", "address: 10.0.50.11", "address: [10.0.50.11, 10.2.0.1]",
	  "address-outside", "nodes[3].address[1]", NULL, 18, true, false },
	{ "load balancer outside", "10.0.50.101", "10.7.50.101", "address-outside",
	  "cluster_gateway_addr", "BGP", 6, false, false },
	{ "api is the network", "10.0.50.50", "10.0.0.0", "network-address", "cluster_api_addr",
	  "network address", 5, false, false },
	{ "api is the broadcast", "10.0.50.50", "10.0.255.255", "network-address",
	  "cluster_api_addr", "broadcast", 5, false, false },
	{ "gateway among the pods", "cloudflare_gateway_addr: 10.0.50.102",
	  "cloudflare_gateway_addr: 10.42.0.9", "address-in-cluster", "cloudflare_gateway_addr",
	  "cluster_pod_cidr", 8, false, false },
	{ "api is a node", "10.0.50.50", "10.0.50.1", "duplicate-address", "nodes[0].address",
	  "cluster_api_addr and nodes[0] (cp1)", 3, false, false },
	{ "gateway is a node", "10.0.50.101", "10.0.50.11", "duplicate-address", "nodes[3].address",
	  "cluster_gateway_addr and nodes[3] (worker1)", 18, false, false },
	{ "two nodes", "address: 10.0.50.11", "address: 10.0.50.2", "duplicate-address",
	  "nodes[3].address", "nodes[1] (cp2) and nodes[3] (worker1)", 18, true, false },
	{ "a node where the gateway is by default",
	  "node_default_gateway: 10.0.0.1\ncluster_pod_cidr: 10.42.0.0/16\n"
	  "cluster_svc_cidr: 10.43.0.0/16\ncluster_api_addr: 10.0.50.50",
	  "cluster_api_addr: 10.0.0.1", "duplicate-address", "cluster_api_addr",
	  "the first host of node_cidr", 2, false, false },
	{ "two gateways", "10.0.50.102", "10.0.50.101", "duplicate-address",
	  "cloudflare_gateway_addr", "cluster_gateway_addr", 8, false, false },
	{ "half of BGP", "", "cilium_bgp_node_asn: 64512\n", "bgp-partial", "cilium_bgp_node_asn",
	  "cilium_bgp_router_addr and cilium_bgp_router_asn are missing", 11, false, false },
	{ "most of BGP", "", "cilium_bgp_node_asn: 64512\ncilium_bgp_router_addr: 10.0.0.1\n",
	  "bgp-partial", NULL, "cilium_bgp_router_asn is missing", 0, false, false },
};

Test(check_network, each_fault_is_found_at_its_place)
{
	sample_check(rows, ARRAY_LEN(rows));
}

static const struct {
	const char *name, *old, *new;
} right[] = {
	{ "nothing changed", "10.0.0.0/16", "10.0.0.0/16" },
	{ "gateways elsewhere with BGP",
	  "cluster_gateway_addr: 10.0.50.101\n",
	  "cluster_gateway_addr: 172.29.52.200\ncilium_bgp_node_asn: 64512\n"
	  "cilium_bgp_router_addr: 10.0.0.1\ncilium_bgp_router_asn: '64513'\n" },
	{ "dual stack", "cluster_pod_cidr: 10.42.0.0/16\ncluster_svc_cidr: 10.43.0.0/16",
	  "cluster_pod_cidr: [10.42.0.0/16, 'fd00::/64']\n"
	  "cluster_svc_cidr: [10.43.0.0/16, 'fd01::/108']" },
	{ "the virtual address said twice", "cluster_api_addr: 10.0.50.50",
	  "cluster_api_addr: 10.0.50.50\nvip: 10.0.50.50" },
	{ "defaults", "cluster_pod_cidr: 10.42.0.0/16\ncluster_svc_cidr: 10.43.0.0/16\n", "" },
};

Test(check_network, what_is_right_gives_no_finding)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(right); i++) {
		struct sample sample = sample_good();

		sample.cluster = sample_edit(arena, sample.cluster, right[i].old, right[i].new);

		struct workspace *workspace OWNED(workspace_free) = sample_open(&sample);

		cr_assert_eq(workspace_findings(workspace)->len, 0, "%s:%s", right[i].name,
			     sample_all(workspace, arena));
	}
}

Test(check_network, one_control_plane_may_be_the_api_itself)
{
	struct sample sample = {
		.cluster = "node_cidr: 10.10.10.0/24\ncluster_api_addr: 10.10.10.100\n"
			   "talos_version: v1.13.9\nkubernetes_version: v1.36.3\n",
		.nodes = "nodes: [{name: k8s-0, address: 10.10.10.100, controller: true, "
			 "disk: /dev/sda}]\n",
	};
	struct workspace *workspace OWNED(workspace_free) = sample_open(&sample);
	const struct cluster *cluster = workspace_cluster(workspace, NULL);

	cr_assert_not_null(cluster);
	cr_assert_null(cluster->vip);
	cr_assert_str_eq(cluster->endpoint, "https://10.10.10.100:6443");
	cr_assert(cluster->schedule_on_controllers);
}

Test(check_network, an_overlap_is_told_of_once)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct sample sample = sample_good();

	sample.cluster = sample_edit(arena, sample.cluster, "10.42.0.0/16", "10.0.0.0/17");

	struct workspace *workspace OWNED(workspace_free) = sample_open(&sample);

	cr_assert_eq(workspace_findings(workspace)->len, 1, "%s", sample_all(workspace, arena));
	cr_assert_not_null(sample_find(workspace, "cidr-overlap"));
}
