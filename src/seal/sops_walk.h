/*
 * Sealing and opening all values of a tree, and what is proved of them. Internal to src/seal.
 *
 * The tree is changed in place. What comes out besides is the SHA-512 over the values in their
 * order, as capital hex digits.
 */
#pragma once

#include "seal/sops_rule.h"
#include "seal/sops_tree.h"
#include "seal/sops_value.h"

#define SOPS_MAC_SIZE 129 /* with its NUL */

struct sops_walk {
	struct arena *arena;
	const struct sops_rule *rule;
	const struct sops_sealer *sealer;
};
int sops_walk_seal(const struct sops_walk *walk, struct sops_tree *tree,
		   char mac[static SOPS_MAC_SIZE], struct err *err);
/* ERR_INPUT with the place of the first value that is not what it was. */
int sops_walk_open(const struct sops_walk *walk, struct sops_tree *tree,
		   char mac[static SOPS_MAC_SIZE], struct err *err);
