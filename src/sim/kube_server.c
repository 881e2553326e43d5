#include "sim/kube_server.h"

#include "base/ip.h"
#include "base/text.h"
#include "sim/kube.h"
#include "sim/kube_settings.h"
#include "sim/sim_certs.h"
#include "sim/world_impl.h"

#include <string.h>

#define SANS_MAX 64

void server_free(struct kube_server *server)
{
	if (!server)
		return;
	arena_free(server->arena);
	mem_free(server, sizeof(*server));
}

/* The host of "https://HOST:PORT". */
static const char *endpoint_host(struct arena *arena, const char *endpoint)
{
	char host[256];
	unsigned port;

	if (!text_starts(endpoint, "https://"))
		return "";
	endpoint += strlen("https://");

	const char *text = arena_strn(arena, endpoint, strcspn(endpoint, "/"));

	return host_port_parse(text, 443, host, sizeof(host), &port) ? arena_str(arena, host) : "";
}

static const char *service_address(struct arena *arena, const char *subnet)
{
	struct ip_prefix prefix;
	struct ip ip;
	char text[IP_TEXT_MAX];

	if (!ip_prefix_parse(subnet, &prefix) || !ip_prefix_nth(&prefix, 1, &ip))
		return "10.96.0.1";
	return arena_str(arena, ip_text(&ip, text));
}

static const char *const *names_of(struct sim_node *node, struct arena *arena)
{
	const struct kube_settings *settings = settings_of(node);
	const struct sim_config *config = node->config;
	const char *const fixed[] = {
		node_address(node),
		node->hostname,
		config->vip,
		endpoint_host(arena, config->endpoint),
		service_address(arena, settings->services),
		"127.0.0.1",
		"localhost",
		"kubernetes",
		"kubernetes.default",
		"kubernetes.default.svc",
		"kubernetes.default.svc.cluster.local",
	};
	const char **names = arena_calloc(arena, SANS_MAX + 1, sizeof(*names));
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(fixed); i++) {
		bool there = false;

		for (size_t k = 0; k < count; k++)
			there = there || !strcmp(names[k], fixed[i]);
		if (fixed[i][0] && !there)
			names[count++] = fixed[i];
	}
	for (size_t i = 0; settings->sans[i] && count < SANS_MAX; i++)
		names[count++] = arena_str(arena, settings->sans[i]);
	return names;
}

static struct kube_server *server_new(struct sim_node *node)
{
	struct arena *arena = arena_new("kubernetes server");
	struct kube_server *server OWNED(server_free) = mem_new(sizeof(*server));
	const struct x509_request request = {
		.common_name = "kube-apiserver",
		.names = names_of(node, arena),
		.usage = X509_SERVER,
		.now = world_wall(node->world),
		.lifetime = 10 * 365 * DAY,
	};

	server->arena = arena;
	server->config = node->config;
	server->applies = node->applies;
	if (!node->config->kubernetes_ca.cert || !node->config->kubernetes_ca.key ||
	    certs_issue(node->world, &node->config->kubernetes_ca, &request, &server->identity,
			NULL) < 0)
		return NULL;
	return take(server);
}

const struct kube_server *server_of(struct sim_node *node)
{
	struct kube_server *server = node->kube.server;

	if (!kube_serves(node))
		return NULL;
	if (!server || server->config != node->config || server->applies != node->applies) {
		server_free(server);
		node->kube.server = server_new(node);
	}
	return node->kube.server;
}

struct sim_node *server_at(struct world *world, const char *host)
{
	struct arena *arena OWNED(arena_free) = arena_new("endpoint");
	struct sim_node *node = world_node_at(world, host), *known = NULL;
	struct ip ip;

	if (node || ip_parse(host, &ip))
		return node;
	/* a name that the cluster's endpoint has leads to whoever answers */
	for (size_t i = 0; i < world->nodes; i++) {
		struct sim_node *one = world->node[i];

		if (!one->config || !one->config->control ||
		    strcmp(endpoint_host(arena, one->config->endpoint), host) != 0)
			continue;
		if (kube_serves(one))
			return one;
		known = one;
	}
	return known;
}
