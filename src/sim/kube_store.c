#include "sim/kube_store.h"

#include "sim/kube_value.h"
#include "sim/world_impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- types ----------------------------------------------------------------------------------- */

static const char *const *copy_texts(struct arena *arena, const char *const *texts)
{
	size_t count = 0;

	while (texts[count])
		count++;

	const char **copy = arena_calloc(arena, count + 1, sizeof(*copy));

	for (size_t i = 0; i < count; i++)
		copy[i] = arena_str(arena, texts[i]);
	return copy;
}

struct kube_type *store_type(const struct kube_store *store, const char *group, const char *plural)
{
	for (size_t i = 0; i < store->types; i++) {
		struct kube_type *type = store->type[i];

		if (!type->gone && !strcmp(type->plural, plural) && !strcmp(type->group, group))
			return type;
	}
	return NULL;
}

struct kube_type *store_kind(const struct kube_store *store, const char *group, const char *kind)
{
	for (size_t i = 0; i < store->types; i++) {
		struct kube_type *type = store->type[i];

		if (!type->gone && !strcmp(type->kind, kind) && !strcmp(type->group, group))
			return type;
	}
	return NULL;
}

struct kube_type *store_add_type(struct kube_store *store, const struct kube_type *type)
{
	struct kube_type *mine = store_type(store, type->group, type->plural);
	struct arena *arena = store->arena;

	if (!mine) {
		mine = arena_alloc(arena, sizeof(*mine));
		store->type = arena_grow(arena, store->type, store->types, &store->type_cap,
					 sizeof(struct kube_type *));
		store->type[store->types++] = mine;
	}
	mine->group = arena_str(arena, type->group);
	mine->plural = arena_str(arena, type->plural);
	mine->kind = arena_str(arena, type->kind);
	mine->singular = arena_str(arena, type->singular);
	mine->shorts = arena_str(arena, type->shorts);
	mine->versions = copy_texts(arena, type->versions);
	mine->namespaced = type->namespaced;
	mine->custom = type->custom;
	mine->features = type->features;
	return mine;
}

bool type_serves(const struct kube_type *type, const char *version)
{
	for (size_t i = 0; type->versions[i]; i++) {
		if (!strcmp(type->versions[i], version))
			return true;
	}
	return false;
}

/* ---- objects --------------------------------------------------------------------------------- */

static int compare(const struct kube_object *object, const char *space, const char *name)
{
	int r = strcmp(object->space, space);

	return r ? r : strcmp(object->name, name);
}

size_t store_place(const struct kube_type *type, const char *space, const char *name)
{
	size_t low = 0, high = type->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(type->at[middle], space, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct kube_object *store_find(const struct kube_type *type, const char *space, const char *name)
{
	size_t at = type ? store_place(type, space, name) : 0;

	if (!type || at == type->len || compare(type->at[at], space, name) != 0)
		return NULL;
	return type->at[at];
}

static void insert(struct kube_type *type, struct kube_object *object)
{
	size_t at = store_place(type, object->space, object->name);

	if (type->len == type->cap) {
		size_t cap = type->cap ? 2 * type->cap : 8;
		struct kube_object **more = mem_new(cap * sizeof(struct kube_object *));

		if (type->len)
			memcpy(more, type->at, type->len * sizeof(struct kube_object *));
		mem_free(type->at, type->cap * sizeof(struct kube_object *));
		type->at = more;
		type->cap = cap;
	}
	memmove(&type->at[at + 1], &type->at[at], (type->len - at) * sizeof(struct kube_object *));
	type->at[at] = object;
	type->len++;
}

static void release(struct kube_version *version)
{
	if (version && !version->current && !version->kept)
		arena_free(version->arena);
}

static void remember(struct kube_store *store, struct kube_version *version)
{
	struct kube_version **slot = &store->history[store->changes++ % KUBE_HISTORY];

	if (*slot) {
		(*slot)->kept = false;
		release(*slot);
	}
	*slot = version;
	version->kept = true;
}

static const char *owner_of(const struct value *value)
{
	const struct value *owners = kube_at(value, "metadata.ownerReferences");

	for (size_t i = 0; i < value_len(owners); i++) {
		if (kube_flag(value_at(owners, i), "controller"))
			return kube_text(value_at(owners, i), "uid");
	}
	return value_len(owners) ? kube_text(value_at(owners, 0), "uid") : "";
}

static void set_current(struct kube_object *object, struct kube_version *version)
{
	if (object->now)
		object->now->current = false;
	object->now = version;
	version->current = true;
	object->space = version->space;
	object->name = version->name;
	object->uid = kube_text(version->value, "metadata.uid");
	object->owner = owner_of(version->value);
	object->node = kube_text(version->value, "spec.nodeName");
}

static struct kube_version *version_new(struct kube_store *store, struct kube_type *type,
					enum kube_change change, const struct value *value)
{
	struct arena *arena = arena_new("kubernetes object");
	struct kube_version *version = arena_alloc(arena, sizeof(*version));
	uint64_t revision = store->loading ? store->revision : ++store->revision;
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, revision);
	value = kube_with_text(arena, value, "metadata.resourceVersion", text);
	version->arena = arena;
	version->type = type;
	version->change = change;
	version->revision = revision;
	version->value = value_copy(arena, value);
	version->space = type->namespaced ? kube_text(version->value, "metadata.namespace") : "";
	version->name = kube_text(version->value, "metadata.name");
	return version;
}

static const struct value *first_metadata(const struct kube_store *store, struct arena *arena,
					  const struct value *value)
{
	char uid[37];

	if (kube_at(value, "metadata.uid"))
		return value;
	world_uuid(store->world, uid);
	value = kube_with_text(arena, value, "metadata.uid", uid);
	return kube_with(arena, value, "metadata.creationTimestamp",
			 kube_time(arena, world_wall(store->world)));
}

static void tell(struct kube_store *store, struct kube_version *version,
		 const struct kube_version *before)
{
	/* what a file tells is no news */
	if (!store->loading) {
		remember(store, version);
		store_log(store, version);
	}
	if (store->on_change)
		store->on_change(store, version, before);
	release(version);
}

struct kube_object *store_put(struct kube_store *store, struct kube_type *type,
			      const struct value *value)
{
	struct arena *arena OWNED(arena_free) = arena_new("kubernetes change");
	const char *space = type->namespaced ? kube_text(value, "metadata.namespace") : "";
	struct kube_object *object = store_find(type, space, kube_text(value, "metadata.name"));
	struct kube_version *before = object ? object->now : NULL;

	if (before && value_equal(before->value, value))
		return object;
	value = first_metadata(store, arena, value);

	struct kube_version *version =
		version_new(store, type, before ? KUBE_MODIFIED : KUBE_ADDED, value);

	if (!object) {
		object = mem_new(sizeof(*object));
		object->type = type;
		set_current(object, version);
		insert(type, object);
	} else {
		set_current(object, version);
	}
	tell(store, version, before);
	release(before);
	store_touch(store, object);
	return object;
}

static void forget_fresh(struct kube_store *store, const struct kube_object *object)
{
	struct kube_object **at = &store->fresh;

	while (*at && *at != object)
		at = &(*at)->next_fresh;
	if (*at)
		*at = object->next_fresh;
}

static void drop(struct kube_type *type, size_t at)
{
	mem_free(type->at[at], sizeof(struct kube_object));
	type->len--;
	memmove(&type->at[at], &type->at[at + 1], (type->len - at) * sizeof(struct kube_object *));
}

void store_remove(struct kube_store *store, struct kube_object *object)
{
	struct kube_version *before = object->now;
	struct kube_type *type = object->type;
	struct kube_version *last = version_new(store, type, KUBE_DELETED, before->value);

	if (object->fresh)
		forget_fresh(store, object);
	drop(type, store_place(type, object->space, object->name));
	before->current = false;
	tell(store, last, before);
	release(before);
}

size_t store_count(const struct kube_store *store)
{
	size_t count = 0;

	for (size_t i = 0; i < store->types; i++)
		count += store->type[i]->len;
	return count;
}

/* ---- history --------------------------------------------------------------------------------- */

const struct kube_version *store_change(const struct kube_store *store, uint64_t number)
{
	return number < store->changes && number + KUBE_HISTORY >= store->changes
		       ? store->history[number % KUBE_HISTORY]
		       : NULL;
}

uint64_t store_oldest(const struct kube_store *store)
{
	uint64_t first = store->changes > KUBE_HISTORY ? store->changes - KUBE_HISTORY : 0;
	const struct kube_version *version = store_change(store, first);

	return version ? version->revision - 1 : store->revision;
}

/* ---- who is to be looked at ------------------------------------------------------------------ */

void store_touch(struct kube_store *store, struct kube_object *object)
{
	if (object->fresh)
		return;
	object->fresh = true;
	object->next_fresh = store->fresh;
	store->fresh = object;
}

struct kube_object *store_next_fresh(struct kube_store *store)
{
	struct kube_object *object = store->fresh;

	if (!object)
		return NULL;
	store->fresh = object->next_fresh;
	object->next_fresh = NULL;
	object->fresh = false;
	return object;
}

/* ---- life ------------------------------------------------------------------------------------ */

void store_init(struct kube_store *store, struct world *world)
{
	store->arena = arena_new("kubernetes types");
	store->world = world;
	store->revision = 1;
	str_init(&store->waits, (size_t)256 << 20);
}

void store_done(struct kube_store *store)
{
	for (size_t i = 0; i < store->types; i++) {
		struct kube_type *type = store->type[i];

		for (size_t k = 0; k < type->len; k++) {
			type->at[k]->now->current = false;
			release(type->at[k]->now);
			mem_free(type->at[k], sizeof(struct kube_object));
		}
		mem_free(type->at, type->cap * sizeof(struct kube_object *));
	}
	for (size_t i = 0; i < KUBE_HISTORY; i++) {
		if (store->history[i]) {
			store->history[i]->kept = false;
			release(store->history[i]);
		}
	}
	str_done(&store->waits);
	arena_free(store->arena);
}
