#include "sim/world.h"

#include "base/text.h"
#include "cluster/version.h"
#include "render/render.h"
#include "sim/kube.h"
#include "sim/kube_server.h"
#include "sim/service.h"
#include "sim/sim_api.h"
#include "sim/sim_dialer.h"
#include "sim/sim_etcd.h"
#include "sim/sim_router.h"
#include "sim/sim_vip.h"
#include "sim/world_impl.h"

#include <stdio.h>
#include <string.h>

#define CONFIG_MAX ((size_t)32 << 20) /* bytes of a machine config */
#define RUNNING_REVISION 1000	      /* of the etcd of a cluster that runs from the start */

const struct world_pace world_pace_real = {
	.boot = 40 * SECOND,
	.install = 60 * SECOND,
	.pull = 20 * SECOND,
	.service = 1 * SECOND,
	.etcd_join = 10 * SECOND,
	.stop = 5 * SECOND,
};

/* For clients that look once a second. */
const struct world_pace world_pace_calm = {
	.boot = 2 * SECOND,
	.install = 1 * SECOND,
	.pull = 200 * MILLISECOND,
	.service = 100 * MILLISECOND,
	.etcd_join = 500 * MILLISECOND,
	.stop = 2 * SECOND,
};

/* Install and reboot together take 50 ms. */
const struct world_pace world_pace_fast = {
	.boot = 15 * MILLISECOND,
	.install = 25 * MILLISECOND,
	.pull = 5 * MILLISECOND,
	.service = 1 * MILLISECOND,
	.etcd_join = 10 * MILLISECOND,
	.stop = 8 * MILLISECOND,
};

/* ---- small questions ------------------------------------------------------------------------- */

uint64_t world_wall(const struct world *world)
{
	return world->wall_start + loop_now(world->loop);
}

uint64_t world_after(const struct world *world, uint64_t wait)
{
	return world_wall(world) + wait;
}

struct sim_node *world_node_at(const struct world *world, const char *address)
{
	for (size_t i = 0; i < world->nodes; i++) {
		if (!strcmp(node_address(world->node[i]), address))
			return world->node[i];
	}
	return vip_owner(world, address);
}

struct sim_node *world_node_named(const struct world *world, const char *name)
{
	for (size_t i = 0; i < world->nodes; i++) {
		if (!strcmp(world->node[i]->hardware->name, name))
			return world->node[i];
	}
	return NULL;
}

void world_uuid(struct world *world, char text[static 37])
{
	unsigned char raw[16];

	random_fill(world->random, raw, sizeof(raw));
	raw[6] = (unsigned char)((raw[6] & 0x0f) | 0x40);
	raw[8] = (unsigned char)((raw[8] & 0x3f) | 0x80);
	for (size_t i = 0; i < sizeof(raw); i++) {
		bool dash = i == 4 || i == 6 || i == 8 || i == 10;

		if (dash)
			*text++ = '-';
		text += snprintf(text, 3, "%02x", raw[i]);
	}
}

uint64_t world_number(struct world *world)
{
	uint64_t number = 0;

	while (!number)
		random_fill(world->random, &number, sizeof(number));
	return number;
}

/* ---- what follows from changes --------------------------------------------------------------- */

static void keep_urgent(struct world *world)
{
	bool urgent = false;

	for (size_t i = 0; i < world->nodes; i++) {
		urgent = urgent || world->node[i]->urgent;
		world->node[i]->urgent = false;
	}
	/* what fails here is tried again, and told, when somebody is answered */
	if (urgent)
		store_save(world, NULL);
}

static void settle_node(struct sim_node *node)
{
	node_announce(node);
	node->stale = node->stale || node->changed;
	node->changed = false;
	if (node->calls)
		cosi_refresh(node);
	service_settle(node);
}

void world_settle(struct world *world)
{
	uint64_t wall = world_wall(world);

	etcd_settle(world);
	for (size_t i = 0; i < world->nodes; i++) {
		kubelet_settle(world->node[i]);
		services_settle(world->node[i]);
		node_settle(world->node[i]);
	}
	vip_settle(world);
	for (size_t i = 0; i < world->nodes; i++)
		kube_settle(world->node[i], wall);
	kube_world_settle(world);
	for (size_t i = 0; i < world->nodes; i++)
		api_settle(world->node[i]);
	keep_urgent(world);
	for (size_t i = 0; i < world->nodes; i++)
		settle_node(world->node[i]);
	for (size_t i = 0; i < world->nodes; i++)
		node_schedule(world->node[i]);
	for (struct world_watcher *watcher = world->watchers; watcher; watcher = watcher->next)
		watcher->on_change(watcher);
}

static void settle_posted(struct task *task)
{
	world_settle(container_of(task, struct world, settle));
}

/* ---- beginnings ------------------------------------------------------------------------------ */

static void add_node(struct world *world, struct sim_node *node)
{
	size_t size = world->nodes * sizeof(struct sim_node *);
	struct sim_node **more = mem_new(size + sizeof(struct sim_node *));

	if (size)
		memcpy(more, world->node, size);
	mem_free(world->node, size);
	more[world->nodes++] = node;
	world->node = more;
}

void world_add(struct world *world, const struct sim_hardware *hardware)
{
	add_node(world, node_new(world, hardware));
}

static void power_on(struct sim_node *node)
{
	node_power(node, true);
	node->due = world_wall(node->world);
	node_tick(node);
}

static const struct world_node *wanted_node(const struct world_options *options, const char *name)
{
	for (size_t i = 0; i < options->nodes; i++)
		if (!strcmp(options->node[i].name, name))
			return &options->node[i];
	return NULL;
}

static int running_config(const struct world_options *options, struct sim_node *node,
			  struct err *err)
{
	const struct world_node *special = wanted_node(options, node->hardware->name);
	struct arena *arena OWNED(arena_free) = arena_new("config of a running node");
	const struct render_input input = { .cluster = options->cluster,
					    .bundle = options->bundle };
	const struct node *wanted = cluster_node(options->cluster, node->hardware->name);
	struct str text SCOPED(str_done) = STR_INIT(CONFIG_MAX);
	struct config config;

	if (special && special->config)
		return sim_config_read(special->config, strlen(special->config),
				       node->world->release, &node->config, err);
	if (!wanted)
		return err_set(err, ERR_NOT_FOUND, "%s is no node of the cluster",
			       node->hardware->name);
	if (render_node(arena, &input, wanted, &config, err) < 0)
		return -1;
	config_write(&text, &config);
	return sim_config_read(str_text(&text), text.len, node->world->release, &node->config,
			       err);
}

static void become_member(struct sim_node *node, const char *cluster, bool first)
{
	uint64_t wall = world_wall(node->world);

	node->etcd.state = ETCD_MEMBER;
	node->etcd.member = world_number(node->world);
	node->etcd.since = node->etcd.founded = wall;
	node->etcd.start = RUNNING_REVISION;
	snprintf(node->etcd.cluster, sizeof(node->etcd.cluster), "%s", cluster);
	if (!first)
		return;
	node->bootstraps = 1;
	node->etcd.bootstrapped =
		wall > ETCD_BOOTSTRAP_WINDOW ? wall - ETCD_BOOTSTRAP_WINDOW : 1;
}

static int start_configured(const struct world_options *options, struct sim_node *node,
			    const char *cluster, struct err *err)
{
	const struct sim_disk *disk = &node->hardware->disk[0];
	bool first = etcd_clusters(node->world) == 0, runs = options->start == WORLD_RUNNING;

	if (running_config(options, node, err) < 0 ||
	    hardware_choose(node->hardware, node->config->install_disk,
			    node->config->install_selector, &disk, err) < 0)
		return err_wrap(err, "simulate the running node %s", node->hardware->name);
	snprintf(node->installed, sizeof(node->installed), "%s", disk->id);
	boot_assume(node, wanted_node(options, node->hardware->name));
	node->applies = node->installs = 1;
	if (runs && node->config->control)
		become_member(node, cluster, first);
	power_on(node);
	services_all_up(node);
	node->kube.pods = runs && node->config->control;
	node->kube.registered = node->kube.network = runs;
	node->api_due = 0;
	return 0;
}

static int start_node(const struct world_options *options, struct sim_node *node,
		      const char *cluster, struct err *err)
{
	const struct world_node *wanted = wanted_node(options, node->hardware->name);

	if (options->start != WORLD_MAINTENANCE && !wanted->bare) {
		if (start_configured(options, node, cluster, err) < 0)
			return -1;
		node_power(node, !wanted->off);
		return 0;
	}
	power_on(node);
	return 0;
}

/* The files may say something else by now; what was never installed follows them. */
static void renew_hardware(struct world *world, struct sim_node *node,
			   const struct world_node *wanted)
{
	if (!node->installed[0] && node->state != SIM_INSTALLING) {
		node->hardware = hardware_make(world->arena, wanted);
		node->unsaved = true;
		node_changed(node);
	}
}

static void give(struct world *world, const struct world_options *options)
{
	world->given = arena_calloc(world->arena, options->objects + 1, sizeof(*world->given));
	for (size_t i = 0; i < options->objects; i++)
		world->given[i] = value_copy(world->arena, options->object[i]);
	world->givens = options->objects;
}

static int add_wanted(struct world *world, const struct world_options *options, struct err *err)
{
	size_t there = world->nodes;
	char cluster[17];

	snprintf(cluster, sizeof(cluster), "%016llx", (unsigned long long)world_number(world));
	for (size_t i = 0; i < options->nodes; i++) {
		const struct world_node *wanted = &options->node[i];
		struct sim_node *node = world_node_named(world, wanted->name);

		if (strchr(wanted->name, '/') || wanted->name[0] == '.')
			return err_set(err, ERR_INPUT, "\"%s\" is no name of a node", wanted->name);
		if (node)
			renew_hardware(world, node, wanted);
		else
			world_add(world, hardware_make(world->arena, wanted));
	}
	for (size_t i = there; i < world->nodes; i++) {
		if (start_node(options, world->node[i], cluster, err) < 0)
			return -1;
	}
	if (there == 0 && options->start == WORLD_RUNNING)
		give(world, options);
	return 0;
}

static enum release release_of(const char *talos)
{
	struct version version;

	if (version_parse(talos, &version) && version.minor >= 14)
		return RELEASE_1_14;
	return RELEASE_1_13;
}

int world_new(const struct world_options *options, struct world **out, struct err *err)
{
	struct world *world OWNED(world_free) = mem_new(sizeof(*world));

	world->arena = arena_new("world");
	world->loop = options->loop;
	world->wall_start = loop_wall(world->loop) - loop_now(world->loop);
	world->random = options->random;
	world->pace = options->pace ? *options->pace : world_pace_real;
	world->talos = arena_str(world->arena, options->talos ? options->talos : "v1.13.9");
	world->release = release_of(world->talos);
	world->folder = arena_str(world->arena, options->folder);
	task_init(&world->settle, world->loop, settle_posted);
	if (router_new(world, &world->router, err) < 0)
		return -1;
	dialer_init(world);
	http_init(world);
	if (options->cluster)
		world->vip = arena_str(world->arena, options->cluster->vip);
	if (world->folder && store_load(world, err) < 0)
		return err_wrap(err, "open the simulated world");
	if (add_wanted(world, options, err) < 0)
		return -1;
	if (store_save(world, err) < 0)
		return err_wrap(err, "keep the simulated world");
	world_settle(world);
	*out = take(world);
	return 0;
}

void world_free(struct world *world)
{
	if (!world)
		return;
	world->closing = true;
	store_save(world, NULL);
	serve_done(world);
	kube_world_done(world);
	router_free(world->router);
	for (size_t i = 0; i < world->nodes; i++)
		node_free(world->node[i]);
	mem_free(world->node, world->nodes * sizeof(struct sim_node *));
	task_cancel(&world->settle);
	arena_free(world->arena);
	mem_free(world, sizeof(*world));
}

struct ssh_door *world_ssh(struct world *world)
{
	return router_door(world->router);
}

const struct world_node *world_nodes_of(struct arena *arena, const struct cluster *cluster,
					size_t *count)
{
	struct world_node *nodes = arena_calloc(arena, cluster->nodes + 1, sizeof(*nodes));

	for (size_t i = 0; i < cluster->nodes; i++) {
		const struct node *node = &cluster->node[i];

		nodes[i] = (struct world_node){
			.name = node->name,
			.address = node->addresses ? node->address[0] : "",
			.role = node->role,
			.mac = node->mac_addr,
			.disk = node->disk,
		};
	}
	*count = cluster->nodes;
	return nodes;
}

/* ---- from outside ---------------------------------------------------------------------------- */

void world_power(struct world *world, const char *node, bool on)
{
	struct sim_node *found = world_node_named(world, node);

	if (found)
		node_power(found, on);
}

void world_next_upgrade(struct world *world, const char *node, enum world_upgrade outcome)
{
	struct sim_node *found = world_node_named(world, node);

	if (!found)
		return;
	found->boot_from.outcome = outcome;
	found->unsaved = true;
}

void world_watch(struct world *world, struct world_watcher *watcher)
{
	watcher->next = world->watchers;
	world->watchers = watcher;
}

void world_unwatch(struct world *world, struct world_watcher *watcher)
{
	struct world_watcher **at = &world->watchers;

	while (*at && *at != watcher)
		at = &(*at)->next;
	if (*at)
		*at = watcher->next;
}

size_t world_calls(const struct world *world)
{
	return world->calls;
}

size_t world_etcd_clusters(const struct world *world)
{
	return etcd_clusters(world);
}

static const char *stage_of(const struct sim_node *node)
{
	return node->state == SIM_STOPPING ? end_stage_text(&node->end) : state_name(node->state);
}

static struct world_fact fact_of(struct arena *arena, const struct sim_node *node)
{
	bool up = node->state != SIM_OFF && node->state != SIM_DOWN;
	const struct sim_image *other = up ? boot_fallback(node) : NULL;

	return (struct world_fact){
		.name = arena_str(arena, node->hardware->name),
		.stage = stage_of(node),
		.configured = node->config && node->config->complete,
		.installed = node->installed[0] != '\0',
		.ready = node->state == SIM_RUNNING && sim_status_ready(&node->status),
		.boot_id = arena_str(arena, node->boot_id),
		.disk = arena_str(arena, node->installed),
		.etcd_cluster = arena_str(arena, node->etcd.cluster),
		.etcd_state = etcd_state_text(node->etcd.state),
		.applies = node->applies,
		.installs = node->installs,
		.bootstraps = node->bootstraps,
		.vip = node->vip,
		.version = arena_str(arena, up ? node_version(node) : ""),
		.schematic = arena_str(arena, node->boot_from.now.schematic),
		.fallback = arena_str(arena, other ? other->version : ""),
		.upgrades = node->upgrades,
		.reboots = node->boots > 0 ? node->boots - 1 : 0,
		.wipes = node->wipes,
		.volume_wipes = node->volume_wipes,
		.images = (unsigned)node->images.len,
		.cordoned = kube_is_cordoned(node),
		.kubelet = service_is_healthy(&node->service[SERVICE_KUBELET])
				   ? arena_str(arena, node->kube.kubelet)
				   : "",
	};
}

const struct world_fact *world_facts(struct world *world, struct arena *arena, size_t *count)
{
	struct world_fact *facts = arena_calloc(arena, world->nodes + 1, sizeof(*facts));

	for (size_t i = 0; i < world->nodes; i++)
		facts[i] = fact_of(arena, world->node[i]);
	*count = world->nodes;
	return facts;
}
