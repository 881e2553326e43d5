#include "render/render_parts.h"

#include "base/own.h"
#include "base/text.h"
#include "cluster/field_checks.h"
#include "render/fault.h"
#include "render/generate.h"
#include "render/repeats.h"
#include "render/schema.h"
#include "render/schematic.h"

#include <stdio.h>
#include <string.h>

static enum release release_of(const struct render_input *input, const char *contract)
{
	const char *version = input->cluster->talos ? input->cluster->talos : contract;
	unsigned major, minor;

	if (!version || contract_parse(version, &major, &minor, NULL) < 0)
		return RELEASE_1_13;
	return major > 1 || minor >= 14 ? RELEASE_1_14 : RELEASE_1_13;
}

/* An image without what it was asked to hold must not be installed. */
static int judge_schematic(struct arena *arena, const struct cluster *cluster,
			   const struct node *node, struct err *err)
{
	struct findings findings;

	findings_init(&findings, arena);
	schematic_check(&findings, cluster, node);
	return findings_err(&findings, err);
}

/* talosctl takes a later one for its newest; here it is a slip of the hand. */
static int check_wanted(const char *contract, struct err *err)
{
	unsigned major, minor;

	if (!contract)
		return 0;
	if (contract_parse(contract, &major, &minor, err) < 0)
		return -1;
	if (major == 1 && minor >= TALOS_MINOR_FIRST && minor <= TALOS_MINOR_LAST)
		return 0;
	return err_set(err, ERR_USAGE, "there is no contract %s: those known are v1.%d to v1.%d",
		       contract, TALOS_MINOR_FIRST, TALOS_MINOR_LAST);
}

int rendering_begin(struct rendering *rendering, struct arena *arena,
		    const struct render_input *input, const struct node *node, struct err *err)
{
	const char *contract = input->contract ? input->contract : input->cluster->contract;
	struct rendering made = {
		.arena = arena,
		.input = input,
		.cluster = input->cluster,
		.node = node,
		.contract_text = contract,
		.release = release_of(input, contract),
	};

	if (check_wanted(input->contract, err) < 0 ||
	    contract_of(contract, made.release, &made.contract, err) < 0 ||
	    judge_schematic(arena, input->cluster, node, err) < 0)
		return -1;
	*rendering = made;
	return 0;
}

bool node_is_control(const struct rendering *rendering)
{
	return rendering->node->role == ROLE_CONTROL;
}

const char *render_install_image(struct arena *arena, const struct render_input *input,
				 const struct node *node)
{
	const char *talos = input->cluster->talos ? input->cluster->talos : "";
	const char *contract = input->contract ? input->contract : input->cluster->contract;
	bool metal = release_of(input, contract) >= RELEASE_1_14;
	const char *schematic = schematic_of_node(arena, node);

	if (!schematic && !node->secureboot && !metal)
		return arena_printf(arena, "ghcr.io/siderolabs/installer:%s", talos);
	return arena_printf(arena, "factory.talos.dev/%sinstaller%s/%s:%s", metal ? "metal-" : "",
			    node->secureboot ? "-secureboot" : "",
			    schematic ? schematic : SCHEMATIC_PLAIN, talos);
}

static const char *generated_disk(const struct rendering *r)
{
	if (r->input->install_disk)
		return r->input->install_disk;
	if (contract_has(&r->contract, CONTRACT_DOCUMENTS_ONLY) && node_disk_is_link(r->node))
		return "";
	return r->node->disk.form == DISK_PATH ? r->node->disk.text : "";
}

static int generate(const struct rendering *r, struct arena *arena,
		    const struct generated_for *key, struct config *out, struct err *err)
{
	const struct cluster *cluster = r->cluster;
	const char **sans = arena_calloc(arena, cluster->tls_sans.len + 1, sizeof(*sans));
	struct generate_input input = {
		.cluster_name = cluster->name,
		.endpoint = cluster->endpoint,
		.contract = r->contract_text,
		.kubernetes_version = cluster->kubernetes,
		.install_disk = key->disk,
		.install_image = key->image,
		.san = sans,
		.bundle = r->input->bundle,
		.release = r->release,
		.keep_aescbc = true,
		.aescbc_on_workers = cluster->aescbc_on_workers,
	};
	bool has_vip = false;

	for (size_t i = 0; i < cluster->tls_sans.len; i++) {
		has_vip = has_vip || text_equal(cluster->tls_sans.at[i], cluster->vip);
		sans[input.sans++] = cluster->tls_sans.at[i];
	}
	if (cluster->vip && !has_vip)
		sans[input.sans++] = cluster->vip;
	return generate_config(arena, &input, key->role, out, err);
}

int rendering_generate(const struct rendering *r, struct config *out, struct err *err)
{
	struct renderer *shared = r->renderer;
	struct arena *arena = shared ? renderer_arena(shared) : r->arena;
	struct generated_for key = {
		.role = r->node->role,
		.disk = generated_disk(r),
		.image = render_install_image(r->arena, r->input, r->node),
	};
	const struct config *there = shared ? renderer_generated(shared, &key) : NULL;
	struct config config;

	if (there) {
		*out = *there;
		return 0;
	}
	key.disk = arena_str(arena, key.disk);
	key.image = arena_str(arena, key.image);
	if (generate(r, arena, &key, &config, err) < 0)
		return -1;
	if (shared)
		renderer_keep_generated(shared, &key, &config);
	*out = config;
	return 0;
}

struct draft *node_document(struct node_documents *documents, const char *kind, const char *name)
{
	struct arena *arena = documents->rendering->arena;

	documents->at = arena_grow(arena, documents->at, documents->len, &documents->cap,
				   sizeof(*documents->at));
	struct draft *draft = &documents->at[documents->len++];
	draft_start(draft, arena, kind, name);
	return draft;
}

void node_document_raw(struct node_documents *documents, const struct value *document)
{
	struct draft *draft = node_document(documents, SCHEMA_MAIN, NULL);

	draft->root = document;
}

void node_setting(const struct node_documents *documents, struct draft *draft, const char *key)
{
	const struct rendering *r = documents->rendering;

	draft->src = setting_src(r->cluster, r->node, key);
}

static int settings_patch(const struct rendering *r, struct patch **out, struct err *err)
{
	struct node_documents documents = { .rendering = r };
	const struct value **roots;
	size_t len = 0;

	if (contract_has(&r->contract, CONTRACT_DOCUMENTS_ONLY))
		node_documents(&documents);
	else
		node_sections(&documents);
	roots = arena_calloc(r->arena, documents.len + 1, sizeof(void *));
	for (size_t i = 0; i < documents.len; i++) {
		if (documents.at[i].root)
			roots[len++] = documents.at[i].root;
	}
	struct patch_documents input = {
		.name = RENDER_SETTINGS,
		.at = roots,
		.len = len,
		.release = r->release,
		.open = true,
		.findings = r->findings,
	};
	return patch_of(r->arena, &input, out, err);
}

size_t rendering_stages(const struct rendering *r)
{
	return 1 + r->node->patches;
}

const char *rendering_stage_name(const struct rendering *r, size_t stage)
{
	return stage ? r->node->patch[stage - 1].name : RENDER_SETTINGS;
}

static int user_patch(const struct rendering *r, const struct patch_source *source,
		      struct patch **out, struct err *err)
{
	struct renderer *shared = r->renderer;
	struct arena *arena = shared ? renderer_arena(shared) : r->arena;
	struct patch_text text = { .name = source->name,
				   .text = source->text,
				   .len = source->len,
				   .sensitive = source->sealed,
				   .release = r->release,
				   .strict = r->cluster->strict_merge,
				   .open = true,
				   .findings = r->findings, /* once, for all who share it */
				   .on_main = true };
	struct patch *patch = shared ? renderer_patch(shared, source->name) : NULL;

	if (!patch) {
		if (patch_read(arena, &text, &patch, err) < 0)
			return -1;
		if (shared)
			renderer_keep_patch(shared, source->name, patch);
	}
	*out = patch;
	return 0;
}

/* An inline patch is where the user's file mentions it. */
static int blame(const struct patch_source *source, struct err *err)
{
	if (!err || !source->src.file)
		return -1;
	snprintf(err->file, sizeof(err->file), "%s", source->src.file);
	err->line = source->src.line;
	err->column = source->src.column;
	return -1;
}

static void place_inline(const struct rendering *r, const struct patch_source *source, size_t from)
{
	for (size_t i = from; r->findings && source->src.file && i < r->findings->len; i++)
		r->findings->at[i].src = source->src;
}

static int append_documents(const struct rendering *r, const struct patch_source *source,
			    struct config *config, struct err *err)
{
	const struct config_input more = { source->name, source->text, source->len, r->release,
					   true };

	return config_append(r->arena, config, &more, err);
}

static int apply_patch(const struct rendering *r, const struct patch_source *source,
		       struct config *config, struct err *err)
{
	struct patch *patch;

	if (user_patch(r, source, &patch, err) < 0)
		return -1;
	return patch_put(r->arena, config, patch, config, err);
}

int rendering_stage(const struct rendering *r, size_t stage, struct config *config,
		    struct err *err)
{
	if (!stage) {
		struct patch *patch;

		if (settings_patch(r, &patch, err) < 0)
			return -1;
		return patch_put(r->arena, config, patch, config, err);
	}

	const struct patch_source *source = &r->node->patch[stage - 1];
	size_t before = r->findings ? r->findings->len : 0;
	int applied = source->verbatim ? append_documents(r, source, config, err)
				       : apply_patch(r, source, config, err);
	if (applied < 0) {
		err_wrap(err, "%s %s", source->verbatim ? "documents" : "patch", source->name);
		return blame(source, err);
	}
	place_inline(r, source, before);
	if (!r->cluster->exact_merge)
		config_drop_repeats(r->arena, config);
	return 0;
}

static int rendering_run(const struct rendering *rendering, struct config *out, struct err *err)
{
	struct config config;

	if (rendering_generate(rendering, &config, err) < 0)
		return -1;
	for (size_t i = 0; i < rendering_stages(rendering); i++) {
		if (rendering_stage(rendering, i, &config, err) < 0)
			return -1;
	}
	config_settle(rendering->arena, &config);
	*out = config;
	return 0;
}

int render_node(struct arena *arena, const struct render_input *input, const struct node *node,
		struct config *out, struct err *err)
{
	struct rendering rendering;

	if (rendering_begin(&rendering, arena, input, node, err) < 0)
		return -1;
	return rendering_run(&rendering, out, err);
}

int renderer_node(struct renderer *renderer, const struct node *node, struct config *out,
		  struct err *err)
{
	struct rendering rendering;

	if (renderer_begin(renderer, node, &rendering, err) < 0)
		return -1;
	return rendering_run(&rendering, out, err);
}
