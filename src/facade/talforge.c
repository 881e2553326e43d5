#include "talforge/talforge.h"

#include "base/err.h"
#include "base/str.h"
#include "base/text.h"
#include "cluster/workspace.h"
#include "render/render.h"
#include "tree/finding.h"
#include "version.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define CONFIG_MAX ((size_t)8 << 20)

struct talforge {
	struct workspace *workspace; /* owned */
};

const char *talforge_version(void)
{
	return TALFORGE_VERSION;
}

static int fail(struct talforge_error *error, const struct err *err)
{
	if (!error)
		return -1;
	*error = (struct talforge_error){
		.kind = err_kind_name(err->kind),
		.exit_code = err_exit_code(err->kind),
		.line = err->line,
		.column = err->column,
	};
	snprintf(error->file, sizeof(error->file), "%s", err->file);
	snprintf(error->text, sizeof(error->text), "%s", err->text);
	snprintf(error->hint, sizeof(error->hint), "%s", err->hint);
	return -1;
}

int talforge_open(const char *folder, struct talforge **out, struct talforge_error *error)
{
	return talforge_open_with(folder, NULL, out, error);
}

int talforge_open_with(const char *folder, const struct talforge_keys *keys, struct talforge **out,
		       struct talforge_error *error)
{
	struct workspace *workspace OWNED(workspace_free) = NULL;
	struct keyring_sources sources = { 0 };
	struct err err = ERR_INIT;

	if (keys)
		sources = (struct keyring_sources){
			.age_key = keys->age_key,
			.age_key_file = keys->age_key_file,
			.age_key_command = keys->age_key_command,
			.config_folder = keys->config_folder,
		};
	if (workspace_open_with(folder, &sources, &workspace, &err) < 0)
		return fail(error, &err);
	struct talforge *t = mem_new(sizeof(*t));

	t->workspace = take(workspace);
	*out = t;
	return 0;
}

void talforge_close(struct talforge *t)
{
	if (!t)
		return;
	workspace_free(t->workspace);
	mem_free(t, sizeof(*t));
}

size_t talforge_finding_count(const struct talforge *t)
{
	return workspace_findings(t->workspace)->len;
}

struct talforge_finding talforge_finding_at(const struct talforge *t, size_t index)
{
	static const enum talforge_severity severities[FINDING_SEVERITY_COUNT] = {
		[FINDING_NOTE] = TALFORGE_NOTE,
		[FINDING_WARNING] = TALFORGE_WARNING,
		[FINDING_ERROR] = TALFORGE_ERROR,
	};
	const struct findings *findings = workspace_findings(t->workspace);

	assert(index < findings->len);
	const struct finding *finding = &findings->at[index];

	return (struct talforge_finding){
		.severity = severities[finding->severity],
		.id = finding->id,
		.file = finding->src.file ? finding->src.file : "",
		.line = finding->src.line,
		.column = finding->src.column,
		.path = finding->path ? finding->path : "",
		.text = finding->text,
		.hint = finding->hint ? finding->hint : "",
	};
}

size_t talforge_node_count(const struct talforge *t)
{
	const struct cluster *cluster = workspace_cluster(t->workspace, NULL);

	return cluster ? cluster->nodes : 0;
}

const char *talforge_node_name(const struct talforge *t, size_t index)
{
	assert(index < talforge_node_count(t));
	return workspace_cluster(t->workspace, NULL)->node[index].name;
}

void talforge_text_free(struct talforge_text *text)
{
	if (text->at)
		mem_free(text->at, text->len + 1);
	*text = (struct talforge_text){ 0 };
}

static int find_node(const struct cluster *cluster, const char *name, const struct node **out,
		     struct err *err)
{
	*out = cluster_node(cluster, name);
	if (*out)
		return 0;
	return err_set(err, ERR_NOT_FOUND, "there is no node %s", name);
}

static int render(struct talforge *t, const char *name, struct arena *arena, struct str *out,
		  struct err *err)
{
	struct render_input input = { .cluster = workspace_cluster(t->workspace, err) };
	const struct node *node;
	struct config config;

	if (!input.cluster || find_node(input.cluster, name, &node, err) < 0)
		return -1;
	input.bundle = workspace_bundle(t->workspace, err);
	if (!input.bundle || render_node(arena, &input, node, &config, err) < 0)
		return -1;
	config_write(out, &config);
	if (out->full)
		return err_set(err, ERR_INPUT, "the config is larger than 8 MiB");
	return 0;
}

int talforge_render(struct talforge *t, const char *node, struct talforge_text *out,
		    struct talforge_error *error)
{
	struct arena *arena OWNED(arena_free) = arena_new("render");
	struct str text SCOPED(str_done) = STR_INIT(CONFIG_MAX);
	struct err err = ERR_INIT;

	if (render(t, node, arena, &text, &err) < 0) {
		err_wrap(&err, "render %s", node);
		return fail(error, &err);
	}
	out->len = text.len;
	out->at = mem_new(text.len + 1);
	memcpy(out->at, str_text(&text), text.len);
	return 0;
}
