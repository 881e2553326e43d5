/*
 * A small site for tests of rendering: one cluster with a controller and a worker, secrets that
 * are no keys.
 *
 *	struct site site;
 *	site_init(&site);
 *	site.node.disk = ...;
 *	render_node(arena, &site.input, &site.node, &config, &err);
 */
#pragma once

#include "render/render.h"

struct site {
	struct cluster cluster;
	struct node node; /* a controller; tests change what they are about */
	struct bundle bundle;
	struct render_input input;
};

void site_init(struct site *site);
/* The text of a rendered leaf, "" when it is not there: "machine.type", or of a document by kind.
 * */
const char *site_text(struct arena *arena, const struct config *config, const char *kind,
		      const char *path);
