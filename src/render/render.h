/*
 * Rendering: a cluster, its bundle and its patches become the machine config of every node.
 *
 *	struct rendered config;
 *	render_node(arena, &input, node, &config, err);
 *	config_write(&text, &config.config);
 *
 * Pure: no clock, no network, no disk; equal inputs give equal bytes. Every value remembers the
 * file and line that gave it. The arena holds private keys and is erased when freed.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "cluster/cluster.h"
#include "cluster/secrets.h"
#include "render/config.h"
#include "tree/finding.h"

struct render_input {
	const struct cluster *cluster;
	const struct bundle *bundle;
	const char *contract;	  /* NULL: the cluster's */
	const char *install_disk; /* NULL: as the node's files say; else this path */
};

/* What installs and upgrades use: the factory's image of the node's schematic, or the plain one. */
const char *render_install_image(struct arena *arena, const struct render_input *input,
				 const struct node *node);

/* ERR_INPUT with file, line and column when a patch is at fault. */
int render_node(struct arena *arena, const struct render_input *input, const struct node *node,
		struct config *out, struct err *err);

/*
 * Many nodes of one input: what they have in common, their generated configs and the patches of
 * shared files, is made once.
 *
 *	struct renderer *renderer OWNED(renderer_free) = renderer_new(&input);
 *	renderer_node(renderer, node, &config, err);     good until the next call
 *
 * The results are those of render_node(). What is shared is bounded in size, and made again when it
 * has grown past that.
 */
struct renderer;
struct renderer *renderer_new(const struct render_input *input); /* borrowed, with all it names */
void renderer_free(struct renderer *renderer);
OWN_DEFINE(struct renderer, renderer_free)
int renderer_node(struct renderer *renderer, const struct node *node, struct config *out,
		  struct err *err);

/* `explain`: which source gave each leaf below `path` its value, in merge order. */
struct explained {
	const char *path;  /* of the leaf: "machine.type", "HostnameConfig.auto" */
	const char *stage; /* "generated", "patches/global/x.yaml", ... */
	struct src src;
	const struct value *value; /* after that stage; NULL: removed there */
};
struct explanation {
	struct explained *at;
	size_t len;
};
/* ERR_NOT_FOUND with a did-you-mean when no stage ever had the path. */
int render_explain(struct arena *arena, const struct render_input *input, const struct node *node,
		   const char *path, struct explanation *out, struct err *err);
