/*
 * A YAML file with its comments: what SOPS encrypts and proves. Internal to src/seal.
 *
 * Comments are items of the map or list that they stand in, in front of the item that they are
 * about. Aliases are expanded and merge keys stay keys, as in every file that SOPS writes.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "tree/value.h"

#include <stdbool.h>
#include <stddef.h>

enum sops_kind {
	SOPS_LEAF,
	SOPS_LIST,
	SOPS_MAP
};

struct sops_node {
	enum sops_kind kind;
	const struct value *leaf; /* a scalar or null; of SOPS_LEAF */
	struct sops_item *item;	  /* of the others */
	size_t len, cap;
	struct src src;
};

struct sops_item {
	const char *comment; /* NULL: none, but a node; without its # */
	bool beside;	     /* the comment stands on the line of the item behind it */
	const char *key;     /* of an item of a map */
	struct sops_node *node;
};

struct sops_tree {
	struct sops_node **document; /* maps */
	size_t len;
	const struct value *first; /* document, without its comments; NULL: there is none */
};

struct sops_text { /* borrowed */
	const char *file;
	const char *at;
	size_t len;
};

int sops_tree_read(struct arena *arena, const struct sops_text *text, struct sops_tree *out,
		   struct err *err);
struct sops_item *sops_item_add(struct arena *arena, struct sops_node *node);
struct sops_node *sops_node_of(struct arena *arena, const struct value *value); /* no comments */
void sops_tree_write(struct str *out, const struct sops_tree *tree, unsigned indent);
/* A node without its comments. */
const struct value *sops_node_value(struct arena *arena, const struct sops_node *node);

/* What find_comments() of sops_comments.c tells the reader of the tree. */
struct sops_comment {
	const char *text;
	size_t document;
	unsigned line, column; /* from 1; column 0: it stands behind something */
};
struct sops_comments {
	struct sops_comment *at;
	size_t len, cap;
};
struct sops_places { /* where scalars begin, in any order */
	struct src *at;
	size_t len, cap;
};
void sops_comments_find(struct arena *arena, const struct sops_text *text,
			struct sops_places *places, struct sops_comments *out);
