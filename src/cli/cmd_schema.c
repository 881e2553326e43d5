#include "base/text.h"
#include "cli/commands.h"
#include "cli/program.h"
#include "cli/saved_plan.h"
#include "cluster/schema.h"
#include "tree/json.h"

#define SCHEMA_MAX ((size_t)4 << 20)

static const char *const files[] = { "cluster", "nodes", "plan", NULL };

static const struct {
	const char *file;
	const struct value *(*schema)(struct arena *arena);
} schemas[] = {
	{ "cluster", cluster_schema },
	{ "nodes", nodes_schema },
	{ "plan", saved_plan_schema },
};

struct schema_options {
	const char *file;
};

static const struct positional schema_positionals[] = {
	{ "FILE", offsetof(struct schema_options, file), .choices = files,
	  .doc = "cluster (cluster.yaml), nodes (nodes.yaml) or plan (what plan --out writes)" },
	{ .name = NULL },
};

static int schema_run(struct program *program, const void *data, struct err *err)
{
	const struct schema_options *options = data;
	struct arena *arena = program->arena;
	struct str text SCOPED(str_done) = STR_INIT(SCHEMA_MAX);
	const struct value *schema = NULL;
	struct map_builder *map = map_begin(arena);

	(void)err;
	for (size_t i = 0; i < ARRAY_LEN(schemas); i++)
		if (text_equal(options->file, schemas[i].file))
			schema = schemas[i].schema(arena);
	json_write(&text, schema, &(struct json_style){ .form = JSON_INDENTED });
	map_add(map, "schema", schema);
	program->result = (struct result){ .value = map_end(map),
					   .text = arena_str(arena, str_text(&text)) };
	return 0;
}

const struct command command_schema = {
	.words = "schema",
	.brief = "JSON Schema of cluster.yaml, nodes.yaml or a saved plan",
	.about = "Printed as it is; with -o json or yaml it is under the key `schema`.",
	.positionals = schema_positionals,
	.size = sizeof(struct schema_options),
	.run = schema_run,
};
