#include "sim/sim_api.h"

#include "net/tls.h"
#include "sim/service.h"
#include "sim/sim_certs.h"
#include "sim/world_impl.h"

#include <string.h>

/* Connections of the previous mode are looked at so often until they are gone. */
#define DRAIN_LOOK (100 * MILLISECOND)

static void api_free(struct sim_api *api)
{
	if (!api)
		return;
	rpc_server_free(api->server);
	str_done(&api->caller);
	tls_shared_free(api->shared);
	arena_free(api->arena);
	mem_free(api, sizeof(*api));
}

struct sim_api *api_open(const struct sim_node *node)
{
	return node->api && node->api->open ? node->api : NULL;
}

static const char *const *own_names(const struct sim_node *node, struct arena *arena)
{
	const struct sim_config *config = node->config;
	size_t count = 0, sans = 0;

	while (config && config->sans[sans])
		sans++;

	const char **names = arena_calloc(arena, sans + 6, sizeof(*names));

	names[count++] = node_address(node);
	names[count++] = "127.0.0.1";
	if (node->hostname[0])
		names[count++] = arena_str(arena, node->hostname);
	if (config && config->vip[0] && config->control)
		names[count++] = config->vip;
	for (size_t i = 0; i < sans; i++)
		names[count++] = config->sans[i];
	return names;
}

/* The authority whose key signs: the node's own, or on a worker that of a control plane. */
static const struct identity *signer_of(const struct sim_node *node)
{
	const struct world *world = node->world;

	if (node->config->control)
		return &node->config->ca;
	for (size_t i = 0; i < world->nodes; i++) {
		const struct sim_node *other = world->node[i];

		if (node_is_up(other) && other->config->control && other->config->ca.key &&
		    service_is_healthy(&other->service[SERVICE_TRUSTD]) &&
		    !strcmp(other->config->ca.cert, node->config->ca.cert))
			return &other->config->ca;
	}
	return NULL;
}

static int make_identity(struct sim_node *node, struct sim_api *api, struct err *err)
{
	uint64_t now = world_wall(node->world);
	/* real ones last a day and are replaced twice a day: nobody sees the difference */
	struct x509_request request = {
		.common_name = node->hostname,
		.names = own_names(node, api->arena),
		.usage = X509_SERVER,
		.now = now,
		.lifetime = 10 * 365 * DAY,
	};

	if (node->state != SIM_MAINTENANCE) {
		const struct identity *signer = signer_of(node);

		if (!signer)
			return err_set(err, ERR_CONFLICT,
				       "no control plane signs certificates yet");
		api->client_ca = arena_str(api->arena, node->config->accepted);
		return certs_issue(node->world, signer, &request, &api->identity, err);
	}

	const struct x509_ca ca = { "talos", KEY_ED25519, now, 10 * 365 * DAY };
	struct identity self;

	request.common_name = "maintenance-service.talos.dev";
	if (x509_make_ca(api->arena, &ca, &self, err) < 0)
		return -1;
	return x509_issue(api->arena, &self, &request, &api->identity, err);
}

static void api_start(struct sim_node *node)
{
	struct sim_api *api = mem_new(sizeof(*api));
	struct err err = ERR_INIT;

	api->arena = arena_new("simulated listener");
	str_init(&api->caller, 64 << 10);
	api->node = node;
	api->ops = service_ops;
	if (make_identity(node, api, &err) < 0) {
		api_free(api);
		/* a worker's turn comes when a control plane's does */
		if (err.kind != ERR_CONFLICT)
			node_log(node, &(struct sim_event){ .kind = SIM_EVENT_INVALID_CONFIG,
							    .name = err.text });
		return;
	}
	api->server = rpc_server_new(node->world->loop, &api->ops);
	api->shared = tls_shared_new();
	api->open = true;
	api->older = node->api;
	node->api = api;
	node->api_due = 0;
}

static bool serves(const struct sim_node *node)
{
	return node->state == SIM_MAINTENANCE || node->state == SIM_INSTALLING || node_is_up(node);
}

/* Frees listeners whose last connection went; true when one is left that still drains. */
static bool drains(struct sim_node *node)
{
	struct sim_api **at = &node->api;

	while (*at) {
		struct sim_api *api = *at;

		if (api->open || rpc_server_connections(api->server)) {
			at = &api->older;
			continue;
		}
		*at = api->older;
		api_free(api);
	}
	return node->api && !node->api->open;
}

void api_settle(struct sim_node *node)
{
	uint64_t wall = world_wall(node->world);

	if (serves(node) && !api_open(node) && node->api_due <= wall) {
		node->api_due = 0;
		if (drains(node))
			node->api_due = wall + DRAIN_LOOK;
		else
			api_start(node);
	}
	serve_settle(node);
}

void api_close(struct sim_node *node, uint64_t grace)
{
	struct sim_api *api = api_open(node);

	if (!api)
		return;
	api->open = false;
	rpc_server_drain(api->server, grace);
	serve_settle(node);
}

void api_cut(struct sim_node *node)
{
	while (node->api) {
		struct sim_api *api = node->api;

		node->api = api->older;
		api_free(api);
	}
	serve_settle(node);
}
