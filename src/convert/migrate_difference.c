/* What turns one document into another, as patches. */
#include "convert/migrate_parts.h"

#include "base/own.h"
#include "base/text.h"
#include "render/load.h"
#include "render/schema.h"
#include "tree/path.h"

#include <string.h>

struct gap {
	struct arena *arena;
	const char *kind;
	const struct schema_field *fields; /* of the document; NULL below its first level */
	struct map_builder *remove, *set;
	size_t removed, sets;
};

/* Of these a merge resets what a patch does not repeat. */
static const struct {
	const char *kind, *path;
} repeated[] = {
	{ "UnattendedInstallConfig", "provisioning.diskSelector.match" },
	{ "VolumeConfig", "provisioning.diskSelector.match" },
	{ "VolumeConfig", "provisioning.minSize" },
	{ "VolumeConfig", "provisioning.maxSize" },
};

static const struct value *mark(struct arena *arena)
{
	struct map_builder *map = map_begin(arena);

	map_add(map, "$patch", value_str(arena, "delete"));
	return map_end(map);
}

static void gap_remove(struct gap *gap, const char *key)
{
	map_add(gap->remove, key, mark(gap->arena));
	gap->removed++;
}

static void gap_set(struct gap *gap, const char *key, const struct value *value)
{
	map_add(gap->set, key, value);
	gap->sets++;
}

static bool is_replaced(const struct gap *gap, const char *key)
{
	const struct schema_field *field =
		gap->fields ? schema_find(gap->fields, key, RELEASE_1_14) : NULL;

	return field && field->merge == MERGE_REPLACE;
}

/* What `wants` has more than `has` at its end; NULL when it is another list. */
static const struct value *grown(struct arena *arena, const struct value *has,
				 const struct value *wants)
{
	struct list_builder *tail = list_begin(arena);

	if (value_len(has) > value_len(wants))
		return NULL;
	for (size_t i = 0; i < value_len(wants); i++) {
		if (i >= value_len(has))
			list_add(tail, value_at(wants, i));
		else if (!value_equal(value_at(has, i), value_at(wants, i)))
			return NULL;
	}
	return list_end(tail);
}

static void gap_values(struct gap *gap, const char *key, const struct value *has,
		       const struct value *wants)
{
	const struct value *tail = NULL;

	if (is_replaced(gap, key)) {
		gap_set(gap, key, wants);
		return;
	}
	if (value_is_list(has) && value_is_list(wants))
		tail = grown(gap->arena, has, wants);
	if (tail) {
		gap_set(gap, key, tail);
		return;
	}
	if (!value_is_null(has) &&
	    (value_kind(has) != VALUE_SCALAR || value_kind(wants) != VALUE_SCALAR ||
	     text_is_blank(value_text(wants)) || text_equal(value_text(wants), "0")))
		gap_remove(gap, key);
	gap_set(gap, key, wants);
}

static void gap_maps(struct gap *gap, const char *path, const struct value *has,
		     const struct value *wants);

static void gap_below(struct gap *gap, const char *path, const char *key, const struct value *has,
		      const struct value *wants)
{
	struct gap inner = { .arena = gap->arena, .kind = gap->kind };

	inner.remove = map_begin(gap->arena);
	inner.set = map_begin(gap->arena);
	gap_maps(&inner, path, has, wants);
	if (inner.removed) {
		map_add(gap->remove, key, map_end(inner.remove));
		gap->removed += inner.removed;
	}
	if (inner.sets)
		gap_set(gap, key, map_end(inner.set));
}

/* Whether Talos 1.14 has all of it on its own. */
static bool is_added(struct arena *arena, const char *kind, const char *path,
		     const struct value *value)
{
	if (migrate_is_added(kind, path))
		return true;
	for (size_t i = 0; value_is_map(value) && i < value_len(value); i++)
		if (!migrate_is_added(kind, path_key(arena, path, value_key_at(value, i))))
			return false;
	return value_is_map(value) && value_len(value);
}

static void gap_maps(struct gap *gap, const char *path, const struct value *has,
		     const struct value *wants)
{
	for (size_t i = 0; i < value_len(has); i++) {
		const char *key = value_key_at(has, i);

		if (!value_has(wants, key) &&
		    !is_added(gap->arena, gap->kind, path_key(gap->arena, path, key),
			      value_at(has, i)))
			gap_remove(gap, key);
	}
	for (size_t i = 0; i < value_len(wants); i++) {
		const char *key = value_key_at(wants, i);
		const struct value *old = value_get(has, key), *new = value_at(wants, i);

		if (value_has(has, key) && value_equal(old, new))
			continue;
		if (!value_has(has, key))
			gap_set(gap, key, new);
		else if (value_is_map(old) && value_is_map(new) && !is_replaced(gap, key))
			gap_below(gap, path_key(gap->arena, path, key), key, old, new);
		else
			gap_values(gap, key, old, new);
	}
}

static bool is_header(const char *key)
{
	return text_equal(key, "apiVersion") || text_equal(key, "kind") || text_equal(key, "name");
}

static bool is_all_added(struct arena *arena, const struct document *document)
{
	for (size_t i = 0; i < value_len(document->value); i++) {
		const char *key = value_key_at(document->value, i);

		if (!is_header(key) &&
		    !is_added(arena, document->kind, key, value_at(document->value, i)))
			return false;
	}
	return true;
}

static void take_parts(struct made_list *out, const struct document *like, struct gap *gap)
{
	const char *name = like->name[0] ? like->name : NULL;
	const struct value *remove = map_end(gap->remove), *set = map_end(gap->set);
	struct made *made = made_get(out, like->kind, name);

	if (value_len(remove)) {
		draft_start(&made->remove, out->arena, like->kind, name);
		for (size_t i = 0; i < value_len(remove); i++)
			draft_put(&made->remove, value_key_at(remove, i), value_at(remove, i));
	}
	for (size_t i = 0; i < value_len(set); i++)
		made_set(out, like->kind, name, value_key_at(set, i), value_at(set, i));
	for (size_t i = 0; i < ARRAY_LEN(repeated); i++) {
		const struct value *value = main_get(like->value, repeated[i].path);

		if (text_equal(repeated[i].kind, like->kind) && value)
			made_set(out, like->kind, name, repeated[i].path, value);
	}
}

void made_difference(struct made_list *out, const struct document *has,
		     const struct document *wants)
{
	const struct document *like = wants ? wants : has;
	const struct schema_kind *kind = schema_kind_find(like->kind, RELEASE_1_14);
	struct gap gap = { .arena = out->arena, .kind = like->kind };

	if (!wants) {
		if (!is_all_added(out->arena, has))
			made_delete(out, has->kind, has->name[0] ? has->name : NULL, NULL);
		return;
	}
	gap.fields = kind ? kind->fields : NULL;
	gap.remove = map_begin(out->arena);
	gap.set = map_begin(out->arena);
	gap_maps(&gap, "", has ? has->value : NULL, wants->value);
	if (gap.removed || gap.sets)
		take_parts(out, wants, &gap);
}

int documents_build(struct arena *arena, const struct value *const *documents, size_t count,
		    struct config *out, struct err *err)
{
	struct loader loader = {
		.arena = arena, .release = RELEASE_1_14, .err = err, .open = true
	};
	struct document *at = arena_calloc(arena, count + 1, sizeof(*at));

	for (size_t i = 0; i < count; i++)
		if (load_document(&loader, documents[i], &at[i]) < 0)
			return -1;
	return config_build(arena, at, count, RELEASE_1_14, out, err);
}
