#include "base/text.h"
#include "tree/decode.h"

#define DIALECT "https://json-schema.org/draft/2020-12/schema"

/* The fields that one word describes. */
static const char *const type_names[] = {
	[FIELD_BOOL] = "boolean",
	[FIELD_UINT] = "integer",
	[FIELD_MAP] = "object",
	[FIELD_LIST] = "array",
	[FIELD_STRUCT] = NULL, /* its own schema says it */
	[FIELD_VALUE] = NULL,  /* anything */
};

/* A string field also takes a plain number. */
static void add_text_types(struct arena *arena, struct map_builder *map)
{
	struct list_builder *types = list_begin(arena);

	list_add(types, value_str(arena, "string"));
	list_add(types, value_str(arena, "number"));
	map_add(map, "type", list_end(types));
}

static const struct value *text_schema(struct arena *arena)
{
	struct map_builder *map = map_begin(arena);

	add_text_types(arena, map);
	return map_end(map);
}

static void add_texts_type(struct arena *arena, struct map_builder *map)
{
	map_add(map, "type", value_str(arena, "array"));
	map_add(map, "items", text_schema(arena));
}

static const struct value *texts_schema(struct arena *arena)
{
	struct map_builder *map = map_begin(arena);

	add_texts_type(arena, map);
	return map_end(map);
}

static void add_shape(struct arena *arena, struct map_builder *map, const struct field *field)
{
	struct list_builder *either = list_begin(arena);

	switch (field->type) {
	case FIELD_STR:
		add_text_types(arena, map);
		break;
	case FIELD_TEXT_OR_TEXTS:
		list_add(either, text_schema(arena));
		list_add(either, texts_schema(arena));
		map_add(map, "anyOf", list_end(either));
		break;
	case FIELD_TEXTS:
		add_texts_type(arena, map);
		break;
	case FIELD_STRUCTS:
		map_add(map, "type", value_str(arena, "array"));
		map_add(map, "items", fields_schema(arena, field->inner));
		break;
	default:
		if (type_names[field->type])
			map_add(map, "type", value_str(arena, type_names[field->type]));
		break;
	}
}

static void add_limits(struct arena *arena, struct map_builder *map, const struct field *field)
{
	struct list_builder *choices = list_begin(arena);

	if (field->type == FIELD_UINT) {
		map_add(map, "minimum", value_of_u64(arena, field->min));
		if (field->max > 0)
			map_add(map, "maximum", value_of_u64(arena, field->max));
	}
	if (!field->choices)
		return;
	for (size_t i = 0; field->choices[i]; i++)
		list_add(choices, value_str(arena, field->choices[i]));
	map_add(map, "enum", list_end(choices));
}

/* The default in the type of its field; prose about a default is not one. */
static const struct value *standard_value(struct arena *arena, const struct field *field)
{
	uint64_t number;

	if (!field->standard)
		return NULL;
	if (field->type == FIELD_UINT)
		return text_u64(field->standard, &number) ? value_of_u64(arena, number) : NULL;
	if (field->type == FIELD_BOOL && !text_equal(field->standard, "true") &&
	    !text_equal(field->standard, "false"))
		return NULL;
	if (field->type == FIELD_BOOL)
		return value_scalar(arena, SCALAR_BOOL, field->standard, false);
	return field->type == FIELD_STR ? value_str(arena, field->standard) : NULL;
}

static const struct value *field_schema(struct arena *arena, const struct field *field)
{
	const struct value *standard = standard_value(arena, field);
	const struct value *schema;
	struct map_builder *map = map_begin(arena);

	if (field->doc)
		map_add(map, "description", value_str(arena, field->doc));
	add_shape(arena, map, field);
	add_limits(arena, map, field);
	if (standard)
		map_add(map, "default", standard);
	schema = map_end(map);
	if (field->type == FIELD_STRUCT)
		schema = value_merge(arena, schema, fields_schema(arena, field->inner));
	return schema;
}

const struct value *fields_schema(struct arena *arena, const struct field *fields)
{
	struct map_builder *map = map_begin(arena), *properties = map_begin(arena);
	struct list_builder *required = list_begin(arena);
	bool any_required = false;

	for (const struct field *field = fields; field->name; field++) {
		map_add(properties, field->name, field_schema(arena, field));
		if (!field->required)
			continue;
		list_add(required, value_str(arena, field->name));
		any_required = true;
	}
	map_add(map, "type", value_str(arena, "object"));
	map_add(map, "properties", map_end(properties));
	if (any_required)
		map_add(map, "required", list_end(required));
	map_add(map, "additionalProperties", value_of_bool(arena, false));
	return map_end(map);
}

const struct value *file_schema(struct arena *arena, const char *title, const struct field *fields)
{
	const struct value *schema = fields_schema(arena, fields);
	struct map_builder *map = map_begin(arena);

	map_add(map, "$schema", value_str(arena, DIALECT));
	map_add(map, "title", value_str(arena, title));
	for (size_t i = 0; i < value_len(schema); i++)
		map_add(map, value_key_at(schema, i), value_at(schema, i));
	return map_end(map);
}
