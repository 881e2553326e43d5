#include "net/tcp.h"
#include "net/tls.h"
#include "rpc/connection.h"
#include "sim/kube_call.h"
#include "sim/kube_server.h"
#include "sim/world_impl.h"

#include <stdio.h>
#include <string.h>

#define BODY_MAX ((size_t)8 << 20)

/*
 * The same API on sockets: TLS with the cluster's own authority, HTTP/2, one kube_call a stream. A
 * door stays open while its API server is away: whoever comes then is sent off at once.
 */

struct kube_door {
	struct tcp_listener listener;
	struct world *world;
	const char *address; /* of the node, or the shared one */
	struct kube_link *links;
	struct kube_door *next;
	bool open;
};

struct kube_doors {
	struct kube_door *first;
};

struct kube_link { /* a connection */
	struct connection connection;
	struct h2_events events;
	struct kube_door *door; /* NULL: the world is gone */
	struct sim_node *node;
	struct stream_call *calls;
	struct arena *arena; /* owned */
	struct kube_user user;
	struct kube_link *next;
	bool known; /* the user was read */
};

struct stream_call {
	struct kube_call call;
	struct kube_link *link;
	struct arena *arena; /* owned */
	int32_t stream;
	struct str body;
	struct stream_call *next;
	bool running;
};

/* ---- calls ----------------------------------------------------------------------------------- */

static struct stream_call *mine_of(struct kube_call *call)
{
	return container_of(call, struct stream_call, call);
}

static void call_free(struct stream_call *mine)
{
	struct stream_call **at = &mine->link->calls;

	while (*at != mine)
		at = &(*at)->next;
	*at = mine->next;
	if (mine->running)
		kube_call_drop(&mine->call);
	str_done(&mine->body);
	arena_free(mine->arena);
	mem_free(mine, sizeof(*mine));
}

static void on_head(struct kube_call *call, int status, const char *type)
{
	struct stream_call *mine = mine_of(call);
	char text[16];

	snprintf(text, sizeof(text), "%d", status);

	const struct h2_header headers[] = { { ":status", text }, { "content-type", type } };

	h2_reply(mine->link->connection.h2, mine->stream, headers, ARRAY_LEN(headers), false);
	connection_wake(&mine->link->connection);
}

static void on_data(struct kube_call *call, const void *data, size_t len)
{
	struct stream_call *mine = mine_of(call);

	h2_send(mine->link->connection.h2, mine->stream, data, len, false);
	connection_wake(&mine->link->connection);
}

static void on_end(struct kube_call *call)
{
	struct stream_call *mine = mine_of(call);

	mine->running = false;
	h2_send(mine->link->connection.h2, mine->stream, "", 0, true);
	connection_wake(&mine->link->connection);
}

static void on_cut(struct kube_call *call)
{
	struct stream_call *mine = mine_of(call);

	mine->running = false;
	connection_break(&mine->link->connection);
}

static const struct kube_call_ops call_ops = { on_head, on_data, on_end, on_cut };

static struct kube_link *link_of(struct h2_events *events)
{
	return container_of(events, struct kube_link, events);
}

static struct stream_call *call_on(struct kube_link *link, int32_t stream)
{
	struct stream_call *mine = link->calls;

	while (mine && mine->stream != stream)
		mine = mine->next;
	return mine;
}

/* Once the handshake is over the certificate is known. */
static void read_user(struct kube_link *link)
{
	const struct stream *stream = link->connection.stream;

	if (link->known || !stream)
		return;
	link->known = true;
	if (stream->peer_cert)
		kube_user_read(link->arena, stream->peer_cert, &link->user, NULL);
}

static void run(struct stream_call *mine)
{
	if (!kube_serves(mine->link->node)) {
		connection_break(&mine->link->connection);
		return;
	}
	mine->call.body = str_text(&mine->body);
	mine->call.len = mine->body.len;
	mine->running = true;
	kube_call_run(&mine->call);
}

static const char *pseudo(const struct h2_header *headers, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (!strcmp(headers[i].name, name))
			return headers[i].value;
	}
	return "";
}

static void on_headers(struct h2_events *events, int32_t stream, const struct h2_header *headers,
		       size_t count, bool end)
{
	struct kube_link *link = link_of(events);
	struct stream_call *mine = call_on(link, stream);
	struct arena *arena;

	if (mine) /* trailers */
		return;
	read_user(link);
	mine = mem_new(sizeof(*mine));
	arena = arena_new("served call");
	mine->arena = arena;
	mine->link = link;
	mine->stream = stream;
	mine->next = link->calls;
	link->calls = mine;
	str_init(&mine->body, BODY_MAX);
	mine->call = (struct kube_call){
		.ops = &call_ops,
		.node = link->node,
		.arena = arena,
		.method = arena_str(arena, pseudo(headers, count, ":method")),
		.path = arena_str(arena, pseudo(headers, count, ":path")),
		.content_type = arena_str(arena, pseudo(headers, count, "content-type")),
		.agent = arena_str(arena, pseudo(headers, count, "user-agent")),
		.user = link->user,
	};
	if (end)
		run(mine);
}

static void on_body(struct h2_events *events, int32_t stream, const void *data, size_t len)
{
	struct stream_call *mine = call_on(link_of(events), stream);

	if (mine)
		str_addn(&mine->body, data, len);
}

static void on_body_end(struct h2_events *events, int32_t stream)
{
	struct stream_call *mine = call_on(link_of(events), stream);

	if (mine && !mine->running)
		run(mine);
}

static void on_close(struct h2_events *events, int32_t stream, uint32_t error)
{
	struct stream_call *mine = call_on(link_of(events), stream);

	(void)error;
	if (mine)
		call_free(mine);
}

static void on_goaway(struct h2_events *events, int32_t last, uint32_t error)
{
	(void)events;
	(void)last;
	(void)error;
}

/* ---- connections ----------------------------------------------------------------------------- */

static void drop_calls(struct kube_link *link)
{
	while (link->calls)
		call_free(link->calls);
}

static void on_over(struct connection *connection, const struct err *err)
{
	struct kube_link *link = container_of(connection, struct kube_link, connection);

	(void)err;
	drop_calls(link);
	connection_close(connection);
}

static void on_release(struct connection *connection)
{
	struct kube_link *link = container_of(connection, struct kube_link, connection);
	struct kube_link **at = link->door ? &link->door->links : NULL;

	drop_calls(link);
	while (at && *at && *at != link)
		at = &(*at)->next;
	if (at && *at)
		*at = link->next;
	arena_free(link->arena);
	mem_free(link, sizeof(*link));
}

static const struct connection_ops connection_ops = { NULL, on_over, on_release };

static void accepted(struct tcp_listener *listener, struct stream *stream)
{
	struct kube_door *door = container_of(listener, struct kube_door, listener);
	struct sim_node *node = world_node_at(door->world, door->address);
	const struct kube_server *server = node ? server_of(node) : NULL;
	struct stream *tls;

	if (!server) {
		stream_close(stream);
		return;
	}

	const struct tls_server options = {
		.loop = door->world->loop,
		.identity = &server->identity,
		.client_ca = node->config->kubernetes_ca.cert,
		.optional = true,
	};

	if (tls_server_new(&options, stream, &tls, NULL) < 0)
		return;

	struct kube_link *link = mem_new(sizeof(*link));
	const struct connection_user user = { H2_SERVER, &connection_ops, &link->events };

	link->events = (struct h2_events){ on_headers, on_body, on_body_end, on_close, on_goaway };
	link->arena = arena_new("kubernetes connection");
	link->node = node;
	link->door = door;
	link->next = door->links;
	door->links = link;
	connection_start(&link->connection, door->world->loop, tls, &user);
}

/* ---- doors ----------------------------------------------------------------------------------- */

static void add_listen(struct world *world, const struct world_listen *listen)
{
	struct world_listen *more = arena_calloc(world->arena, world->kube_listens + 1,
						 sizeof(*more));

	if (world->kube_listens)
		memcpy(more, world->kube_listen, world->kube_listens * sizeof(*more));
	more[world->kube_listens++] = *listen;
	world->kube_listen = more;
}

static int open_door(struct world *world, const char *name, const char *address, const char *host,
		     struct err *err)
{
	struct kube_door *door = mem_new(sizeof(*door));
	const char *where = arena_str(world->arena, host ? host : address);

	door->world = world;
	door->address = arena_str(world->arena, address);
	door->next = world->kube_doors->first;
	world->kube_doors->first = door;
	if (tcp_listen(&door->listener, world->loop, where, host ? 0 : KUBE_PORT, accepted, err) <
	    0)
		return err_wrap(err, "serve the Kubernetes API of %s", name);
	door->open = true;
	add_listen(world, &(struct world_listen){ arena_str(world->arena, name), door->address,
						  where, door->listener.port });
	return 0;
}

static bool has_door(const struct world *world, const char *address)
{
	for (const struct kube_door *door = world->kube_doors->first; door; door = door->next) {
		if (!strcmp(door->address, address))
			return true;
	}
	return false;
}

int kube_serve(struct world *world, const char *host, struct err *err)
{
	world->kube_doors = arena_alloc(world->arena, sizeof(*world->kube_doors));
	for (size_t i = 0; i < world->nodes; i++) {
		const struct sim_hardware *hardware = world->node[i]->hardware;

		if (hardware->role == ROLE_CONTROL &&
		    open_door(world, hardware->name, hardware->address, host, err) < 0)
			return -1;
	}
	/* one socket stands for the shared address, whoever owns it; on a machine that does not
	 * have that address it is left out */
	if (world->vip && !has_door(world, world->vip) &&
	    open_door(world, "shared address", world->vip, host, err) < 0 && host)
		return -1;
	err_clear(err);
	return 0;
}

void kube_serve_done(struct world *world)
{
	while (world->kube_doors && world->kube_doors->first) {
		struct kube_door *door = world->kube_doors->first;

		world->kube_doors->first = door->next;
		while (door->links) {
			struct kube_link *link = door->links;

			door->links = link->next;
			link->door = NULL;
			drop_calls(link);
			connection_close(&link->connection);
		}
		if (door->open)
			tcp_listener_done(&door->listener);
		mem_free(door, sizeof(*door));
	}
	world->kube_listen = NULL;
	world->kube_listens = 0;
}

const struct world_listen *world_kube_listening(const struct world *world, size_t *count)
{
	*count = world->kube_listens;
	return world->kube_listen;
}
