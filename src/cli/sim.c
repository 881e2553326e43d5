#include "cli/sim.h"

#include "base/fs.h"
#include "cli/program.h"
#include "crypto/random.h"

#include <stdio.h>
#include <string.h>

#define LOOPBACK "127.0.0.1"
#define LOCK_FILE "world.lock"
#define TALOS_PORT 50000

struct sim {
	struct world *world; /* owned */
	struct fs_lock lock; /* held while the world on disk is ours */
	struct dialer_tcp tcp;
	bool own_addresses;
};

void sim_free(struct sim *sim)
{
	if (!sim)
		return;
	world_free(sim->world);
	fs_unlock(&sim->lock);
	mem_free(sim, sizeof(*sim));
}

struct dialer *sim_dialer(struct sim *sim)
{
	return &sim->tcp.dialer;
}

const struct world_listen *sim_listening(const struct sim *sim, size_t *count)
{
	return world_listening(sim->world, count);
}

struct http_door *sim_http(struct sim *sim)
{
	return world_http(sim->world);
}

struct ssh_door *sim_ssh(struct sim *sim)
{
	return world_ssh(sim->world);
}

const struct world_listen *sim_kube_listening(const struct sim *sim, size_t *count)
{
	return world_kube_listening(sim->world, count);
}

/* Nodes are reached at their own addresses through the sockets they are served on. */
static void make_dialer(struct sim *sim, struct program *program)
{
	size_t count;
	const struct world_listen *listen = world_listening(sim->world, &count);
	struct detour *detours = arena_calloc(program->arena, count, sizeof(*detours));

	for (size_t i = 0; i < count; i++)
		detours[i] = (struct detour){ listen[i].address, TALOS_PORT, listen[i].host,
					      listen[i].port };
	dialer_tcp_init(&sim->tcp, program->loop, detours, count);
}

static int serve(struct sim *sim, struct program *program, const struct world_options *options,
		 struct err *err)
{
	const char *host = sim->own_addresses ? NULL : LOOPBACK;

	if (world_new(options, &sim->world, err) < 0 || world_serve(sim->world, host, err) < 0)
		return -1;
	make_dialer(sim, program);
	return 0;
}

static int prepare(struct program *program, struct world_options *options, struct err *err)
{
	if (program_cluster(program, &options->cluster, err) < 0 ||
	    program_bundle(program, &options->bundle, err) < 0 || program_loop(program, err) < 0)
		return -1;
	options->loop = program->loop;
	options->random = random_system();
	options->pace = &world_pace_fast;
	options->node = world_nodes_of(program->arena, options->cluster, &options->nodes);
	options->talos = options->cluster->talos;
	return 0;
}

int sim_open(struct program *program, struct sim **out, struct err *err)
{
	struct sim *sim OWNED(sim_free) = mem_new(sizeof(*sim));
	struct world_options options = { .start = WORLD_MAINTENANCE };
	const char *lock;

	sim->lock.fd = -1;
	if (prepare(program, &options, err) < 0 ||
	    program_state_path(program, SIM_FOLDER, &options.folder, err) < 0 ||
	    program_state_path(program, LOCK_FILE, &lock, err) < 0)
		return -1;

	int r = fs_lock(&sim->lock, lock, err);
	if (r > 0)
		err_set(err, ERR_CONFLICT,
			"another talforge uses the simulated world of this workspace");
	if (r != 0 || fs_mkdir(options.folder, 0700, err) < 0 ||
	    serve(sim, program, &options, err) < 0)
		return -1;
	*out = take(sim);
	return 0;
}

/* Bare machines that nodes.yaml does not know, at the end of the nodes' network. */
static int add_strangers(struct program *program, struct world_options *options, unsigned count,
			 struct err *err)
{
	const struct cluster *cluster = options->cluster;
	struct world_node *node = arena_calloc(program->arena, count, sizeof(*node));
	size_t known = options->nodes;

	if (options->start == WORLD_RUNNING)
		return err_set(err, ERR_USAGE,
			       "--count %u is more than the %zu nodes of nodes.yaml, and a running "
			       "cluster has no others",
			       count, known);
	if (!cluster->has_node_cidr)
		return err_set(err, ERR_USAGE,
			       "--count is more than nodes.yaml has, and there is no node_cidr");
	memcpy(node, options->node, known * sizeof(*node));
	for (uint64_t n = 200; known < count; n++) {
		char text[IP_TEXT_MAX];
		struct ip ip;

		if (!ip_prefix_nth(&cluster->node_cidr, n, &ip))
			return err_set(err, ERR_USAGE,
				       "--count is more than node_cidr has room for");
		ip_text(&ip, text);
		if (cluster_node(cluster, text) || (cluster->vip && !strcmp(cluster->vip, text)))
			continue;
		node[known] = (struct world_node){
			.name = arena_printf(program->arena, "bare%zu", known + 1),
			.address = arena_str(program->arena, text),
			.role = ROLE_WORKER,
			.disk = { .form = DISK_PATH, .text = "/dev/sda" },
		};
		known++;
	}
	options->node = node;
	options->nodes = known;
	return 0;
}

int sim_open_memory(struct program *program, const struct sim_request *request, struct sim **out,
		    struct err *err)
{
	struct sim *sim OWNED(sim_free) = mem_new(sizeof(*sim));
	struct world_options options = { .start = request->start };

	sim->lock.fd = -1;
	if (prepare(program, &options, err) < 0)
		return -1;
	sim->own_addresses = request->own_addresses;
	options.pace = request->pace;
	if (request->talos)
		options.talos = request->talos;
	if (request->count > options.nodes &&
	    add_strangers(program, &options, request->count, err) < 0)
		return -1;
	if (request->count && request->count < options.nodes)
		options.nodes = request->count;
	if (serve(sim, program, &options, err) < 0)
		return -1;
	*out = take(sim);
	return 0;
}
