/*
 * Patches: which files and inline texts apply to a node, in merge order.
 *
 *	struct patch_set *set = patches_read(draft);
 *	patches_of_node(set, &node, index);	node->patch, node->patches
 *	patches_find_unused(set);		when every node has its own
 *
 * For the files of src/cluster.
 */
#pragma once

#include "cluster/input.h"

struct patch_set;

/* Reads patches/ and those of cluster.yaml; findings for what is no YAML. */
struct patch_set *patches_read(struct draft *draft);
/* global, role, host folders, then cluster.yaml's, then the node's own, then its documents. */
void patches_of_node(struct patch_set *set, struct node *node,
		     const struct node_input *input);
/* Findings for files and folders below patches/ that nobody has and no key named. */
void patches_find_unused(const struct patch_set *set);
