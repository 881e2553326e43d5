#include "cli/network_look.h"

#include "base/clock.h"
#include "base/ip.h"
#include "base/text.h"
#include "cli/program.h"
#include "cli/table.h"

#include <string.h>

#define LINES_MAX ((size_t)1 << 20)

struct looking {
	struct cilium_look cilium;
	struct router_look router;
	struct loop *loop;
	struct err cilium_err, router_err;
};

static void cilium_looked(struct cilium_look *look, const struct err *err)
{
	struct looking *looking = container_of(look, struct looking, cilium);

	looking->cilium_err = *err;
	loop_stop(looking->loop);
}

static void router_looked(struct router_look *look, const struct err *err)
{
	struct looking *looking = container_of(look, struct looking, router);

	looking->router_err = *err;
	loop_stop(looking->loop);
}

static int look_cilium(struct program *program, struct cilium_live *out, struct err *why,
		       struct err *err)
{
	struct looking looking = { .cilium_err = ERR_INIT };
	struct site *site;

	if (program_site(program, &site, err) < 0)
		return -1;
	const struct cluster *cluster = site_cluster(site);

	looking.loop = program->loop;
	cilium_look_start(&looking.cilium, site, program->arena,
			  CILIUM_AGENT | CILIUM_RESOURCES |
				  (cluster->bgp.asn ? CILIUM_SESSIONS : 0u),
			  cilium_looked);
	int r = program_wait(program, err);

	*out = looking.cilium.live;
	*why = looking.cilium_err;
	cilium_look_done(&looking.cilium);
	return r;
}

int network_look_cilium(struct program *program, struct cilium_live *out, struct err *err)
{
	struct err why = ERR_INIT;

	if (look_cilium(program, out, &why, err) < 0)
		return -1;
	if (!err_is_set(&why))
		return 0;
	if (err)
		*err = why;
	return err_wrap(err, "look at Cilium");
}

int network_look_both(struct program *program, struct network_seen *out, struct err *err)
{
	struct looking looking = { .router_err = ERR_INIT };
	struct site *site;

	*out = (struct network_seen){ .cluster_err = ERR_INIT };
	if (program_site(program, &site, err) < 0)
		return -1;
	looking.loop = program->loop;
	router_look_start(&looking.router, site, program->arena, program->access.site.peer,
			  router_looked);
	int r = program_wait(program, err);

	out->router = looking.router.seen;
	router_look_done(&looking.router);
	if (r < 0)
		return -1;
	if (err_is_set(&looking.router_err)) {
		if (err)
			*err = looking.router_err;
		return -1;
	}
	return look_cilium(program, &out->live, &out->cluster_err, err);
}

/* ---- what it comes to ------------------------------------------------------------------------ */

typedef void session_fn(void *context, const char *node, const struct value *instance,
			const struct value *peer);

static void each_session(const struct cilium_live *live, session_fn *each, void *context)
{
	const struct value *items = value_get(live->sessions, "items");

	for (size_t i = 0; i < value_len(items); i++) {
		const struct value *config = value_at(items, i);
		const struct value *instances =
			value_get(value_get(config, "status"), "bgpInstances");

		for (size_t k = 0; k < value_len(instances); k++) {
			const struct value *peers = value_get(value_at(instances, k), "peers");

			for (size_t p = 0; p < value_len(peers); p++)
				each(context, kube_name(config), value_at(instances, k),
				     value_at(peers, p));
		}
	}
}

static uint64_t advertised(const struct value *peer)
{
	const struct value *counts = value_get(peer, "routeCount");
	uint64_t sum = 0, count;

	for (size_t i = 0; i < value_len(counts); i++)
		if (value_u64(value_get(value_at(counts, i), "advertised"), &count))
			sum += count;
	return sum;
}

struct session_list {
	struct arena *arena;
	struct list_builder *list;
};

static void add_session(void *context, const char *node, const struct value *instance,
			const struct value *peer)
{
	struct session_list *into = context;
	struct map_builder *map = map_begin(into->arena);
	const char *address = value_get_text(peer, "peerAddress");
	const char *state = value_get_text(peer, "peeringState");

	(void)instance;
	map_add(map, "node", value_str(into->arena, node));
	map_add(map, "peer", value_str(into->arena, address));
	map_add(map, "asn", value_copy(into->arena, value_get(peer, "peerASN")));
	map_add(map, "state", value_str(into->arena, state));
	map_add(map, "advertised", value_of_u64(into->arena, advertised(peer)));
	list_add(into->list, map_end(map));
}

const struct value *network_sessions(struct arena *arena, const struct cilium_live *live)
{
	struct session_list into = { arena, list_begin(arena) };

	each_session(live, add_session, &into);
	return list_end(into.list);
}

static const struct column session_columns[] = {
	{ "node", "NODE" },
	{ "peer", "PEER" },
	{ "state", "STATE" },
	{ "advertised", "ADVERTISED" },
	{ NULL, NULL },
};

const char *network_sessions_text(struct arena *arena, const struct cilium_live *live)
{
	struct str text SCOPED(str_done) = STR_INIT(LINES_MAX);

	table_write(&text, network_sessions(arena, live), session_columns, false);
	return text.len ? arena_str(arena, str_text(&text)) : "";
}

struct match {
	const char *node;
	bool v6;
	const char *state; /* found */
};

static void match_session(void *context, const char *node, const struct value *instance,
			  const struct value *peer)
{
	struct match *match = context;
	const char *address = value_get_text(peer, "peerAddress");

	(void)instance;
	if (strcmp(node, match->node) == 0 && address &&
	    (strchr(address, ':') != NULL) == match->v6)
		match->state = value_get_text(peer, "peeringState");
}

static const char *cilium_state(const struct network_seen *seen, const char *node, bool v6)
{
	struct match match = { .node = node, .v6 = v6 };

	if (!err_is_set(&seen->cluster_err))
		each_session(&seen->live, match_session, &match);
	return match.state;
}

static const struct router_peer *peer_at(const struct router_status *status, const char *address)
{
	for (size_t i = 0; i < status->peers; i++)
		if (strcmp(status->peer[i].address, address) == 0)
			return &status->peer[i];
	return NULL;
}

/* To the second; NULL: it is not. */
static const char *up_text(struct arena *arena, const struct router_peer *peer)
{
	char text[TIME_TEXT_MAX];

	if (!peer || peer->up_ms < 1000)
		return NULL;
	return arena_str(arena, duration_text(peer->up_ms / 1000 * SECOND, text));
}

static const struct value *joined_row(struct arena *arena, const char *node, const char *address,
				      const struct router_peer *peer, const char *cilium)
{
	struct map_builder *map = map_begin(arena);
	const struct value *none = value_null(arena);

	map_add(map, "node", value_str(arena, node));
	map_add(map, "address", value_str(arena, address));
	map_add(map, "family", value_str(arena, strchr(address, ':') ? "ipv6" : "ipv4"));
	map_add(map, "asn", peer ? value_of_u64(arena, peer->asn) : none);
	map_add(map, "router", value_str(arena, peer ? peer->state : NULL));
	map_add(map, "cilium", value_str(arena, cilium));
	map_add(map, "prefixes", peer ? value_of_u64(arena, peer->prefixes) : none);
	map_add(map, "up_ms", peer ? value_of_u64(arena, peer->up_ms) : none);
	map_add(map, "up", value_str(arena, up_text(arena, peer)));
	return map_end(map);
}

/* Whether a session of that family is meant to be. */
static bool is_meant(const struct cluster *cluster, const char *address)
{
	struct ip ip;

	for (size_t i = 0; ip_parse(address, &ip) && i < cluster->bgp.peers; i++)
		if (cluster->bgp.peer[i].ip.family == ip.family)
			return true;
	return false;
}

static bool is_nodes(const struct cluster *cluster, const char *address)
{
	for (size_t i = 0; i < cluster->nodes; i++)
		for (size_t k = 0; k < cluster->node[i].addresses; k++)
			if (strcmp(cluster->node[i].address[k], address) == 0)
				return true;
	return false;
}

const struct value *network_joined(struct program *program, const struct network_seen *seen)
{
	const struct cluster *cluster = site_cluster(program->site);
	const struct router_status *status = &seen->router.status;
	struct arena *arena = program->arena;
	struct list_builder *list = list_begin(arena);

	for (size_t i = 0; i < cluster->nodes; i++) {
		const struct node *node = &cluster->node[i];

		for (size_t k = 0; k < node->addresses; k++) {
			const struct router_peer *peer = peer_at(status, node->address[k]);
			const char *cilium = cilium_state(seen, node->name,
							  strchr(node->address[k], ':') != NULL);

			if (peer || cilium || is_meant(cluster, node->address[k]))
				list_add(list, joined_row(arena, node->name, node->address[k],
							  peer, cilium));
		}
	}
	/* the router's other neighbours, which are no nodes of ours */
	for (size_t i = 0; i < status->peers; i++)
		if (!is_nodes(cluster, status->peer[i].address))
			list_add(list, joined_row(arena, NULL, status->peer[i].address,
						  &status->peer[i], NULL));
	return list_end(list);
}
