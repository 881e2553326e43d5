#include "ops/site.h"

#include "base/clock.h"
#include "crypto/x509.h"
#include "talos/talos.h"

#include <assert.h>

#define CLIENT_LIFETIME (DAY)

enum way {
	WAY_MUTUAL,
	WAY_INSECURE,
	WAY_COUNT
};

struct site {
	struct site_options options;
	struct arena *arena; /* owned; the client key is in it */
	struct identity identity;
	struct trust trust, insecure;
	struct channel *(*channel)[WAY_COUNT]; /* owned; per node, made on first use */
};

static int make_identity(struct site *site, struct err *err)
{
	static const char *const roles[] = { "os:admin", NULL };
	const struct site_options *options = &site->options;

	if (options->identity) {
		site->identity = *options->identity;
		return 0;
	}
	const struct client_request client = { .roles = roles,
					       .now = loop_wall(options->loop),
					       .lifetime = CLIENT_LIFETIME };

	return bundle_client(options->bundle, site->arena, &client, &site->identity, err);
}

int site_new(const struct site_options *options, struct site **out, struct err *err)
{
	struct site *site OWNED(site_free) = mem_new(sizeof(*site));
	const char *ca = options->bundle->talos.cert;

	site->options = *options;
	site->arena = arena_new("site");
	site->channel = arena_calloc(site->arena, options->cluster->nodes, sizeof(*site->channel));
	site->trust.ca = ca;
	site->insecure.fingerprint = options->fingerprint;
	site->insecure.insecure = !options->fingerprint;
	if (make_identity(site, err) < 0)
		return err_wrap(err, "make a client certificate");
	if (x509_verify(site->identity.cert, ca, X509_CLIENT, loop_wall(options->loop), err) < 0)
		return err_wrap(err, "check the client certificate");
	*out = take(site);
	return 0;
}

void site_free(struct site *site)
{
	if (!site)
		return;
	for (size_t i = 0; i < site->options.cluster->nodes; i++)
		for (size_t way = 0; way < WAY_COUNT; way++)
			talos_disconnect(site->channel[i][way]);
	arena_free(site->arena);
	mem_free(site, sizeof(*site));
}

const struct site_options *site_options(const struct site *site)
{
	return &site->options;
}

const struct cluster *site_cluster(const struct site *site)
{
	return site->options.cluster;
}

static struct channel *channel_for(struct site *site, const struct node *node, enum way way)
{
	struct channel **channel = &site->channel[node->index][way];

	assert(node->index < site->options.cluster->nodes);
	if (!*channel) {
		struct dial_target target = {
			.address = node->address[0],
			.port = TALOS_PORT,
			.identity = way == WAY_MUTUAL ? &site->identity : NULL,
			.trust = way == WAY_MUTUAL ? &site->trust : &site->insecure,
		};
		*channel = talos_connect(site->options.loop, site->options.dialer, &target);
	}
	return *channel;
}

struct channel *site_channel(struct site *site, const struct node *node)
{
	return channel_for(site, node, WAY_MUTUAL);
}

struct channel *site_insecure(struct site *site, const struct node *node)
{
	return channel_for(site, node, WAY_INSECURE);
}

void site_redial(struct site *site, const struct node *node)
{
	for (size_t way = 0; way < WAY_COUNT; way++)
		if (site->channel[node->index][way])
			talos_reconnect(site->channel[node->index][way]);
}
