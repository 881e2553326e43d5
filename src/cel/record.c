#include "cel/node.h"

#include "base/text.h"

#include <string.h>

static struct cel_value of_texts(struct arena *arena, const char *const *texts)
{
	struct cel_value *at;
	size_t count = 0;

	while (texts && texts[count])
		count++;
	at = arena_calloc(arena, count + 1, sizeof(*at));
	for (size_t i = 0; i < count; i++)
		at[i] = cel_of_text(texts[i]);
	return (struct cel_value){ .kind = CEL_LIST, .list = { at, count } };
}

static struct cel_value of_memory(struct arena *arena, const struct cel_field *field,
				  const void *at)
{
	const void *from = (const char *)at + field->offset;
	struct cel_value out = { .kind = field->type->kind };

	switch (field->type->kind) {
	case CEL_BOOL:
		memcpy(&out.flag, from, sizeof(out.flag));
		return out;
	case CEL_INT:
	case CEL_DURATION:
		memcpy(&out.number, from, sizeof(out.number));
		return out;
	case CEL_UINT:
		memcpy(&out.natural, from, sizeof(out.natural));
		return out;
	case CEL_DOUBLE:
		memcpy(&out.real, from, sizeof(out.real));
		return out;
	case CEL_LIST:
		return of_texts(arena, *(const char *const *const *)from);
	default:
		return cel_of_text(*(const char *const *)from);
	}
}

static struct cel_value of_tree(struct arena *arena, const struct cel_type *type,
				const struct value *tree);

static struct cel_value of_list(struct arena *arena, const struct cel_type *item,
				const struct value *tree)
{
	size_t len = value_len(tree);
	struct cel_value *at = arena_calloc(arena, len + 1, sizeof(*at));

	for (size_t i = 0; i < len; i++)
		at[i] = of_tree(arena, item, value_at(tree, i));
	return (struct cel_value){ .kind = CEL_LIST, .list = { at, len } };
}

static struct cel_text of_base64(struct arena *arena, const char *text)
{
	size_t len = 0;
	unsigned char *at = text ? base64_decode(arena, text, &len) : NULL;

	return (struct cel_text){ at ? (const char *)at : "", at ? len : 0 };
}

/* What is not there, or is of another type, is zero. */
static struct cel_value of_tree(struct arena *arena, const struct cel_type *type,
				const struct value *tree)
{
	struct cel_value out = { .kind = type->kind };

	switch (type->kind) {
	case CEL_BOOL:
		out.flag = value_bool(tree, false);
		return out;
	case CEL_INT:
	case CEL_DURATION:
		value_i64(tree, &out.number);
		return out;
	case CEL_UINT:
		value_u64(tree, &out.natural);
		return out;
	case CEL_DOUBLE:
		value_double(tree, &out.real);
		return out;
	case CEL_BYTES:
		out.text = of_base64(arena, value_text(tree));
		return out;
	case CEL_LIST:
		return of_list(arena, type->item, tree);
	case CEL_STRUCT:
		return cel_of_record(type->of, tree);
	default:
		return cel_of_text(value_text(tree));
	}
}

/* As protobuf says of a field without presence: it is there when it is not zero. */
static bool is_not_zero(const struct cel_value *value)
{
	switch (value->kind) {
	case CEL_BOOL:
		return value->flag;
	case CEL_INT:
		return value->number != 0;
	case CEL_UINT:
		return value->natural != 0;
	case CEL_DOUBLE:
		return value->real != 0;
	case CEL_LIST:
		return value->list.len > 0;
	default:
		return value->text.len > 0;
	}
}

struct cel_value cel_of_record(const struct cel_struct *of, const struct value *map)
{
	return (struct cel_value){ .kind = CEL_STRUCT, .object = { of, NULL, map } };
}

bool cel_record_field(struct arena *arena, const struct cel_object *object, const char *name,
		      struct cel_value *out, bool *is_set)
{
	const struct cel_field *field = NULL;

	for (size_t i = 0; i < object->of->fields && !field; i++)
		if (strcmp(object->of->field[i].name, name) == 0)
			field = &object->of->field[i];
	if (!field)
		return false;
	*out = object->at ? of_memory(arena, field, object->at)
			  : of_tree(arena, field->type, value_get(object->tree, name));
	/* Messages of protobuf have presence, and a duration is one. */
	if (out->kind == CEL_STRUCT || out->kind == CEL_DURATION)
		*is_set = object->at ? out->number != 0 : value_has(object->tree, name);
	else
		*is_set = is_not_zero(out);
	return true;
}
