#include "ops/observe.h"

#include "base/clock.h"
#include "base/text.h"
#include "ops/cilium_look.h"
#include "ops/configs.h"
#include "ops/installer.h"
#include "ops/kube_look.h"
#include "ops/observe_drift.h"
#include "ops/router_look.h"
#include "talos/talos.h"

#include <string.h>

#define ASK_TIMEOUT (5 * SECOND)
#define ASK_AGAIN (500 * MILLISECOND)

struct probe;

/* One thing to ask; `keep` copies what is said into the node's state. */
struct question {
	const struct talos_method *method;
	const void *request;
	void (*keep)(struct probe *probe, const void *reply);
	unsigned look;	   /* asked only when this is wanted; 0: always */
	bool control_only; /* workers have no answer */
};

/* What a node is asked in one of the two ways, in this order. */
struct interview {
	enum sight sight; /* what it is when it has answered all of it */
	struct channel *(*channel)(struct site *site, const struct node *node);
	const struct question *at;
	size_t len;
};

struct probe {
	struct observation *observation;
	struct node_state *state;
	const struct interview *interview;
	size_t asked;
	struct talos_call call;
	struct timer again;
	struct err first; /* why our certificate got no answer */
	size_t disk_cap, link_cap, volumes, volume_cap;
	bool over;
};

struct observation {
	struct site *site;
	struct arena *arena; /* borrowed */
	struct observe_options options;
	struct inventory *inventory; /* in the arena */
	struct probe *probe;	     /* in the arena */
	size_t open;
	uint64_t deadline;
	struct cilium_look cilium;
	struct router_look router;
	struct kube_look kube;
	struct task done;
};

static void take_version(struct probe *probe, const void *reply)
{
	const struct talos_version *version = reply;

	probe->state->talos = arena_str(probe->observation->arena, version->tag);
	probe->state->platform = arena_str(probe->observation->arena, version->platform);
}

static void take_status(struct probe *probe, const void *reply)
{
	const struct talos_resource *resource = reply;
	const struct talos_machine_status *status = resource->spec;

	if (!status)
		return;
	probe->state->stage = status->stage;
	probe->state->ready = status->ready;
}

static void take_services(struct probe *probe, const void *reply)
{
	const struct talos_services *services = reply;

	for (size_t i = 0; i < services->len; i++) {
		const char *state = services->at[i].state;

		if (strcmp(services->at[i].id, "etcd") != 0)
			continue;
		probe->state->etcd_runs = text_equal(state, "Running");
		probe->state->etcd_waits = text_equal(state, "Preparing");
	}
}

static const char *const *copy_texts(struct arena *arena, const char *const *texts)
{
	size_t count = 0;

	while (texts && texts[count])
		count++;
	const char **copy = arena_calloc(arena, count + 1, sizeof(*copy));
	for (size_t i = 0; i < count; i++)
		copy[i] = arena_str(arena, texts[i]);
	return copy;
}

static void take_disk(struct probe *probe, const void *reply)
{
	const struct talos_resource *resource = reply;
	struct arena *arena = probe->observation->arena;
	struct node_state *state = probe->state;

	if (!resource->spec)
		return;
	struct talos_disk *disks = arena_grow(arena, (void *)(uintptr_t)state->disk, state->disks,
					      &probe->disk_cap, sizeof(*disks));
	struct talos_disk *disk = &disks[state->disks++];
	const char **texts[] = { &disk->dev_path, &disk->model, &disk->serial,
				 &disk->wwid, &disk->uuid, &disk->modalias,
				 &disk->bus_path, &disk->sub_system, &disk->transport };

	*disk = *(const struct talos_disk *)resource->spec;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		*texts[i] = arena_str(arena, *texts[i]);
	disk->symlinks = copy_texts(arena, disk->symlinks);
	state->disk = disks;
}

static void take_link(struct probe *probe, const void *reply)
{
	const struct talos_resource *resource = reply;
	struct arena *arena = probe->observation->arena;
	struct node_state *state = probe->state;

	if (!resource->spec)
		return;
	struct talos_link *links = arena_grow(arena, (void *)(uintptr_t)state->link, state->links,
					      &probe->link_cap, sizeof(*links));
	struct talos_link *link = &links[state->links++];
	const char **texts[] = { &link->hardware_addr, &link->permanent_addr, &link->kind,
				 &link->driver, &link->bus_path };

	*link = *(const struct talos_link *)resource->spec;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		*texts[i] = arena_str(arena, *texts[i]);
	state->link = links;
}

static void take_extension(struct probe *probe, const void *reply)
{
	const struct talos_resource *resource = reply;
	const struct talos_extension *extension = resource->spec;

	if (!probe->state->schematic)
		probe->state->schematic = "";
	if (extension && strcmp(extension->name, "schematic") == 0)
		probe->state->schematic =
			arena_str(probe->observation->arena, extension->version);
	else
		probe->state->extensions++;
}

/* An image without any extension lists nothing. */
static void no_extension(struct probe *probe)
{
	if (!probe->state->schematic)
		probe->state->schematic = "";
}

static const char *copy_config(struct probe *probe, const void *reply)
{
	const struct talos_resource *resource = reply;
	const struct talos_machine_config *config = resource->spec;

	return config ? arena_strn(probe->observation->arena, config->text, config->len) : NULL;
}

static void take_config(struct probe *probe, const void *reply)
{
	struct arena *scratch OWNED(arena_free) = arena_new("live config");
	struct node_state *state = probe->state;

	state->config = copy_config(probe, reply);
	if (state->config)
		state->image = installer_of_config(probe->observation->arena, state->config);
	state->kubelet = arena_str(probe->observation->arena,
				   state->config ? config_kubelet(scratch, state->config) : NULL);
}

static void take_next_config(struct probe *probe, const void *reply)
{
	const char *next = copy_config(probe, reply);

	if (next && !text_equal(next, probe->state->config))
		probe->state->config_next = next;
}

static void take_etcd(struct probe *probe, const void *reply)
{
	struct arena *arena = probe->observation->arena;
	struct talos_etcd_status *status = arena_dup(arena, reply, sizeof(*status));

	status->storage_version = arena_str(arena, status->storage_version);
	status->errors = copy_texts(arena, status->errors);
	probe->state->etcd = status;
}

static void take_members(struct probe *probe, const void *reply)
{
	struct arena *arena = probe->observation->arena;
	struct talos_etcd_members *members = arena_dup(arena, reply, sizeof(*members));

	members->at = arena_dup(arena, members->at, members->len * sizeof(*members->at));
	for (size_t i = 0; i < members->len; i++) {
		struct talos_etcd_member *member = &members->at[i];

		member->name = arena_str(arena, member->name);
		member->peers = copy_texts(arena, member->peers);
		member->clients = copy_texts(arena, member->clients);
	}
	probe->state->members = members;
}

static void take_volume(struct probe *probe, const void *reply)
{
	const struct talos_resource *resource = reply;
	const struct talos_volume *volume = resource->spec;
	struct arena *arena = probe->observation->arena;

	if (!volume || text_is_blank(volume->location))
		return;
	/* one more: the list ends with NULL */
	const char **ids = arena_grow(arena, (void *)(uintptr_t)probe->state->volumes,
				      probe->volumes + 1, &probe->volume_cap, sizeof(*ids));
	ids[probe->volumes++] = arena_str(arena, resource->id);
	ids[probe->volumes] = NULL;
	probe->state->volumes = ids;
}

static void take_boot(struct probe *probe, const void *reply)
{
	const struct talos_bytes *bytes = reply;
	const char *end = bytes->len ? memchr(bytes->data, '\n', bytes->len) : NULL;
	size_t len = end ? (size_t)(end - (const char *)bytes->data) : bytes->len;

	if (len)
		probe->state->boot_id = arena_strn(probe->observation->arena, bytes->data, len);
}

static const struct talos_read_request ask_boot = { .path = TALOS_BOOT_ID };
static const struct talos_get_request ask_extensions = { &resource_extension, NULL };
static const struct talos_get_request ask_config = { &resource_machine_config, "v1alpha1" };
static const struct talos_get_request ask_next_config = { &resource_machine_config, "persistent" };
static const struct talos_etcd_members_request ask_members = { .local = false };
static const struct talos_get_request ask_status = { &resource_machine_status, "machine" };
static const struct talos_get_request ask_volumes = { &resource_volume_status, NULL };
static const struct talos_get_request ask_disks = { &resource_disk, NULL };
static const struct talos_get_request ask_links = { &resource_link, NULL };

static const struct question of_ours[] = {
	{ .method = &talos_version, .keep = take_version },
	{ .method = &talos_get, .request = &ask_status, .keep = take_status },
	{ .method = &talos_services, .keep = take_services },
	{ &talos_read, &ask_boot, take_boot, .look = OBSERVE_BOOT },
	{ &talos_list, &ask_volumes, take_volume, .look = OBSERVE_VOLUMES },
	{ &talos_list, &ask_extensions, take_extension, .look = OBSERVE_SCHEMATIC },
	{ &talos_get, &ask_config, take_config, .look = OBSERVE_CONFIGS },
	{ &talos_get, &ask_next_config, take_next_config, .look = OBSERVE_CONFIGS },
	{ &talos_etcd_status, NULL, take_etcd, .look = OBSERVE_ETCD, .control_only = true },
	{ &talos_etcd_members, &ask_members, take_members, .look = OBSERVE_ETCD,
	  .control_only = true },
};

static const struct question of_maintenance[] = {
	{ .method = &talos_version, .keep = take_version },
	{ .method = &talos_get, .request = &ask_status, .keep = take_status },
	{ .method = &talos_list, .request = &ask_disks, .keep = take_disk },
	{ .method = &talos_list, .request = &ask_links, .keep = take_link },
};

static const struct interview as_ours = { SIGHT_OURS, site_channel, of_ours, ARRAY_LEN(of_ours) };
static const struct interview as_maintenance = { SIGHT_MAINTENANCE, site_insecure, of_maintenance,
						 ARRAY_LEN(of_maintenance) };

static void say(struct probe *probe, const char *text)
{
	const struct observe_options *options = &probe->observation->options;

	if (options->on_note)
		options->on_note(options->context, probe->state->node, text);
}

static void finish(struct probe *probe, enum sight sight, const struct err *why)
{
	struct observation *observation = probe->observation;

	probe->state->sight = sight;
	if (why)
		probe->state->err = *why;
	probe->over = true;
	say(probe, sight_name(sight));
	if (--observation->open == 0)
		task_post(&observation->done);
}

static void on_reply(struct talos_call *call, const void *reply);
static void on_end(struct talos_call *call, const struct err *err);

static bool is_wanted(const struct probe *probe, const struct question *question)
{
	if (question->control_only && probe->state->node->role != ROLE_CONTROL)
		return false;
	if (question->control_only && !probe->state->etcd_runs)
		return false; /* it would hang */
	return !question->look || (probe->observation->options.looks & question->look);
}

static void start(struct probe *probe)
{
	static const struct talos_call_ops ops = { on_reply, on_end };
	const struct interview *interview = probe->interview;
	const struct question *question = &interview->at[probe->asked];
	struct channel *channel =
		interview->channel(probe->observation->site, probe->state->node);

	probe->call.timeout = ASK_TIMEOUT;
	talos_start(&probe->call, channel, question->method, question->request, &ops);
}

/* The next question that is wanted, or the end of the interview. */
static void ask(struct probe *probe)
{
	const struct interview *interview = probe->interview;

	while (probe->asked < interview->len && !is_wanted(probe, &interview->at[probe->asked]))
		probe->asked++;
	if (probe->asked < interview->len)
		start(probe);
	else
		finish(probe, interview->sight, NULL);
}

static void begin(struct probe *probe, const struct interview *interview)
{
	probe->interview = interview;
	probe->asked = 0;
	probe->state->disks = probe->state->links = probe->volumes = 0;
	ask(probe);
}

static void ask_again(struct timer *timer)
{
	begin(container_of(timer, struct probe, again), &as_ours);
}

static void wait_or_give_up(struct probe *probe, const struct err *err)
{
	struct loop *loop = site_options(probe->observation->site)->loop;

	if (loop_now(loop) >= probe->observation->deadline) {
		finish(probe, SIGHT_SILENT, err);
		return;
	}
	say(probe, err->text);
	site_redial(probe->observation->site, probe->state->node);
	timer_set(&probe->again, loop_now(loop) + ASK_AGAIN);
}

static void on_reply(struct talos_call *call, const void *reply)
{
	struct probe *probe = container_of(call, struct probe, call);

	probe->interview->at[probe->asked].keep(probe, reply);
}

/* Who does not know us may still be in maintenance; who then wants a certificate belongs to
 * others. */
static void denied(struct probe *probe, const struct err *err)
{
	if (probe->interview == &as_maintenance) {
		finish(probe, SIGHT_DENIED, &probe->first);
		return;
	}
	probe->first = *err;
	begin(probe, &as_maintenance);
}

static void on_end(struct talos_call *call, const struct err *err)
{
	struct probe *probe = container_of(call, struct probe, call);

	bool dispensable = probe->interview->at[probe->asked].look != 0;

	if (err->kind == ERR_AUTH && probe->asked == 0) {
		denied(probe, err);
	} else if (err_is_set(err) && !dispensable) {
		wait_or_give_up(probe, err);
	} else {
		if (err_is_set(err))
			say(probe, err->text);
		else if (probe->interview->at[probe->asked].keep == take_extension)
			no_extension(probe);
		probe->asked++;
		ask(probe);
	}
}

static bool looks_at(const struct observation *observation, unsigned look)
{
	return (observation->options.looks & look) == look;
}

static void look_at_files(struct observation *observation)
{
	const struct site_options *options = site_options(observation->site);
	struct inventory *inventory = observation->inventory;
	struct arena *arena OWNED(arena_free) = arena_new("files");
	struct configs_request request = {
		.input = { .cluster = options->cluster, .bundle = options->bundle },
		.folder = options->folder,
		.now = loop_wall(options->loop),
	};
	struct configs_result configs;

	if (looks_at(observation, OBSERVE_DRIFT))
		observe_drift(observation->arena, options, inventory);
	if (looks_at(observation, OBSERVE_KEPT))
		observe_kept(observation->arena, options, inventory);
	if (!options->folder)
		return;
	inventory->configs_written =
		configs_make(arena, &request, &configs, NULL) == 0 && !configs.changed;
	inventory->kubeconfig_written =
		kubeconfig_is_good(options->folder, options->bundle, request.now);
}

static void tell(struct observation *observation)
{
	observation->options.on_done(observation->options.context, observation->inventory);
}

static void router_looked(struct router_look *look, const struct err *err)
{
	struct observation *observation = container_of(look, struct observation, router);
	struct inventory *inventory = observation->inventory;

	inventory->router_err = *err;
	if (!err_is_set(err))
		inventory->router =
			arena_dup(observation->arena, &look->seen, sizeof(look->seen));
	tell(observation);
}

static void look_at_router(struct observation *observation)
{
	const struct site_access *access = site_options(observation->site)->access;

	if (observation->options.looks & OBSERVE_ROUTER)
		router_look_start(&observation->router, observation->site, observation->arena,
				  access ? access->peer : NULL, router_looked);
	else
		tell(observation);
}

static void cilium_looked(struct cilium_look *look, const struct err *err)
{
	struct observation *observation = container_of(look, struct observation, cilium);
	struct inventory *inventory = observation->inventory;

	inventory->cilium_err = *err;
	if (!err_is_set(err))
		inventory->cilium =
			arena_dup(observation->arena, &look->live, sizeof(look->live));
	look_at_router(observation);
}

/* Kubernetes is asked only where there can be one. */
static bool asks_for_cilium(const struct observation *observation)
{
	const struct inventory *inventory = observation->inventory;
	bool shall = strcmp(inventory->cluster->cni, "cilium") == 0;
	unsigned looks = shall ? OBSERVE_CILIUM | OBSERVE_CILIUM_ALWAYS : OBSERVE_CILIUM_ALWAYS;

	return (observation->options.looks & looks) && site_kube(observation->site) &&
	       inventory_etcd(inventory);
}

static void look_at_cilium(struct observation *observation)
{
	unsigned parts = CILIUM_AGENT | CILIUM_DEFINITIONS | CILIUM_RESOURCES;

	if (asks_for_cilium(observation))
		cilium_look_start(&observation->cilium, observation->site, observation->arena,
				  parts, cilium_looked);
	else
		look_at_router(observation);
}

static void kube_looked(struct kube_look *look)
{
	look_at_cilium(container_of(look, struct observation, kube));
}

static void on_done(struct task *task)
{
	struct observation *observation = container_of(task, struct observation, done);
	const struct kube_look_options options = { .arena = observation->arena,
						   .deadline = observation->deadline,
						   .on_done = kube_looked };

	look_at_files(observation);
	observation->inventory->helm = site_options(observation->site)->helm != NULL;
	if (observation->options.looks & OBSERVE_KUBE)
		kube_look_start(&observation->kube, observation->site, observation->inventory,
				&options);
	else
		look_at_cilium(observation);
}

struct observation *observe_start(struct site *site, struct arena *arena,
				  const struct observe_options *options)
{
	struct observation *observation = mem_new(sizeof(*observation));
	const struct cluster *cluster = site_cluster(site);
	struct loop *loop = site_options(site)->loop;

	observation->site = site;
	observation->arena = arena;
	observation->options = *options;
	observation->open = cluster->nodes;
	observation->deadline = loop_now(loop) + options->patience;
	observation->probe = arena_calloc(arena, cluster->nodes, sizeof(*observation->probe));
	observation->inventory = arena_alloc(arena, sizeof(*observation->inventory));
	observation->inventory->cluster = cluster;
	observation->inventory->len = cluster->nodes;
	observation->inventory->at =
		arena_calloc(arena, cluster->nodes, sizeof(*observation->inventory->at));
	task_init(&observation->done, loop, on_done);
	for (size_t i = 0; i < cluster->nodes; i++) {
		struct probe *probe = &observation->probe[i];

		probe->observation = observation;
		probe->state = &observation->inventory->at[i];
		probe->state->node = &cluster->node[i];
		timer_init(&probe->again, loop, ask_again);
		begin(probe, &as_ours);
	}
	return observation;
}

void observe_free(struct observation *observation)
{
	if (!observation)
		return;
	for (size_t i = 0; i < observation->inventory->len; i++) {
		talos_call_done(&observation->probe[i].call);
		timer_cancel(&observation->probe[i].again);
	}
	cilium_look_done(&observation->cilium);
	router_look_done(&observation->router);
	kube_look_done(&observation->kube);
	task_cancel(&observation->done);
	mem_free(observation, sizeof(*observation));
}
