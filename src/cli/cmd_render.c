#include "base/fs.h"
#include "cli/commands.h"
#include "cli/program.h"
#include "ops/configs.h"
#include "ops/render_cache.h"
#include "render/render_check.h"
#include "version.h"

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

static const struct value *row_value(struct arena *arena, const struct render_row *row,
				     bool changed)
{
	struct map_builder *map = map_begin(arena);

	map_add(map, "name", value_str(arena, row->name));
	map_add(map, "role", value_str(arena, row->role));
	map_add(map, "file", value_str(arena, row->file));
	map_add(map, "changed", value_of_bool(arena, changed));
	map_add(map, "contract", value_str(arena, row->contract));
	return map_end(map);
}

static const struct value *config_values(struct arena *arena, const struct configs_result *configs)
{
	struct list_builder *nodes = list_begin(arena);

	for (size_t i = 0; configs && i < configs->len; i++) {
		const struct config_file *file = &configs->at[i];
		const struct render_row row = { file->node->name, role_name(file->node->role),
						file->path, file->contract };

		list_add(nodes, row_value(arena, &row, file->changed));
	}
	return list_end(nodes);
}

static const struct value *record_values(struct arena *arena, const struct render_record *record)
{
	struct list_builder *nodes = list_begin(arena);

	for (size_t i = 0; i < record->len; i++)
		list_add(nodes, row_value(arena, &record->at[i], false));
	return list_end(nodes);
}

static void set_result(struct program *program, const struct value *nodes)
{
	const struct findings *findings = program_findings(program);
	struct arena *arena = program->arena;
	struct map_builder *map = map_begin(arena);

	map_add(map, "nodes", nodes);
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
	set_result(program, config_values(program->arena, NULL));
	return -1;
}

static struct render_key key_of(const struct program *program, const struct render_options *options)
{
	const char *folder = program_folder(program);

	return (struct render_key){
		.folder = folder,
		.file = fs_join(program->arena, folder, STATE_FOLDER "/render"),
		.program = TALFORGE_VERSION,
		.contract = options->contract,
		.only = program->globals.nodes.len ? program->globals.nodes.at : NULL,
		.now = program_wall(program),
	};
}

/* Judging the configs takes rendering all of them: where all are wanted, that is done once. */
struct making {
	struct judge judge;
	struct program *program;
	const struct render_options *options;
	struct configs *configs; /* owned; NULL: not rendered yet */
	int result;
	struct err err; /* of rendering, or of reading the bundle */
};

static struct configs_request request_of(const struct making *making,
					 const struct cluster *cluster, const struct bundle *bundle)
{
	return (struct configs_request){
		.input = { .cluster = cluster,
			   .bundle = bundle,
			   .contract = making->options->contract },
		.folder = workspace_folder(making->program->workspace),
		.now = program_wall(making->program),
		.write = !making->options->check,
	};
}

static void judge_rendered(struct judge *judge, const struct cluster *cluster,
			   struct findings *findings)
{
	struct making *making = container_of(judge, struct making, judge);
	struct program *program = making->program;
	const struct bundle *bundle =
		findings->errors ? NULL : workspace_bundle(program->workspace, &making->err);

	if (!bundle) {
		making->result = making->err.kind == ERR_NONE ? 0 : -1;
		render_check(findings, cluster);
		return;
	}
	const struct configs_request request = request_of(making, cluster, bundle);

	making->configs = configs_new(program->arena, &request);
	making->result = configs_render(making->configs, findings, &making->err);
}

/* What is said of the files is about the cluster's contract, and about all nodes. */
static bool wants_all(const struct making *making)
{
	return !making->options->contract && !making->program->globals.nodes.len;
}

static int render_wanted(struct making *making, const struct cluster *cluster,
			 const struct bundle *bundle, struct err *err)
{
	struct configs_request request = request_of(making, cluster, bundle);

	if (program_nodes(making->program, &request.only, err) < 0)
		return -1;
	making->configs = configs_new(making->program->arena, &request);
	return configs_render(making->configs, NULL, err);
}

static int render_all(struct making *making, struct configs_result *out, struct err *err)
{
	struct program *program = making->program;
	const struct cluster *cluster;
	const struct bundle *bundle;

	if (program_cluster(program, &cluster, err) < 0) {
		if (program->workspace && program_findings(program)->errors)
			set_result(program, config_values(program->arena, NULL));
		return -1;
	}
	if (!making->configs && making->result < 0) {
		*err = making->err;
		return bad_secrets(program, err);
	}
	if (program_bundle(program, &bundle, err) < 0)
		return bad_secrets(program, err);
	if (making->result < 0) {
		*err = making->err;
		return -1;
	}
	if (!making->configs && render_wanted(making, cluster, bundle, err) < 0)
		return -1;
	return configs_finish(making->configs, out, err);
}

static int render_files(struct program *program, const struct render_options *options,
			struct err *err)
{
	struct making making = { { judge_rendered }, program, options, NULL, 0, ERR_INIT };
	struct configs_result configs;

	program->judge = wants_all(&making) ? &making.judge : NULL;
	int r = render_all(&making, &configs, err);
	program->judge = NULL;
	configs_free(making.configs);
	if (r < 0)
		return -1;
	set_result(program, config_values(program->arena, &configs));
	if (options->check && configs.changed)
		program->exit_code = EXIT_PENDING;

	const struct render_made made = { program->workspace, &configs, program_findings(program) };
	const struct render_key key = key_of(program, options);
	render_cache_keep(program->arena, &key, &made);
	return 0;
}

static int render_run(struct program *program, const void *data, struct err *err)
{
	const struct render_options *options = data;
	const struct render_key key = key_of(program, options);
	struct render_record record;

	if (render_cache_look(program->arena, &key, &record) != 0)
		return render_files(program, options, err);
	program_recall(program, &record.findings, record.bundle);
	if (program->globals.debug)
		say_debug(&program->say, "render: nothing has changed since the last time");
	set_result(program, record_values(program->arena, &record));
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
