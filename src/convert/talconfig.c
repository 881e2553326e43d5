#include "convert/talconfig.h"

#include "base/text.h"
#include "tree/path.h"

#include <string.h>

#define NODE_ONLY 9 /* rows of talconfig_node_fields that a group has not */
#define FIELDS_MAX 64

struct decoding {
	struct arena *arena;
	struct talconfig *config;
	struct findings *findings;
};

static const struct field *field_named(const struct field *fields, const char *name)
{
	for (; fields->name; fields++)
		if (strcmp(fields->name, name) == 0)
			return fields;
	return NULL;
}

static void say_unknown(struct decoding *d, const struct field *fields, const struct value *map,
			const char *key, const char *path)
{
	const char *names[FIELDS_MAX];
	const char *near;
	size_t count = 0;

	if (findings_have(d->findings, "unknown-key", value_key_src(map, key)))
		return;
	for (; fields->name && count < FIELDS_MAX; fields++)
		names[count++] = fields->name;
	near = text_nearest(key, names, count);
	finding_add(d->findings, FINDING_WARNING, "unknown-key", value_key_src(map, key),
		    path_key(d->arena, path, key),
		    "talhelper has no key \"%s\" here and ignores it", key);
	if (near)
		finding_hint(d->findings, "did you mean \"%s\"?", near);
}

/* true and false are as good as any text where a text is wanted; nothing in a list is left out. */
static const struct value *as_text(struct arena *arena, const struct value *value)
{
	if (value_type(value) != SCALAR_BOOL || value_was_quoted(value))
		return value;
	return value_with_src(arena, value_str(arena, value_text(value)), value_src(value));
}

static const struct value *as_texts(struct arena *arena, const struct value *value)
{
	struct list_builder *list = list_begin(arena);

	if (!value_is_list(value))
		return value;
	list_src(list, value_src(value));
	for (size_t i = 0; i < value_len(value); i++)
		if (!value_is_null(value_at(value, i)))
			list_add(list, as_text(arena, value_at(value, i)));
	return list_end(list);
}

/* `map` with the keys of the table only. */
static const struct value *known_keys(struct decoding *d, const struct field *fields,
				      const struct value *map, const char *path)
{
	struct map_builder *kept = map_begin(d->arena);

	if (!value_is_map(map))
		return map;
	map_src(kept, value_src(map));
	for (size_t i = 0; i < value_len(map); i++) {
		const char *key = value_key_at(map, i);
		const struct field *field = field_named(fields, key);
		const struct value *value = value_at(map, i);

		if (!field) {
			say_unknown(d, fields, map, key, path);
			continue;
		}
		if (field->type == FIELD_STR)
			value = as_text(d->arena, value);
		if (field->type == FIELD_TEXTS)
			value = as_texts(d->arena, value);
		if (field->type == FIELD_STRUCT)
			value = known_keys(d, field->inner, value, path_key(d->arena, path, key));
		map_add_at(kept, key, value_key_src(map, key), value);
	}
	return map_end(kept);
}

/* What Go takes for a key that was not given: "", false in any spelling, a struct with nothing but
 * such; not an empty list or map. */
static bool is_zero(const struct field *field, const struct value *value)
{
	bool flag;

	if (value_is_null(value))
		return true;
	if (field->type == FIELD_STR)
		return text_equal(value_text(value), "");
	if (field->type == FIELD_BOOL)
		return value_truth(value, &flag) && !flag;
	if (field->type != FIELD_STRUCT || !value_is_map(value))
		return false;
	for (const struct field *inner = field->inner; inner->name; inner++)
		if (!is_zero(inner, value_get(value, inner->name)))
			return false;
	return true;
}

static bool is_set(const struct value *map, const char *key)
{
	bool flag;

	return value_truth(value_get(map, key), &flag) && flag;
}

static const struct value *joined(struct arena *arena, const struct value *first,
				  const struct value *second)
{
	struct list_builder *list = list_begin(arena);

	list_src(list, value_src(value_len(first) ? first : second));
	for (size_t i = 0; i < value_len(first); i++)
		list_add(list, value_at(first, i));
	for (size_t i = 0; i < value_len(second); i++)
		list_add(list, value_at(second, i));
	return list_end(list);
}

/* Lists that a node and its group add up to, unless a flag says otherwise. */
static const struct sum {
	const char *key, *flag;
	bool group_first;
} sums[] = {
	{ "patches", "overridePatches", true },
	{ "extraManifests", "overrideExtraManifests", false },
	{ "certSANs", "overrideMachineCertSANs", false },
};

static const struct value *sum_of(struct arena *arena, const struct sum *sum,
				  const struct value *node, const struct value *group)
{
	const struct value *own = value_get(node, sum->key);
	const struct value *shared = value_get(group, sum->key);

	if (!value_len(shared) || is_set(node, sum->flag) || !value_is_list(shared))
		return value_is_null(own) ? shared : own;
	if (value_len(own) && !value_is_list(own))
		return own;
	return sum->group_first ? joined(arena, shared, own) : joined(arena, own, shared);
}

static const struct value *merged(struct arena *arena, const struct value *node,
				  const struct value *group)
{
	struct map_builder *map = map_begin(arena);
	const struct field *field = talconfig_node_fields;

	map_src(map, value_src(node));
	for (size_t i = 0; field->name; i++, field++) {
		const struct value *value = value_get(node, field->name);
		struct src src = value_key_src(node, field->name);

		if (i >= NODE_ONLY && is_zero(field, value) &&
		    !is_zero(field, value_get(group, field->name))) {
			value = value_get(group, field->name);
			src = value_key_src(group, field->name);
		}
		for (size_t k = 0; k < ARRAY_LEN(sums); k++)
			if (strcmp(sums[k].key, field->name) == 0)
				value = sum_of(arena, &sums[k], node, group);
		if (value)
			map_add_at(map, field->name, src, value);
	}
	return map_end(map);
}

/* What several nodes have from one group is said once. */
static void add_new(struct findings *findings, const struct findings *more)
{
	for (size_t i = 0; i < more->len; i++) {
		const struct finding *finding = &more->at[i];

		if (findings_have(findings, finding->id, finding->src))
			continue;
		finding_add(findings, finding->severity, finding->id, finding->src, finding->path,
			    "%s", finding->text);
		if (finding->hint)
			finding_hint(findings, "%s", finding->hint);
	}
}

static size_t shared_patches(const struct talconfig_node *node, const struct value *own,
			     const struct value *group)
{
	const struct value *shared = value_get(group, "patches");

	if (!value_len(shared) || node->patches.len < value_len(shared))
		return 0;
	if (node->own_patches == TRI_TRUE)
		return value_is_null(value_get(own, "patches")) ? value_len(shared) : 0;
	return value_len(shared);
}

static void decode_node(struct decoding *d, size_t index)
{
	struct talconfig_node *node = &d->config->node[index];
	const char *path = path_index(d->arena, "nodes", index);
	const struct value *own = value_at(d->config->nodes, index);
	struct findings found;
	const struct value *group;

	findings_init(&found, d->arena);
	own = known_keys(d, talconfig_node_fields, own, path);
	group = d->config->group[is_set(own, "controlPlane") ? ROLE_CONTROL : ROLE_WORKER];
	node->index = index;
	node->raw = value_is_map(own) ? merged(d->arena, own, group) : own;
	value_decode(node->raw, talconfig_node_fields, path, node, &found);
	node->group_patches = shared_patches(node, own, group);
	add_new(d->findings, &found);
}

static void know_groups(struct decoding *d)
{
	static const char *const names[ROLE_COUNT] = { "controlPlane", "worker" };
	const struct field *fields = talconfig_node_fields + NODE_ONLY;

	for (int role = 0; role < ROLE_COUNT; role++) {
		struct talconfig_node unused = { .index = 0 };
		const struct value *group =
			known_keys(d, fields, d->config->group[role], names[role]);

		d->config->group[role] = group;
		if (value_is_map(group))
			value_decode(group, fields, names[role], &unused, d->findings);
	}
}

int talconfig_decode(struct arena *arena, const struct value *value, struct talconfig *out,
		     struct findings *findings)
{
	struct decoding decoding = { arena, out, findings };
	size_t errors = findings->errors;

	*out = (struct talconfig){ .raw = value };
	if (!value_is_map(value)) {
		finding_add(findings, FINDING_ERROR, "wrong-type", value_src(value), "",
			    "a talconfig is a map");
		return -1;
	}
	out->raw = known_keys(&decoding, talconfig_fields, value, "");
	value_decode(out->raw, talconfig_fields, "", out, findings);
	know_groups(&decoding);
	out->count = value_len(out->nodes);
	out->node = arena_calloc(arena, out->count + 1, sizeof(*out->node));
	for (size_t i = 0; i < out->count; i++)
		decode_node(&decoding, i);
	talconfig_check(out, findings);
	return findings->errors > errors ? -1 : 0;
}

const char *talconfig_talos(struct arena *arena, const struct talconfig *config)
{
	const char *talos = config->talos;

	if (text_is_blank(talos))
		return TALCONFIG_TALOS;
	return talos[0] == 'v' ? talos : arena_printf(arena, "v%s", talos);
}

bool talconfig_has_port(const char *url)
{
	const char *colon = strrchr(url + strlen("https:"), ':');

	return colon && !strchr(colon, ']');
}

enum role talconfig_role(const struct talconfig_node *node)
{
	return node->control == TRI_TRUE ? ROLE_CONTROL : ROLE_WORKER;
}

struct src talconfig_place(const struct talconfig_node *node, const char *key)
{
	struct src src = value_key_src(node->raw, key);

	return src.line ? src : value_src(node->raw);
}
