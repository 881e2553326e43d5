/*
 * Patches: which files and inline texts apply to a node, in merge order.
 *
 *	struct patch_set *set = patches_read(draft);
 *	patches_of_node(set, &node, index);	node->patch, node->patches
 *
 * For the files of src/cluster.
 */
#pragma once

#include "cluster/input.h"

struct patch_set;

/* Reads patches/ and those of cluster.yaml; findings for what is no YAML or belongs to nobody. */
struct patch_set *patches_read(struct draft *draft);
/* global, role, host folders, then cluster.yaml's, then the node's own, then its documents. */
void patches_of_node(const struct patch_set *set, struct node *node,
		     const struct node_input *input);
