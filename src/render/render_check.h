/*
 * What is wrong with the configs that the files of a workspace amount to: patches that cannot be
 * applied, results that Talos would refuse (validate.h) or not act on. No bundle is needed.
 *
 *	struct findings findings;
 *	findings_init(&findings, arena);
 *	render_check(&findings, cluster);
 *
 * Whoever renders all of the nodes anyway asks for both at once:
 *
 *	struct renderer *renderer OWNED(renderer_free) = renderer_new(&input);
 *	if (render_check_node(renderer, node, &findings, &config))
 *		config_write(&text, &config);
 *
 * A patch that fails is left out and the rest is judged without it, but not as a whole; one place
 * is named once, however many nodes it is for.
 */
#pragma once

#include "cluster/cluster.h"
#include "render/render.h"
#include "tree/finding.h"

#include <stdbool.h>

void render_check(struct findings *findings, const struct cluster *cluster);
/* What renderer_node() gives, good until the next call. False when there is no such config; then
 * `findings` say why, with an error. A renderer is asked for all of its nodes in one way. */
bool render_check_node(struct renderer *renderer, const struct node *node,
		       struct findings *findings, struct config *out);
