#include "cluster/bgp_fields.h"

#include "sample.h"

#define BGP(peer) "bgp: {asn: 64512, peers: [{address: 10.0.0.1, asn: 64513" peer "}]}\n"
#define POOL(rest) "pools: [{name: lan, " rest "}]\n"

static const struct broken rows[] = {
	{ "half of BGP", "", "cilium_bgp_node_asn: 64512\n", "bgp-partial", "cilium_bgp_node_asn",
	  "cilium_bgp_router_addr and cilium_bgp_router_asn are missing", 11, false, false },
	{ "BGP twice", "",
	  "cilium_bgp_node_asn: 64512\ncilium_bgp_router_addr: 10.0.0.1\n"
	  "cilium_bgp_router_asn: 64513\n" BGP(""),
	  "bgp-twice", "cilium_bgp_router_addr", NULL, 0, false, false },
	{ "AS number 0", "",
	  "bgp: {asn: 0, peers: [{address: 10.0.0.1, asn: 64513}]}\n", "asn-range",
	  "bgp.asn", NULL, 11, false, false },
	{ "AS number too large", "",
	  "bgp: {asn: 64512, peers: [{address: 10.0.0.1, asn: 4294967296}]}\n", "asn-range",
	  "bgp.peers[0].asn", NULL, 11, false, false },
	{ "no peers", "", "bgp: {asn: 64512, peers: []}\n", "empty", "bgp.peers", NULL, 11, false,
	  false },
	{ "an AS with itself", "", "bgp: {asn: 64512, peers: [{address: 10.0.0.1, asn: 64512}]}\n",
	  "bgp-internal", "bgp.peers[0].asn", "internal", 11, false, true },
	{ "keepalive above hold", "", BGP(", hold: 9, keepalive: 30"), "bgp-timers",
	  "bgp.peers[0].hold", "keepalive 30 is longer than hold 9", 11, false, false },
	{ "hold below three keepalives", "", BGP(", hold: 9, keepalive: 4"), "bgp-timers",
	  "bgp.peers[0].hold", "less than 3 times", 11, false, true },
	{ "hold out of range", "", BGP(", hold: 2"), "out-of-range", "bgp.peers[0].hold", NULL, 11,
	  false, false },
	{ "short hold without graceful restart", "", BGP(", hold: 9, graceful_restart: 0"),
	  "bgp-restart", "bgp.peers[0].graceful_restart", "drops routes", 11, false, true },
	{ "a router that is a node", "",
	  "bgp: {asn: 64512, peers: [{address: 10.0.50.2, asn: 1}]}\n",
	  "bgp-address", "bgp.peers[0].address", "the node cp2", 11, false, false },
	{ "a router among the pods", "",
	  "bgp: {asn: 64512, peers: [{address: 10.42.0.1, asn: 1}]}\n", "bgp-address",
	  "bgp.peers[0].address", "cluster_pod_cidr", 11, false, false },
	{ "a router twice", "",
	  "bgp: {asn: 64512, peers: [{address: 10.0.0.1, asn: 1}, {address: 10.0.0.1, asn: 1}]}\n",
	  "duplicate-address", "bgp.peers[1].address", NULL, 11, false, false },
	{ "IPv6 without addresses of nodes", "",
	  "bgp: {asn: 64512, peers: [{address: 'fd00::1', asn: 64513}]}\n", "bgp-family",
	  "bgp.peers[0].address", "nodes[0] (cp1)", 11, false, false },
	{ "two sources of a password", "", BGP(", password: {file: a, env: B}"),
	  "bad-password-source", "bgp.peers[0].password", NULL, 11, false, false },
	{ "a password in clear", "", BGP(", password: hunter2"), "wrong-type",
	  "bgp.peers[0].password", NULL, 11, false, false },
	{ "an empty source", "", BGP(", password: {env: ''}"), "empty",
	  "bgp.peers[0].password.env", NULL, 11, false, false },
	{ "a pool backwards", "", POOL("start: 10.0.60.9, stop: 10.0.60.1"), "pool-range",
	  "pools[0]", NULL, 11, false, false },
	{ "a pool of two families", "", POOL("start: 10.0.60.9, stop: 'fd00::1'"), "pool-range",
	  "pools[0]", NULL, 11, false, false },
	{ "a pool without addresses", "", "pools: [{name: lan}]\n", "pool-addresses", "pools[0]",
	  NULL, 11, false, false },
	{ "a pool said twice", "", POOL("cidr: 10.0.60.0/24, start: 10.0.60.1"), "pool-addresses",
	  "pools[0]", NULL, 11, false, false },
	{ "host bits", "", POOL("cidr: 10.0.60.9/24"), "cidr-host-bits", "pools[0].cidr", NULL, 11,
	  false, false },
	{ "a bad name", "", "pools: [{name: My Pool, cidr: 10.0.60.0/24}]\n", "bad-name",
	  "pools[0].name", NULL, 11, false, false },
	{ "a bad label", "", POOL("cidr: 10.0.60.0/24, label: 'a=-'"), "bad-label",
	  "pools[0].label", NULL, 11, false, false },
	{ "the virtual address in a pool", "", POOL("start: 10.0.50.40, stop: 10.0.50.60"),
	  "pool-overlap", "pools[0]", "cluster_api_addr 10.0.50.50", 11, false, false },
	{ "a pool among the services", "", POOL("cidr: 10.43.7.0/24"), "pool-overlap", "pools[0]",
	  "cluster_svc_cidr", 11, false, false },
	{ "a node in a pool", "", POOL("start: 10.0.50.11"), "pool-overlap", "pools[0]",
	  "the node worker1", 11, false, false },
	{ "the router in a pool", "", POOL("cidr: 10.0.0.0/24"), "pool-overlap", "pools[0]",
	  "the router's 10.0.0.1", 11, false, false },
	{ "pools that overlap", "",
	  "pools: [{name: a, cidr: 10.0.60.0/24}, {name: b, start: 10.0.60.255}]\n",
	  "pool-overlap", "pools[1]", "pools a and b", 11, false, false },
	{ "two pools of a name", "",
	  "pools: [{name: a, cidr: 10.0.60.0/24}, {name: a, cidr: 10.0.61.0/24}]\n",
	  "duplicate-name", "pools[1]", NULL, 11, false, false },
	{ "announced inside the nodes' network", "", BGP("") POOL("cidr: 10.0.60.0/24"),
	  "pool-overlap", "pools[0]", "node_cidr", 12, false, false },
	{ "outside without BGP", "", POOL("cidr: 10.9.0.0/24"), "pool-outside", "pools[0]",
	  "nobody finds it", 11, false, true },
	{ "IPv6 without IPv6 pods", "", POOL("cidr: 'fd00::/120'"), "pool-family", "pools[0]", NULL,
	  11, false, false },
	{ "gateways in no pool", "", POOL("cidr: 10.0.60.0/24"), "gateway-no-pool",
	  "cluster_gateway_addr", "10.0.50.101", 6, false, true },
	{ "no release", "", "cilium: {version: new}\n", "bad-version", "cilium.version", NULL, 11,
	  false, false },
	{ "an old release", "", "cilium: {version: 1.15.4}\n", "unsupported-version",
	  "cilium.version", NULL, 11, false, false },
	{ "a value that is ignored", "",
	  "cilium: {values: {cgroup: {automount: {enabled: false}}}}\n", "cilium-value",
	  "cilium.values.cgroup.automount", "autoMount", 11, false, true },
	{ "XDP everywhere", "", "cilium: {values: {loadBalancer: {acceleration: native}}}\n",
	  "cilium-value", "cilium.values.loadBalancer.acceleration", "driver", 11, false, true },
	{ "direct routes in a tunnel", "",
	  "cilium: {values: {routingMode: tunnel, autoDirectNodeRoutes: true}}\n", "cilium-value",
	  "cilium.values.autoDirectNodeRoutes", NULL, 11, false, false },
	{ "DSR in a tunnel", "",
	  "cilium: {values: {routingMode: tunnel, loadBalancer: {mode: dsr}}}\n", "cilium-value",
	  "cilium.values.loadBalancer.mode", "dsrDispatch geneve", 11, false, false },
	{ "a value of another time", "", "cilium: {values: {bgp: {enabled: true}}}\n",
	  "cilium-value", "cilium.values.bgp", "bgpControlPlane.enabled", 11, false, true },
	{ "one of two sessions with a password", "",
	  "bgp: {asn: 64512, peers: [{address: 10.0.0.1, asn: 1, password: {env: A}}, "
	  "{address: 10.0.0.2, asn: 1}]}\n",
	  "bgp-password", "bgp.peers[1].password", "has no password", 11, false, true },
	{ "IPv6 pods of one node", "cluster_pod_cidr: 10.42.0.0/16\ncluster_svc_cidr: 10.43.0.0/16",
	  "cni: cilium\ncluster_pod_cidr: [10.42.0.0/16, 'fd00::/64']\n"
	  "cluster_svc_cidr: [10.43.0.0/16, 'fd01::/108']",
	  "pod-space", "cluster_pod_cidr", "/56", 4, false, true },
};

Test(check_bgp, each_fault_is_found_at_its_place)
{
	sample_check(rows, ARRAY_LEN(rows));
}

static struct workspace *open_with(struct arena *arena, const char *more)
{
	struct sample sample = sample_good();

	sample.cluster = sample_edit(arena, sample.cluster, "", more);
	return sample_open(&sample);
}

static const struct {
	const char *name, *more;
	unsigned hold, keepalive, restart;
} timers[] = {
	{ "nothing said", BGP(""), 90, 30, 120 },
	{ "hold alone", BGP(", hold: 9"), 9, 3, 120 },
	{ "keepalive alone", BGP(", keepalive: 5"), 15, 5, 120 },
	{ "all", BGP(", hold: 40, keepalive: 10, graceful_restart: 7"), 40, 10, 7 },
	{ "the template's keys",
	  "cilium_bgp_node_asn: 64512\ncilium_bgp_router_addr: 10.0.0.1\n"
	  "cilium_bgp_router_asn: '64513'\n",
	  90, 30, 120 },
};

Test(check_bgp, both_ways_of_writing_it_come_to_the_same_sessions)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(timers); i++) {
		/* with BGP the gateways may be anywhere but in the nodes' network */
		struct workspace *workspace OWNED(workspace_free) =
			open_with(arena, timers[i].more);
		const struct cluster *cluster = workspace_cluster(workspace, NULL);

		cr_assert_not_null(cluster, "%s: %s", timers[i].name,
				   sample_all(workspace, arena));
		cr_assert_eq(cluster->bgp.asn, 64512);
		cr_assert_eq(cluster->bgp.peers, 1);
		cr_assert_str_eq(cluster->bgp.peer[0].address, "10.0.0.1");
		cr_assert_eq(cluster->bgp.peer[0].asn, 64513);
		cr_assert_eq(cluster->bgp.peer[0].hold, timers[i].hold, "%s", timers[i].name);
		cr_assert_eq(cluster->bgp.peer[0].keepalive, timers[i].keepalive, "%s",
			     timers[i].name);
		cr_assert_eq(cluster->bgp.peer[0].restart, timers[i].restart, "%s",
			     timers[i].name);
		cr_assert_not(cluster->bgp.peer[0].multihop);
	}
}

Test(check_bgp, without_pools_the_gateways_are_handed_out)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct workspace *workspace OWNED(workspace_free) = open_with(arena, "");
	const struct cluster *cluster = workspace_cluster(workspace, NULL);
	char text[IP_TEXT_MAX];

	cr_assert_not_null(cluster);
	cr_assert_eq(cluster->pools, 3);
	cr_assert_str_eq(cluster->pool[0].name, "gateway");
	cr_assert_str_eq(ip_text(&cluster->pool[0].range.first, text), "10.0.50.101");
	cr_assert_eq(cluster->bgp.asn, 0);
	cr_assert_str_eq(cluster->cilium.version, CILIUM_VERSION);
	cr_assert_str_eq(cluster->cilium.balancer, "dsr");
}

Test(check_bgp, labels_of_pools_take_three_forms)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	static const struct {
		const char *text, *key, *label;
	} forms[] = {
		{ "web", "io.cilium/lb-ipam-pool", "web" },
		{ "pool=web", "pool", "web" },
		{ "example.org/pool: web", "example.org/pool", "web" },
	};

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		const char *key, *label;

		cr_assert(pool_label_read(arena, forms[i].text, &key, &label), "%s", forms[i].text);
		cr_assert_str_eq(key, forms[i].key);
		cr_assert_str_eq(label, forms[i].label);
	}
}
