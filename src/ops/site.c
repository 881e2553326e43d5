#include "ops/site.h"

#include "base/clock.h"
#include "base/ip.h"
#include "crypto/x509.h"
#include "kube/kube.h"
#include "talos/talos.h"

#include <assert.h>
#include <string.h>

#define HOST_MAX 256
/* Clocks differ, some by their time zone: what we make counts since yesterday. */
#define CLIENT_SINCE DAY
#define CLIENT_LIFETIME (2 * DAY)

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
	struct kube *kube;		       /* owned; NULL: no way to it */
};

static uint64_t client_since(struct loop *loop)
{
	uint64_t wall = loop_wall(loop);

	return wall > CLIENT_SINCE ? wall - CLIENT_SINCE : 0;
}

static int make_identity(struct site *site, struct err *err)
{
	static const char *const roles[] = { "os:admin", NULL };
	const struct site_options *options = &site->options;

	if (options->identity) {
		site->identity = *options->identity;
		return 0;
	}
	const struct client_request client = { .roles = roles,
					       .now = client_since(options->loop),
					       .lifetime = CLIENT_LIFETIME };

	return bundle_client(options->bundle, site->arena, &client, &site->identity, err);
}

/* Where the kubeconfig says, else the cluster's endpoint with a certificate made here. */
static int make_kube(struct site *site, struct err *err)
{
	static const char *const groups[] = { "system:masters", NULL };
	static const char scheme[] = "https://";
	const struct site_options *options = &site->options;
	const char *endpoint = options->cluster->endpoint;
	const struct x509_request request = { .common_name = "talforge",
					      .organizations = groups,
					      .usage = X509_CLIENT,
					      .now = client_since(options->loop),
					      .lifetime = CLIENT_LIFETIME };
	struct kube_options kube = { 0 };
	char host[HOST_MAX];

	if (options->kube) {
		kube = *options->kube;
	} else {
		const char *at = endpoint + strlen(scheme);
		const char *authority = arena_strn(site->arena, at, strcspn(at, "/?#"));

		if (strncmp(endpoint, scheme, strlen(scheme)) != 0 ||
		    !host_port_parse(authority, 443, host, sizeof(host), &kube.port))
			return err_set(err, ERR_INPUT, "the endpoint %s has no host", endpoint);
		if (x509_issue(site->arena, &options->bundle->kubernetes, &request, &kube.identity,
			       err) < 0)
			return -1;
		kube.host = host;
		kube.ca = options->bundle->kubernetes.cert;
	}
	kube.loop = options->loop;
	kube.door = options->http;
	site->kube = kube_new(&kube);
	return 0;
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
	if (options->http && make_kube(site, err) < 0)
		return err_wrap(err, "prepare the way to Kubernetes");
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
	kube_free(site->kube);
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

struct kube *site_kube(struct site *site)
{
	return site->kube;
}
