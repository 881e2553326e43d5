#include "convert/typed_value.h"

#include "base/text.h"
#include "render/load.h"
#include "tree/path.h"

#include <string.h>

#define FIELDS_MAX 64

static void say_unknown(const struct typed *typed, const char *const *names, size_t count,
			const struct value *map, const char *key, const char *path)
{
	const char *near = text_nearest(key, names, count);

	if (findings_have(typed->findings, "unknown-key", value_key_src(map, key)))
		return;
	finding_add(typed->findings, FINDING_WARNING, "unknown-key", value_key_src(map, key),
		    path_key(typed->arena, path, key),
		    "talhelper has no key \"%s\" here and ignores it", key);
	if (near)
		finding_hint(typed->findings, "did you mean \"%s\"?", near);
}

const struct value *typed_keys(const struct typed *typed, const char *const *keys,
			       const struct value *map, const char *path)
{
	struct map_builder *kept = map_begin(typed->arena);
	size_t count = 0;

	if (!value_is_map(map))
		return map;
	while (keys[count])
		count++;
	map_src(kept, value_src(map));
	for (size_t i = 0; i < value_len(map); i++) {
		const char *key = value_key_at(map, i);
		size_t k = 0;

		while (k < count && strcmp(keys[k], key) != 0)
			k++;
		if (k < count)
			map_add_at(kept, key, value_key_src(map, key), value_at(map, i));
		else
			say_unknown(typed, keys, count, map, key, path);
	}
	return map_end(kept);
}

/* The names of the rows that the release has, NULL-ended. */
static const char *const *row_names(const struct typed *typed, const struct schema_field *fields)
{
	const char **names = arena_calloc(typed->arena, FIELDS_MAX + 1, sizeof(*names));
	size_t count = 0;

	for (; fields->name && count < FIELDS_MAX; fields++)
		if (schema_has(fields, typed->release))
			names[count++] = fields->name;
	return names;
}

static const struct value *known(const struct typed *typed, const struct schema_field *field,
				 const struct value *value, const char *path);

static const struct value *known_fields(const struct typed *typed,
					const struct schema_field *fields,
					const struct value *map, const char *path)
{
	struct map_builder *kept = map_begin(typed->arena);

	if (!value_is_map(map))
		return map;
	map = typed_keys(typed, row_names(typed, fields), map, path);
	map_src(kept, value_src(map));
	for (size_t i = 0; i < value_len(map); i++) {
		const char *key = value_key_at(map, i);
		const struct schema_field *field = schema_find(fields, key, typed->release);

		map_add_at(kept, key, value_key_src(map, key),
			   known(typed, field, value_at(map, i),
				 path_key(typed->arena, path, key)));
	}
	return map_end(kept);
}

static const struct value *known(const struct typed *typed, const struct schema_field *field,
				 const struct value *value, const char *path)
{
	if (field->type != TYPE_STRUCT)
		return value;
	if (field->shape == SHAPE_ONE)
		return known_fields(typed, field->inner, value, path);
	if (field->shape != SHAPE_LIST || !value_is_list(value))
		return value;

	struct list_builder *list = list_begin(typed->arena);

	list_src(list, value_src(value));
	for (size_t i = 0; i < value_len(value); i++)
		list_add(list, known_fields(typed, field->inner, value_at(value, i),
					    path_index(typed->arena, path, i)));
	return list_end(list);
}

static const struct value *load(const struct typed *typed, const struct schema_field *fields,
				const struct value *map, const char *path)
{
	struct err err = ERR_INIT;
	struct loader loader = { typed->arena, typed->release, &err };
	const struct value *loaded = load_fields(&loader, fields, map, path);

	if (!loaded && !findings_have(typed->findings, "wrong-type", value_src(map)))
		finding_add_err(typed->findings, "wrong-type", &err);
	return loaded;
}

/* The row of a dotted path, and the rows around it. */
static const struct schema_field *row_of(const struct typed *typed, const char *kind,
					 const char *path)
{
	const struct schema_kind *found = schema_kind_find(kind, typed->release);
	const struct schema_field *rows = found ? found->fields : NULL, *row = NULL;

	while (rows && *path) {
		size_t len = strcspn(path, ".");

		row = schema_find(rows, arena_strn(typed->arena, path, len), typed->release);
		rows = row ? row->inner : NULL;
		path += len + (path[len] == '.');
	}
	return row;
}

const struct value *typed_field(const struct typed *typed, const char *kind, const char *field,
				const struct value *value, const char *path)
{
	const struct schema_field *row = row_of(typed, kind, field);
	struct schema_field rows[2] = { { .name = NULL }, { .name = NULL } };
	struct map_builder *map = map_begin(typed->arena);

	if (!row || value_is_null(value))
		return NULL;
	rows[0] = *row;
	map_src(map, value_src(value));
	map_add(map, row->name, known(typed, row, value, path));
	return value_get(load(typed, rows, map_end(map), ""), row->name);
}

const struct value *typed_document(const struct typed *typed, const char *kind,
				   const char *const *keys, const struct value *value,
				   const char *path)
{
	const struct schema_kind *found = schema_kind_find(kind, typed->release);
	struct map_builder *map = map_begin(typed->arena);

	if (!found || value_is_null(value))
		return NULL;
	value = known_fields(typed, found->fields, typed_keys(typed, keys, value, path), path);
	map_src(map, value_src(value));
	map_add(map, "apiVersion", value_str(typed->arena, "v1alpha1"));
	map_add(map, "kind", value_str(typed->arena, kind));
	for (size_t i = 0; i < value_len(value); i++)
		if (!map_holds(map, value_key_at(value, i)))
			map_add_at(map, value_key_at(value, i),
				   value_key_src(value, value_key_at(value, i)),
				   value_at(value, i));
	return load(typed, found->fields, map_end(map), path);
}
