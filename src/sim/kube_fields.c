#include "sim/kube_fields.h"

#include "base/text.h"
#include "sim/kube_value.h"

#include <string.h>

#define PATH_MAX_LEN 600

/* ---- lists with keys ------------------------------------------------------------------------- */

static const struct {
	const char *field;
	const char *key[3];
} keyed_lists[] = {
	{ "containers", { "name" } },
	{ "initContainers", { "name" } },
	{ "ephemeralContainers", { "name" } },
	{ "env", { "name" } },
	{ "volumes", { "name" } },
	{ "volumeMounts", { "mountPath" } },
	{ "volumeDevices", { "devicePath" } },
	{ "imagePullSecrets", { "name" } },
	{ "secrets", { "name" } },
	{ "hostAliases", { "ip" } },
	{ "ports", { "containerPort", "protocol" } },
	{ "conditions", { "type" } },
	{ "addresses", { "type" } },
	{ "ownerReferences", { "uid" } },
	{ "topologySpreadConstraints", { "topologyKey", "whenUnsatisfiable" } },
	{ "bgpInstances", { "name" } },
	{ "peers", { "name" } },
	{ "finalizers", { "" } },
};

/* A protocol is TCP when nothing is said; any other key has to be there. */
static const char *key_text(const struct value *entry, const char *key)
{
	const char *text = value_get_text(entry, key);

	return text || strcmp(key, "protocol") != 0 ? text : "TCP";
}

static bool has_keys(const struct value *list, const char *const *keys)
{
	for (size_t i = 0; i < value_len(list); i++) {
		const struct value *entry = value_at(list, i);

		if (!keys[0][0] && !value_text(entry))
			return false;
		for (size_t k = 0; keys[0][0] && keys[k]; k++) {
			if (!key_text(entry, keys[k]))
				return false;
		}
	}
	return true;
}

const char *const *fields_list_keys(const char *field, const struct value *list)
{
	if (!value_is_list(list) || !field)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(keyed_lists); i++) {
		if (!strcmp(keyed_lists[i].field, field))
			return has_keys(list, keyed_lists[i].key) ? keyed_lists[i].key : NULL;
	}
	return NULL;
}

/* `k:{"name":"x"}` or `v:"x"`. */
static const char *entry_name(struct arena *arena, const struct value *entry,
			      const char *const *keys)
{
	struct str text SCOPED(str_done) = STR_INIT(4096);
	struct map_builder *map = map_begin(arena);

	if (!keys[0][0]) {
		str_add(&text, "v:");
		kube_json(&text, entry);
		return arena_str(arena, str_text(&text));
	}
	for (size_t i = 0; keys[i]; i++) {
		const struct value *key = value_get(entry, keys[i]);

		map_add(map, keys[i], key ? key : value_str(arena, "TCP"));
	}
	str_add(&text, "k:");
	kube_json(&text, map_end(map));
	return arena_str(arena, str_text(&text));
}

static const struct value *entry_named(struct arena *arena, const struct value *list,
				       const char *const *keys, const char *name)
{
	for (size_t i = 0; i < value_len(list); i++) {
		if (!strcmp(entry_name(arena, value_at(list, i), keys), name))
			return value_at(list, i);
	}
	return NULL;
}

/* ---- sets ------------------------------------------------------------------------------------ */

static bool is_leaf(const struct value *set)
{
	return value_len(set) == 0;
}

static const struct value *leaf(struct arena *arena)
{
	return map_end(map_begin(arena));
}

static const struct value *fields_of(struct arena *arena, const char *field,
				     const struct value *value)
{
	const char *const *keys = fields_list_keys(field, value);
	struct map_builder *set = map_begin(arena);

	if (value_is_map(value)) {
		for (size_t i = 0; i < value_len(value); i++) {
			const char *key = value_key_at(value, i);

			map_add(set, arena_printf(arena, "f:%s", key),
				fields_of(arena, key, value_at(value, i)));
		}
	}
	for (size_t i = 0; keys && i < value_len(value); i++) {
		const struct value *entry = value_at(value, i);
		const struct value *inner = fields_of(arena, NULL, entry);

		if (keys[0][0])
			inner = value_set(arena, inner, ".", leaf(arena));
		map_add(set, entry_name(arena, entry, keys), inner);
	}
	return map_end(set);
}

static const struct value *set_minus(struct arena *arena, const struct value *a,
				     const struct value *b)
{
	struct map_builder *set = map_begin(arena);

	for (size_t i = 0; i < value_len(a); i++) {
		const char *key = value_key_at(a, i);
		const struct value *mine = value_at(a, i), *other = value_get(b, key);

		if (other && !is_leaf(mine)) {
			mine = set_minus(arena, mine, other);
			if (is_leaf(mine))
				continue;
		} else if (other) {
			continue;
		}
		map_add(set, key, mine);
	}
	return map_end(set);
}

static const struct value *set_common(struct arena *arena, const struct value *a,
				      const struct value *b)
{
	struct map_builder *set = map_begin(arena);

	for (size_t i = 0; i < value_len(a); i++) {
		const char *key = value_key_at(a, i);
		const struct value *mine = value_at(a, i), *other = value_get(b, key);

		if (!other)
			continue;
		if (is_leaf(mine) || is_leaf(other)) {
			map_add(set, key, leaf(arena));
			continue;
		}
		mine = set_common(arena, mine, other);
		if (!is_leaf(mine))
			map_add(set, key, mine);
	}
	return map_end(set);
}

/* Where a name of a set leads in a value; NULL: nowhere. */
static const struct value *follow(struct arena *arena, const char *field,
				  const struct value *value, const char *name)
{
	const char *const *keys = fields_list_keys(field, value);

	if (text_starts(name, "f:"))
		return value_get(value, name + 2);
	if (!strcmp(name, "."))
		return value;
	return keys ? entry_named(arena, value, keys, name) : NULL;
}

static const char *field_of(const char *name)
{
	return text_starts(name, "f:") ? name + 2 : NULL;
}

/* What of a set the value still has. */
static const struct value *set_there(struct arena *arena, const struct value *set,
				     const char *field, const struct value *value)
{
	struct map_builder *there = map_begin(arena);

	for (size_t i = 0; i < value_len(set); i++) {
		const char *name = value_key_at(set, i);
		const struct value *inner = value_at(set, i);
		const struct value *next = follow(arena, field, value, name);

		if (!next)
			continue;
		if (!is_leaf(inner)) {
			inner = set_there(arena, inner, field_of(name), next);
			if (is_leaf(inner))
				continue;
		}
		map_add(there, name, inner);
	}
	return map_end(there);
}

/* The fields of `after` that are not the same in `before`. */
static const struct value *fields_changed(struct arena *arena, const char *field,
					  const struct value *before, const struct value *after)
{
	const struct value *all = fields_of(arena, field, after);
	struct map_builder *set = map_begin(arena);

	if (is_leaf(all))
		return all;
	for (size_t i = 0; i < value_len(all); i++) {
		const char *name = value_key_at(all, i);
		const struct value *old = follow(arena, field, before, name);
		const struct value *now = follow(arena, field, after, name);
		const struct value *inner = value_at(all, i);

		if (!strcmp(name, ".") || (old && value_equal(old, now)))
			continue;
		if (old && !is_leaf(inner)) {
			inner = fields_changed(arena, field_of(name), old, now);
			if (is_leaf(inner))
				continue;
		}
		map_add(set, name, inner);
	}
	return map_end(set);
}

/* ---- managedFields --------------------------------------------------------------------------- */

/* What nobody owns: identity, and what the server sets. */
static const struct value *ownable(struct arena *arena, const struct value *object)
{
	static const char *const unowned[] = { "name",
					       "namespace",
					       "uid",
					       "resourceVersion",
					       "generation",
					       "creationTimestamp",
					       "deletionTimestamp",
					       "deletionGracePeriodSeconds",
					       "managedFields",
					       "selfLink" };
	const struct value *meta = value_get(object, "metadata");

	if (!object)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(unowned); i++) {
		if (value_has(meta, unowned[i]))
			meta = value_set(arena, meta, unowned[i], NULL);
	}
	object = value_set(arena, object, "metadata", value_len(meta) ? meta : NULL);
	object = value_set(arena, object, "apiVersion", NULL);
	return value_set(arena, object, "kind", NULL);
}

static bool is_managers(const struct value *entry, const struct kube_manager *manager)
{
	return kube_is(entry, "manager", manager->name) &&
	       kube_is(entry, "operation", manager->operation) &&
	       kube_is(entry, "subresource", manager->sub);
}

static const struct value *entry_of(struct arena *arena, const struct kube_manager *manager,
				    const struct value *set)
{
	struct map_builder *map = map_begin(arena);

	map_add(map, "manager", value_str(arena, manager->name));
	map_add(map, "operation", value_str(arena, manager->operation));
	map_add(map, "apiVersion", value_str(arena, manager->version));
	map_add(map, "time", kube_time(arena, manager->wall));
	map_add(map, "fieldsType", value_str(arena, "FieldsV1"));
	map_add(map, "fieldsV1", set);
	if (*manager->sub)
		map_add(map, "subresource", value_str(arena, manager->sub));
	return map_end(map);
}

/* The other managers' entries without `lost` and without what is not there any more. */
static void add_others(struct arena *arena, struct list_builder *list, const struct value *entries,
		       const struct kube_manager *manager, const struct value *lost,
		       const struct value *after)
{
	for (size_t i = 0; i < value_len(entries); i++) {
		const struct value *entry = value_at(entries, i);
		const struct value *set = value_get(entry, "fieldsV1");

		if (is_managers(entry, manager))
			continue;
		set = set_there(arena, set_minus(arena, set, lost), NULL, after);
		if (!is_leaf(set))
			list_add(list, value_set(arena, entry, "fieldsV1", set));
	}
}

static const struct value *own_entry(const struct value *entries,
				     const struct kube_manager *manager)
{
	for (size_t i = 0; i < value_len(entries); i++) {
		if (is_managers(value_at(entries, i), manager))
			return value_at(entries, i);
	}
	return NULL;
}

static const struct value *with_entries(struct arena *arena, const struct value *object,
					const struct value *entries)
{
	return kube_with(arena, object, "metadata.managedFields",
			 value_len(entries) ? entries : NULL);
}

const struct value *fields_updated(struct arena *arena, const struct value *before,
				   const struct value *after, const struct kube_manager *manager)
{
	const struct value *entries = kube_at(before, "metadata.managedFields");
	const struct value *plain = ownable(arena, after);
	const struct value *changed =
		fields_changed(arena, NULL, ownable(arena, before), plain);
	const struct value *own = own_entry(entries, manager);
	const struct value *set =
		value_merge(arena, own ? value_get(own, "fieldsV1") : leaf(arena), changed);
	struct list_builder *list = list_begin(arena);

	set = set_there(arena, set, NULL, plain);
	add_others(arena, list, entries, manager, changed, plain);
	if (own && is_leaf(changed) && value_equal(set, value_get(own, "fieldsV1")))
		list_add(list, own);
	else if (!is_leaf(set))
		list_add(list, entry_of(arena, manager, set));
	return with_entries(arena, after, list_end(list));
}

/* ---- apply ----------------------------------------------------------------------------------- */

static const struct value *merge(struct arena *arena, const char *field, const struct value *live,
				 const struct value *config);

static const struct value *merge_lists(struct arena *arena, const struct value *live,
				       const struct value *config, const char *const *keys)
{
	struct list_builder *list = list_begin(arena);

	for (size_t i = 0; i < value_len(live); i++) {
		const struct value *old = value_at(live, i);
		const struct value *now =
			entry_named(arena, config, keys, entry_name(arena, old, keys));

		list_add(list, now ? merge(arena, NULL, old, now) : old);
	}
	for (size_t i = 0; i < value_len(config); i++) {
		const struct value *now = value_at(config, i);

		if (!entry_named(arena, live, keys, entry_name(arena, now, keys)))
			list_add(list, now);
	}
	return list_end(list);
}

static const struct value *merge(struct arena *arena, const char *field, const struct value *live,
				 const struct value *config)
{
	const char *const *keys = fields_list_keys(field, config);
	const struct value *map = live;

	if (keys && fields_list_keys(field, live) == keys)
		return merge_lists(arena, live, config, keys);
	if (!value_is_map(live) || !value_is_map(config))
		return config;
	for (size_t i = 0; i < value_len(config); i++) {
		const char *key = value_key_at(config, i);

		map = value_set(arena, map, key,
				merge(arena, key, value_get(live, key), value_at(config, i)));
	}
	return map;
}

static const struct value *without(struct arena *arena, const char *field,
				   const struct value *value, const struct value *set);

static const struct value *list_less(struct arena *arena, const struct value *value,
				     const struct value *set, const char *const *keys)
{
	struct list_builder *list = list_begin(arena);

	for (size_t i = 0; i < value_len(value); i++) {
		const struct value *entry = value_at(value, i);
		const struct value *inner = value_get(set, entry_name(arena, entry, keys));

		if (!inner)
			list_add(list, entry);
		else if (!is_leaf(inner) && !value_has(inner, "."))
			list_add(list, without(arena, NULL, entry, inner));
	}
	return list_end(list);
}

/* The value without the fields of a set, and without what that leaves empty. */
static const struct value *without(struct arena *arena, const char *field,
				   const struct value *value, const struct value *set)
{
	const char *const *keys = fields_list_keys(field, value);

	if (keys)
		return list_less(arena, value, set, keys);
	for (size_t i = 0; i < value_len(set); i++) {
		const char *key = field_of(value_key_at(set, i));
		const struct value *inner = key ? value_get(value, key) : NULL;

		if (!inner)
			continue;
		if (!is_leaf(value_at(set, i)))
			inner = without(arena, key, inner, value_at(set, i));
		value = value_set(arena, value, key,
				  is_leaf(value_at(set, i)) || is_leaf(inner) ? NULL : inner);
	}
	return value;
}

static void add_conflict(struct arena *arena, struct kube_applied *out, const char *manager,
			 const char *field)
{
	struct kube_conflict *more = arena_calloc(arena, out->conflicts + 1, sizeof(*more));

	if (out->conflicts)
		memcpy(more, out->conflict, out->conflicts * sizeof(*more));
	more[out->conflicts++] = (struct kube_conflict){ manager, field };
	out->conflict = more;
}

/* `.spec.containers[name="x"].image` */
static const char *longer(struct arena *arena, const char *path, const char *name)
{
	if (text_starts(name, "f:"))
		return arena_printf(arena, "%s.%s", path, name + 2);
	if (text_starts(name, "v:"))
		return arena_printf(arena, "%s[=%s]", path, name + 2);
	if (!text_starts(name, "k:{\""))
		return path;

	char *key = arena_str(arena, name + 4);
	char *quote = strchr(key, '"');

	if (!quote)
		return path;
	*quote = '\0';
	return arena_printf(arena, "%s[%s=%.*s]", path, key, (int)strlen(quote + 2) - 1,
			    quote + 2);
}

static void add_conflicts(struct arena *arena, struct kube_applied *out, const char *manager,
			  const char *path, const struct value *set)
{
	if (is_leaf(set)) {
		add_conflict(arena, out, manager, path);
		return;
	}
	for (size_t i = 0; i < value_len(set) && strlen(path) < PATH_MAX_LEN; i++)
		add_conflicts(arena, out, manager, longer(arena, path, value_key_at(set, i)),
			      value_at(set, i));
}

static void find_conflicts(struct arena *arena, const struct value *entries,
			   const struct kube_manager *manager, const struct value *changed,
			   struct kube_applied *out)
{
	for (size_t i = 0; i < value_len(entries); i++) {
		const struct value *entry = value_at(entries, i);
		const struct value *common =
			set_common(arena, changed, value_get(entry, "fieldsV1"));

		if (!is_managers(entry, manager) && !is_leaf(common))
			add_conflicts(arena, out, kube_text(entry, "manager"), "", common);
	}
}

/* What this manager had applied before, says no more, and nobody else owns. */
static const struct value *dropped(struct arena *arena, const struct value *entries,
				   const struct kube_manager *manager, const struct value *set)
{
	const struct value *own = own_entry(entries, manager);
	const struct value *gone =
		own ? set_minus(arena, value_get(own, "fieldsV1"), set) : leaf(arena);

	for (size_t i = 0; i < value_len(entries); i++) {
		const struct value *entry = value_at(entries, i);

		if (!is_managers(entry, manager))
			gone = set_minus(arena, gone, value_get(entry, "fieldsV1"));
	}
	return gone;
}

void fields_apply(struct arena *arena, const struct value *live, const struct value *config,
		  const struct kube_manager *manager, bool force, struct kube_applied *out)
{
	const struct value *entries = kube_at(live, "metadata.managedFields");
	const struct value *plain = ownable(arena, config);
	const struct value *set = fields_of(arena, NULL, plain);
	const struct value *changed =
		fields_changed(arena, NULL, live ? ownable(arena, live) : leaf(arena), plain);
	const struct value *own = own_entry(entries, manager);
	struct list_builder *list = list_begin(arena);

	*out = (struct kube_applied){ 0 };
	if (!force)
		find_conflicts(arena, entries, manager, changed, out);
	if (out->conflicts)
		return;

	const struct value *merged = live ? merge(arena, NULL, live, config) : config;

	merged = without(arena, NULL, merged, dropped(arena, entries, manager, set));
	add_others(arena, list, entries, manager, changed, ownable(arena, merged));
	if (own && value_equal(value_get(own, "fieldsV1"), set))
		list_add(list, own);
	else if (!is_leaf(set))
		list_add(list, entry_of(arena, manager, set));
	out->value = with_entries(arena, merged, list_end(list));
}
