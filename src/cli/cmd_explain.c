#include "base/text.h"
#include "cli/commands.h"
#include "cli/program.h"
#include "render/render.h"

#include <string.h>

struct explain_options {
	const char *node, *path, *contract;
};

static const struct option explain_flags[] = {
	{ "contract", 0, OPTION_TEXT, offsetof(struct explain_options, contract), .argument = "V",
	  .doc = "version contract to render for; without it the cluster's" },
	{ .name = NULL },
};

static const struct positional explain_positionals[] = {
	{ "NODE", offsetof(struct explain_options, node), .doc = "a node's name or address" },
	{ "PATH", offsetof(struct explain_options, path),
	  .doc = "of a value or a part: machine.install.disk, HostnameConfig.hostname" },
	{ .name = NULL },
};

static const struct column explain_columns[] = {
	{ "path", "PATH" },
	{ "value", "VALUE" },
	{ "source", "SOURCE" },
	{ "place", "PLACE" },
	{ NULL, NULL },
};

/* Below the workspace, as the user knows the file. */
static const char *file_name(const struct program *program, const char *file)
{
	const char *folder = workspace_folder(program->workspace);
	size_t len = strlen(folder);

	if (text_starts(file, folder) && file[len] == '/')
		return file + len + 1;
	return file;
}

static const struct value *place(const struct program *program, const struct src *src)
{
	if (!src->file)
		return value_null(program->arena);
	if (!src->line)
		return value_str(program->arena, file_name(program, src->file));
	return value_strf(program->arena, "%s:%u:%u", file_name(program, src->file), src->line,
			  src->column);
}

static const struct value *row_value(const struct program *program, const struct explained *row)
{
	struct arena *arena = program->arena;
	struct map_builder *map = map_begin(arena);

	map_add(map, "path", value_str(arena, row->path));
	map_add(map, "value", row->value ? row->value : value_null(arena));
	map_add(map, "removed", value_of_bool(arena, row->value == NULL));
	map_add(map, "source", value_str(arena, row->stage));
	map_add(map, "place", place(program, &row->src));
	return map_end(map);
}

static int find_node(struct program *program, const struct cluster *cluster, const char *name,
		     const struct node **out, struct err *err)
{
	struct words names = { 0 };

	*out = cluster_node(cluster, name);
	if (*out)
		return 0;
	for (size_t i = 0; i < cluster->nodes; i++)
		words_add(&names, program->arena, cluster->node[i].name);
	err_set(err, ERR_USAGE, "there is no node %s", name);

	const char *near = text_nearest(name, names.at, names.len);
	return near ? err_hint(err, "did you mean %s?", near) : -1;
}

static int explain_run(struct program *program, const void *data, struct err *err)
{
	const struct explain_options *options = data;
	struct arena *arena = program->arena;
	struct render_input input = { .contract = options->contract };
	struct explanation explanation;
	const struct node *node;

	if (program_cluster(program, &input.cluster, err) < 0 ||
	    find_node(program, input.cluster, options->node, &node, err) < 0 ||
	    program_bundle(program, &input.bundle, err) < 0 ||
	    render_explain(arena, &input, node, options->path, &explanation, err) < 0)
		return -1;

	struct list_builder *list = list_begin(arena);
	for (size_t i = 0; i < explanation.len; i++)
		list_add(list, row_value(program, &explanation.at[i]));

	struct map_builder *map = map_begin(arena);
	map_add(map, "node", value_str(arena, node->name));
	map_add(map, "path", value_str(arena, options->path));
	map_add(map, "sources", list_end(list));
	program->result = (struct result){ .value = map_end(map),
					   .rows = "sources",
					   .columns = explain_columns };
	return 0;
}

const struct command command_explain = {
	.words = "explain",
	.brief = "which file and line each value of a path came from, in merge order",
	.options = explain_flags,
	.positionals = explain_positionals,
	.size = sizeof(struct explain_options),
	.run = explain_run,
};
