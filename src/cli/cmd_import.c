#include "base/fs.h"
#include "base/text.h"
#include "cli/bundle_file.h"
#include "cli/commands.h"
#include "cli/program.h"
#include "convert/prove.h"
#include "convert/talhelper.h"
#include "convert/talhelper_write.h"
#include "crypto/random.h"

#include <string.h>

#define TEXT_MAX ((size_t)16 << 20)
#define EXIT_UNEQUAL 1

struct import_options {
	const char *source, *folder, *against;
	bool plain, prove;
};

static const struct option import_flags[] = {
	{ "plain", 0, OPTION_FLAG, offsetof(struct import_options, plain),
	  .doc = "write in clear what is encrypted there, mode 0600" },
	{ "prove", 0, OPTION_FLAG, offsetof(struct import_options, prove),
	  .doc = "compare each node with the config that talhelper left" },
	{ "against", 0, OPTION_TEXT, offsetof(struct import_options, against), .argument = "DIR",
	  .doc = "where talhelper left them; without it SRC/clusterconfig" },
	{ .name = NULL },
};

static const struct positional import_positionals[] = {
	{ "SRC", offsetof(struct import_options, source),
	  .doc = "the folder with talconfig.yaml, or the file" },
	{ "DIR", offsetof(struct import_options, folder),
	  .doc = "the folder of the new workspace; made when it is absent" },
	{ .name = NULL },
};

static const struct column file_columns[] = {
	{ "name", "FILE" },
	{ "from", "FROM" },
	{ NULL, NULL },
};

struct import_run {
	struct program *program;
	const struct import_options *options;
	struct talhelper_workspace made;
	struct findings *findings;  /* in the arena, as the result keeps them */
	struct list_builder *nodes; /* what was proven of each */
	struct str report;
	size_t unequal;
};

static const char *process_variable(void *context, const char *name)
{
	const struct program *program = context;

	return program->env(name);
}

static const struct value *difference_value(struct arena *arena,
					    const struct prove_difference *difference)
{
	struct map_builder *map = map_begin(arena);

	map_add(map, "document", value_str(arena, difference->document));
	map_add(map, "path", value_str(arena, difference->path));
	map_add(map, "ours", value_str(arena, difference->ours));
	map_add(map, "theirs", value_str(arena, difference->theirs));
	map_add(map, "line", value_of_u64(arena, difference->src.line));
	return map_end(map);
}

static void report_difference(struct str *out, const char *file,
			      const struct prove_difference *difference)
{
	str_addf(out, "  %s:%u: %s", file, difference->src.line, difference->document);
	if (difference->path[0])
		str_addf(out, " %s", difference->path);
	str_addf(out, ": %s here, %s there\n", difference->ours ? difference->ours : "nothing",
		 difference->theirs ? difference->theirs : "nothing");
}

static struct map_builder *begin_node(const struct import_run *run,
				      const struct talhelper_made_node *node)
{
	struct arena *arena = run->program->arena;
	struct map_builder *map = map_begin(arena);

	map_add(map, "name", value_str(arena, node->name));
	map_add(map, "output", value_str(arena, node->output));
	map_add(map, "installer", value_str(arena, node->installer));
	map_add(map, "image", value_str(arena, node->image));
	return map;
}

static void add_proof(struct import_run *run, const struct talhelper_made_node *node,
		      const char *file, const struct prove *proof)
{
	struct arena *arena = run->program->arena;
	struct map_builder *map = begin_node(run, node);
	struct list_builder *differences = list_begin(arena);
	const char *verdict = proof ? proof->len ? "different" : "equal" : "missing";

	str_addf(&run->report, "%s: %s\n", node->name,
		 proof ? verdict : arena_printf(arena, "there is no %s", file));
	for (size_t i = 0; proof && i < proof->len; i++) {
		report_difference(&run->report, file, &proof->at[i]);
		list_add(differences, difference_value(arena, &proof->at[i]));
	}
	if (proof && proof->more)
		str_addf(&run->report, "  and %zu more\n", proof->more);
	run->unequal += strcmp(verdict, "equal") != 0;
	map_add(map, "file", value_str(arena, file));
	map_add(map, "verdict", value_str(arena, verdict));
	map_add(map, "differences", list_end(differences));
	map_add(map, "more", value_of_u64(arena, proof ? proof->more : 0));
	list_add(run->nodes, map_end(map));
}

static int prove_node(struct import_run *run, const struct talhelper_made_node *node,
		      const char *folder, struct err *err)
{
	struct arena *arena = run->program->arena;
	const char *path = fs_join(arena, folder, node->output);
	struct prove_text theirs = { .file = path };
	struct prove proof;
	char *text;

	if (!fs_exists(path)) {
		add_proof(run, node, path, NULL);
		return 0;
	}
	if (fs_read(arena, path, FS_FILE_MAX, &text, &theirs.len, err) < 0)
		return -1;
	theirs.text = text;
	if (prove_config(arena, &node->config, &theirs, &proof, err) < 0)
		return -1;
	add_proof(run, node, path, &proof);
	return 0;
}

static int prove(struct import_run *run, struct err *err)
{
	const char *folder = run->options->against;

	if (!folder)
		folder = fs_join(run->program->arena, run->made.folder, "clusterconfig");
	if (!fs_is_dir(folder)) {
		err_set(err, ERR_NOT_FOUND, "there is no folder %s to compare with", folder);
		return err_hint(err, "run talhelper genconfig, or say where it wrote: --against");
	}
	for (size_t i = 0; i < run->made.nodes; i++)
		if (prove_node(run, &run->made.node[i], folder, err) < 0)
			return -1;
	return 0;
}

static const struct value *files_value(struct import_run *run)
{
	struct arena *arena = run->program->arena;
	struct list_builder *list = list_begin(arena);

	for (size_t i = 0; i < run->made.files; i++) {
		struct map_builder *map = map_begin(arena);

		map_add(map, "name", value_str(arena, run->made.file[i].name));
		map_add(map, "from", value_str(arena, run->made.file[i].from));
		list_add(list, map_end(map));
	}
	return list_end(list);
}

static void set_result(struct import_run *run)
{
	struct program *program = run->program;
	struct map_builder *map = map_begin(program->arena);
	struct str text SCOPED(str_done) = STR_INIT(TEXT_MAX);

	for (size_t i = 0; i < run->findings->len; i++)
		finding_write(&text, &run->findings->at[i]);
	str_add(&text, str_text(&run->report));
	map_add(map, "workspace", value_str(program->arena, run->options->folder));
	map_add(map, "files", files_value(run));
	map_add(map, "nodes", list_end(run->nodes));
	map_add(map, "findings", findings_value(program->arena, run->findings));
	program->result = (struct result){ .value = map_end(map),
					   .rows = "files",
					   .columns = file_columns,
					   .text = arena_str(program->arena, str_text(&text)),
					   .findings = run->findings };
}

/* All errors with their places, and not the first alone. */
static int refuse(struct import_run *run, struct err *err)
{
	const struct findings *findings = run->findings;

	if (!findings->errors)
		return -1;
	for (size_t i = 0; i < findings->len; i++)
		say_finding(&run->program->say, &findings->at[i]);
	err_clear(err);
	return err_set(err, ERR_INPUT, "the talconfig has %zu error%s", findings->errors,
		       findings->errors == 1 ? "" : "s");
}

static void warn(struct import_run *run)
{
	for (size_t i = 0; i < run->made.files; i++)
		if (run->made.file[i].secret && run->made.file[i].mode == 0600)
			say_warning(&run->program->say, BUNDLE_IN_CLEAR, run->made.file[i].name);
}

static int work(struct import_run *run, struct err *err)
{
	struct program *program = run->program;
	const struct keyring_sources sources = program_keys(program);
	struct keyring *keyring OWNED(keyring_free) = keyring_new(&sources);
	const struct talhelper_input input = { .source = run->options->source,
					       .get = process_variable,
					       .context = program,
					       .keyring = keyring,
					       .plain = run->options->plain,
					       .now = program_wall(program),
					       .random = random_system() };

	if (talhelper_import(program->arena, &input, run->findings, &run->made, err) < 0)
		return refuse(run, err);
	if (run->options->prove && prove(run, err) < 0)
		return -1;
	for (size_t i = 0; !run->options->prove && i < run->made.nodes; i++)
		list_add(run->nodes, map_end(begin_node(run, &run->made.node[i])));
	if (talhelper_write(&run->made, run->options->folder, err) < 0)
		return err_wrap(err, "make a workspace in %s", run->options->folder);
	warn(run);
	return 0;
}

static int import_run(struct program *program, const void *data, struct err *err)
{
	struct import_run run = { .program = program,
				  .options = data,
				  .findings = arena_alloc(program->arena, sizeof(*run.findings)),
				  .nodes = list_begin(program->arena) };
	int r;

	findings_init(run.findings, program->arena);
	str_init(&run.report, TEXT_MAX);
	r = work(&run, err);
	if (r == 0) {
		findings_sort(run.findings);
		set_result(&run);
		program->exit_code = run.unequal ? EXIT_UNEQUAL : 0;
	}
	str_done(&run.report);
	return r;
}

const struct command command_import_talhelper = {
	.words = "import talhelper",
	.brief = "make a workspace out of talhelper's",
	.about = "Reads talconfig.yaml and what it names, and writes a workspace whose configs are "
		 "those that\n"
		 "talhelper makes. What is encrypted stays encrypted, unless --plain is given.\n"
		 "With --prove each node is compared with what talhelper left; exit 0 only when "
		 "all are\n"
		 "equal.",
	.traits = COMMAND_FINDINGS,
	.options = import_flags,
	.positionals = import_positionals,
	.size = sizeof(struct import_options),
	.run = import_run,
};
