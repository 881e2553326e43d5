/*
 * .sops.yaml: who a new encrypted file is for, and which of its values are encrypted.
 *
 *	struct creation_rule rule;
 *	int r = creation_rule_find(arena, "clusters/home/talsecret.sops.yaml", &rule, err);
 *	if (r > 0)
 *		... there is no .sops.yaml, or no rule of it is for this file
 *
 * Looked for beside the file, which need not exist, and in the folders around it; the first one
 * found counts, and of its rules the first whose path_regex matches the file's path relative to it.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "seal/sops.h"

struct creation_rule {
	const char *file; /* the .sops.yaml */
	struct src src;	  /* of the rule in it */
	const struct sops_recipients *group;
	size_t groups;
	unsigned threshold;
	const char *foreign;	   /* a kind of key that is for the sops program: "pgp"; NULL */
	const struct value *which; /* encrypted_regex and its like; the rule itself */
	unsigned indent;	   /* of YAML; 0: as usual */
};

/* ERR_INPUT with its place when .sops.yaml is wrong. */
int creation_rule_find(struct arena *arena, const char *path, struct creation_rule *out,
		       struct err *err);
