/*
 * The stages of rendering one node: what is generated, what the settings of cluster.yaml and
 * nodes.yaml add, and the user's patches in their order.
 *
 *	struct rendering rendering;
 *	rendering_begin(&rendering, arena, input, node, err);
 *	rendering_generate(&rendering, &config, err);
 *	for (i = 0; i < rendering_stages(&rendering); i++)
 *		rendering_stage(&rendering, i, &config, err);
 *	config_settle(arena, &config);
 */
#pragma once

#include "render/contract.h"
#include "render/draft.h"
#include "render/patch.h"
#include "render/render.h"

struct renderer;

struct rendering {
	struct arena *arena;
	struct renderer *renderer; /* what nodes have in common; NULL: this one is alone */
	const struct render_input *input;
	const struct cluster *cluster;
	const struct node *node;
	const char *contract_text;
	struct contract contract;
	enum release release;
	struct findings *findings; /* warnings of the stages; NULL: nobody wants them */
};

#define RENDER_SETTINGS "settings" /* the stage of cluster.yaml and nodes.yaml */
#define RENDER_GENERATED "generated"

int rendering_begin(struct rendering *rendering, struct arena *arena,
		    const struct render_input *input, const struct node *node, struct err *err);
int rendering_generate(const struct rendering *rendering, struct config *out, struct err *err);
size_t rendering_stages(const struct rendering *rendering);
const char *rendering_stage_name(const struct rendering *rendering, size_t stage);
/* Changes *config in place. It has no printed form before config_settle(). */
int rendering_stage(const struct rendering *rendering, size_t stage, struct config *config,
		    struct err *err);

/* A rendering that shares with others: rendering->arena is empty before, and `rendering` is good
 * until the next one of that renderer begins. */
int renderer_begin(struct renderer *renderer, const struct node *node, struct rendering *rendering,
		   struct err *err);
const struct render_input *renderer_input(const struct renderer *renderer);
/* For rendering->findings, empty: shared patches tell there what befalls each node. */
struct findings *renderer_verdicts(struct renderer *renderer);
/* Where it keeps what is shared, and the patch or config that is there already; NULL: none. */
struct arena *renderer_arena(const struct renderer *renderer);
struct patch *renderer_patch(const struct renderer *renderer, const char *name);
void renderer_keep_patch(struct renderer *renderer, const char *name, struct patch *patch);
/* What a generated config depends on, besides the cluster and its bundle. */
struct generated_for {
	enum role role;
	const char *disk, *image;
};
const struct config *renderer_generated(const struct renderer *renderer,
					const struct generated_for *key);
void renderer_keep_generated(struct renderer *renderer, const struct generated_for *key,
			     const struct config *config);

/* The documents that the settings amount to, merged like a patch. */
struct node_documents {
	const struct rendering *rendering;
	struct draft *at;
	size_t len, cap;
};
struct draft *node_document(struct node_documents *documents, const char *kind, const char *name);
void node_document_raw(struct node_documents *documents, const struct value *document);
/* Following puts into `draft` come from that key of the user's files. */
void node_setting(const struct node_documents *documents, struct draft *draft, const char *key);

void node_sections(struct node_documents *documents);  /* render_sections.c: contracts to 1.13 */
void node_documents(struct node_documents *documents); /* render_documents.c: 1.14 */

/* What both have. */
bool node_is_control(const struct rendering *rendering);
/* machine.network.interfaces, with VLANs, routes and the virtual address; NULL: nothing to say. */
const struct value *node_interfaces(const struct rendering *rendering);
/* The elements of interfaces, bonds, vlans and volumes that are documents of their own. */
void node_own_documents(struct node_documents *documents);
/* "luks2" with the node's kind of key. */
const struct value *node_encryption(const struct rendering *rendering);
/* A disk selector of contract 1.13 as an expression, with what it leaves out by itself. */
const char *node_disk_match(struct arena *arena, const struct value *match);
/* The expression for a path. A disk has one; what is below /dev/disk are links to it. */
const char *node_disk_path_match(struct arena *arena, const char *path);
bool node_disk_is_link(const struct node *node);
const char *node_subnet(const struct rendering *rendering); /* NULL: no node_cidr */
