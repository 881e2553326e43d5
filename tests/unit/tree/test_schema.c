#include "base/own.h"
#include "reading.h"
#include "tree/decode.h"

#include <criterion/criterion.h>

struct disk {
	const char *path;
};

struct host {
	const char *name, *role;
	enum tristate wipe;
	uint64_t vlan;
	struct texts servers, tags;
	struct disk disk;
	struct structs disks;
	const struct value *any, *labels;
};

static const char *const roles[] = { "control", "worker", NULL };

static const struct field inner[] = {
	{ "path", FIELD_STR, offsetof(struct disk, path), .required = true },
	{ .name = NULL },
};

static const struct field table[] = {
	{ "name", FIELD_STR, offsetof(struct host, name), .required = true, .doc = "host name" },
	{ "role", FIELD_STR, offsetof(struct host, role), .choices = roles, .standard = "worker" },
	{ "wipe", FIELD_BOOL, offsetof(struct host, wipe), .standard = "true" },
	{ "vlan", FIELD_UINT, offsetof(struct host, vlan), .min = 1, .max = 4094, .standard = "1" },
	{ "servers", FIELD_TEXTS, offsetof(struct host, servers), .doc = NULL },
	{ "tags", FIELD_TEXT_OR_TEXTS, offsetof(struct host, tags), .doc = NULL },
	{ "disk", FIELD_STRUCT, offsetof(struct host, disk), .inner = inner },
	{ "disks", FIELD_STRUCTS, offsetof(struct host, disks), .inner = inner,
	  .inner_size = sizeof(struct disk) },
	{ "any", FIELD_VALUE, offsetof(struct host, any), .doc = NULL },
	{ "labels", FIELD_MAP, offsetof(struct host, labels), .standard = "those of the node" },
	{ .name = NULL },
};

Test(schema, describes_the_table)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct value *schema = fields_schema(arena, table);
	const struct value *properties = value_get(schema, "properties");
	const struct value *texts =
		read_one(arena, "{type: array, items: {type: [string, number]}}");

	cr_assert(value_equal(value_get(schema, "required"), read_one(arena, "[name]")));
	cr_assert_not(value_bool(value_get(schema, "additionalProperties"), true));
	cr_assert_eq(value_len(properties), ARRAY_LEN(table) - 1);
	cr_assert(value_equal(value_get(properties, "name"),
			      read_one(arena, "{description: host name, type: [string, number]}")));
	cr_assert(value_equal(value_get(properties, "role"),
			      read_one(arena, "{type: [string, number], enum: [control, worker], "
					      "default: worker}")));
	cr_assert(value_equal(value_get(properties, "wipe"),
			      read_one(arena, "{type: boolean, default: true}")));
	cr_assert(value_equal(value_get(properties, "vlan"),
			      read_one(arena, "{type: integer, minimum: 1, maximum: 4094, "
					      "default: 1}")));
	cr_assert(value_equal(value_get(properties, "servers"), texts));
	cr_assert_eq(value_len(value_get(value_get(properties, "tags"), "anyOf")), 2);
	cr_assert(value_equal(value_get(properties, "disk"), fields_schema(arena, inner)));
	cr_assert(value_equal(value_get(value_get(properties, "disks"), "items"),
			      fields_schema(arena, inner)));
	cr_assert_eq(value_len(value_get(properties, "any")), 0);
	cr_assert_str_eq(value_get_text(value_get(properties, "labels"), "type"), "object");
}
