#include "ops/bgp.h"

#include "base/arena.h"
#include "ops/cilium.h"

#include <ctype.h>
#include <string.h>

#define PATHS_MAX 64 /* what common builds of FRR take */
#define PASSWORD_MAX 80

static const struct family {
	uint8_t number;
	const char *afi, *group, *map, *ip;
	unsigned bits;
} families[] = {
	{ 4, "ipv4", "K8S4", "K8S-IN4", "ip", 32 },
	{ 6, "ipv6", "K8S6", "K8S-IN6", "ipv6", 128 },
};

static void put(struct map_builder *map, struct arena *arena, const char *key, const char *text)
{
	map_add(map, key, value_str(arena, text));
}

static void put_number(struct map_builder *map, struct arena *arena, const char *key,
		       uint64_t number)
{
	map_add(map, key, value_of_u64(arena, number));
}

int router_password_check(const char *password, struct err *err)
{
	size_t len = strlen(password);
	bool printable = true;

	for (size_t i = 0; i < len; i++)
		printable = printable && isprint((unsigned char)password[i]);
	if (len == 0 || len > PASSWORD_MAX)
		return err_set(err, ERR_INPUT, "a password of BGP has 1 to %d characters",
			       PASSWORD_MAX);
	if (!printable || password[0] == ' ' || password[len - 1] == ' ')
		return err_set(err, ERR_INPUT,
			       "a password of BGP is printable and neither begins nor ends with "
			       "a space");
	return 0;
}

/* The peer that is meant; its AS number is the router's. */
static int find_router(const struct router_request *request, const struct bgp_peer **out,
		       struct err *err)
{
	const struct bgp *bgp = &request->cluster->bgp;
	const struct bgp_peer *found = NULL;

	if (!bgp->asn || bgp->peers == 0) {
		err_set(err, ERR_NOT_FOUND, "cluster.yaml has no BGP");
		return err_hint(err, "add bgp: {asn: 64512, peers: [{address: ROUTER, asn: "
				     "64513}]}");
	}
	for (size_t i = 0; i < bgp->peers; i++) {
		if (request->peer && strcmp(bgp->peer[i].address, request->peer) != 0)
			continue;
		if (found && found->asn != bgp->peer[i].asn) {
			err_set(err, ERR_CONFLICT, "the peers of bgp are several routers");
			return err_hint(err, "choose one by its address: --peer %s",
					found->address);
		}
		found = found ? found : &bgp->peer[i];
	}
	if (!found)
		return err_set(err, ERR_NOT_FOUND, "no peer of bgp has the address %s",
			       request->peer);
	*out = found;
	return 0;
}

/* The router's address of that family: the one chosen, else the first with its AS number. */
static const struct bgp_peer *peer_of(const struct bgp *bgp, const struct bgp_peer *router,
				      uint8_t family)
{
	if (router->ip.family == family)
		return router;
	for (size_t i = 0; i < bgp->peers; i++)
		if (bgp->peer[i].asn == router->asn && bgp->peer[i].ip.family == family)
			return &bgp->peer[i];
	return NULL;
}

static const struct value *neighbors(struct arena *arena, const struct cluster *cluster,
				     uint8_t family)
{
	struct list_builder *list = list_begin(arena);

	for (size_t i = 0; i < cluster->nodes; i++) {
		const struct node *node = &cluster->node[i];
		struct ip ip;
		size_t at = 0;

		while (at < node->addresses &&
		       !(ip_parse(node->address[at], &ip) && ip.family == family))
			at++;
		if (at < node->addresses)
			list_add(list, value_str(arena, node->address[at]));
	}
	return list_end(list);
}

static const struct value *ranges(struct arena *arena, const struct cluster *cluster,
				  uint8_t family)
{
	struct list_builder *list = list_begin(arena);

	if (cluster->has_node_cidr && cluster->node_cidr.base.family == family) {
		char text[IP_TEXT_MAX];

		list_add(list, value_str(arena, ip_prefix_text(&cluster->node_cidr, text)));
	}
	return list_end(list);
}

/* Neighbours by name where they cannot be told by their network. */
static void put_neighbors(struct map_builder *map, struct arena *arena,
			  const struct router_request *request, uint8_t family)
{
	const struct value *range = ranges(arena, request->cluster, family);

	if (request->neighbors == NEIGHBORS_RANGE && value_len(range) > 0)
		map_add(map, "ranges", range);
	else
		map_add(map, "neighbors", neighbors(arena, request->cluster, family));
}

static const char *list_name(struct arena *arena, const char *name)
{
	char *upper = arena_str(arena, name);

	for (char *at = upper; *at; at++)
		*at = (char)toupper((unsigned char)*at);
	return upper;
}

/* Prefixes that hold the pool and nothing else; what is announced is single addresses. */
static const struct value *list_value(struct arena *arena, const struct pool *pool,
				      const struct family *family, unsigned order)
{
	struct map_builder *map = map_begin(arena);
	struct list_builder *entries = list_begin(arena);
	struct ip_prefix *prefix;
	size_t len = ip_range_prefixes(arena, &pool->range, &prefix);

	for (size_t i = 0; i < len; i++) {
		struct map_builder *entry = map_begin(arena);
		bool wide = prefix[i].bits < family->bits;
		char text[IP_TEXT_MAX];

		put_number(entry, arena, "seq", (i + 1) * 10);
		put(entry, arena, "prefix", ip_prefix_text(&prefix[i], text));
		map_add(entry, "ge", wide ? value_of_u64(arena, family->bits) : value_null(arena));
		list_add(entries, map_end(entry));
	}
	put(map, arena, "list", list_name(arena, pool->name));
	put_number(map, arena, "order", order);
	map_add(map, "entries", list_end(entries));
	return map_end(map);
}

static const struct value *lists(struct arena *arena, const struct cluster *cluster,
				 const struct family *family)
{
	struct list_builder *list = list_begin(arena);
	unsigned order = 0;

	for (size_t i = 0; i < cluster->pools; i++) {
		if (cluster->pool[i].range.first.family != family->number)
			continue;
		order += 10;
		list_add(list, list_value(arena, &cluster->pool[i], family, order));
	}
	return list_end(list);
}

static int family_value(struct arena *arena, const struct router_request *request,
			const struct family *family, const struct bgp_peer *peer,
			const struct value **out, struct err *err)
{
	const struct bgp *bgp = &request->cluster->bgp;
	const char *password = request->password ? request->password[peer - bgp->peer] : NULL;
	struct map_builder *map = map_begin(arena);
	const struct value *secret = value_null(arena);

	if (password && router_password_check(password, err) < 0)
		return err_wrap(err, "the password of %s", peer->address);
	if (peer->password.form != PASSWORD_NONE)
		secret = value_with_sensitive(arena, value_str(arena, password ? password : "***"));
	put(map, arena, "afi", family->afi);
	put(map, arena, "ip", family->ip);
	put(map, arena, "group", family->group);
	put(map, arena, "map", family->map);
	map_add(map, "password", secret);
	map_add(map, "multihop",
		peer->multihop ? value_of_u64(arena, BGP_MULTIHOP) : value_null(arena));
	put_number(map, arena, "hold", peer->hold);
	put_number(map, arena, "keepalive", peer->keepalive);
	put_neighbors(map, arena, request, family->number);
	map_add(map, "lists", lists(arena, request->cluster, family));
	*out = map_end(map);
	return 0;
}

static const struct value *main_value(struct arena *arena, const struct router_request *request,
				      const struct bgp_peer *router,
				      const struct value *family_list)
{
	const struct cluster *cluster = request->cluster;
	const struct bgp_peer *v4 = peer_of(&cluster->bgp, router, 4);
	struct map_builder *map = map_begin(arena);
	size_t paths = cluster->nodes;

	map_add(map, "whole",
		value_of_bool(arena, strcmp(cluster->bgp.router.format, "unifi") != 0));
	put_number(map, arena, "asn", router->asn);
	put_number(map, arena, "nodes_asn", cluster->bgp.asn);
	put(map, arena, "router_id", v4 ? v4->address : NULL);
	put_number(map, arena, "paths", paths > PATHS_MAX ? PATHS_MAX : paths);
	map_add(map, "families", family_list);
	return map_end(map);
}

int router_text(const struct router_request *request, struct str *out, struct err *err)
{
	struct arena *arena OWNED(arena_free) = arena_new("router");
	struct list_builder *list = list_begin(arena);
	const struct bgp_peer *router;

	if (find_router(request, &router, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(families); i++) {
		const struct bgp_peer *peer =
			peer_of(&request->cluster->bgp, router, families[i].number);
		const struct value *family;

		if (!peer)
			continue;
		if (family_value(arena, request, &families[i], peer, &family, err) < 0)
			return -1;
		list_add(list, family);
	}
	return templates_text(&request->templates, "router.conf",
			      main_value(arena, request, router, list_end(list)), out, err);
}
