#include "cluster/check.h"

#include "base/text.h"
#include "cluster/bgp_fields.h"
#include "cluster/version.h"
#include "tree/path.h"

#include <string.h>

/* Addresses that a pool must not hand out. */
struct taken {
	struct ip_range range;
	const char *what, *text;
};

struct look {
	struct draft *draft;
	struct findings *findings;
	const struct cluster *cluster;
	struct taken *taken;
	size_t len, cap;
};

static struct src entry_place(const struct draft *draft, const char *key, size_t index)
{
	return value_src(value_at(value_get(draft->cluster_raw, key), index));
}

static void check_partial(struct look *look)
{
	static const char *const keys[] = { "cilium_bgp_router_addr", "cilium_bgp_router_asn",
					    "cilium_bgp_node_asn" };
	const struct draft *draft = look->draft;
	const char *missing = NULL, *present = NULL;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (!value_is_null(value_get(draft->cluster_raw, keys[i])))
			present = present ? present : keys[i];
		else if (!missing)
			missing = keys[i];
		else
			missing = arena_printf(draft->arena, "%s and %s", missing, keys[i]);
	}
	if (present && missing) {
		finding_add(look->findings, FINDING_ERROR, "bgp-partial",
			    check_place(draft, present), present,
			    "BGP needs all of its keys, but %s %s missing", missing,
			    strchr(missing, ' ') ? "are" : "is");
		return;
	}
	if (!present || !value_is_map(value_get(draft->cluster_raw, "bgp")))
		return;
	finding_add(look->findings, FINDING_ERROR, "bgp-twice", check_place(draft, present),
		    present, "%s and bgp say the same thing twice", present);
	finding_hint(look->findings, "keep bgp and remove the cilium_bgp keys");
}

static const char *peer_path(const struct look *look, size_t index, const char *key)
{
	if (!value_is_map(value_get(look->draft->cluster_raw, "bgp")))
		return strcmp(key, "asn") == 0 ? "cilium_bgp_router_asn" : "cilium_bgp_router_addr";
	return path_key(look->draft->arena,
			path_index(look->draft->arena, "bgp.peers", index), key);
}

static void check_timers(struct look *look, const struct bgp_peer *peer, size_t index)
{
	const char *path = peer_path(look, index, "hold");

	if (peer->keepalive > peer->hold) {
		finding_add(look->findings, FINDING_ERROR, "bgp-timers", peer->src, path,
			    "keepalive %u is longer than hold %u", peer->keepalive, peer->hold);
		finding_hint(look->findings, "hold is at least 3 times keepalive");
	} else if (peer->keepalive * 3 > peer->hold) {
		finding_add(look->findings, FINDING_WARNING, "bgp-timers", peer->src, path,
			    "hold %u is less than 3 times keepalive %u", peer->hold,
			    peer->keepalive);
		finding_hint(look->findings, "one lost packet can end the session");
	}
	if (peer->restart > 0 || peer->hold >= BGP_KEEPALIVE)
		return;
	finding_add(look->findings, FINDING_WARNING, "bgp-restart", peer->src,
		    peer_path(look, index, "graceful_restart"),
		    "with hold %u and no graceful restart every restart of the agent drops routes",
		    peer->hold);
}

static void check_peer_asn(struct look *look, const struct bgp_peer *peer, size_t index)
{
	if (peer->asn != look->cluster->bgp.asn)
		return;
	finding_add(look->findings, FINDING_WARNING, "bgp-internal", peer->src,
		    peer_path(look, index, "asn"),
		    "the router has the AS number of the nodes, %u: the session is an internal one",
		    peer->asn);
	finding_hint(look->findings, "give the nodes a private AS number of their own");
}

static bool has_family(const struct node *node, uint8_t family)
{
	struct ip ip;

	for (size_t i = 0; i < node->addresses; i++)
		if (ip_parse(node->address[i], &ip) && ip.family == family)
			return true;
	return false;
}

static bool pods_have_family(const struct look *look, uint8_t family)
{
	const struct texts *pods = &look->cluster->pod_cidr;
	struct ip_prefix prefix;

	for (size_t i = 0; i < pods->len; i++)
		if (ip_prefix_parse(pods->at[i], &prefix) && prefix.base.family == family)
			return true;
	return false;
}

/* A session of a family needs an address of it on both ends. */
static void check_peer_family(struct look *look, const struct bgp_peer *peer, size_t index)
{
	const struct cluster *cluster = look->cluster;
	const char *path = peer_path(look, index, "address");

	for (size_t i = 0; i < cluster->nodes; i++) {
		if (has_family(&cluster->node[i], peer->ip.family))
			continue;
		finding_add(look->findings, FINDING_ERROR, "bgp-family", peer->src, path,
			    "the router's %s is IPv%u, but nodes[%zu] (%s) has no such address",
			    peer->address, peer->ip.family, i, cluster->node[i].name);
		finding_hint(look->findings, "give every node an address of both families in "
					     "nodes.yaml");
		return;
	}
	if (pods_have_family(look, peer->ip.family))
		return;
	finding_add(look->findings, FINDING_ERROR, "bgp-family", peer->src, path,
		    "the router's %s is IPv%u, but cluster_pod_cidr has no such network",
		    peer->address, peer->ip.family);
}

static void check_peer_place(struct look *look, const struct bgp_peer *peer, size_t index)
{
	const char *path = peer_path(look, index, "address");
	const struct bgp *bgp = &look->cluster->bgp;

	for (size_t i = 0; i < look->len; i++) {
		const struct taken *taken = &look->taken[i];

		if (!ip_range_has(&taken->range, &peer->ip) ||
		    text_starts(taken->what, "node_cidr") || text_starts(taken->what, "the router"))
			continue;
		finding_add(look->findings, FINDING_ERROR, "bgp-address", peer->src, path,
			    "the router's %s is in %s %s", peer->address, taken->what,
			    taken->text);
	}
	for (size_t i = 0; i < bgp->peers && &bgp->peer[i] != peer; i++)
		if (ip_equal(&bgp->peer[i].ip, &peer->ip))
			finding_add(look->findings, FINDING_ERROR, "duplicate-address", peer->src,
				    path, "two peers have the address %s", peer->address);
	if (peer->multihop)
		finding_add(look->findings, FINDING_NOTE, "bgp-multihop", peer->src, path,
			    "the router's %s is outside node_cidr: both ends need multihop",
			    peer->address);
}

/* Sessions with one router are protected alike, or a password was forgotten. */
static void check_password(struct look *look, size_t index)
{
	const struct bgp *bgp = &look->cluster->bgp;
	const struct bgp_peer *peer = &bgp->peer[index];

	for (size_t i = 0; i < bgp->peers; i++) {
		if (peer->password.form != PASSWORD_NONE || bgp->peer[i].asn != peer->asn ||
		    bgp->peer[i].password.form == PASSWORD_NONE)
			continue;
		finding_add(look->findings, FINDING_WARNING, "bgp-password", peer->src,
			    peer_path(look, index, "password"),
			    "the session with %s has no password, that with %s has one",
			    peer->address, bgp->peer[i].address);
		finding_hint(look->findings, "give both the same source: the router has one "
					     "password for each address family");
		return;
	}
}

static void check_sessions(struct look *look)
{
	const struct bgp *bgp = &look->cluster->bgp;
	const struct value *raw = value_get(look->draft->cluster_raw, "bgp");

	if (value_is_map(raw) && value_is_list(value_get(raw, "peers")) &&
	    value_len(value_get(raw, "peers")) == 0)
		finding_add(look->findings, FINDING_ERROR, "empty",
			    value_src(value_get(raw, "peers")), "bgp.peers", "bgp.peers is empty");
	for (size_t i = 0; i < bgp->peers; i++) {
		check_timers(look, &bgp->peer[i], i);
		check_peer_asn(look, &bgp->peer[i], i);
		check_peer_family(look, &bgp->peer[i], i);
		check_peer_place(look, &bgp->peer[i], i);
		check_password(look, i);
	}
}

static void take_range(struct look *look, struct ip_range range, const char *what,
		       const char *text)
{
	look->taken = arena_grow(look->draft->arena, look->taken, look->len, &look->cap,
				 sizeof(*look->taken));
	look->taken[look->len++] = (struct taken){ range, what, text };
}

static void take_address(struct look *look, const char *text, const char *what)
{
	struct ip_range range;

	if (text && ip_range_between(text, NULL, &range))
		take_range(look, range, what, text);
}

static void take_network(struct look *look, const char *text, const char *what)
{
	struct ip_prefix prefix;

	if (text && ip_prefix_parse(text, &prefix))
		take_range(look, ip_range_of_prefix(&prefix), what, text);
}

static void collect_taken(struct look *look)
{
	const struct cluster *cluster = look->cluster;

	for (size_t i = 0; i < cluster->pod_cidr.len; i++)
		take_network(look, cluster->pod_cidr.at[i], "cluster_pod_cidr");
	for (size_t i = 0; i < cluster->svc_cidr.len; i++)
		take_network(look, cluster->svc_cidr.at[i], "cluster_svc_cidr");
	/* an announced address in there is asked for on the wire, where nobody answers */
	if (cluster->bgp.asn)
		take_network(look, look->draft->in.node_cidr, "node_cidr");
	take_address(look, cluster->api_addr, "cluster_api_addr");
	if (!text_equal(cluster->vip, cluster->api_addr))
		take_address(look, cluster->vip, "the virtual address");
	take_address(look, cluster->gateway, "the router's");
	for (size_t i = 0; i < cluster->nodes; i++)
		for (size_t j = 0; j < cluster->node[i].addresses; j++)
			take_address(look, cluster->node[i].address[j],
				     arena_printf(look->draft->arena, "the node %s",
						  cluster->node[i].name));
}

static void check_pool_input(struct look *look, size_t index)
{
	const struct pool_input *input =
		(const struct pool_input *)look->draft->in.pools.at + index;
	const char *path = path_index(look->draft->arena, "pools", index);
	struct src place = entry_place(look->draft, "pools", index);
	struct ip_range range;
	struct ip first, last;

	if (!input->name)
		return;
	if (!input->cidr == !input->start || (input->cidr && input->stop)) {
		finding_add(look->findings, FINDING_ERROR, "pool-addresses", place, path,
			    "the pool %s needs cidr, or start and stop", input->name);
		return;
	}
	if (pool_range_read(input, &range) || !input->start || !ip_parse(input->start, &first) ||
	    !input->stop || !ip_parse(input->stop, &last))
		return;
	finding_add(look->findings, FINDING_ERROR, "pool-range", place, path,
		    "the pool %s does not go from %s to %s", input->name, input->start,
		    input->stop);
	finding_hint(look->findings, "start is not behind stop, and both are IPv4 or both IPv6");
}

static void check_pool_overlaps(struct look *look, const struct pool *pool, const char *path)
{
	const struct cluster *cluster = look->cluster;

	for (const struct pool *other = cluster->pool; other < pool; other++) {
		if (strcmp(other->name, pool->name) == 0)
			finding_add(look->findings, FINDING_ERROR, "duplicate-name", pool->src,
				    path, "two pools have the name %s", pool->name);
		if (ip_range_overlaps(&other->range, &pool->range))
			finding_add(look->findings, FINDING_ERROR, "pool-overlap", pool->src, path,
				    "the pools %s and %s have addresses in common", other->name,
				    pool->name);
	}
	for (size_t i = 0; i < look->len; i++)
		if (ip_range_overlaps(&look->taken[i].range, &pool->range)) {
			finding_add(look->findings, FINDING_ERROR, "pool-overlap", pool->src, path,
				    "the pool %s overlaps %s %s", pool->name, look->taken[i].what,
				    look->taken[i].text);
			return;
		}
}

static bool has_session(const struct look *look, uint8_t family)
{
	for (size_t i = 0; i < look->cluster->bgp.peers; i++)
		if (look->cluster->bgp.peer[i].ip.family == family)
			return true;
	return false;
}

static void check_pool_reach(struct look *look, const struct pool *pool, const char *path)
{
	const struct cluster *cluster = look->cluster;
	unsigned family = pool->range.first.family;

	if (!pods_have_family(look, pool->range.first.family))
		finding_add(look->findings, FINDING_ERROR, "pool-family", pool->src, path,
			    "the pool %s is IPv%u, but cluster_pod_cidr has no such network",
			    pool->name, family);
	else if (cluster->bgp.peers > 0 && !has_session(look, pool->range.first.family))
		finding_add(look->findings, FINDING_NOTE, "pool-not-announced", pool->src, path,
			    "nothing announces the pool %s: no peer of bgp has IPv%u", pool->name,
			    family);
	else if (!cluster->bgp.asn && cluster->has_node_cidr &&
		 family == cluster->node_cidr.base.family &&
		 !(ip_prefix_has(&cluster->node_cidr, &pool->range.first) &&
		   ip_prefix_has(&cluster->node_cidr, &pool->range.last)))
		finding_add(look->findings, FINDING_WARNING, "pool-outside", pool->src, path,
			    "the pool %s is outside node_cidr, and without BGP nobody finds it",
			    pool->name);
}

static void check_pools(struct look *look)
{
	const struct cluster *cluster = look->cluster;

	for (size_t i = 0; i < look->draft->in.pools.len; i++)
		check_pool_input(look, i);
	/* the gateways' own addresses are judged with the other addresses */
	for (size_t i = 0; look->draft->in.pools.len > 0 && i < cluster->pools; i++) {
		const char *path = path_index(look->draft->arena, "pools",
					      cluster->pool[i].index);

		check_pool_overlaps(look, &cluster->pool[i], path);
		check_pool_reach(look, &cluster->pool[i], path);
	}
}

static void check_gateways(struct look *look)
{
	static const char *const keys[] = { "cluster_gateway_addr", "cluster_dns_gateway_addr",
					    "cloudflare_gateway_addr" };
	const struct cluster *cluster = look->cluster;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const char *text = value_get_text(look->draft->cluster_raw, keys[i]);
		struct ip ip;
		bool found = false;

		if (!text || !ip_parse(text, &ip))
			continue;
		for (size_t j = 0; j < cluster->pools; j++)
			found = found || ip_range_has(&cluster->pool[j].range, &ip);
		if (!found)
			finding_add(look->findings, FINDING_WARNING, "gateway-no-pool",
				    check_place(look->draft, keys[i]), keys[i],
				    "no pool has the address %s", text);
	}
}

/* Paths of values that the chart takes without a word and does nothing with. */
static const struct dead_value {
	const char *path;
	unsigned since; /* the minor that ignores it; 0: all do */
	const char *hint;
} dead_values[] = {
	{ "cgroup.automount", 0, "it is cgroup.autoMount" },
	{ "enableIPv4", 0, "it is ipv4.enabled" },
	{ "enableIPv6", 0, "it is ipv6.enabled" },
	{ "bgp", 17, "it is bgpControlPlane.enabled; sessions are made from bgp of cluster.yaml" },
	{ "bgpControlPlane.secretNamespace", 0, "it is bgpControlPlane.secretsNamespace" },
	{ "externalIPs", 18, "kubeProxyReplacement brings it" },
	{ "hostPort", 18, "kubeProxyReplacement brings it" },
	{ "nodePort.enabled", 19, "kubeProxyReplacement brings it" },
};

static const struct value *value_of(struct look *look, const char *text)
{
	struct path path;

	if (path_parse(look->draft->arena, text, &path, NULL) < 0)
		return NULL;
	return path_get(look->cluster->cilium.values, &path);
}

static bool is_text(struct look *look, const char *path, const char *text)
{
	return text_equal(value_text(value_of(look, path)), text);
}

static void check_dead_values(struct look *look)
{
	struct version version;

	if (!version_parse(look->cluster->cilium.version, &version))
		return;
	for (size_t i = 0; i < ARRAY_LEN(dead_values); i++) {
		const struct dead_value *dead = &dead_values[i];
		const struct value *value = value_of(look, dead->path);

		if (!value || version.minor < dead->since)
			continue;
		finding_add(look->findings, FINDING_WARNING, "cilium-value", value_src(value),
			    arena_printf(look->draft->arena, "cilium.values.%s", dead->path),
			    "Cilium %s ignores the value %s", look->cluster->cilium.version,
			    dead->path);
		finding_hint(look->findings, "%s", dead->hint);
	}
}

static void clash(struct look *look, enum finding_severity severity, const char *path,
		  const char *text)
{
	finding_add(look->findings, severity, "cilium-value", value_src(value_of(look, path)),
		    arena_printf(look->draft->arena, "cilium.values.%s", path), "%s", text);
}

/* Settings with which the agent does not start. */
static void check_values(struct look *look)
{
	bool tunnel = is_text(look, "routingMode", "tunnel");
	const char *balancer = value_text(value_of(look, "loadBalancer.mode"));

	if (is_text(look, "loadBalancer.acceleration", "native"))
		clash(look, FINDING_WARNING, "loadBalancer.acceleration",
		      "native acceleration needs XDP in the driver of every network interface of "
		      "every node");
	if (tunnel && is_text(look, "autoDirectNodeRoutes", "true"))
		clash(look, FINDING_ERROR, "autoDirectNodeRoutes",
		      "the agent does not start with direct routes and a tunnel");
	if (tunnel && balancer && strcmp(balancer, "snat") != 0 &&
	    !is_text(look, "loadBalancer.dsrDispatch", "geneve"))
		clash(look, FINDING_ERROR, "loadBalancer.mode",
		      "in a tunnel dsr needs loadBalancer.dsrDispatch geneve");
}

/* With an IPv6 network no longer than the 64 bits a node gets, one node takes all of it. */
static void check_pod_space(struct look *look)
{
	const struct texts *pods = &look->cluster->pod_cidr;
	struct ip_prefix prefix;

	if (!value_has(look->draft->cluster_raw, "cilium") &&
	    strcmp(look->cluster->cni, "cilium") != 0)
		return;
	for (size_t i = 0; i < pods->len; i++)
		if (ip_prefix_parse(pods->at[i], &prefix) && prefix.base.family == 6 &&
		    prefix.bits >= 64 && look->cluster->nodes > 1) {
			finding_add(look->findings, FINDING_WARNING, "pod-space",
				    value_src(pods->value[i]), "cluster_pod_cidr",
				    "%s has room for the pods of one node", pods->at[i]);
			finding_hint(look->findings, "each node gets 64 bits: use a /56, or set "
						     "node-cidr-mask-size-ipv6");
		}
}

void check_bgp(struct draft *draft)
{
	struct look look = { .draft = draft,
			     .findings = draft->findings,
			     .cluster = draft->cluster };

	if (!draft->cluster_raw)
		return;
	check_partial(&look);
	collect_taken(&look);
	check_sessions(&look);
	check_pools(&look);
	if (value_has(draft->cluster_raw, "pools"))
		check_gateways(&look);
	check_dead_values(&look);
	check_values(&look);
	check_pod_space(&look);
}
