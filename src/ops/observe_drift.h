/*
 * The last part of an observation: what the configs of the nodes are compared with lies in the
 * workspace, so no node is asked.
 */
#pragma once

#include "base/arena.h"
#include "ops/inventory.h"
#include "ops/site.h"

/* node_state.drift, in the arena, when the node is ours and its config known. Where the files
 * cannot be rendered or the config not be read, `err` of the node says why. */
void observe_drift(struct arena *arena, const struct site_options *options,
		   struct node_state *state);
/* node_state.kept of every node. What cannot be read counts as nothing kept. */
void observe_kept(struct arena *arena, const struct site_options *options,
		  struct inventory *inventory);

/* What a node is to run on: the rendered config with the disk that it is installed on, where the
 * files leave the choice to the node. `live` NULL: it is not installed. */
int wanted_config(struct arena *arena, const struct site_options *options, const struct node *node,
		  const char *live, const char **text, struct err *err);
