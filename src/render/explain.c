#include "render/render_parts.h"

#include "base/map.h"
#include "base/own.h"
#include "base/text.h"
#include "render/schema.h"
#include "tree/path.h"

#include <string.h>

/* What is generated from a setting, by the beginning of the path; the first row that fits counts.
 * */
struct origin {
	const char *path, *key;
};

static const struct origin origins[] = {
	{ "cluster.clusterName", "cluster_name" },
	{ "cluster.controlPlane.endpoint", "cluster_endpoint" },
	{ "machine.certSANs", "cluster_api_tls_sans" },
	{ "cluster.apiServer.certSANs", "cluster_api_tls_sans" },
	{ "machine.install.disk", "disk" },
	{ "machine.install.image", "talos_version" },
	{ "machine.kubelet.image", "kubernetes_version" },
	{ "cluster.apiServer.image", "kubernetes_version" },
	{ "cluster.controllerManager.image", "kubernetes_version" },
	{ "cluster.proxy.image", "kubernetes_version" },
	{ "cluster.scheduler.image", "kubernetes_version" },
	{ "machine.type", "controller" },
	{ "KubeClusterConfig.clusterName", "cluster_name" },
	{ "KubeClusterConfig.endpoint", "cluster_endpoint" },
	{ "UnattendedInstallConfig.provisioning.diskSelector", "disk" },
	{ "UnattendedInstallConfig.installer.image", "talos_version" },
};

struct explaining {
	const struct rendering *rendering;
	struct explanation *out;
	size_t cap;
	const char *wanted;
	const char *stage;
	struct map *before; /* path to value, after the stage before; all paths ever seen */
	struct map *now;
};

static bool is_below(const char *path, const char *parent)
{
	size_t len = strlen(parent);

	return !len || (!strncmp(path, parent, len) && strchr(".[/", path[len]) != NULL);
}

/* Of what is installed: a schematic says more about it than the release does. */
static bool is_image(const char *path)
{
	return !strcmp(path, "machine.install.image") ||
	       !strcmp(path, "UnattendedInstallConfig.installer.image");
}

static struct src origin_of(const struct explaining *e, const char *path,
			    const struct value *value)
{
	const struct rendering *r = e->rendering;
	struct src src = value_src(value);

	if (src.file)
		return src;
	if (!strcmp(e->stage, RENDER_SETTINGS))
		return src;
	if (strcmp(e->stage, RENDER_GENERATED) != 0)
		return (struct src){ e->stage, 0, 0 };
	if (r->node->schematic && is_image(path))
		return value_src(r->node->schematic);
	for (size_t i = 0; i < ARRAY_LEN(origins); i++) {
		if (!strcmp(path, origins[i].path) || is_below(path, origins[i].path))
			return setting_src(r->cluster, r->node, origins[i].key);
	}
	if (value_is_sensitive(value) && r->input->bundle)
		src.file = r->input->bundle->file;
	return src;
}

static void add(struct explaining *e, const char *path, const struct value *value)
{
	struct explanation *out = e->out;

	if (!is_below(path, e->wanted))
		return;
	out->at = arena_grow(e->rendering->arena, out->at, out->len, &e->cap, sizeof(*out->at));
	out->at[out->len++] = (struct explained){
		.path = arena_str(e->rendering->arena, path),
		.stage = e->stage,
		.src = value ? origin_of(e, path, value) : (struct src){ e->stage, 0, 0 },
		.value = value,
	};
}

static void see_leaf(void *context, const char *path, const struct value *leaf)
{
	struct explaining *e = context;
	const struct value *old = map_get(e->before, path);

	map_put(e->now, path, (void *)(uintptr_t)leaf);
	if (!old || !value_equal(old, leaf))
		add(e, path, leaf);
}

static const char *prefix_of(const struct explaining *e, const struct document *document)
{
	if (!strcmp(document->kind, SCHEMA_MAIN))
		return "";
	if (!document->name[0])
		return document->kind;
	return arena_printf(e->rendering->arena, "%s/%s", document->kind, document->name);
}

static void see_config(struct explaining *e, const char *stage, const struct config *config)
{
	struct arena *arena = e->rendering->arena;

	e->stage = stage;
	e->now = map_new(arena);
	for (size_t i = 0; i < config->len; i++)
		path_each(arena, config->at[i].value, prefix_of(e, &config->at[i]), see_leaf, e);

	for (size_t i = 0; i < map_len(e->before); i++) {
		const char *path = map_key_at(e->before, i);
		if (map_at(e->before, i) && !map_has(e->now, path)) {
			add(e, path, NULL);
			map_put(e->now, path, NULL);
		} else if (!map_has(e->now, path)) {
			map_put(e->now, path, NULL);
		}
	}
	e->before = e->now;
}

/* As many parts of a path as the wanted one has. */
static const char *cut_like(const struct explaining *e, const char *path)
{
	size_t len = strcspn(path, ".");

	for (const char *dot = strchr(e->wanted, '.'); dot && path[len]; dot = strchr(dot + 1, '.'))
		len += 1 + strcspn(path + len + 1, ".");
	return arena_strn(e->rendering->arena, path, len);
}

static int not_found(const struct explaining *e, struct err *err)
{
	size_t count = map_len(e->before);
	const char **names =
		arena_calloc(e->rendering->arena, count + 1, sizeof(*names));

	for (size_t i = 0; i < count; i++)
		names[i] = cut_like(e, map_key_at(e->before, i));
	err_set(err, ERR_NOT_FOUND, "%s has no %s in its config", e->rendering->node->name,
		e->wanted);
	const char *near = text_nearest(e->wanted, names, count);
	if (near)
		err_hint(err, "did you mean %s?", near);
	return -1;
}

int render_explain(struct arena *arena, const struct render_input *input, const struct node *node,
		   const char *path, struct explanation *out, struct err *err)
{
	struct explanation made = { NULL, 0 };
	struct rendering rendering;
	struct explaining e = { .rendering = &rendering, .out = &made };
	struct config config;

	e.wanted = path ? path : "";
	e.before = map_new(arena);
	if (rendering_begin(&rendering, arena, input, node, err) < 0 ||
	    rendering_generate(&rendering, &config, err) < 0)
		return -1;
	see_config(&e, RENDER_GENERATED, &config);
	for (size_t i = 0; i < rendering_stages(&rendering); i++) {
		if (rendering_stage(&rendering, i, &config, err) < 0)
			return -1;
		config_settle(arena, &config);
		see_config(&e, rendering_stage_name(&rendering, i), &config);
	}
	if (!made.len)
		return not_found(&e, err);
	*out = made;
	return 0;
}
