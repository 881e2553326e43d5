#include "convert/go_types.h"

#include "render/schema.h"
#include "tree/path.h"

#include <ctype.h>

static const struct go_type string_type = { .kind = GO_STRING };

struct types {
	struct arena *arena;
	enum release release;
};

static const char *name_of(const struct types *t, const char *path, const char *key)
{
	const char *known = go_name_of(path);
	char *name;

	if (known)
		return known;
	name = arena_str(t->arena, key);
	name[0] = (char)toupper((unsigned char)name[0]);
	return name;
}

static enum go_kind scalar_kind(enum schema_type type)
{
	switch (type) {
	case TYPE_BOOL:
		return GO_BOOL;
	case TYPE_INT:
	case TYPE_I32:
	case TYPE_U8:
	case TYPE_U16:
	case TYPE_U32:
	case TYPE_U64:
		return GO_INT;
	case TYPE_FREE:
	case TYPE_ARGUMENT:
		return GO_ANY;
	case TYPE_URL:
		return GO_URL;
	default:
		return GO_STRING;
	}
}

static const struct go_type *type_of(const struct types *t, const struct schema_field *row,
				     const char *path);

static struct go_type struct_of(const struct types *t, const struct schema_field *rows,
				const char *path)
{
	struct go_type type = { .kind = GO_STRUCT, .name = path[0] ? path : "v1alpha1.Config" };
	struct go_field *fields;
	size_t count = 0;

	while (rows[count].name)
		count++;
	fields = arena_calloc(t->arena, count + 1, sizeof(*fields));
	for (size_t i = 0; i < count; i++) {
		const char *where = path_key(t->arena, path, rows[i].name);

		if (!schema_has(&rows[i], t->release))
			continue;
		fields[type.fields++] = (struct go_field){ name_of(t, where, rows[i].name),
							   rows[i].name,
							   type_of(t, &rows[i], where) };
	}
	type.field = fields;
	return type;
}

static const struct go_type *type_of(const struct types *t, const struct schema_field *row,
				     const char *path)
{
	struct go_type item = { .kind = scalar_kind(row->type) };

	if (item.kind == GO_URL)
		item.name = "*v1alpha1.Endpoint";
	if (row->type == TYPE_STRUCT)
		item = struct_of(t, row->inner, path);
	item.pointer = row->pointer;
	if (row->shape == SHAPE_ONE)
		return item.kind == GO_STRING ? &string_type
					      : arena_dup(t->arena, &item, sizeof(item));

	struct go_type whole = { .kind = row->shape == SHAPE_LIST ? GO_LIST : GO_MAP,
				 .item = arena_dup(t->arena, &item, sizeof(item)) };
	return arena_dup(t->arena, &whole, sizeof(whole));
}

const struct go_type *go_type_of_main(struct arena *arena, enum release release)
{
	const struct types types = { arena, release };
	struct go_type type = struct_of(&types, schema_main, "");

	return arena_dup(arena, &type, sizeof(type));
}
