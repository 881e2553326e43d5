#include "convert/talhelper_layout.h"

#include "base/fs.h"
#include "base/text.h"
#include "cluster/workspace.h"
#include "convert/sealed_text.h"
#include "render/generate.h"
#include "render/render.h"
#include "render/validate.h"
#include "tree/yaml.h"

#include <string.h>

#define CONFIG_FILE "talconfig.yaml"

static const char *const env_files[] = { "talenv.yaml", "talenv.sops.yaml", "talenv.yml",
					 "talenv.sops.yml", NULL };
/* The last one that is there is used. */
static const char *const secret_files[] = { "talsecret.yaml", "talsecret.sops.yaml",
					    "talsecret.yml", "talsecret.sops.yml", NULL };

static int find_source(struct import *import, const char **name, struct err *err)
{
	const char *path = import->input->source;

	if (fs_is_dir(path)) {
		import->source.folder = path;
		*name = CONFIG_FILE;
		if (!fs_exists(fs_join(import->arena, path, *name))) {
			err_set(err, ERR_NOT_FOUND, "there is no %s in %s", *name, path);
			return err_hint(err, "name the file if it is called otherwise");
		}
		return 0;
	}
	if (!fs_exists(path))
		return err_set(err, ERR_NOT_FOUND, "there is no %s", path);
	*name = fs_base(path);
	import->source.folder = *name == path ? "."
					      : arena_strn(import->arena, path,
							   (size_t)(*name - path));
	return 0;
}

static int read_config(struct import *import, const char *name, struct err *err)
{
	struct source_text text;
	struct yaml_documents documents;
	const struct value *value;

	if (talhelper_source_env(&import->source, env_files, err) < 0 ||
	    talhelper_source_read(&import->source, name, &text, err) < 0)
		return -1;

	const struct yaml_input input = { name, text.text, text.len, NULL, text.secret };
	if (yaml_read(import->arena, &input, &documents, err) < 0)
		return -1;
	if (documents.len != 1) {
		err_set(err, ERR_INPUT, "%s must be one document, not %zu", name, documents.len);
		return err_at(err, name, 1, 1);
	}
	import->raw = documents.at[0];
	import->source.text = text.text;
	import->source.len = text.len;
	if (talhelper_source_values(&import->source, import->raw, &value, err) < 0)
		return -1;
	talconfig_decode(import->arena, value, &import->config, import->findings);
	return findings_err(import->findings, err);
}

static int know_release(struct import *import, struct err *err)
{
	unsigned major = 1, minor = 0;
	const struct value *place = value_get(import->config.raw, "talosVersion");

	import->talos = talconfig_talos(import->arena, &import->config);
	if (contract_parse(import->talos, &major, &minor, err) < 0)
		return err_at(err, value_src(place).file, value_src(place).line,
			      value_src(place).column);
	import->release = major > 1 || minor >= 14 ? RELEASE_1_14 : RELEASE_1_13;
	import->typed = (struct typed){ import->arena, import->release, import->findings };
	if (import->release >= RELEASE_1_14)
		finding_add(import->findings, FINDING_NOTE, "talos-1.14", value_src(place),
			    "talosVersion",
			    "talhelper writes configs of Talos 1.14 in a form that no release has; "
			    "the workspace has that of the release");
	return contract_of(import->talos, import->release, &import->contract, err);
}

static const char *find_secrets(struct import *import)
{
	const char *found = NULL;

	for (const char *const *name = secret_files; *name; name++)
		if (fs_exists(talhelper_source_path(&import->source, *name)))
			found = *name;
	return found;
}

static int new_bundle(struct import *import, struct bundle **out, struct err *err)
{
	const struct bundle_options options = {
		.contract = arena_printf(import->arena, "v%u.%u", import->contract.major,
					 import->contract.minor),
		.now = import->input->now,
		.random = import->input->random,
	};

	finding_add(import->findings, FINDING_WARNING, "new-secrets",
		    (struct src){ "talsecret.yaml", 0, 0 }, "",
		    "there is no secrets bundle beside the talconfig, so new secrets were made");
	finding_hint(import->findings, "if the cluster runs already, put its talsecret.yaml there "
				       "and import again");
	return bundle_new(&options, out, err);
}

/* The bundle as it is read and, when nothing has to be made of it, as it is kept. */
struct secrets {
	struct bundle *bundle;
	const char *name; /* of the file it was in */
	struct source_text kept;
	bool encrypted, made;
};

static int read_secrets(struct import *import, struct secrets *out, struct err *err)
{
	const char *name = find_secrets(import);
	struct source_text text;
	char *raw;

	out->name = name;
	if (!name) {
		out->made = true;
		return new_bundle(import, &out->bundle, err);
	}
	if (fs_read(import->arena, talhelper_source_path(&import->source, name), FS_FILE_MAX,
		    &raw, &out->kept.len, err) < 0 ||
	    talhelper_source_read(&import->source, name, &text, err) < 0)
		return -1;
	out->kept.text = raw;
	out->encrypted = text.secret && !import->input->plain;
	if (strchr(text.text, '$') &&
	    talhelper_source_text(&import->source, &text, &text, err) < 0)
		return -1;
	if (!out->encrypted)
		out->kept = text;
	return bundle_read(name, text.text, text.len, &out->bundle, err);
}

/* What was encrypted there stays so, where we know for whom; else git ignores it. */
static void seal_files(struct import *import)
{
	for (size_t i = 0; i < import->files && !import->input->plain; i++) {
		struct str text SCOPED(str_done) = STR_INIT(FS_FILE_MAX);
		struct talhelper_file *file = &import->file[i];
		const struct source_text clear = { .text = file->text, .len = file->len };
		const struct sealed_moment_of moment = { file->name, import->input->now,
							 import->input->random };

		if (!file->secret ||
		    sealed_text_make(&import->source, &moment, &clear, &text) != 0)
			continue;
		file->text = arena_strn(import->arena, str_text(&text), text.len);
		file->len = text.len;
		file->mode = 0644;
		file->secret = false;
	}
}

static void keep_secrets(struct import *import, const struct secrets *secrets)
{
	struct str text SCOPED(str_done) = STR_INIT(FS_FILE_MAX);

	if (secrets->made)
		bundle_write(&text, secrets->bundle);
	else
		str_addn(&text, secrets->kept.text, secrets->kept.len);
	const struct import_file file = {
		secrets->encrypted ? "talsecret.sops.yaml" : "talsecret.yaml",
		secrets->made ? "new" : secrets->name, secrets->encrypted ? 0644 : 0600, true
	};
	import_add_file(import, &file, &text);
}

/* Whom new files are encrypted for. */
static int keep_rules(struct import *import, struct err *err)
{
	static const struct import_file file = { ".sops.yaml", ".sops.yaml", 0644, false };
	const char *path = talhelper_source_path(&import->source, file.name);
	struct str text SCOPED(str_done) = STR_INIT(FS_FILE_MAX);
	char *read;
	size_t len;

	if (!fs_exists(path))
		return 0;
	if (fs_read(import->arena, path, FS_FILE_MAX, &read, &len, err) < 0)
		return -1;
	str_addn(&text, read, len);
	import_add_file(import, &file, &text);
	return 0;
}

static const struct cluster *open_files(struct import *import, struct workspace **out,
					struct err *err)
{
	struct file_text *texts = arena_calloc(import->arena, import->files + 1, sizeof(*texts));

	for (size_t i = 0; i < import->files; i++)
		texts[i] = (struct file_text){ import->file[i].name, import->file[i].text,
					       import->file[i].len };
	if (workspace_open_texts(texts, import->files, out, err) < 0)
		return NULL;
	return workspace_cluster(*out, err);
}

/* Which key of the talconfig a key of cluster.yaml comes from. */
static const char *const cluster_keys[][2] = {
	{ "cluster_name", "clusterName" },
	{ "cluster_endpoint", "endpoint" },
	{ "talos_version", "talosVersion" },
	{ "kubernetes_version", "kubernetesVersion" },
	{ "cluster_pod_cidr", "clusterPodNets" },
	{ "cluster_svc_cidr", "clusterSvcNets" },
};

static const struct talhelper_file *file_named(const struct import *import, const char *name)
{
	for (size_t i = 0; i < import->files; i++)
		if (strcmp(import->file[i].name, name) == 0)
			return &import->file[i];
	return NULL;
}

static const char *line_of(const struct talhelper_file *file, unsigned line)
{
	const char *at = file->text;

	while (--line && (at = strchr(at, '\n')))
		at++;
	return at ? at : "";
}

/* The node whose entry a line of nodes.yaml belongs to; the cluster's key of a line of
 * cluster.yaml. */
static struct src origin_of(const struct import *import, const struct talhelper_file *file,
			    unsigned line)
{
	struct src src = value_src(import->config.raw);
	size_t entries = 0;

	if (strcmp(file->name, "cluster.yaml") == 0) {
		const char *text = line_of(file, line);

		while (line > 1 && (*text == ' ' || *text == '-'))
			text = line_of(file, --line);
		for (size_t i = 0; i < ARRAY_LEN(cluster_keys); i++)
			if (text_starts(text, cluster_keys[i][0]) &&
			    value_has(import->config.raw, cluster_keys[i][1]))
				src = value_src(value_get(import->config.raw, cluster_keys[i][1]));
		return src;
	}
	for (unsigned i = 1; i <= line; i++)
		entries += text_starts(line_of(file, i), "  - ");
	if (entries && entries <= import->config.count)
		src = value_src(import->config.node[entries - 1].raw);
	return src;
}

/* Files that nobody sees yet are no place for a fault: it is where they were made of. */
static int place_error(const struct import *import, struct err *err)
{
	const struct talhelper_file *file = err ? file_named(import, err->file) : NULL;
	struct src src;

	if (!file || !err->line)
		return -1;
	src = origin_of(import, file, err->line);
	err->file[0] = '\0';
	return err_at(err, src.file, src.line, src.column);
}

typedef int rendered_fn(struct import *import, struct import_node *node,
			const struct config *config, struct err *err);

static int each_rendered(struct import *import, rendered_fn *each, struct err *err)
{
	struct workspace *workspace OWNED(workspace_free) = NULL;
	const struct cluster *cluster = open_files(import, &workspace, err);
	const struct render_input input = { .cluster = cluster, .bundle = import->bundle };

	if (!cluster)
		return place_error(import, err);
	for (size_t i = 0; i < import->config.count; i++) {
		struct config config;
		const struct node *node = &cluster->node[i];
		int r;

		if (render_node(import->arena, &input, node, &config, err) < 0)
			return err_wrap(err, "node %s", node->name);
		r = each(import, &import->node[i], &config, err);
		if (r)
			return r;
	}
	return 0;
}

static int take_config(struct import *import, struct import_node *node,
		       const struct config *config, struct err *err)
{
	struct document *at = arena_calloc(import->arena, config->len + 1, sizeof(*at));

	(void)err;
	/* the files behind the values go with their workspace */
	for (size_t i = 0; i < config->len; i++)
		at[i] = (struct document){ config->at[i].kind,
					   arena_str(import->arena, config->at[i].name),
					   value_copy(import->arena, config->at[i].value) };
	node->config = (struct config){ at, config->len, config->release };
	return 0;
}

static bool same_config(const struct config *a, const struct config *b)
{
	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++)
		if (!value_equal(a->at[i].value, b->at[i].value))
			return false;
	return true;
}

static int compare_config(struct import *import, struct import_node *node,
			  const struct config *config, struct err *err)
{
	(void)import;
	(void)err;
	return same_config(&node->config, config) ? 0 : 1;
}

/* The configs as they are before any patch of the user. */
static int render_generated(struct import *import, struct err *err)
{
	bool changed = false;

	import->exact = true;
	import_lay_out(import, LAYOUT_NONE);
	if (each_rendered(import, take_config, err) < 0)
		return -1;
	for (size_t i = 0; i < import->config.count; i++)
		if (import_map_templates(import, &import->node[i], &changed, err) < 0)
			return -1;
	if (!changed)
		return 0;
	import_lay_out(import, LAYOUT_NONE);
	return each_rendered(import, take_config, err);
}

/* What Talos would refuse is refused here, as talhelper does; the places are those of the node, as
 * the documents were made of several lines. */
static int validate_node(struct import *import, const struct import_node *node, struct err *err)
{
	static const struct validate_options options = { .mode = VALIDATE_METAL };
	struct findings found;

	findings_init(&found, import->arena);
	validate_config(&found, &node->config, &options);
	for (size_t i = 0; i < found.len; i++)
		if (found.at[i].severity == FINDING_ERROR)
			finding_add(import->findings, FINDING_ERROR, found.at[i].id,
				    value_src(node->from->raw), node->path, "%s: %s: %s",
				    node->from->hostname, found.at[i].path, found.at[i].text);
	return findings_err(import->findings, err);
}

/* The plainest files that render to what the configs are. */
static int choose_layout(struct import *import, struct err *err)
{
	for (int exact = 0; exact < 2; exact++) {
		import->exact = exact;
		for (int layout = LAYOUT_FOLDERS; layout < LAYOUT_COUNT; layout++) {
			int r = import_lay_out(import, (enum import_layout)layout);

			if (r == 0)
				r = each_rendered(import, compare_config, NULL);
			if (r == 0)
				return 0;
		}
	}
	return err_set(err, ERR_BUG, "no files give what talhelper gives");
}

static int run(struct import *import, struct secrets *secrets, struct err *err)
{
	const char *name;

	if (find_source(import, &name, err) < 0 || read_config(import, name, err) < 0 ||
	    know_release(import, err) < 0 || import_settings(import, err) < 0 ||
	    read_secrets(import, secrets, err) < 0)
		return -1;
	import->bundle = secrets->bundle;
	if (render_generated(import, err) < 0)
		return -1;
	for (size_t i = 0; i < import->config.count; i++)
		if (import_patches(import, &import->node[i], err) < 0)
			return err_wrap(err, "node %s", import->node[i].from->hostname);
	for (size_t i = 0; i < import->config.count; i++)
		if (validate_node(import, &import->node[i], err) < 0)
			return -1;
	if (choose_layout(import, err) < 0)
		return -1;
	seal_files(import);
	import_ignore(import);
	keep_secrets(import, secrets);
	return keep_rules(import, err);
}

static void hand_over(const struct import *import, const struct secrets *secrets,
		      struct talhelper_workspace *out)
{
	*out = (struct talhelper_workspace){
		.file = import->file,
		.files = import->files,
		.nodes = import->config.count,
		.folder = import->source.folder,
		.new_bundle = secrets->made,
		.in_clear = import->input->plain && secrets->kept.secret,
	};
	out->node = arena_calloc(import->arena, out->nodes + 1, sizeof(*out->node));
	for (size_t i = 0; i < out->nodes; i++) {
		const struct import_node *node = &import->node[i];

		out->node[i] = (struct talhelper_made_node){ node->from->hostname, node->output,
							     node->image.installer,
							     node->image.url, node->config };
	}
}

int talhelper_import(struct arena *arena, const struct talhelper_input *input,
		     struct findings *findings, struct talhelper_workspace *out, struct err *err)
{
	struct import *import = arena_alloc(arena, sizeof(*import));
	struct secrets secrets = { .bundle = NULL };
	int r;

	import->arena = arena;
	import->input = input;
	import->findings = findings;
	import->source = (struct talhelper_source){ .arena = arena,
						    .get = input->get,
						    .context = input->context,
						    .keyring = input->keyring,
						    .findings = findings };
	r = run(import, &secrets, err);
	if (r == 0)
		hand_over(import, &secrets, out);
	bundle_free(secrets.bundle);
	return r;
}
