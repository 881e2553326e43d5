#include "sim/sim_dialer.h"

#include "base/clock.h"
#include "base/own.h"
#include "base/text.h"
#include "net/pipe.h"
#include "sim/sim_api.h"
#include "sim/sim_certs.h"
#include "sim/world_impl.h"

#include <errno.h>
#include <string.h>

/*
 * A connection to a simulated node: a pipe, and the checks that TLS would make. As with TLS 1.3 the
 * node's refusal of a client shows only after the client believes the connection to be open.
 */
struct sim_stream {
	struct stream stream;
	struct stream_user lower;
	struct world *world;
	const struct dial_target *target;
	struct stream *pipe; /* owned; NULL until it is open */
	struct arena *arena; /* owned */
	struct err refused;  /* what the node says about our certificate */
};

static struct sim_stream *stream_of(struct stream *stream)
{
	return container_of(stream, struct sim_stream, stream);
}

static void lower_ready(struct stream_user *user)
{
	struct sim_stream *sim = container_of(user, struct sim_stream, lower);

	if (sim->stream.user)
		sim->stream.user->on_ready(sim->stream.user);
}

static int err_connect(const struct dial_target *target, const char *why, struct err *err)
{
	bool six = strchr(target->address, ':') != NULL;

	return err_set(err, ERR_NET, "connect to %s%s%s:%u: %s", six ? "[" : "", target->address,
		       six ? "]" : "", target->port, why);
}

/* The node's judgement, in the words of the alert that it would send. */
static int hint_clock(const struct sim_stream *sim, struct err *err)
{
	char text[TIME_TEXT_MAX];

	return err_hint(err, "the clock of this machine says %s",
			time_text(loop_wall(sim->world->loop), text));
}

static int judge_client(struct world *world, const struct sim_api *api,
			const struct identity *identity, struct err *err)
{
	struct arena *arena OWNED(arena_free) = arena_new("client certificate");
	struct x509_info info;
	const char *why = "bad certificate";
	int os = 0;
	struct err cause = ERR_INIT;
	uint64_t now = world_wall(world);

	if (!api->client_ca)
		return 0;
	if (!identity)
		return err_set(err, ERR_AUTH, "the node refused us: certificate required");
	if (certs_verify(world, identity->cert, api->client_ca, now, &cause) == 0)
		return 0;
	if (x509_read(arena, identity->cert, &info, NULL) == 0 &&
	    (now > info.not_after || now < info.not_before)) {
		why = "expired certificate";
		os = EKEYEXPIRED;
	} else if (strstr(cause.text, "unknown authority")) {
		why = "unknown certificate authority";
	}
	return err_auth(err, os, "the node refused our certificate: %s", why);
}

/* Many connections show the same certificate: one copy lives with the listener. */
static const char *client_cert(struct sim_api *api, const char *cert)
{
	if (!text_equal(api->client_cert, cert))
		api->client_cert = arena_str(api->arena, cert);
	return api->client_cert;
}

static void connect_pipe(struct sim_stream *sim, struct sim_api *api)
{
	struct stream *far;

	pipe_new(sim->world->loop, &sim->pipe, &far);
	stream_attach(sim->pipe, &sim->lower);
	if (api->client_ca)
		pipe_set_peer_cert(far, client_cert(api, sim->target->identity->cert));
	rpc_server_take(api->server, far);
}

static int sim_open(struct stream *stream, struct err *err)
{
	struct sim_stream *sim = stream_of(stream);
	const struct dial_target *target = sim->target;
	uint64_t ours = loop_wall(sim->world->loop);
	struct sim_node *node = world_node_at(sim->world, target->address);

	if (sim->pipe || err_is_set(&sim->refused))
		return IO_DONE;
	if (!node || node->state == SIM_OFF)
		return err_connect(target, "no route to host", err);

	struct sim_api *api = api_open(node);

	if (!api || target->port != SIM_PORT)
		return err_connect(target, "connection refused", err);
	if (certs_trust(sim->world, target->trust, api->identity.cert, target->address, ours,
			err) < 0)
		return err_wrap(err, "verify the node");
	sim->stream.peer_cert = arena_str(sim->arena, api->identity.cert);
	if (judge_client(sim->world, api, target->identity, &sim->refused) == 0)
		connect_pipe(sim, api);
	else if (sim->refused.os == EKEYEXPIRED)
		hint_clock(sim, &sim->refused);
	return IO_DONE;
}

static int err_refused(const struct sim_stream *sim, struct err *err)
{
	if (err)
		*err = sim->refused;
	return -1;
}

static int sim_send(struct stream *stream, const void *data, size_t len, size_t *sent,
		    struct err *err)
{
	struct sim_stream *sim = stream_of(stream);

	if (!sim->pipe) { /* the alert is on its way */
		*sent = len;
		return IO_DONE;
	}
	return stream_send(sim->pipe, data, len, sent, err);
}

static int sim_recv(struct stream *stream, void *data, size_t size, size_t *got, struct err *err)
{
	struct sim_stream *sim = stream_of(stream);

	if (!sim->pipe)
		return err_refused(sim, err);
	return stream_recv(sim->pipe, data, size, got, err);
}

static void sim_close(struct stream *stream)
{
	struct sim_stream *sim = stream_of(stream);

	stream_close(sim->pipe);
	arena_free(sim->arena);
	mem_free(sim, sizeof(*sim));
}

static const struct stream_ops sim_ops = {
	.name = "simulated",
	.open = sim_open,
	.send = sim_send,
	.recv = sim_recv,
	.close = sim_close,
};

static int sim_dial(struct dialer *dialer, const struct dial_target *target, struct stream **out,
		    struct err *err)
{
	struct world *world = container_of(dialer, struct world, dialer);
	struct sim_stream *sim = mem_new(sizeof(*sim));

	(void)err;
	sim->stream.ops = &sim_ops;
	sim->lower.on_ready = lower_ready;
	sim->world = world;
	sim->target = target;
	sim->arena = arena_new("simulated connection");
	*out = &sim->stream;
	return 0;
}

void dialer_init(struct world *world)
{
	world->dialer.dial = sim_dial;
}

struct dialer *world_dialer(struct world *world)
{
	return &world->dialer;
}
