#include "cluster/workspace.h"

#include "base/fs.h"
#include "base/text.h"
#include "cluster/check.h"
#include "cluster/gitignore.h"
#include "cluster/input.h"
#include "cluster/model.h"
#include "cluster/pins.h"
#include "cluster/secrets_command.h"
#include "seal/sealed.h"
#include "tree/path.h"
#include "tree/yaml.h"

#include <string.h>

#define CLUSTER_FILE "cluster.yaml"
#define NODES_FILE "nodes.yaml"
#define SECRETS_FILE "talsecret.yaml"
#define ENCRYPTED_FILE "talsecret.sops.yaml"

struct workspace {
	struct arena *arena; /* owned */
	const char *folder;  /* NULL: made of texts */
	struct findings findings;
	struct cluster cluster;
	struct files *files;
	struct keyring *keyring;		  /* owned */
	const char *secrets;			  /* the file that cluster.yaml names, or NULL */
	bool sealed;				  /* it is kept encrypted */
	const struct secrets_command *command;	  /* instead of the file; NULL: none */
	struct bundle *bundle;			  /* owned; NULL until asked for */
	unsigned char bundle_digest[SHA256_SIZE]; /* of its file, one in clear */
};

/* Keys with a meaning that this version does not have yet, NULL-ended. */
static const char *const later_cluster_keys[] = { "extends", "ring", "policy", NULL };

/* `map` without those keys, each of them a finding. */
static const struct value *without_later(struct draft *draft, const struct value *map)
{
	for (const char *const *keys = later_cluster_keys; *keys && value_is_map(map); keys++) {
		if (!value_has(map, *keys))
			continue;
		finding_add(draft->findings, FINDING_ERROR, "unsupported-key",
			    value_key_src(map, *keys), path_key(draft->arena, "", *keys),
			    "the key \"%s\" is not supported by this version", *keys);
		map = value_set(draft->arena, map, *keys, NULL);
	}
	return map;
}

static const struct value *empty_map(struct arena *arena, const char *file)
{
	struct map_builder *map = map_begin(arena);

	map_src(map, (struct src){ file, 1, 1 });
	return map_end(map);
}

/* The map of a file; NULL after a finding. An empty file is an empty map. */
static const struct value *read_map(struct draft *draft, const char *name)
{
	struct file_text file;
	struct yaml_documents documents;
	struct err err = ERR_INIT;
	int r = files_read(draft->files, name, &file, &err);

	if (r > 0) {
		finding_add(draft->findings, FINDING_ERROR, "missing-file",
			    (struct src){ .file = name }, "", "there is no %s", name);
		return NULL;
	}
	if (r < 0) {
		finding_add_err(draft->findings, "unreadable", &err);
		return NULL;
	}

	const struct yaml_input input = { .file = name, .text = file.text, .len = file.len };

	if (yaml_read(draft->arena, &input, &documents, &err) < 0) {
		finding_add_err(draft->findings, "bad-yaml", &err);
		return NULL;
	}
	if (documents.len == 0 || (documents.len == 1 && value_is_null(documents.at[0])))
		return empty_map(draft->arena, name);
	if (documents.len == 1 && value_is_map(documents.at[0]))
		return documents.at[0];
	finding_add(draft->findings, FINDING_ERROR, "wrong-type",
		    value_src(documents.at[documents.len - 1]), "", "%s must be one map", name);
	return NULL;
}

static const struct value *star_sensitive(struct draft *draft, const struct value *map)
{
	for (const struct field *field = cluster_fields; field->name; field++) {
		const struct value *value = value_get(map, field->name);

		if (field->sensitive && value)
			map = value_set(draft->arena, map, field->name,
					value_with_sensitive(draft->arena, value));
	}
	return map;
}

static void read_cluster(struct draft *draft)
{
	const struct value *map = read_map(draft, CLUSTER_FILE);

	map = without_later(draft, map);
	map = star_sensitive(draft, map);
	draft->cluster_raw = map;
	if (map)
		value_decode(map, cluster_fields, "", &draft->in, draft->findings);
	draft->cluster->name = draft->in.cluster_name ? draft->in.cluster_name : "kubernetes";
}

static void read_node(struct draft *draft, size_t index)
{
	struct node_input *node = &draft->node[index];
	const char *path = path_index(draft->arena, "nodes", index);
	const struct value *map = value_at(draft->nodes_raw, index);

	node->settings = draft->in.settings;
	value_decode(map, node_fields, path, node, draft->findings);
	if (!node->output && node->name)
		node->output = arena_printf(draft->arena, "%s-%s.yaml", draft->cluster->name,
					    node->name);
}

static void read_nodes(struct draft *draft)
{
	struct nodes_file {
		const struct value *nodes;
	} file = { NULL };
	const struct field fields[] = {
		{ "nodes", FIELD_LIST, offsetof(struct nodes_file, nodes), .required = true },
		{ 0 },
	};
	const struct value *map = read_map(draft, NODES_FILE);

	if (!map)
		return;
	if (value_decode(map, fields, "", &file, draft->findings) < 0 && !file.nodes)
		return;
	draft->nodes_raw = file.nodes;
	draft->nodes = value_len(file.nodes);
	draft->node = arena_calloc(draft->arena, draft->nodes + 1, sizeof(*draft->node));
	for (size_t i = 0; i < draft->nodes; i++)
		read_node(draft, i);
}

static void load(struct workspace *workspace, struct files *files)
{
	struct draft draft = {
		.arena = workspace->arena,
		.findings = &workspace->findings,
		.files = files,
		.cluster = &workspace->cluster,
	};

	workspace->files = files;
	files_unseal(files, workspace->keyring);
	read_cluster(&draft);
	read_nodes(&draft);
	pins_read(&draft);
	check_cluster(&draft);
	check_network(&draft);
	if (draft.nodes_raw)
		check_nodes(&draft);
	model_resolve(&draft);
	check_bgp(&draft);
	findings_sort(&workspace->findings);
	workspace->command = secrets_command_of(workspace->arena, draft.in.secrets);
	workspace->secrets = value_text(draft.in.secrets);
}

static struct workspace *workspace_begin(const char *folder, const struct keyring_sources *keys)
{
	struct workspace *workspace = mem_new(sizeof(*workspace));

	workspace->arena = arena_new("workspace");
	workspace->folder = arena_str(workspace->arena, folder);
	workspace->keyring = keyring_new(keys);
	findings_init(&workspace->findings, workspace->arena);
	return workspace;
}

void workspace_free(struct workspace *workspace)
{
	if (!workspace)
		return;
	bundle_free(workspace->bundle);
	keyring_free(workspace->keyring);
	arena_free(workspace->arena);
	mem_free(workspace, sizeof(*workspace));
}

static int check_folder(struct workspace *workspace, const char *folder, struct err *err)
{
	if (!fs_is_dir(folder))
		return err_set(err, ERR_NOT_FOUND, "there is no folder %s", folder);
	if (fs_exists(workspace_path(workspace, CLUSTER_FILE)) ||
	    fs_exists(workspace_path(workspace, NODES_FILE)))
		return 0;
	err_set(err, ERR_NOT_FOUND, "%s is no workspace: it has no %s", folder, CLUSTER_FILE);
	return err_hint(err, "make one with: talforge init DIR --profile NAME");
}

int workspace_open(const char *folder, struct workspace **out, struct err *err)
{
	return workspace_open_with(folder, NULL, out, err);
}

int workspace_open_with(const char *folder, const struct keyring_sources *keys,
			struct workspace **out, struct err *err)
{
	struct workspace *workspace OWNED(workspace_free) = workspace_begin(folder, keys);

	if (check_folder(workspace, folder, err) < 0)
		return -1;
	load(workspace, files_of_folder(workspace->arena, folder));
	*out = take(workspace);
	return 0;
}

static bool has_text(const struct file_text *texts, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(texts[i].name, name) == 0)
			return true;
	return false;
}

int workspace_open_texts(const struct file_text *texts, size_t count, struct workspace **out,
			 struct err *err)
{
	struct workspace *workspace OWNED(workspace_free) = NULL;

	if (!has_text(texts, count, CLUSTER_FILE) && !has_text(texts, count, NODES_FILE))
		return err_set(err, ERR_NOT_FOUND, "there is no %s", CLUSTER_FILE);
	workspace = workspace_begin(NULL, NULL);
	load(workspace, files_of_texts(workspace->arena, texts, count));
	*out = take(workspace);
	return 0;
}

const char *workspace_folder(const struct workspace *workspace)
{
	return workspace->folder;
}

const struct findings *workspace_findings(const struct workspace *workspace)
{
	return &workspace->findings;
}

const struct cluster *workspace_cluster(const struct workspace *workspace, struct err *err)
{
	const struct err *locked = files_locked(workspace->files);

	if (!locked)
		return findings_err(&workspace->findings, err) < 0 ? NULL : &workspace->cluster;
	if (err)
		*err = *locked;
	return NULL;
}

const char *workspace_path(struct workspace *workspace, const char *relative)
{
	if (!workspace->folder || text_equal(workspace->folder, "."))
		return arena_str(workspace->arena, relative);
	return fs_join(workspace->arena, workspace->folder, relative);
}

static int check_secrets_file(struct workspace *workspace, const char *path, struct err *err)
{
	const char *name = workspace_secrets_file(workspace);

	if (!fs_exists(path)) {
		err_set(err, ERR_NOT_FOUND, "there is no secrets bundle %s", name);
		return err_hint(err, "make one with: talforge secrets new");
	}
	if (fs_is_dir(path))
		return err_set(err, ERR_INPUT, "the secrets bundle %s is a folder", name);
	return 0;
}

/* One that is kept in clear is for its owner's eyes only. */
static int check_clear_file(struct workspace *workspace, const char *path, struct err *err)
{
	const char *name = workspace_secrets_file(workspace);
	mode_t mode;

	if (fs_mode(path, &mode, err) < 0)
		return -1;
	if (mode & 077) {
		err_set(err, ERR_REFUSED, "others can read the secrets bundle %s", name);
		return err_hint(err, "chmod 600 %s", name);
	}
	if (!git_ignores(workspace->arena, path)) {
		err_set(err, ERR_REFUSED, "git does not ignore the secrets bundle %s", name);
		return err_hint(err, "add %s to .gitignore, or encrypt it: talforge secrets "
				     "encrypt",
				name);
	}
	return 0;
}

static int open_sealed(struct workspace *workspace, const struct sops_input *input,
		       struct bundle **out, struct err *err)
{
	struct str plain SCOPED(str_done) = STR_INIT(FS_FILE_MAX);

	if (sealed_open(input, workspace->keyring, &plain, err) < 0)
		return -1;
	return bundle_read(input->file, str_text(&plain), plain.len, out, err);
}

static int read_bundle(struct workspace *workspace, struct err *err)
{
	struct arena *scratch OWNED(arena_free) = arena_new("bundle file");
	const char *path = workspace_path(workspace, workspace_secrets_file(workspace));
	struct bundle *bundle OWNED(bundle_free) = NULL;
	struct sops_input input = { .file = path };
	char *text;

	if (check_secrets_file(workspace, path, err) < 0 ||
	    fs_read(scratch, path, FS_FILE_MAX, &text, &input.len, err) < 0)
		return -1;
	input.text = text;
	workspace->sealed = sops_is_sealed(&input);
	if (workspace->sealed) {
		if (open_sealed(workspace, &input, &bundle, err) < 0)
			return -1;
	} else if (check_clear_file(workspace, path, err) < 0 ||
		   bundle_read(path, text, input.len, &bundle, err) < 0) {
		return -1;
	}
	sha256(text, input.len, workspace->bundle_digest);
	workspace->bundle = take(bundle);
	return 0;
}

const struct bundle *workspace_bundle(struct workspace *workspace, struct err *err)
{
	if (!workspace->folder) {
		err_set(err, ERR_NOT_FOUND, "there is no secrets bundle");
		return NULL;
	}
	if (workspace->bundle)
		return workspace->bundle;
	if (workspace->command && secrets_command_run(workspace->command, workspace->folder,
						      &workspace->bundle, err) < 0)
		return NULL;
	if (!workspace->command && read_bundle(workspace, err) < 0)
		return NULL;
	return workspace->bundle;
}

void workspace_check_secrets(struct workspace *workspace, struct findings *findings)
{
	static const struct {
		enum err_kind kind; /* ERR_NONE: any other */
		enum finding_severity severity;
		const char *id;
	} rows[] = {
		{ ERR_NOT_FOUND, FINDING_NOTE, "no-secrets" },
		{ ERR_AUTH, FINDING_WARNING, "locked-secrets" },
		{ ERR_NONE, FINDING_ERROR, "bad-secrets" },
	};
	const struct src src = { .file = workspace_secrets_file(workspace) };
	struct err err = ERR_INIT;

	if (workspace->command || workspace_bundle(workspace, &err))
		return;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].kind != err.kind && rows[i].kind != ERR_NONE)
			continue;
		finding_add(findings, rows[i].severity, rows[i].id, src, "", "%s", err.text);
		break;
	}
	if (err.hint[0])
		finding_hint(findings, "%s", err.hint);
}

struct questions workspace_questions(const struct workspace *workspace)
{
	return files_questions(workspace->files);
}

const unsigned char *workspace_bundle_digest(const struct workspace *workspace)
{
	if (!workspace_bundle_in_clear(workspace) || files_any_sealed(workspace->files))
		return NULL;
	return workspace->bundle_digest;
}

bool workspace_bundle_in_clear(const struct workspace *workspace)
{
	return workspace->bundle && !workspace->command && !workspace->sealed;
}

bool workspace_has_secrets_command(const struct workspace *workspace)
{
	return workspace->command != NULL;
}

/* What cluster.yaml names, else the encrypted one, where there is one. */
const char *workspace_secrets_file(struct workspace *workspace)
{
	if (workspace->secrets)
		return workspace->secrets;
	if (workspace->folder && fs_exists(workspace_path(workspace, ENCRYPTED_FILE)))
		return ENCRYPTED_FILE;
	return SECRETS_FILE;
}

struct keyring *workspace_keyring(struct workspace *workspace)
{
	return workspace->keyring;
}
