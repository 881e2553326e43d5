/*
 * Paths into a value: `cluster.network.podSubnets[1]`; keys with odd characters are quoted, as in
 * `labels["a.b/c"]`.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "tree/value.h"

#include <stddef.h>

struct path_part {
	const char *key; /* NULL: an index */
	size_t index;
};
struct path {
	struct path_part *at;
	size_t len;
};

int path_parse(struct arena *arena, const char *text, struct path *out,
	       struct err *err); /* ERR_USAGE */
/* NULL: absent */
const struct value *path_get(const struct value *value, const struct path *path);
/* The texts for findings: path_key(a, "nodes[0]", "name") is "nodes[0].name", and with an empty
 * parent "name". */
const char *path_key(struct arena *arena, const char *parent, const char *key);
const char *path_index(struct arena *arena, const char *parent, size_t index);

/*
 * Where one is in a tree, from the inside out; it becomes a text where one is wanted.
 *
 *	struct path_step step = { .up = at, .key = "mtu" };
 *
 * The outermost step has no `up`; its key is what the path begins with, "" for nothing.
 */
struct path_step {
	const struct path_step *up;
	const char *key; /* NULL: an element of a list */
	size_t index;
};
const char *path_of(struct arena *arena, const struct path_step *step); /* NULL gives "" */

typedef void path_each_fn(void *context, const char *path, const struct value *leaf);
/* Every scalar, null and empty list or map below `value`, depth first, in order. */
void path_each(struct arena *arena, const struct value *value, const char *prefix,
	       path_each_fn *each, void *context);
