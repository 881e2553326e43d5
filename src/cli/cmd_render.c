#include "cli/commands.h"
#include "cli/program.h"
#include "ops/configs.h"

#include <string.h>

#define EXIT_PENDING 2

struct render_options {
	const char *contract;
	bool check;
};

static const struct option render_flags[] = {
	{ "contract", 0, OPTION_TEXT, offsetof(struct render_options, contract), .argument = "V",
	  .doc = "version contract to render for, such as v1.13; without it the cluster's" },
	{ "check", 0, OPTION_FLAG, offsetof(struct render_options, check),
	  .doc = "write nothing; exit 2 if something would change" },
	{ .name = NULL },
};

static const struct column render_columns[] = {
	{ "name", "NODE" },
	{ "role", "ROLE" },
	{ "file", "FILE" },
	{ "changed", "CHANGED" },
	{ "contract", "CONTRACT" },
	{ NULL, NULL },
};

static const struct value *file_value(struct arena *arena, const struct config_file *file)
{
	struct map_builder *map = map_begin(arena);

	map_add(map, "name", value_str(arena, file->node->name));
	map_add(map, "role", value_str(arena, role_name(file->node->role)));
	map_add(map, "file", value_str(arena, file->path));
	map_add(map, "changed", value_of_bool(arena, file->changed));
	map_add(map, "contract", value_str(arena, file->contract));
	return map_end(map);
}

static void set_result(struct program *program, const struct configs_result *configs)
{
	const struct findings *findings = program_findings(program);
	struct arena *arena = program->arena;
	struct list_builder *nodes = list_begin(arena);
	struct map_builder *map = map_begin(arena);

	for (size_t i = 0; configs && i < configs->len; i++)
		list_add(nodes, file_value(arena, &configs->at[i]));
	map_add(map, "nodes", list_end(nodes));
	map_add(map, "findings", findings_value(arena, findings));
	program->result = (struct result){ .value = map_end(map),
					   .rows = "nodes",
					   .columns = render_columns,
					   .findings = findings };
}

/* A bundle that is wrong is a finding like any other wrong file. */
static int bad_secrets(struct program *program, const struct err *err)
{
	if (err->kind != ERR_INPUT)
		return -1;
	program_findings(program);
	finding_add_err(&program->findings, "bad-secrets", err);
	findings_sort(&program->findings);
	set_result(program, NULL);
	return -1;
}

static int render_run(struct program *program, const void *data, struct err *err)
{
	const struct render_options *options = data;
	struct configs_request request = { .now = program_wall(program), .write = !options->check };
	struct configs_result configs;

	if (program_cluster(program, &request.input.cluster, err) < 0) {
		if (program->workspace && program_findings(program)->errors)
			set_result(program, NULL);
		return -1;
	}
	if (program_bundle(program, &request.input.bundle, err) < 0)
		return bad_secrets(program, err);
	if (program_nodes(program, &request.only, err) < 0)
		return -1;
	request.input.contract = options->contract;
	request.folder = workspace_folder(program->workspace);
	if (configs_make(program->arena, &request, &configs, err) < 0)
		return -1;
	set_result(program, &configs);
	if (options->check && configs.changed)
		program->exit_code = EXIT_PENDING;
	return 0;
}

const struct command command_render = {
	.words = "render",
	.brief = "machine configs and talosconfig from the files",
	.about = "Writes clusterconfig/<cluster>-<node>.yaml and clusterconfig/talosconfig, mode "
		 "0600.\n"
		 "What is unchanged keeps its time; nothing is written when one node cannot be "
		 "rendered.",
	.traits = COMMAND_NODES | COMMAND_FINDINGS,
	.options = render_flags,
	.size = sizeof(struct render_options),
	.run = render_run,
};
