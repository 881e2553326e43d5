#include "base/fs.h"
#include "base/own.h"
#include "base/str.h"
#include "base/text.h"
#include "cli/bundle_file.h"
#include "cli/commands.h"
#include "cli/program.h"
#include "convert/migrate.h"
#include "seal/sealed.h"

#include <string.h>

#define DEPTH_MAX 16
#define TEXT_MAX ((size_t)1 << 20)
#define REPORT_MAX ((size_t)4 << 20)
#define MODE 0644

struct migrate_options {
	const char *to, *folder;
};

static const struct option migrate_flags[] = {
	{ "to", 0, OPTION_TEXT, offsetof(struct migrate_options, to), .argument = "V",
	  .doc = "the release whose documents are wanted: v1.14" },
	{ "write", 0, OPTION_TEXT, offsetof(struct migrate_options, folder), .argument = "DIR",
	  .doc = "make a new workspace there; without it nothing is written" },
	{ .name = NULL },
};

/* The files of a workspace, by their names below it. */
struct tree {
	struct arena *arena;
	const char *folder;
	struct keyring *keyring;
	struct file_text *at; /* text NULL: of no matter to rendering; an encrypted one in clear */
	size_t len, cap;
};

/* What is made of the workspace, and what belongs to git. */
static bool is_left_out(const char *name)
{
	static const char *const folders[] = { ".git", ".talforge", "clusterconfig" };

	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		if (text_equal(name, folders[i]))
			return true;
	return false;
}

static bool is_secret(const char *name)
{
	return text_starts(fs_base(name), "talsecret");
}

/* One that cannot be opened is none that the workspace reads: else it would have errors. */
static void unseal(struct tree *tree, struct file_text *file)
{
	const struct sops_input input = { file->name, file->text, file->len };
	struct str plain SCOPED(str_done) = STR_INIT(4 * TEXT_MAX);

	if (!file->text || !sops_is_sealed(&input))
		return;
	file->text = NULL;
	if (sealed_open(&input, tree->keyring, &plain, NULL) < 0)
		return;
	file->text = arena_strn(tree->arena, str_text(&plain), plain.len);
	file->len = plain.len;
	file->sealed = true;
}

static int add_file(struct tree *tree, const char *name, struct err *err)
{
	struct file_text file = { .name = name };
	const char *path = fs_join(tree->arena, tree->folder, name);
	struct err local = ERR_INIT;
	char *text;

	if (!is_secret(name)) {
		if (fs_read(tree->arena, path, TEXT_MAX, &text, &file.len, &local) == 0)
			file.text = text;
		else if (local.kind != ERR_INPUT)
			return err_set(err, local.kind, "%s", local.text);
		unseal(tree, &file);
	}
	tree->at = arena_grow(tree->arena, tree->at, tree->len, &tree->cap, sizeof(*tree->at));
	tree->at[tree->len++] = file;
	return 0;
}

static int walk(struct tree *tree, const char *below, unsigned depth, struct err *err)
{
	const char *folder = *below ? fs_join(tree->arena, tree->folder, below) : tree->folder;
	struct fs_names names;

	if (fs_list_all(tree->arena, folder, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.len; i++) {
		const char *name = *below ? fs_join(tree->arena, below, names.at[i]) : names.at[i];
		bool inner = fs_is_dir(fs_join(tree->arena, tree->folder, name));

		if (is_left_out(name) || (inner && depth == DEPTH_MAX))
			continue;
		if ((inner ? walk(tree, name, depth + 1, err) : add_file(tree, name, err)) < 0)
			return -1;
	}
	return 0;
}

static const struct migrate_file *changed_file(const struct migration *migration, const char *name)
{
	for (size_t i = 0; i < migration->files; i++)
		if (text_equal(migration->file[i].name, name))
			return &migration->file[i];
	return NULL;
}

static int write_text(struct arena *arena, const char *path, const struct file_text *file,
		      mode_t mode, struct err *err)
{
	const char *slash = strrchr(path, '/');

	if (slash && fs_mkdir(arena_strn(arena, path, (size_t)(slash - path)), 0755, err) < 0)
		return -1;
	return fs_write(path, file->text, file->len, mode, NULL, err);
}

static int copy_file(const struct tree *tree, const char *folder, const char *name,
		     struct err *err)
{
	const char *path = fs_join(tree->arena, tree->folder, name);
	struct file_text file = { .name = name };
	mode_t mode = MODE;
	char *text;

	if (fs_read(tree->arena, path, FS_FILE_MAX, &text, &file.len, err) < 0 ||
	    fs_mode(path, &mode, err) < 0)
		return -1;
	file.text = text;
	return write_text(tree->arena, fs_join(tree->arena, folder, name), &file, mode, err);
}

/* A complete copy; the user's own files are not touched. */
static int write_workspace(const struct tree *tree, const struct migration *migration,
			   const char *folder, struct err *err)
{
	for (size_t i = 0; i < tree->len; i++)
		if (!changed_file(migration, tree->at[i].name) &&
		    copy_file(tree, folder, tree->at[i].name, err) < 0)
			return -1;
	for (size_t i = 0; i < migration->files; i++) {
		const struct migrate_file *new = &migration->file[i];
		const struct file_text file = { new->name, new->text, new->len, false };
		const char *old = fs_join(tree->arena, tree->folder, file.name);
		mode_t mode = MODE;

		if (!file.text)
			continue;
		if (fs_exists(old) && fs_mode(old, &mode, err) < 0)
			return -1;
		if (write_text(tree->arena, fs_join(tree->arena, folder, file.name), &file, mode,
			       err) < 0)
			return -1;
	}
	return 0;
}

/* ---- files that were encrypted, and what is made of them ---- */

static const struct file_text *sealed_file(const struct tree *tree, const char *name)
{
	for (size_t i = 0; i < tree->len; i++)
		if (tree->at[i].sealed && text_equal(tree->at[i].name, name))
			return &tree->at[i];
	return NULL;
}

/* The file that says who may read what `file` holds: itself, or, for a new one, the first that the
 * migration changed or the workspace has; NULL: everybody. */
static const char *model_of(const struct tree *tree, const struct migration *migration,
			    const struct migrate_file *file)
{
	if (!file->sealed)
		return NULL;
	if (sealed_file(tree, file->name))
		return file->name;
	for (size_t i = 0; i < migration->files; i++)
		if (sealed_file(tree, migration->file[i].name))
			return migration->file[i].name;
	for (size_t i = 0; i < tree->len; i++)
		if (tree->at[i].sealed && text_starts(tree->at[i].name, "patches/"))
			return tree->at[i].name;
	for (size_t i = 0; i < tree->len; i++)
		if (tree->at[i].sealed)
			return tree->at[i].name;
	return NULL;
}

static int seal_as(const struct tree *tree, const char *model, const struct sops_input *clear,
		   const struct sealed_moment *moment, struct str *out, struct err *err)
{
	struct sops_input like = { .file = model };
	char *text;

	if (fs_read(tree->arena, model, FS_FILE_MAX, &text, &like.len, err) < 0)
		return -1;
	like.text = text;
	return sealed_make_as(clear, &like, moment, out, err);
}

/* As a whole, whatever the rule says of keys: those of documents have other names. */
static int seal_file(struct program *program, const struct tree *tree, const char *model,
		     struct migrate_file *file, struct err *err)
{
	const struct sealed_moment moment = program_sealing(program);
	const struct sops_input clear = { fs_join(tree->arena, tree->folder, file->name),
					  file->text, file->len };
	struct str out SCOPED(str_done) = STR_INIT(16 * TEXT_MAX);
	const char *path = fs_join(tree->arena, tree->folder, model);
	struct creation_rule rule;
	int r = creation_rule_find(tree->arena, path, &rule, err);

	rule.which = NULL;
	if (r == 0)
		r = sealed_make(&clear, &rule, &moment, &out, err);
	else if (r > 0)
		r = seal_as(tree, path, &clear, &moment, &out, err);
	if (r < 0)
		return err_wrap(err, "encrypt %s", file->name);
	file->text = arena_strn(tree->arena, str_text(&out), out.len);
	file->len = out.len;
	return 0;
}

static int seal_files(struct program *program, const struct tree *tree,
		      struct migration *migration, struct err *err)
{
	const char **model = arena_calloc(tree->arena, migration->files + 1, sizeof(*model));

	for (size_t i = 0; i < migration->files; i++)
		model[i] = model_of(tree, migration, &migration->file[i]);
	for (size_t i = 0; i < migration->files; i++)
		if (model[i] && migration->file[i].text &&
		    seal_file(program, tree, model[i], &migration->file[i], err) < 0)
			return -1;
	return 0;
}

static int check_folder(struct program *program, const char *folder, struct err *err)
{
	struct fs_names names;

	if (!fs_exists(folder))
		return 0;
	if (!fs_is_dir(folder))
		return err_set(err, ERR_CONFLICT, "%s is there and is no folder", folder);
	if (fs_list_all(program->arena, folder, &names, err) < 0)
		return -1;
	if (!names.len)
		return 0;
	err_set(err, ERR_CONFLICT, "%s is not empty", folder);
	return err_hint(err, "name a folder that does not exist yet");
}

static void add_src(struct map_builder *map, struct arena *arena, struct src src)
{
	map_add(map, "file", value_str(arena, src.file));
	map_add(map, "line", value_of_u64(arena, src.line));
	map_add(map, "column", value_of_u64(arena, src.column));
}

static const struct value *changes_value(struct arena *arena, const struct migration *migration)
{
	struct list_builder *list = list_begin(arena);

	for (size_t i = 0; i < migration->changes; i++) {
		const struct migrate_change *change = &migration->change[i];
		struct map_builder *map = map_begin(arena);

		map_add(map, "subsystem", value_str(arena, change->subsystem));
		map_add(map, "from", value_str(arena, change->from));
		map_add(map, "to", value_str(arena, change->to));
		add_src(map, arena, change->src);
		list_add(list, map_end(map));
	}
	return list_end(list);
}

static const struct value *stays_value(struct arena *arena, const struct migration *migration)
{
	struct list_builder *list = list_begin(arena);

	for (size_t i = 0; i < migration->stays; i++) {
		const struct migrate_stay *stay = &migration->stay[i];
		struct map_builder *map = map_begin(arena);

		map_add(map, "subsystem", value_str(arena, stay->subsystem));
		map_add(map, "path", value_str(arena, stay->path));
		map_add(map, "why", value_str(arena, stay->why));
		add_src(map, arena, stay->src);
		list_add(list, map_end(map));
	}
	return list_end(list);
}

static const struct value *defaults_value(struct arena *arena, const struct migration *migration)
{
	struct list_builder *list = list_begin(arena);

	for (size_t i = 0; i < migration->added_count; i++) {
		struct map_builder *map = map_begin(arena);

		map_add(map, "path", value_str(arena, migration->added[i].path));
		map_add(map, "why", value_str(arena, migration->added[i].why));
		list_add(list, map_end(map));
	}
	return list_end(list);
}

static const struct value *files_value(struct arena *arena, const struct migration *migration,
				       const struct tree *tree)
{
	struct list_builder *list = list_begin(arena);

	for (size_t i = 0; i < migration->files; i++) {
		const struct migrate_file *file = &migration->file[i];
		struct map_builder *map = map_begin(arena);
		const char *change = "added";

		for (size_t k = 0; k < tree->len; k++)
			if (text_equal(tree->at[k].name, file->name))
				change = file->text ? "changed" : "removed";
		map_add(map, "name", value_str(arena, file->name));
		map_add(map, "change", value_str(arena, change));
		list_add(list, map_end(map));
	}
	return list_end(list);
}

static void say_place(struct str *out, struct src src)
{
	if (src.file)
		str_addf(out, "  %s:%u", src.file, src.line);
	str_add(out, "\n");
}

/* Behind the table of what is converted: why not more, and what else is different. */
static const char *report(struct arena *arena, const struct migration *migration,
			  const char *folder)
{
	struct str out SCOPED(str_done) = STR_INIT(REPORT_MAX);

	if (migration->stays)
		str_add(&out, "\nstays in v1alpha1:\n");
	for (size_t i = 0; i < migration->stays; i++) {
		const struct migrate_stay *stay = &migration->stay[i];

		str_addf(&out, "  %s: %s", stay->path, stay->why);
		say_place(&out, stay->src);
	}
	if (migration->added_count)
		str_add(&out, "\nby default in Talos 1.14:\n");
	for (size_t i = 0; i < migration->added_count; i++)
		str_addf(&out, "  %s: %s\n", migration->added[i].path, migration->added[i].why);
	if (!migration->nodes)
		return "there is nothing to migrate: the patches are documents of 1.14 already\n";
	str_addf(&out, "\nproved: %zu settings of %zu nodes are what they were\n",
		 migration->settings, migration->nodes);
	if (folder)
		str_addf(&out, "%s is the workspace for Talos %s\n", folder, migration->talos);
	else
		str_add(&out, "nothing was written; --write DIR makes the new workspace\n");
	return arena_str(arena, str_text(&out));
}

static void set_result(struct program *program, const struct migration *migration,
		       const struct tree *tree, const char *folder)
{
	static const struct column columns[] = {
		{ "from", "V1ALPHA1" },
		{ "to", "DOCUMENT" },
		{ "file", "FILE" },
		{ "line", "LINE" },
		{ NULL, NULL },
	};
	struct arena *arena = program->arena;
	struct map_builder *map = map_begin(arena), *proof = map_begin(arena);

	map_add(proof, "nodes", value_of_u64(arena, migration->nodes));
	map_add(proof, "settings", value_of_u64(arena, migration->settings));
	map_add(map, "talos", value_str(arena, migration->talos));
	map_add(map, "contract", value_str(arena, migration->contract));
	map_add(map, "written", value_str(arena, folder));
	map_add(map, "changes", changes_value(arena, migration));
	map_add(map, "stays", stays_value(arena, migration));
	map_add(map, "defaults", defaults_value(arena, migration));
	map_add(map, "files", files_value(arena, migration, tree));
	map_add(map, "proof", map_end(proof));
	program->result = (struct result){
		.value = map_end(map),
		.rows = "changes",
		.columns = columns,
		.text = report(arena, migration, folder),
	};
}

static void warn(const struct program *program, const struct migration *migration)
{
	bool identity = false;

	for (size_t i = 0; i < migration->changes; i++)
		identity = identity || text_equal(migration->change[i].subsystem, "identity");
	if (identity)
		say_warning(&program->say,
			    "a patch sets the identity of the cluster; the values stay, but apply "
			    "them in a step of their own");
}

/* Sections beside documents that say the same are what is cured here; other errors are not. */
static int check_workspace(struct program *program, struct err *err)
{
	const struct findings *findings;
	const struct cluster *cluster;
	size_t others = 0;

	if (program_workspace(program, err) < 0)
		return -1;
	findings = program_findings(program);
	for (size_t i = 0; i < findings->len; i++)
		others += findings->at[i].severity == FINDING_ERROR &&
			  !text_equal(findings->at[i].id, "said-twice");
	if (findings->errors && !others)
		return 0;
	return program_cluster(program, &cluster, err);
}

static int migrate_run(struct program *program, const void *data, struct err *err)
{
	const struct migrate_options *options = data;
	struct tree tree = { .arena = program->arena };
	struct migrate_input input = { .to = options->to };
	struct migration migration;

	if (!options->to) {
		err_set(err, ERR_USAGE, "`migrate` needs --to: the release to migrate to");
		return err_hint(err, "talforge migrate --to v1.14");
	}
	if (check_workspace(program, err) < 0 ||
	    (options->folder && check_folder(program, options->folder, err) < 0))
		return -1;
	tree.folder = workspace_folder(program->workspace);
	tree.keyring = workspace_keyring(program->workspace);
	if (walk(&tree, "", 0, err) < 0)
		return -1;
	struct file_text *texts = arena_calloc(tree.arena, tree.len + 1, sizeof(*texts));
	for (size_t i = 0; i < tree.len; i++)
		if (tree.at[i].text)
			texts[input.files++] = tree.at[i];
	input.file = texts;
	if (migrate(program->arena, &input, &migration, err) < 0)
		return -1;
	if (options->folder &&
	    (seal_files(program, &tree, &migration, err) < 0 ||
	     write_workspace(&tree, &migration, options->folder, err) < 0))
		return err_wrap(err, "write the new workspace");
	warn(program, &migration);
	set_result(program, &migration, &tree, options->folder);
	return 0;
}

const struct command command_migrate = {
	.words = "migrate",
	.brief = "patches in v1alpha1 become the typed documents of Talos 1.14",
	.about = "Tells what becomes which document, what stays in v1alpha1 and why, and proves "
		 "that\n"
		 "every setting of every node stays what it was; without that proof nothing is\n"
		 "written. --write DIR makes a copy of the workspace with the converted\n"
		 "patches; the workspace itself is never changed. No secrets are needed.",
	.options = migrate_flags,
	.size = sizeof(struct migrate_options),
	.run = migrate_run,
};
