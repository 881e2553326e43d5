#include "render/emit.h"

#include "render/free_time.h"
#include "render/key_order.h"
#include "render/scalar_forms.h"
#include "render/slots.h"

#include <string.h>

static bool is_known(const struct schema_field *fields, const char *key)
{
	for (; fields->name; fields++)
		if (!strcmp(fields->name, key))
			return true;
	return false;
}

/* What has its printed form by a row, or by a table of rows, of a release. An address within the
 * first row is as good a name as any. */
static const void *mark_of(const struct schema_field *field, enum release release)
{
	return (const char *)field + release;
}

static const void *mark_of_table(const struct schema_field *fields, enum release release)
{
	return (const char *)fields + RELEASE_COUNT + release;
}

/* Free-form values have one printed form wherever they stand. */
static const char free_mark;

_Static_assert(sizeof(struct schema_field) >= 2 * RELEASE_COUNT, "room for every mark");

/* The printed form of `before`: itself, where making it has changed nothing, so that it is known of
 * all configs that share it. */
static const struct value *settled(const struct value *before, const struct value *after,
				   const void *mark)
{
	const struct value *form = before && value_holds_same(before, after) ? before : after;

	value_set_mark(form, mark);
	return form;
}

static bool struct_is_zero(const struct schema_field *fields, const struct value *map,
			   enum release release)
{
	struct slots slots;

	slots_find(&slots, fields, map, release);
	for (size_t row = 0; fields[row].name; row++) {
		const struct schema_field *field = &fields[row];

		if (!field->minor && schema_has(field, release) &&
		    !emit_is_zero(field, slots_value(&slots, row), release))
			return false;
	}
	return slots.known == value_len(map);
}

bool emit_is_zero(const struct schema_field *field, const struct value *value, enum release release)
{
	if (value_is_null(value))
		return true;
	if (field->pointer)
		return false;
	if (field->shape != SHAPE_ONE || field->type == TYPE_FREE)
		return value_len(value) == 0;
	if (field->type == TYPE_STRUCT)
		return struct_is_zero(field->inner, value, release);
	return scalar_form_is_zero(field, value);
}

/* Free-form values: sorted at every level, numbers and booleans in their shortest notation. */
static const struct value *emit_free(struct arena *arena, const struct value *value)
{
	if (value_mark(value) == &free_mark)
		return value;
	if (value_is_map(value)) {
		const struct value *sorted = key_order_sorted(arena, value);
		struct map_builder *map = map_begin(arena);
		map_src(map, value_src(value));
		for (size_t i = 0; i < value_len(sorted); i++) {
			const char *key = value_key_at(sorted, i);
			map_add_new(map, key, value_key_src(sorted, key),
				    emit_free(arena, value_at(sorted, i)));
		}
		return settled(value, map_end(map), &free_mark);
	}
	if (value_is_list(value)) {
		struct list_builder *list = list_begin(arena);
		list_src(list, value_src(value));
		for (size_t i = 0; i < value_len(value); i++)
			list_add(list, emit_free(arena, value_at(value, i)));
		return settled(value, list_end(list), &free_mark);
	}
	if (value_is_null(value))
		return value;
	const char *time = free_time(arena, value);
	if (time)
		return value_with_src(arena, value_scalar(arena, SCALAR_FLOAT, time, false),
				      value_src(value));
	return value_normal(arena, value);
}

static const struct value *emit_argument(struct arena *arena, const struct value *value)
{
	if (!value_is_list(value))
		return value_text_len(value) ? value_with_bare(arena, value) : value_null(arena);

	struct list_builder *list = list_begin(arena);
	list_src(list, value_src(value));
	for (size_t i = 0; i < value_len(value); i++)
		list_add(list, value_with_bare(arena, value_at(value, i)));
	return list_end(list);
}

static const struct value *emit_one(struct arena *arena, const struct schema_field *field,
				    const struct value *value, enum release release)
{
	if (field->nulls && value_is_null(value))
		return value;
	switch (field->type) {
	case TYPE_STRUCT:
		return emit_fields(arena, field->inner, value, release);
	case TYPE_FREE:
		return emit_free(arena, value);
	case TYPE_ARGUMENT:
		return emit_argument(arena, value);
	default:
		return value;
	}
}

static const struct value *emit_list(struct arena *arena, const struct schema_field *field,
				     const struct value *value, enum release release)
{
	struct list_builder *list;

	if (value_mark(value) == mark_of(field, release))
		return value;
	list = list_begin(arena);
	list_src(list, value_src(value));
	for (size_t i = 0; i < value_len(value); i++)
		list_add(list, emit_one(arena, field, value_at(value, i), release));
	return settled(value, list_end(list), mark_of(field, release));
}

static const struct value *emit_map(struct arena *arena, const struct schema_field *field,
				    const struct value *value, enum release release)
{
	const struct value *sorted;
	struct map_builder *map;

	if (value_mark(value) == mark_of(field, release))
		return value;
	sorted = key_order_sorted(arena, value);
	map = map_begin(arena);
	map_src(map, value_src(value));
	for (size_t i = 0; i < value_len(sorted); i++) {
		const char *key = value_key_at(sorted, i);
		map_add_new(map, key, value_key_src(sorted, key),
			    emit_one(arena, field, value_at(sorted, i), release));
	}
	return settled(value, map_end(map), mark_of(field, release));
}

static const struct value *emit_absent(struct arena *arena, const struct schema_field *field,
				       enum release release)
{
	if (field->pointer)
		return value_null(arena);
	if (field->shape == SHAPE_LIST)
		return list_end(list_begin(arena));
	if (field->shape == SHAPE_MAP || field->type == TYPE_FREE)
		return map_end(map_begin(arena));
	if (field->type == TYPE_STRUCT)
		return emit_fields(arena, field->inner, NULL, release);
	return scalar_form_zero(arena, field);
}

/* What no schema knows comes last, as it was given. */
static void emit_unknown(struct arena *arena, const struct schema_field *fields,
			 const struct value *map, struct map_builder *out)
{
	for (size_t i = 0; i < value_len(map); i++) {
		const char *key = value_key_at(map, i);

		if (!is_known(fields, key))
			map_add_at(out, key, value_key_src(map, key),
				   emit_free(arena, value_at(map, i)));
	}
}

static const struct value *emit_row(struct arena *arena, const struct schema_field *field,
				    const struct value *value, enum release release)
{
	if (value_is_null(value))
		return emit_absent(arena, field, release);
	if (field->shape == SHAPE_LIST)
		return emit_list(arena, field, value, release);
	if (field->shape == SHAPE_MAP)
		return emit_map(arena, field, value, release);
	return emit_one(arena, field, value, release);
}

const struct value *emit_fields(struct arena *arena, const struct schema_field *fields,
				const struct value *map, enum release release)
{
	const void *mark = mark_of_table(fields, release);
	struct map_builder *out;
	struct slots slots;

	if (value_mark(map) == mark)
		return map;
	out = map_begin(arena);
	map_src(out, value_src(map));
	slots_find(&slots, fields, map, release);
	for (size_t row = 0; fields[row].name; row++) {
		const struct schema_field *field = &fields[row];
		const struct value *value = slots_value(&slots, row);

		if (!schema_has(field, release) ||
		    (emit_is_zero(field, value, release) && !field->keep))
			continue;
		map_add_new(out, field->name, slots_key_src(&slots, row),
			    emit_row(arena, field, value, release));
	}
	if (slots.known < value_len(map))
		emit_unknown(arena, fields, map, out);
	return settled(map, map_end(out), mark);
}
