#include "cluster/schema.h"

#include "cluster/input.h"
#include "tree/decode.h"

#define DIALECT "https://json-schema.org/draft/2020-12/schema"

static const struct value *with_head(struct arena *arena, const char *title,
				     const struct value *schema)
{
	struct map_builder *map = map_begin(arena);

	map_add(map, "$schema", value_str(arena, DIALECT));
	map_add(map, "title", value_str(arena, title));
	for (size_t i = 0; i < value_len(schema); i++)
		map_add(map, value_key_at(schema, i), value_at(schema, i));
	return map_end(map);
}

const struct value *cluster_schema(struct arena *arena)
{
	return with_head(arena, "cluster.yaml", fields_schema(arena, cluster_fields));
}

const struct value *nodes_schema(struct arena *arena)
{
	const struct field fields[] = {
		{ "nodes", FIELD_STRUCTS, .required = true, .inner = node_fields,
		  .doc = "The nodes of the cluster." },
		{ 0 },
	};

	return with_head(arena, "nodes.yaml", fields_schema(arena, fields));
}
