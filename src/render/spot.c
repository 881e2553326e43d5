#include "render/spot.h"

#include "base/own.h"
#include "render/schema.h"
#include "tree/path.h"

#include <string.h>

#define FIELD_MAX 64

struct spot spot_root(const struct document *document)
{
	const struct value *value = document ? document->value : NULL;

	if (document && document->loaded)
		value = document->loaded;
	return (struct spot){ .document = document, .value = value };
}

/* The next part of a dotted field, which it moves behind; false at its end. */
static bool next_part(const char **field, char part[static FIELD_MAX])
{
	const char *from = *field;

	if (!from || !*from)
		return false;

	size_t len = strcspn(from, ".");
	size_t copied = len < FIELD_MAX ? len : FIELD_MAX - 1;

	memcpy(part, from, copied);
	part[copied] = '\0';
	*field = from + len + (from[len] == '.');
	return true;
}

const struct value *spot_get(const struct spot *spot, const char *field)
{
	const struct value *value = spot->value;
	char part[FIELD_MAX];

	while (value && next_part(&field, part))
		value = value_get(value, part);
	return value_is_null(value) ? NULL : value;
}

struct spot spot_at(const struct spot *up, const char *field)
{
	return (struct spot){ .up = up,
			      .field = field,
			      .value = spot_get(up, field),
			      .document = up->document };
}

struct spot spot_item(const struct spot *up, size_t index)
{
	return (struct spot){ .up = up,
			      .index = index,
			      .value = value_at(up->value, index),
			      .document = up->document };
}

const char *spot_text(const struct spot *spot, const char *field)
{
	const char *text = value_text(spot_get(spot, field));

	return text ? text : "";
}

bool spot_has(const struct spot *spot, const char *field)
{
	return spot_get(spot, field) != NULL;
}

bool spot_true(const struct spot *spot, const char *field)
{
	return value_bool(spot_get(spot, field), false);
}

size_t spot_len(const struct spot *spot, const char *field)
{
	return value_len(spot_get(spot, field));
}

uint64_t spot_u64(const struct spot *spot, const char *field)
{
	uint64_t number = 0;

	value_u64(spot_get(spot, field), &number);
	return number;
}

static const char *document_path(struct arena *arena, const struct document *document)
{
	if (!document || strcmp(document->kind, SCHEMA_MAIN) == 0)
		return "";
	if (!document->name[0])
		return document->kind;
	return arena_printf(arena, "%s[%s]", document->kind, document->name);
}

static const char *path_fields(struct arena *arena, const char *path, const char *field)
{
	char part[FIELD_MAX];

	while (next_part(&field, part))
		path = path_key(arena, path, part);
	return path;
}

const char *spot_path(struct arena *arena, const struct spot *spot, const char *field)
{
	const struct spot *chain[32];
	size_t depth = 0;

	for (; spot->up && depth < ARRAY_LEN(chain); spot = spot->up)
		chain[depth++] = spot;

	const char *path = document_path(arena, spot->document);
	while (depth > 0) {
		const struct spot *step = chain[--depth];
		const char *key = value_key_at(step->up->value, step->index);

		if (step->field)
			path = path_fields(arena, path, step->field);
		else if (key)
			path = path_key(arena, path, key);
		else
			path = path_index(arena, path, step->index);
	}
	return path_fields(arena, path, field);
}

/* The key says better where a list or mapping begins than its first entry does. */
static struct src entry_src(const struct value *parent, const char *key, const struct value *value)
{
	struct src src = value_src(value);

	if (value_is_map(parent) && (value_is_map(value) || value_is_list(value) || !src.file))
		src = value_key_src(parent, key);
	return src.file ? src : value_src(value);
}

static struct src fields_src(struct src src, const struct value *value, const char *field)
{
	char part[FIELD_MAX];

	while (value && next_part(&field, part)) {
		const struct value *inner = value_get(value, part);
		struct src found = inner ? entry_src(value, part, inner) : (struct src){ 0 };

		if (found.file)
			src = found;
		value = inner;
	}
	return src;
}

static struct src own_src(const struct spot *spot)
{
	const struct spot *chain[32];
	size_t depth = 0;

	for (; spot->up && depth < ARRAY_LEN(chain); spot = spot->up)
		chain[depth++] = spot;

	struct src src = value_src(spot->value);
	while (depth > 0) {
		const struct spot *step = chain[--depth];
		const struct value *parent = step->up->value;
		const char *key = value_key_at(parent, step->index);
		struct src found;

		if (step->field)
			found = fields_src(src, parent, step->field);
		else
			found = key ? entry_src(parent, key, step->value) : value_src(step->value);
		if (found.file)
			src = found;
	}
	return src;
}

struct src spot_src(const struct spot *spot, const char *field)
{
	return fields_src(own_src(spot), spot->value, field);
}
