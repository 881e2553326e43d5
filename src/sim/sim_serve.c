#include "sim/kube_server.h"
#include "sim/sim_api.h"
#include "sim/sim_dialer.h"
#include "sim/world_impl.h"

#include "net/tls.h"

/* A port that was given up for a moment may be refused for a moment. */
#define LISTEN_AGAIN (50 * MILLISECOND)

struct sim_door {
	struct tcp_listener listener;
	struct sim_node *node;
	struct timer again;
	bool open;
};

static struct sim_door *door_of(const struct sim_node *node)
{
	return node->door;
}

static void accepted(struct tcp_listener *listener, struct stream *stream)
{
	struct sim_door *door = container_of(listener, struct sim_door, listener);
	struct sim_api *api = api_open(door->node);
	struct stream *tls;

	if (!api) {
		stream_close(stream);
		return;
	}

	const struct tls_server options = {
		.loop = door->node->world->loop,
		.shared = api->shared,
		.identity = &api->identity,
		.client_ca = api->client_ca,
	};

	if (tls_server_new(&options, stream, &tls, NULL) == 0)
		rpc_server_take(api->server, tls);
}

static struct world_listen *listen_of(const struct sim_node *node)
{
	struct world *world = node->world;

	for (size_t i = 0; i < world->nodes; i++) {
		if (world->node[i] == node)
			return &world->listen[i];
	}
	return NULL;
}

static int door_open(struct sim_door *door, struct err *err)
{
	struct world_listen *listen = listen_of(door->node);

	if (tcp_listen(&door->listener, door->node->world->loop, listen->host, listen->port,
		       accepted, err) < 0)
		return -1;
	listen->port = door->listener.port;
	door->open = true;
	return 0;
}

static void door_close(struct sim_door *door)
{
	timer_cancel(&door->again);
	if (door->open)
		tcp_listener_done(&door->listener);
	door->open = false;
}

static void door_again(struct timer *timer)
{
	serve_settle(container_of(timer, struct sim_door, again)->node);
}

void serve_settle(struct sim_node *node)
{
	struct sim_door *door = door_of(node);
	bool wanted = api_open(node) != NULL;

	if (!door || door->open == wanted)
		return;
	if (!wanted)
		door_close(door);
	else if (door_open(door, NULL) < 0)
		timer_set(&door->again, loop_now(node->world->loop) + LISTEN_AGAIN);
}

/* The port is taken once, so that it is known while the node is down. */
static int door_make(struct sim_node *node, struct err *err)
{
	struct sim_door *door = mem_new(sizeof(*door));

	door->node = node;
	timer_init(&door->again, node->world->loop, door_again);
	node->door = door;
	if (door_open(door, err) < 0)
		return err_wrap(err, "serve %s", node->hardware->name);
	serve_settle(node);
	return 0;
}

int world_serve(struct world *world, const char *host, struct err *err)
{
	world->listen = arena_calloc(world->arena, world->nodes + 1, sizeof(*world->listen));
	for (size_t i = 0; i < world->nodes; i++) {
		const struct sim_hardware *hardware = world->node[i]->hardware;

		world->listen[i] = (struct world_listen){
			.name = hardware->name,
			.address = hardware->address,
			.host = host ? arena_str(world->arena, host) : hardware->address,
			.port = host ? 0 : SIM_PORT,
		};
	}
	for (size_t i = 0; i < world->nodes; i++) {
		if (door_make(world->node[i], err) < 0) {
			serve_done(world);
			return -1;
		}
	}
	if (kube_serve(world, host, err) < 0) {
		serve_done(world);
		return -1;
	}
	return 0;
}

const struct world_listen *world_listening(const struct world *world, size_t *count)
{
	*count = world->listen ? world->nodes : 0;
	return world->listen;
}

void serve_done(struct world *world)
{
	kube_serve_done(world);
	for (size_t i = 0; i < world->nodes; i++) {
		struct sim_door *door = door_of(world->node[i]);

		if (!door)
			continue;
		door_close(door);
		world->node[i]->door = NULL;
		mem_free(door, sizeof(*door));
	}
	world->listen = NULL;
}
