#include "cluster/schema.h"

#include "cluster/input.h"
#include "tree/decode.h"

const struct value *cluster_schema(struct arena *arena)
{
	return file_schema(arena, "cluster.yaml", cluster_fields);
}

const struct value *nodes_schema(struct arena *arena)
{
	const struct field fields[] = {
		{ "nodes", FIELD_STRUCTS, .required = true, .inner = node_fields,
		  .doc = "The nodes of the cluster." },
		{ 0 },
	};

	return file_schema(arena, "nodes.yaml", fields);
}
