#include "sim/kube.h"

#include "base/fs.h"
#include "sim/kube_call.h"
#include "sim/kube_settings.h"
#include "sim/kube_types.h"
#include "sim/kube_value.h"
#include "sim/world_impl.h"

#include <stdio.h>
#include <string.h>

#define LOOKS_MAX 20000 /* in one turn */

/* ---- small questions ------------------------------------------------------------------------- */

uint64_t kube_wall(const struct kube *kube)
{
	return world_wall(kube->world);
}

struct kube_type *kube_type(const struct kube *kube, const char *plural)
{
	for (size_t i = 0; i < kube->store.types; i++) {
		struct kube_type *type = kube->store.type[i];

		if (!type->custom && !strcmp(type->plural, plural))
			return type;
	}
	return NULL;
}

struct kube_object *kube_find(const struct kube *kube, const char *plural, const char *space,
			      const char *name)
{
	return store_find(kube_type(kube, plural), space, name);
}

struct kube_object *kube_put(struct kube *kube, const char *plural, const struct value *value)
{
	return store_put(&kube->store, kube_type(kube, plural), value);
}

struct sim_node *kube_machine(const struct kube *kube, const char *name)
{
	const struct world *world = kube->world;

	for (size_t i = 0; i < world->nodes; i++) {
		struct sim_node *node = world->node[i];

		if (node->config && node->hostname[0] && !strcmp(node->hostname, name))
			return node;
	}
	return NULL;
}

struct kube *kube_of(const struct sim_node *node)
{
	if (!node->etcd.cluster[0])
		return NULL;
	for (struct kube *kube = node->world->kubes; kube; kube = kube->next) {
		if (!strcmp(kube->cluster, node->etcd.cluster))
			return kube;
	}
	return NULL;
}

bool kube_serves(const struct sim_node *node)
{
	return node_is_up(node) && node->config->control && node->kube.pods &&
	       node->kube.api_back <= world_wall(node->world) && etcd_is_healthy(node) &&
	       kube_of(node) != NULL;
}

/* ---- deleting -------------------------------------------------------------------------------- */

static void delete_dependents(struct kube *kube, const char *uid, const struct kube_removal *how)
{
	struct arena *arena OWNED(arena_free) = arena_new("deleted owner");
	const char *owner = arena_str(arena, uid);

	for (size_t i = 0; i < kube->store.types; i++) {
		struct kube_type *type = kube->store.type[i];

		for (size_t k = type->len; k-- > 0;) {
			if (k >= type->len || strcmp(type->at[k]->owner, owner) != 0)
				continue;
			if (how->orphan)
				store_put(&kube->store, type,
					  kube_with(arena, type->at[k]->now->value,
						    "metadata.ownerReferences", NULL));
			else
				kube_delete(kube, type->at[k],
					    &(struct kube_removal){ .grace = -1 });
		}
	}
}

static void empty_namespace(struct kube *kube, const char *name)
{
	struct arena *arena OWNED(arena_free) = arena_new("deleted namespace");
	const char *space = arena_str(arena, name);

	for (size_t i = 0; i < kube->store.types; i++) {
		struct kube_type *type = kube->store.type[i];

		for (size_t k = type->len; k-- > 0;) {
			if (k < type->len && !strcmp(type->at[k]->space, space))
				store_remove(&kube->store, type->at[k]);
		}
	}
}

/* How long a pod takes to end: it is told, and most do not use all of their time. */
static uint64_t pod_end(const struct kube *kube, int64_t grace)
{
	uint64_t longest = (uint64_t)grace * SECOND, pace = kube->world->pace.stop;

	return kube_wall(kube) + (longest < pace ? longest : pace);
}

static void delete_softly(struct kube *kube, struct kube_object *object, int64_t grace)
{
	struct arena *arena OWNED(arena_free) = arena_new("deleted object");
	const struct value *value = object->now->value;

	if (*kube_text(value, "metadata.deletionTimestamp"))
		return;
	value = kube_with(arena, value, "metadata.deletionTimestamp",
			  kube_time(arena, kube_wall(kube) + (uint64_t)grace * SECOND));
	value = kube_with(arena, value, "metadata.deletionGracePeriodSeconds",
			  value_of_int(arena, grace));
	object->due = pod_end(kube, grace);
	store_put(&kube->store, object->type, value);
}

void kube_delete(struct kube *kube, struct kube_object *object, const struct kube_removal *how)
{
	const struct value *value = object->now->value;
	bool pod = (object->type->features & KUBE_POD) != 0;
	int64_t grace = how->grace;

	if (grace < 0)
		grace = pod ? kube_int(value, "spec.terminationGracePeriodSeconds", 30) : 0;
	if (value_len(kube_at(value, "metadata.finalizers"))) {
		delete_softly(kube, object, grace);
		return;
	}
	if (pod && grace > 0 && *object->node && !pod_is_over(value) &&
	    kube_find(kube, "nodes", "", object->node)) {
		delete_softly(kube, object, grace);
		return;
	}

	struct arena *arena OWNED(arena_free) = arena_new("deleted object");
	const char *uid = arena_str(arena, object->uid), *name = arena_str(arena, object->name);
	bool space = !strcmp(object->type->plural, "namespaces");

	store_remove(&kube->store, object);
	delete_dependents(kube, uid, how);
	if (space)
		empty_namespace(kube, name);
}

/* ---- what follows from changes --------------------------------------------------------------- */

static void touch_owner(struct kube *kube, const struct kube_version *version)
{
	const struct value *owners = kube_at(version->value, "metadata.ownerReferences");

	for (size_t i = 0; i < value_len(owners); i++) {
		const struct value *owner = value_at(owners, i);

		for (size_t k = 0; k < kube->store.types; k++) {
			const struct kube_type *type = kube->store.type[k];
			struct kube_object *object =
				!strcmp(type->kind, kube_text(owner, "kind"))
					? store_find(type, type->namespaced ? version->space : "",
						     kube_text(owner, "name"))
					: NULL;

			if (object)
				store_touch(&kube->store, object);
		}
	}
}

static void touch_budgets(struct kube *kube, const char *space)
{
	const struct kube_type *type = kube_type(kube, "poddisruptionbudgets");

	for (size_t i = store_place(type, space, ""); i < type->len; i++) {
		if (strcmp(type->at[i]->space, space) != 0)
			break;
		store_touch(&kube->store, type->at[i]);
	}
}

static void changed(struct kube_store *store, const struct kube_version *version,
		    const struct kube_version *before)
{
	struct kube *kube = container_of(store, struct kube, store);

	if (!strcmp(version->type->plural, "customresourcedefinitions") &&
	    !version->type->custom) {
		if (version->change == KUBE_DELETED)
			types_drop_custom(store, version->value);
		else
			types_add_custom(store, version->value);
	}
	if (store->loading)
		return;
	watch_tell(kube, version, before);
	if (value_len(kube_at(version->value, "metadata.ownerReferences")))
		touch_owner(kube, version);
	if (version->type->features & KUBE_POD)
		touch_budgets(kube, version->space);
	if (!strcmp(version->type->plural, "nodes"))
		workload_touch(kube, "daemonsets");
	if (!kube->world->closing && !kube->working)
		task_post(&kube->turn);
}

/* ---- turns ----------------------------------------------------------------------------------- */

static const struct {
	const char *plural;
	void (*look)(struct kube *kube, struct kube_object *object);
} controllers[] = {
	{ "nodes", nodes_look },
	{ "pods", pods_look },
	{ "daemonsets", daemonset_look },
	{ "deployments", deployment_look },
	{ "replicasets", replicaset_look },
	{ "jobs", job_look },
	{ "poddisruptionbudgets", budget_look },
	{ "customresourcedefinitions", definition_look },
};

static void look(struct kube *kube, struct kube_object *object)
{
	for (size_t i = 0; i < ARRAY_LEN(controllers); i++) {
		if (!object->type->custom && !strcmp(controllers[i].plural, object->type->plural)) {
			controllers[i].look(kube, object);
			return;
		}
	}
}

void kube_later(struct kube *kube, struct kube_object *object, uint64_t wall)
{
	(void)kube;
	if (!object->due || wall < object->due)
		object->due = wall;
}

static uint64_t next_due(const struct kube *kube)
{
	uint64_t due = UINT64_MAX;

	for (size_t i = 0; i < kube->store.types; i++) {
		const struct kube_type *type = kube->store.type[i];

		for (size_t k = 0; k < type->len; k++) {
			if (type->at[k]->due && type->at[k]->due < due)
				due = type->at[k]->due;
		}
	}
	return due;
}

static void set_timer(struct kube *kube)
{
	uint64_t due = next_due(kube), wall = kube_wall(kube);

	if (due == UINT64_MAX)
		timer_cancel(&kube->timer);
	else
		timer_set(&kube->timer,
			  loop_now(kube->world->loop) + (due > wall ? due - wall : 0));
}

void kube_turn(struct kube *kube)
{
	struct kube_object *object;
	unsigned looks = 0;

	kube->working = true;
	seed_settle(kube);
	pods_static(kube);
	while (looks++ < LOOKS_MAX && (object = store_next_fresh(&kube->store)))
		look(kube, object);
	cilium_settle(kube);
	kube->working = false;
	/* what fails here is tried again, and told, when somebody is answered */
	store_write(&kube->store, NULL);
	set_timer(kube);
	if (kube->store.fresh)
		task_post(&kube->turn);
}

static void turn_posted(struct task *task)
{
	kube_turn(container_of(task, struct kube, turn));
}

static void timer_due(struct timer *timer)
{
	struct kube *kube = container_of(timer, struct kube, timer);
	uint64_t wall = kube_wall(kube);

	for (size_t i = 0; i < kube->store.types; i++) {
		struct kube_type *type = kube->store.type[i];

		for (size_t k = 0; k < type->len; k++) {
			if (type->at[k]->due && type->at[k]->due <= wall)
				store_touch(&kube->store, type->at[k]);
		}
	}
	task_post(&kube->turn);
}

/* ---- life ------------------------------------------------------------------------------------ */

static const char *file_of(struct arena *arena, const struct world *world, const char *cluster)
{
	return fs_join(arena, fs_join(arena, world->folder, "kube"),
		       arena_printf(arena, "%s.jsonl", cluster));
}

static void open_file(struct kube *kube)
{
	struct arena *arena OWNED(arena_free) = arena_new("kubernetes file");
	const char *path = file_of(arena, kube->world, kube->cluster);

	struct err err = ERR_INIT;
	int r;

	fs_mkdir(fs_join(arena, kube->world->folder, "kube"), 0700, NULL);
	r = store_open(&kube->store, path, &err);
	kube->seeded = r > 0;
	if (r < 0)
		kube->broken = err;
}

static void kube_open(struct world *world, const char *cluster)
{
	struct kube *kube = mem_new(sizeof(*kube));

	kube->world = world;
	snprintf(kube->cluster, sizeof(kube->cluster), "%s", cluster);
	store_init(&kube->store, world);
	kube->store.on_change = changed;
	types_add_builtin(&kube->store);
	timer_init(&kube->timer, world->loop, timer_due);
	task_init(&kube->turn, world->loop, turn_posted);
	if (world->folder)
		open_file(kube);
	kube->next = world->kubes;
	world->kubes = kube;
}

static void kube_free(struct kube *kube)
{
	watch_end_all(kube, NULL);
	timer_cancel(&kube->timer);
	task_cancel(&kube->turn);
	store_done(&kube->store);
	mem_free(kube, sizeof(*kube));
}

static bool has_data(const struct world *world, const char *cluster)
{
	for (size_t i = 0; i < world->nodes; i++) {
		if (!strcmp(world->node[i]->etcd.cluster, cluster))
			return true;
	}
	return false;
}

static void drop_wiped(struct world *world)
{
	struct arena *arena OWNED(arena_free) = arena_new("wiped etcd");

	for (struct kube **at = &world->kubes; *at;) {
		struct kube *kube = *at;

		if (has_data(world, kube->cluster)) {
			at = &kube->next;
			continue;
		}
		*at = kube->next;
		if (world->folder)
			fs_remove(file_of(arena, world, kube->cluster), NULL);
		kube_free(kube);
	}
}

/* Whoever watches at a server that is gone learns it. */
static void cut_watches(struct kube *kube)
{
	for (struct kube_call *call = kube->watches; call;) {
		const struct sim_node *node = call->node;

		call = call->next;
		if (kube_serves(node))
			continue;
		watch_end_all(kube, node);
		call = kube->watches;
	}
}

void kube_world_settle(struct world *world)
{
	drop_wiped(world);
	for (size_t i = 0; i < world->nodes; i++) {
		const struct sim_node *node = world->node[i];

		if (node->kube.pods && etcd_is_healthy(node) && !kube_of(node))
			kube_open(world, node->etcd.cluster);
	}
	for (struct kube *kube = world->kubes; kube; kube = kube->next) {
		cut_watches(kube);
		nodes_settle(kube);
	}
}

void kube_world_done(struct world *world)
{
	for (size_t i = 0; i < world->nodes; i++)
		kube_done(world->node[i]);
	while (world->kubes) {
		struct kube *kube = world->kubes;

		world->kubes = kube->next;
		store_write(&kube->store, NULL);
		kube_free(kube);
	}
}
